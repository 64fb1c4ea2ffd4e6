//! `p0-chatops check` as an operator runs it: what it says of an install that works, and of each thing that does not.

mod front;
mod linked;
mod oncall;
mod p0;
mod people;
mod place;
pub mod routes;
mod settings;
mod slack;
mod socket;
mod way;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use p0_chatops::sandbox::p0::Verb;
use serde_json::Value;

use crate::serve::Company;

/// What no line may hold.
const SECRETS: [&str; 13] = [
    "5f0c1a7be2d94386a1f7c03d9b64e852",
    "xoxb-sandbox-token",
    "xapp-sandbox-token",
    "the-p0-bearer-of",
    "the-service-credential",
    "the-proxy-password",
    "PRIVATE KEY-----",
    "sandbox-idp-secret",
    "sandbox-client-secret",
    "000102030405060708",
    "sandbox-settings-key",
    "sandbox-pagerduty-key",
    "another-key-0123456",
];

/// What a check told, and how it ended.
pub struct Told {
    pub code: Option<i32>,
    pub text: String,
}

impl Told {
    /// The lines about one thing, its remedy among them, without what stands beside every line.
    pub fn about(&self, name: &str) -> String {
        let mut found = Vec::new();
        let mut ours = false;
        for line in self.text.lines() {
            let named = line.get(6..).is_some_and(|rest| rest.starts_with(&format!("{name:<26}")));
            let goes_on = line.trim_start().starts_with('→');
            ours = named || (ours && goes_on);
            if ours {
                let mark = line.get(..4).unwrap_or_default();
                let words = line.chars().skip(34).collect::<String>();
                found.push(if goes_on { words } else { format!("{} {words}", mark.trim()) });
            }
        }
        found.join("\n")
    }

    /// What will not work, by the names of the lines.
    pub fn failing(&self) -> Vec<&str> {
        let failing = self.text.lines().filter_map(|line| line.strip_prefix("FAIL  "));
        failing.map(|line| line.split("  ").next().unwrap_or_default()).collect()
    }
}

impl Company {
    /// Checks an install with these settings.
    pub async fn check(&self, settings: &str) -> Told {
        let output = self.check_with(settings, &[]).await;
        Told { code: output.status.code(), text: self.readable(&output.stdout) }
    }

    /// The same, with more arguments; whatever they are, nothing is changed and no secret is told.
    pub async fn check_with(&self, settings: &str, arguments: &[&str]) -> Output {
        self.write_settings(settings);
        self.protect("p0-chatops.toml", 0o600);
        let before = self.files();
        let output = self.run(self.program(&[&["check", "--config", "p0-chatops.toml"], arguments].concat())).await;
        for told in [&output.stdout, &output.stderr] {
            let told = String::from_utf8(told.clone()).unwrap();
            assert!(!SECRETS.iter().any(|secret| told.contains(secret)) && !told.contains('\u{1b}'), "{told}");
        }
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(self.files(), before, "nothing is left behind");
        let asked: BTreeSet<String> = self.slack.calls().into_iter().map(|call| call.method).collect();
        // The last is asked to redeem what nobody ever got, and has published who it is.
        let harmless = [
            "apps.connections.open",
            "auth.test",
            "users.info",
            "conversations.info",
            "usergroups.users.list",
            "openid-configuration",
            "openid.connect.keys",
            "openid.connect.token",
        ];
        assert!(asked.iter().all(|method| harmless.contains(&method.as_str())), "{asked:?}");
        let verbs = self.p0.calls().into_iter().map(|call| call.verb);
        assert!(verbs.flatten().all(|verb| matches!(verb, Verb::Account | Verb::Discovery)));
        output
    }

    /// Settings with everything in its place but `public_url`.
    pub fn good(&self) -> String {
        self.settings()
    }

    pub fn protect(&self, file: &str, mode: u32) {
        std::fs::set_permissions(self.folder.join(file), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn files(&self) -> BTreeSet<String> {
        let names = std::fs::read_dir(&self.folder).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// What was told, without what differs from run to run.
    fn readable(&self, told: &[u8]) -> String {
        let told = String::from_utf8(told.to_vec()).unwrap();
        let slack = self.slack.hook_host();
        let p0 = self.p0.base_url().replace("http://", "");
        told.replace(&slack, "SLACK").replace(&p0, "P0").replace(&self.folder.display().to_string(), "FOLDER")
    }
}

/// An address on which nothing listens.
pub fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A line about a clock without how far it is off: the stand-ins' clocks stand still while the program starts.
fn roughly(line: &str) -> String {
    match (line.split_once("clock is "), line.split_once(" behind")) {
        (Some((before, _)), Some((_, after))) => format!("{before}clock is … behind{after}"),
        _ => line.to_owned(),
    }
}

/// Lines with the kind of disk left out: it is the machine's.
fn without_disk(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    if let Some(at) = lines.iter().position(|line| line.contains("ledger.disk")) {
        lines.remove(at);
        if lines[at].trim_start().starts_with('→') {
            lines.remove(at);
        }
    }
    lines.join("\n")
}

#[tokio::test]
async fn an_install_that_works_but_for_its_loopback_address_is_told_so_line_by_line() {
    let company = Company::new().await;
    let (listen, front) = (free_address(), front::honest().await);
    front.leads_to(&listen);
    let settings = company.good().replacen("127.0.0.1:0", &listen, 1);
    let told = company.check(&format!("public_url = \"{}\"\n{settings}", front.url())).await;
    let text = told.text.replace(&listen, "LISTEN").replace(front.host(), "FRONT");
    insta::assert_snapshot!(without_disk(&text), @r"
    ok    settings                    p0-chatops.toml
    ok    secrets                     only its owner and group can read the file that holds the bot's own secrets
    ok    ledger                      p0-chatops.db will be made at the first start; its folder keeps what is written
    ok    evidence                    its checkpoints are not signed: audit.key_file is not set
    ok    slack.token                 the bot is p0 in acme (T01ACME)
    ok    slack.clock                 this machine's clock agrees with Slack's
    ok    slack.scopes                everything that the bot needs is granted
    ok    channel C01ACCESS           the bot is in #access-requests, and no other company is
    ok    p0.org                      P0 knows the organisation acme
    ok    p0.addresses                P0 names no other API than p0.base_url; people log in with okta at sso.example.com
    ok    p0.clock                    this machine's clock agrees with P0's
    ok    person U01ALICE             may decide, as alice@example.com; P0 takes their token
    ok    person U02BOB               may decide, as bob@example.com; P0 takes their token
    ok    notifier.key                notifier.pem holds a public key; expected are tokens from https://api.p0.app for p0-chatops
    ok    listen                      LISTEN is free
    ok    admin_listen                127.0.0.1:0 is free
    FAIL  public_url                  http://FRONT/ is this machine's own name for itself: Slack and P0 cannot reach it
                                      → set it to the https:// address under which they reach the bot
    ok    door /slack/interactivity   is reached, and what is sent arrives untouched
    ok    door /slack/commands        is reached, and what is sent arrives untouched
    ok    door /slack/events          is reached, and what is sent arrives untouched
    ok    door /p0/notifications      is reached, and refuses a push without P0's token

    1 thing will not work.
    ");
    assert_eq!(told.code, Some(1));
}

#[tokio::test]
async fn it_runs_beside_a_running_bot() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let front = front::honest().await;
    let (listen, admin) = (bot.base.replace("http://", ""), bot.admin.replace("http://", ""));
    front.leads_to(&listen);
    let settings = company.good().replacen("127.0.0.1:0", &listen, 1).replacen("127.0.0.1:0", &admin, 1);
    let told = company.check(&format!("public_url = \"{}\"\n{settings}", front.url())).await;
    assert_eq!(told.about("ledger"), "ok p0-chatops.db can be written and keeps what is written");
    assert_eq!(told.about("listen"), format!("ok a running p0-chatops with this signing secret has {listen}"));
    assert_eq!(told.about("admin_listen"), format!("ok a running p0-chatops has {admin}"));
    let reached = "ok a bot with this signing secret is reached, and what is sent arrives untouched";
    for door in ["/slack/interactivity", "/slack/commands", "/slack/events"] {
        assert_eq!(told.about(&format!("door {door}")), reached);
    }
    assert_eq!(told.about("door /p0/notifications"), "ok is reached, and refuses a push without P0's token");
    assert_eq!((told.failing(), bot.probe("/readyz").await), (vec!["public_url"], 200));
    assert!(company.told().is_empty() && company.slack.messages(crate::world::CHANNEL).is_empty());
}

#[tokio::test]
async fn refused_settings_are_one_line_and_what_needs_them_is_named() {
    let company = Company::new().await;
    let told = company.check(&company.good().replace("bot_token = \"xoxb-sandbox-token\"", "")).await;
    insta::assert_snapshot!(told.text, @r"
    FAIL  settings                    slack.bot_token: is missing
                                      → put this right first, then run `check` again
    skip  rest                        needs the settings: secrets, ledger, Slack, P0, people, notifier, listeners, public_url

    1 thing will not work.
    ");
    assert_eq!(told.code, Some(1));
}

#[tokio::test]
async fn as_json_everything_is_one_object() {
    let company = Company::new().await;
    let settings = company.good().replace("C01ACCESS", "C04RANDOM");
    let output = company.check_with(&settings, &["--json"]).await;
    assert_eq!(output.status.code(), Some(1));
    let whole: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(whole["ok"], false);
    let checks = whole["checks"].as_array().unwrap();
    let found = |id: &str| checks.iter().find(|check| check["id"] == id).unwrap();
    insta::assert_json_snapshot!(found("channel"), @r#"
    {
      "id": "channel",
      "message": "the bot is not in #random: no card can be posted",
      "remedy": "invite it: /invite in the channel",
      "status": "fail",
      "subject": "C04RANDOM"
    }
    "#);
    insta::assert_json_snapshot!(found("settings"), @r#"
    {
      "id": "settings",
      "message": "p0-chatops.toml",
      "remedy": null,
      "status": "ok",
      "subject": null
    }
    "#);
    assert_eq!(found("public_url")["status"], "warn");
    let output = company.check_with(&company.good(), &["--json"]).await;
    let whole: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &whole["ok"]), (Some(0), &Value::Bool(true)));
}
