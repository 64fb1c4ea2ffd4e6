//! `p0-chatops links`: who has linked which account is seen and ended beside a bot that runs.

use std::process::Output;
use std::time::Duration;

use p0_chatops::sandbox::idp::{Idp, IdpSetup};
use p0_chatops::sandbox::p0::{IssuerKeys, TrustedLogin};
use serde_json::{Value, json};

use crate::serve::{Company, Served, until};
use crate::world::{ALICE, BOB, CAROL, CHANNEL};

/// Neither of these may be found in the ledger's file or in the log.
const DEVICE_CODE: &str = "the-device-code-in-clear";
const REFRESH_TOKEN: &str = "the-refresh-token-in-clear";

/// A company whose people link their accounts with a code.
struct House {
    company: Company,
    idp: Idp,
}

impl House {
    async fn new() -> Self {
        let second = Some(Duration::from_secs(1));
        let idp = Idp::start(IdpSetup { interval: second, ..IdpSetup::default() }).await.unwrap();
        let company = Company::new().await;
        let keys = IssuerKeys::Url(format!("{}/jwks", idp.issuer()));
        company.p0.trust_login(TrustedLogin { issuer: idp.issuer(), audience: "p0".into(), keys });
        let settings = company.settings();
        let (before, after) = settings.split_once("[identity]").unwrap();
        let (_, route) = after.split_once("[[route]]").unwrap();
        company.write_settings(&format!(
            "{before}[identity]\nmode = \"linked\"\nemail_match = true\n[identity.linked]\nissuer = \"{}\"\n\
             client_id = \"p0-device\"\nflow = \"device\"\nsend = \"access_token\"\n\
             [vault]\nkey = \"{}\"\n[[route]]{route}",
            idp.issuer(),
            "0123456789abcdef".repeat(4),
        ));
        Self { company, idp }
    }

    /// Somebody links their account, and hears of it.
    async fn links(&self, who: &str, account: &str) {
        self.company.slack.slash(who, CHANNEL, "link").await.unwrap();
        let told = self.company.until_dm_says(who, "enter the code `").await.text;
        let code = told.split('`').nth(1).unwrap();
        self.idp.enter_code(code, account).await.unwrap();
        self.company.until_dm_says(who, "Your account is linked").await;
    }

    async fn command(&self, arguments: &[&str]) -> Output {
        self.company.run(self.company.program(&[&["links"], arguments].concat())).await
    }

    /// What it says, which has to end well.
    async fn told(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn listed(&self, arguments: &[&str]) -> Vec<Value> {
        serde_json::from_str(&self.told(&[&["list", "--json"], arguments].concat()).await).unwrap()
    }

    /// How it fails, and the line with which it does.
    async fn complaint(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.command(arguments).await;
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// The ledger's files as they are on disk.
    fn on_disk(&self) -> Vec<u8> {
        let files = ["p0-chatops.db", "p0-chatops.db-wal"].map(|name| std::fs::read(self.company.folder.join(name)));
        files.into_iter().flatten().flatten().collect()
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_who_has_linked_and_ends_a_link_while_the_bot_runs() {
    let house = House::new().await;
    assert_eq!(house.told(&["list"]).await, "there is no ledger yet, and so nobody has linked an account\n");
    let _bot = house.company.serve().await;
    assert_eq!(house.told(&["list"]).await, "nobody has linked an account\n");
    house.links(ALICE, "alice").await;
    house.links(BOB, "bob").await;

    let mut links = house.listed(&[]).await;
    assert_eq!(links.len(), 2);
    let fields = links[0].as_object_mut().unwrap();
    let number = fields.remove("link").unwrap().as_str().unwrap().to_owned();
    for time in ["linked", "last_vouched", "good_until"] {
        fields.remove(time).unwrap().as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    }
    let expected = json!({
        "slack_team": "T01ACME", "slack_user": ALICE, "identity": "alice@example.com", "issuer": house.idp.issuer(),
        "subject": "00u-alice", "ended": null, "why": null,
    });
    assert_eq!(links[0], expected);
    let told = house.told(&["list"]).await;
    assert!(
        told.starts_with(&format!(
            "U01ALICE of T01ACME is alice@example.com to P0 (link {number})\n  00u-alice at http"
        )),
        "{told}"
    );

    let told = house.told(&["revoke", ALICE]).await;
    assert!(
        told.starts_with(&format!("revoked link {number} of U01ALICE, who was alice@example.com to P0\n")),
        "{told}"
    );
    house.company.until_dm_says(ALICE, "The bot's operator has revoked your link").await;
    until(house.idp.changed(), || (house.idp.living_families("alice") == 0).then_some(())).await;
    assert_eq!(house.idp.living_families("bob"), 1);
    house.company.request("req-1").await;
    house.company.slack.slash(ALICE, CHANNEL, "deny req-1").await.unwrap();
    house.company.slack.slash(BOB, CHANNEL, "revoke req-1").await.unwrap();
    until(house.company.p0.changed(), || (house.company.told() == ["req-1 as bob@example.com"]).then_some(())).await;
    assert_eq!(house.listed(&[]).await.len(), 1);
    let all = house.listed(&["--all"]).await;
    assert_eq!((all.len(), &all[1]["why"]), (2, &json!("revoked_by_operator")));

    let (code, line) = house.complaint(&["revoke", &number]).await;
    assert_eq!(code, Some(1));
    assert!(line.starts_with(&format!("p0-chatops: link {number} ended 20")), "{line}");
    assert!(line.ends_with(" already: revoked by the operator\n"), "{line}");
    assert_eq!(
        house.complaint(&["revoke", CAROL]).await,
        (
            Some(1),
            "p0-chatops: the link of U03CAROL is none: `p0-chatops links list` shows those there are\n".to_owned()
        )
    );
    house.told(&["revoke", "--all"]).await;
    house.company.until_dm_says(BOB, "The bot's operator has revoked your link").await;
    let none = "p0-chatops: nobody has linked an account\n".to_owned();
    assert_eq!(house.complaint(&["revoke", "--all"]).await, (Some(1), none));
}

#[tokio::test]
async fn what_is_not_a_person_or_a_link_is_refused_before_anything_is_opened() {
    let house = House::new().await;
    for (arguments, named) in [
        (&["revoke"][..], "<USER|LINK>"),
        (&["revoke", "alice"], "neither a Slack user's id, as U01ALICE, nor the number of a link"),
        (&["revoke", ALICE, "--all"], "--all"),
        (&["list", ALICE], ALICE),
    ] {
        let (code, line) = house.complaint(arguments).await;
        assert_eq!(code, Some(2), "{line}");
        assert!(line.contains(named), "{line}");
    }
    let (code, line) = house.complaint(&["revoke", ALICE]).await;
    let missing = "p0-chatops: there is no ledger yet, and so nobody has linked an account\n";
    assert_eq!((code, line.as_str()), (Some(1), missing));
    assert!(!house.company.folder.join("p0-chatops.db").exists());
}

/// The bot, with everything in its log.
async fn talkative(house: &House) -> Served {
    house.company.serve_with(&["--log", "trace"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_device_code_nor_a_token_is_in_the_ledger_or_the_log_in_clear() {
    let house = House::new().await;
    let bot = talkative(&house).await;
    house.idp.change(|idp| drop(idp.odd_device.insert("device_code".to_owned(), json!(DEVICE_CODE))));
    house.company.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    house.company.until_dm_says(ALICE, "enter the code `").await;
    assert!(!holds(&house.on_disk(), DEVICE_CODE));
    // The provider knows no such code, and its words are nobody's business.
    house.company.until_dm_says(ALICE, "It was refused where you signed in").await;

    house.idp.change(|idp| {
        idp.odd_device.clear();
        idp.odd_tokens.insert("refresh_token".to_owned(), json!(REFRESH_TOKEN));
    });
    house.links(ALICE, "alice").await;
    let log = bot.log().concat();
    // A header of a JWT, in base64url, begins like this.
    for secret in [DEVICE_CODE, REFRESH_TOKEN, "eyJ"] {
        assert!(!log.contains(secret), "{secret} is in the log");
        assert!(!holds(&house.on_disk(), secret), "{secret} is in the ledger");
    }
    assert!(log.contains("\"level\":\"TRACE\""), "the log tells everything else");
}
