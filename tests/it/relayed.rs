//! P0's pushes where P0 cannot reach the bot's own door: handed on by a relay, or at a listener of their own.

use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use p0_chatops::sandbox::p0::{RequestSeed, TokenSpec};
use serde_json::{Value, json};

use crate::serve::{Company, until};
use crate::world::{ALICE, CHANNEL, Card, bobs};

impl Company {
    /// P0 gets the usual request; what it would push, as a gateway hands it on.
    fn relayed(&self, id: &str) -> Value {
        self.p0.add(RequestSeed { id: Some(id.to_owned()), ..bobs() });
        let token = self.p0.mint(&TokenSpec::default());
        json!({
            "version": "2.0",
            "headers": { "Authorization": format!("Bearer {token}"), "content-type": "application/json" },
            "body": self.p0.push_body(id).unwrap().to_string(),
        })
    }

    async fn pushes(&self, push: &str) -> Output {
        std::fs::write(self.folder.join("push.json"), push).unwrap();
        let mut command = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_p0-chatops");
        command.env_clear().args(["-c", &format!("{program} push - < push.json")]).current_dir(&self.folder);
        self.run_to_end(command).await
    }

    async fn run_to_end(&self, mut command: Command) -> Output {
        command.stdin(Stdio::null());
        self.run(command).await
    }
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn a_push_from_a_queue_becomes_a_card_that_is_decided() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let push = company.relayed("req-1").to_string();
    assert_eq!(said(&company.pushes(&push).await), (Some(0), "request req-1: moved\n".into(), String::new()));
    let card = until(company.slack.changed(), || {
        company.slack.messages(CHANNEL).into_iter().find(|message| message.bot_id.is_some())
    });
    let card = card.await;
    let card = Card { channel: card.channel, ts: card.ts };
    company.slack.press(ALICE, CHANNEL, &card.ts, "approve").await.unwrap();
    company.until_told(1).await;
    assert_eq!(company.told(), ["req-1 as alice@example.com"]);
    // A queue may deliver twice.
    assert_eq!(said(&company.pushes(&push).await), (Some(0), "request req-1: same\n".into(), String::new()));
    drop(bot);
}

#[tokio::test]
async fn a_body_in_base64_is_read_and_what_is_no_request_is_kept() {
    let company = Company::new().await;
    let _bot = company.serve().await;
    let mut push = company.relayed("req-1");
    push["body"] = BASE64_STANDARD.encode(push["body"].as_str().unwrap()).into();
    push["isBase64Encoded"] = true.into();
    assert_eq!(said(&company.pushes(&push.to_string()).await).1, "request req-1: moved\n");
    push["body"] = BASE64_STANDARD.encode("{\"hello\":1}").into();
    let (code, told, _) = said(&company.pushes(&push.to_string()).await);
    assert_eq!(code, Some(0));
    assert!(told.starts_with("it does not read as a request, and was kept"), "{told}");
}

#[tokio::test]
async fn what_is_not_taken_says_why_and_never_shows_the_token() {
    let company = Company::new().await;
    let good = company.relayed("req-1");
    let with = |token: Option<String>| {
        let mut push = good.clone();
        push["headers"] = token.map_or(json!({}), |token| json!({ "authorization": token }));
        push.to_string()
    };
    let stolen = format!("Bearer {}", company.p0.mint(&TokenSpec::default()));
    let wrong = format!("{}x", &stolen[..stolen.len() - 8]);
    let no_push = "p0-chatops: standard input: is no push: it has to be {\"headers\": {\"authorization\": \"Bearer …\"}, \
                   \"body\": \"…\"}\n";
    let mut no_json = good.clone();
    no_json["body"] = "not json".into();
    let mut no_base64 = good.clone();
    no_base64["isBase64Encoded"] = true.into();
    for (push, why) in [
        (with(None), "p0-chatops: it has no token: its header `authorization` has to be handed on, once\n"),
        (
            with(Some(wrong)),
            "p0-chatops: its token is not P0's, or not for this bot: look at notifier.issuer, audience, subject and its key\n",
        ),
        (no_json.to_string(), "p0-chatops: its body is no JSON\n"),
        (no_base64.to_string(), "p0-chatops: standard input: has a body that is no base64\n"),
        (stolen.clone(), no_push),
        (json!({ "headers": { "authorization": stolen.clone() } }).to_string(), no_push),
        (with(Some(format!("{stolen}\n"))), "p0-chatops: standard input: has a header authorization that is none\n"),
    ] {
        let (code, told, complaint) = said(&company.pushes(&push).await);
        assert_eq!((code, told.as_str(), complaint.as_str()), (Some(3), "", why));
    }
}

#[tokio::test]
async fn a_token_that_may_be_used_once_is() {
    let company = Company::new().await;
    let settings = company.settings().replace("[notifier]\n", "[notifier]\nsingle_use = true\n");
    company.write_settings(&settings);
    let _bot = company.serve().await;
    let push = company.relayed("req-1").to_string();
    assert_eq!(said(&company.pushes(&push).await).0, Some(0));
    let used = "p0-chatops: its token was used before (notifier.single_use)\n";
    assert_eq!(said(&company.pushes(&push).await), (Some(3), String::new(), used.into()));
}

#[tokio::test]
async fn what_may_be_otherwise_later_is_pushed_again() {
    let company = Company::new().await;
    let nobody = "jwks_url = \"http://127.0.0.1:9/keys\"\n";
    company.write_settings(&company.settings().replace("public_key_file = \"notifier.pem\"\n", nobody));
    let (code, _, complaint) = said(&company.pushes(&company.relayed("req-1").to_string()).await);
    assert_eq!(code, Some(1), "{complaint}");
    assert!(complaint.contains("cannot be had now (notifier.jwks_url): push it again later"), "{complaint}");
}

#[tokio::test]
async fn settings_at_fault_cost_no_push() {
    let company = Company::new().await;
    let push = company.relayed("req-1").to_string();
    company.write_settings("listen = 1");
    assert_eq!(said(&company.pushes(&push).await).0, Some(2), "and not 3: the queue keeps it");
}

#[tokio::test]
async fn no_ledger_is_made_in_a_place_where_no_bot_looks() {
    let company = Company::new().await;
    let (code, _, complaint) = said(&company.pushes(&company.relayed("req-1").to_string()).await);
    assert_eq!(code, Some(1));
    assert!(complaint.contains("there is no ledger at ") && complaint.contains("start `serve` once"), "{complaint}");
    assert!(!company.folder.join("p0-chatops.db").exists());
}

#[tokio::test]
async fn pushes_may_have_a_listener_of_their_own() {
    let company = Company::new().await;
    let settings = company.settings().replace("[notifier]\n", "[notifier]\nlisten = \"127.0.0.1:0\"\n");
    company.write_settings(&settings);
    let bot = company.serve().await;
    company.p0.add(RequestSeed { id: Some("req-1".to_owned()), ..bobs() });
    assert_eq!(company.p0.push("req-1").await, Some(404), "not where Slack comes in");
    let line: Value = serde_json::from_str(&bot.until_logged("p0-chatops is serving").await).unwrap();
    let own = format!("http://{}", line["fields"]["notifier_listen"].as_str().unwrap());
    let slack = reqwest::Client::new().post(format!("{own}/slack/interactivity")).send().await.unwrap();
    assert_eq!(slack.status(), 404, "nobody else's door");
    company.p0.connect(&own);
    assert_eq!(company.p0.push("req-1").await, Some(200));
}
