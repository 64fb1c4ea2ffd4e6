//! The program as an operator runs it: how it starts, stops, is killed, and what it tells the log.

use std::time::Duration;

use p0_chatops::sandbox::p0::{Fault, TokenSpec, Verb};
use p0_chatops::sandbox::slack::{Fault as Misfortune, Times};
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::serve::{Company, Served, token_of};
use crate::wire::form;
use crate::world::{ALICE, BOB, CHANNEL};

#[tokio::test]
async fn settings_that_cannot_be_are_refused_with_one_line_that_names_the_key() {
    let company = Company::new().await;
    let good = company.settings();
    let secrets = good.lines().find(|line| line.starts_with("signing_secrets")).unwrap();
    for (from, to, key) in [
        (secrets, "", "slack.signing_secrets"),
        (secrets, "signing_secrets = []", "slack.signing_secrets"),
        (secrets, "signing_secrets = [\"\"]", "slack.signing_secrets"),
        (secrets, "signing_secrets = [\"fifteen-letters\"]", "slack.signing_secrets"),
        ("bot_token = \"xoxb-sandbox-token\"", "", "slack.bot_token"),
        ("[p0]", "client_id = \"1.2\"\n[p0]", "slack.client_id"),
        ("[p0]", "[p0]\norganisation = \"acme\"", "p0.organisation"),
        ("mode = \"tokens\"", "", "identity.mode"),
        ("mode = \"tokens\"", "mode = \"service\"", "identity.acknowledge_shared_credential"),
        ("notifier.pem", "U01ALICE.token", "notifier.public_key_file"),
        ("notifier.pem", "nowhere.pem", "notifier.public_key_file"),
        ("listen = ", "lissen = 1\nlisten = ", "lissen"),
    ] {
        company.write_settings(&good.replacen(from, to, 1));
        let output = company.run(company.program(&["serve"])).await;
        assert_refused(&output, key);
    }
    company.write_settings(&good);
    for (name, key) in [("P0_CHATOPS_SLACK__BOT_TOKENS", "slack.bot_tokens"), ("P0_CHATOPS_COLOUR", "colour")] {
        let mut command = company.program(&["serve"]);
        command.env(name, "xoxb-sandbox-token");
        assert_refused(&company.run(command).await, key);
    }
    assert_refused(&company.run(company.program(&["serve", "--config", "nowhere.toml"])).await, "nowhere.toml");
}

fn assert_refused(output: &std::process::Output, key: &str) {
    let complaint = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains(key) && complaint.lines().count() == 1, "{key}: {complaint}");
    assert!(!complaint.contains("xoxb") && output.stdout.is_empty(), "{complaint}");
}

#[tokio::test]
async fn where_no_settings_were_found_is_said() {
    let company = Company::new().await;
    let elsewhere = company.folder.join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let mut command = company.program(&["serve"]);
    command.current_dir(&elsewhere);
    let output = company.run(command).await;
    let told = String::from_utf8(output.stderr).unwrap();
    let folder = elsewhere.canonicalize().unwrap();
    let line = format!(
        "p0-chatops: p0-chatops.toml: is not in {}, and no P0_CHATOPS_… is set: name it with --config\n",
        folder.display()
    );
    assert_eq!((output.status.code(), told), (Some(2), line));
}

#[tokio::test]
async fn a_token_that_slack_refuses_is_a_setting_at_fault_told_without_colours() {
    let company = Company::new().await;
    company.write_settings(&company.settings().replace("xoxb-sandbox-token", "xoxb-of-another-app"));
    let output = company.run(company.program(&["serve"])).await;
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert_eq!(told.lines().last(), Some("p0-chatops: slack.bot_token: is refused by Slack: invalid_auth"));
    assert!(!told.contains("xoxb") && !told.contains('\u{1b}'), "{told:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_machine_without_certificate_authorities_is_told_so() {
    let company = Company::new().await;
    let mut command = company.program(&["serve"]);
    command.env("SSL_CERT_FILE", "nowhere.pem").env("SSL_CERT_DIR", "nowhere");
    let output = company.run(command).await;
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("ca_file: ") && complaint.contains("No CA certificates"), "{complaint}");
}

#[tokio::test]
async fn help_and_version_are_told_without_settings() {
    let company = Company::new().await;
    for (flag, told) in [("--help", "serve"), ("--version", concat!("p0-chatops ", env!("CARGO_PKG_VERSION")))] {
        let output = company.run(company.program(&[flag])).await;
        assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().contains(told), "{flag}");
    }
}

#[tokio::test]
async fn a_click_reaches_p0_once_as_the_clicker() {
    let company = Company::new().await;
    let bot = company.serve().await;
    assert_eq!((bot.probe("/healthz").await, bot.probe("/readyz").await, bot.probe("/metrics").await), (200, 200, 200));
    let card = company.request("req-1").await;
    assert_eq!(company.slack.press(ALICE, CHANNEL, &card.ts, "approve").await.unwrap().status, 200);
    company.until_card_says(&card, "was approved by <@U01ALICE> for 2 hours").await;
    assert_eq!(company.told(), ["req-1 as alice@example.com"]);
}

#[tokio::test]
async fn a_start_needs_no_answer_from_p0() {
    let company = Company::new().await;
    company.p0.stop().await;
    let bot = company.serve().await;
    assert_eq!((bot.probe("/healthz").await, bot.probe("/readyz").await), (200, 200));
}

#[tokio::test]
async fn a_stop_finishes_what_is_on_its_way_to_p0() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let card = company.request("req-1").await;
    company.p0.fail_next(1, Verb::Approve, Fault::Slow(Duration::from_secs(3)));
    company.slack.press(ALICE, CHANNEL, &card.ts, "approve").await.unwrap();
    company.until_told(1).await;
    bot.terminate();
    assert_eq!(bot.end_within(Duration::from_secs(12)).await.code(), Some(0));
    // A backup that copies the one file has everything.
    assert!(!company.folder.join("p0-chatops.db-wal").exists());
    assert_eq!(company.stages().await, ["done"]);
    let _again = company.serve().await;
    company.until_card_says(&card, "was approved by <@U01ALICE>").await;
    assert_eq!(company.told().len(), 1);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_strangers_who_hold_connections_open() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let mut held = Vec::new();
    for said in ["", "POST /slack/ev", "POST /slack/events HTTP/1.1\r\nhost: bot\r\ncontent-length: 10\r\n\r\n12"] {
        let mut socket = TcpStream::connect(bot.base.trim_start_matches("http://")).await.unwrap();
        socket.write_all(said.as_bytes()).await.unwrap();
        held.push(socket);
    }
    assert_eq!(bot.probe("/healthz").await, 200);
    bot.terminate();
    assert_eq!(bot.end_within(Duration::from_secs(12)).await.code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_stops_at_once_and_the_outcome_is_unknown() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let card = company.request("req-1").await;
    company.p0.fail_next(1, Verb::Approve, Fault::Hang);
    company.slack.press(ALICE, CHANNEL, &card.ts, "approve").await.unwrap();
    company.until_told(1).await;
    bot.terminate();
    bot.until_logged("stopping").await;
    bot.terminate();
    bot.end_within(Duration::from_secs(3)).await;
    let _again = company.serve().await;
    company.until_card_says(&card, "the outcome is unknown").await;
    assert_eq!(company.told().len(), 1);
}

#[tokio::test]
async fn a_start_that_waits_for_slack_can_be_stopped() {
    let company = Company::new().await;
    company.slack.fail("auth.test", Misfortune::Hang(Duration::from_secs(30)), Times::UntilCleared);
    let mut asked = company.slack.changed();
    let bot = Served::spawn(&mut company.program(&["serve"]));
    tokio::time::timeout(Duration::from_secs(10), asked.changed()).await.expect("Slack is asked").unwrap();
    bot.terminate();
    assert_eq!(bot.end_within(Duration::from_secs(2)).await.code(), Some(0));
}

#[tokio::test]
async fn a_bot_whose_ledger_cannot_write_is_alive_and_not_ready() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let mut lock = company.ledger().await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut lock).await.unwrap();
    assert_eq!((bot.probe("/readyz").await, bot.probe("/healthz").await), (503, 200));
    sqlx::query("COMMIT").execute(&mut lock).await.unwrap();
    assert_eq!(bot.probe("/readyz").await, 200);
}

#[tokio::test]
async fn a_ledger_has_one_serve() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let output = company.run(company.program(&["serve"])).await;
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.matches("another p0-chatops serve has").count() == 1, "{complaint}");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    assert_eq!(bot.probe("/readyz").await, 200);
}

impl Company {
    /// The stages of all decisions in the ledger, oldest first.
    async fn stages(&self) -> Vec<String> {
        self.column("SELECT stage_name FROM decisions ORDER BY id").await
    }

    /// A connection to the ledger's file beside the bot's own.
    async fn ledger(&self) -> SqliteConnection {
        SqliteConnection::connect(&format!("sqlite://{}/p0-chatops.db", self.folder.display())).await.unwrap()
    }

    async fn column(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&mut self.ledger().await).await.unwrap()
    }

    /// Waits until no decision is on its way any more.
    async fn until_settled(&self) {
        let settling = async {
            let mut look = tokio::time::interval(Duration::from_millis(20));
            while self.stages().await.iter().any(|stage| stage == "recorded" || stage == "sending") {
                look.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), settling).await.expect("every decision ends");
    }
}

/// The ids of the requests whose choice was answered 200, each typed while the bot was killed a little later.
async fn kill_around_clicks(company: &Company, kills: u64) -> Vec<String> {
    let mut answered = Vec::new();
    for nth in 0..kills {
        let (bot, id) = (company.serve().await, format!("req-{nth}"));
        company.push(&id).await;
        company.p0.fail_next(1, Verb::Approve, Fault::Slow(Duration::from_millis(60)));
        let command = format!("approve {id} 1h");
        let killed = async {
            tokio::time::sleep(Duration::from_millis(nth * 9)).await;
            bot.kill_9();
        };
        let (answer, ()) = tokio::join!(company.slack.slash(ALICE, CHANNEL, &command), killed);
        answered.extend(answer.ok().filter(|answer| answer.status == 200).map(|_| id));
        company.p0.clear_faults();
    }
    answered
}

#[tokio::test]
async fn a_killed_bot_loses_no_answered_choice_and_sends_none_twice() {
    let company = Company::new().await;
    let answered = kill_around_clicks(&company, 14).await;
    let _bot = company.serve().await;
    company.until_settled().await;
    let recorded = company.column("SELECT request_id FROM decisions").await;
    assert!(answered.iter().all(|id| recorded.contains(id)), "{answered:?} {recorded:?}");
    assert!(company.stages().await.iter().all(|stage| stage == "done" || stage == "unknown"));
    let done = company.column("SELECT request_id FROM decisions WHERE stage_name = 'done'").await;
    let told = company.told();
    for id in recorded {
        let calls = told.iter().filter(|call| **call == format!("{id} as alice@example.com")).count();
        assert!(calls <= 1 && (calls == 1 || !done.contains(&id)), "{id}: {calls} {told:?}");
    }
}

#[tokio::test]
async fn no_line_of_the_log_holds_a_secret_or_what_people_wrote() {
    let company = Company::new().await;
    let bot = company.serve_with(&["--log", "trace"]).await;
    let card = company.request("req-1").await;
    let approve = company.slack.element(CHANNEL, &card.ts, "approve").unwrap();
    let own = company.slack.press(BOB, CHANNEL, &card.ts, "approve").await.unwrap();
    company.p0.revoke_token(&token_of(ALICE));
    company.slack.press_stale(ALICE, CHANNEL, &card.ts, &approve, None).await.unwrap();
    company.until_told(1).await;
    company.p0.trust_token(&token_of(ALICE), "alice@example.com");
    company.until_card_says(&card, "waiting for a decision").await;
    company.slack.slash(ALICE, CHANNEL, "deny req-1 the-deny-reason").await.unwrap();
    company.until_told(2).await;
    let response_url = format!("http://{}/actions/T01ACME/the-response-secret", company.slack.hook_host());
    let press = json!({"type": "block_actions", "team": {"id": "T01ACME"}, "user": {"id": ALICE},
        "trigger_id": "the-trigger-secret", "response_url": response_url, "actions": [{"action_id": "old"}]});
    let (signed, body) = (company.slack.signed(form(&press).as_bytes()), form(&press));
    assert_eq!(company.slack.deliver("/slack/interactivity", body.clone(), signed).await.unwrap().status, 200);
    let unsigned = company.slack.deliver("/slack/interactivity", body, http::HeaderMap::new()).await.unwrap();
    let token = company.p0.mint(&TokenSpec::default());
    let pushed = json!({"data": {"requestId": "req-2", "status": "NEW", "reason": "the-request-reason"}}).to_string();
    assert_eq!(company.p0.push_raw(pushed, Some(&token)).await, Some(200));
    assert_eq!((own.status, unsigned.status), (200, 401));
    company.until_card_says(&card, "was denied").await;
    bot.until_logged("a call of Slack's Web API failed").await;
    let secret = [
        "5f0c1a7be2d94386a1f7c03d9b64e852",
        "xoxb-sandbox-token",
        "the-p0-bearer-of",
        "the-response-secret",
        "the-trigger-secret",
        "the-deny-reason",
        "the-request-reason",
        "Look at a bill",
        "/response/",
        &token,
        token.split('.').next_back().unwrap(),
    ];
    for line in bot.log() {
        assert!(!secret.iter().any(|secret| line.contains(secret)), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn floods_of_strangers_cost_no_memory() {
    const MEBIBYTE: usize = 1024 * 1024;
    let company = Company::new().await;
    let bot = company.serve().await;
    let before = bot.memory("VmRSS");
    let floods = (0..20).map(|nth| {
        let address = bot.base.trim_start_matches("http://").to_owned();
        let door = ["/slack/interactivity", "/slack/commands", "/slack/events", "/p0/notifications"][nth % 4];
        tokio::spawn(async move {
            let mut socket = TcpStream::connect(address).await.unwrap();
            let head = format!("POST {door} HTTP/1.1\r\nhost: bot\r\ntransfer-encoding: chunked\r\n\r\n");
            socket.write_all(head.as_bytes()).await.unwrap();
            let chunk = [b"100000\r\n".to_vec(), vec![b'x'; MEBIBYTE], b"\r\n".to_vec()].concat();
            // The bot hangs up long before all 64 are written.
            for _ in 0..64 {
                if socket.write_all(&chunk).await.is_err() {
                    return;
                }
            }
        })
    });
    for flood in floods.collect::<Vec<_>>() {
        tokio::time::timeout(Duration::from_secs(20), flood).await.expect("a flood ends").unwrap();
    }
    let peak = bot.memory("VmHWM");
    assert!(peak <= before + 64, "{before} MiB before, {peak} MiB at most");
    assert_eq!(bot.probe("/readyz").await, 200);
}

#[tokio::test]
async fn strangers_who_talk_and_never_listen_do_not_shut_the_doors() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let address = bot.base.trim_start_matches("http://").to_owned();
    let mut held = Vec::new();
    for _ in 0..300 {
        let mut socket = TcpStream::connect(&address).await.unwrap();
        let asks = "POST /slack/events HTTP/1.1\r\nhost: bot\r\ncontent-length: 0\r\n\r\n".repeat(200);
        let _ = tokio::time::timeout(Duration::from_millis(200), socket.write_all(asks.as_bytes())).await;
        held.push(socket);
    }
    let card = tokio::time::timeout(Duration::from_secs(10), company.request("req-1")).await;
    assert!(card.is_ok(), "a push of P0's still comes in");
}
