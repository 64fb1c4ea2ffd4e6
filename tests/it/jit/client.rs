//! What is sent to P0's settings API, and what each answer means.

use http::StatusCode;
use p0_chatops::config::{self, Secret, SettingsKey};
use p0_chatops::domain::jit::change::{Approvals, Change, Said, Settings};
use p0_chatops::domain::jit::length::SettingLength;
use p0_chatops::domain::jit::told::ToldLength;
use p0_chatops::forward::outcome::Outcome;
use p0_chatops::forward::settings_api::SettingsApi;
use p0_chatops::sandbox::p0::{Answer, BearerKind, Call, Fault, P0, P0Setup, Verb};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use url::Url;

use super::contract::{Contract, SERVER};

pub const KEY: &str = "settings-key-of-acme-0123456789";

/// As the bot's own for decisions.
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    builder.user_agent("p0-chatops/test").pool_max_idle_per_host(0).build().unwrap()
}

struct Stage {
    p0: P0,
    api: SettingsApi,
}

impl Stage {
    async fn set() -> Self {
        let setup = P0Setup { settings_api_key: KEY.to_owned(), ..P0Setup::default() };
        let p0 = P0::start(setup).await.unwrap();
        let api = SettingsApi::new(client(), &settings(&p0.base_url(), Some(KEY))).unwrap();
        Self { p0, api }
    }

    async fn answered(&self, change: &Change, code: u16, body: &str) -> Outcome<Said> {
        let content_type = if body.starts_with('<') { "text/html" } else { "application/json" };
        let answer = Answer { code, content_type: content_type.to_owned(), body: body.to_owned(), headers: Vec::new() };
        self.p0.fail_next(1, Verb::Settings, Fault::Status(answer));
        self.api.call(change, Some("4 hours")).await
    }

    fn last(&self) -> Call {
        self.p0.calls().pop().unwrap()
    }
}

pub fn settings(base_url: &str, key: Option<&str>) -> config::P0 {
    config::P0 {
        base_url: Url::parse(base_url).unwrap(),
        org: "acme".to_owned(),
        settings_api_key: key.map(|key| SettingsKey::new(Secret::new(key))),
        request_url: None,
        one_party: false,
    }
}

pub fn length(text: &str) -> SettingLength {
    text.parse().unwrap()
}

/// One of each.
pub fn changes() -> [Change; 7] {
    let length = length("4h");
    [
        Change::Add { length },
        Change::Remove { length },
        Change::Reset,
        Change::Maximum { length },
        Change::Standing { length },
        Change::Approvable { length },
        Change::Approvals(Approvals { one_party: false, require_reason: true }),
    ]
}

fn told(time: Value, unit: &str, value: &str) -> ToldLength {
    ToldLength::read(&json!({ "time": time, "unit": unit, "value": value })).unwrap()
}

fn refused(status: u16, words: &str) -> Outcome<Said> {
    Outcome::Refused { status, words: words.to_owned() }
}

fn unknown(words: &str) -> Outcome<Said> {
    Outcome::Unknown { words: words.to_owned() }
}

#[tokio::test]
async fn every_change_is_sent_as_p0_publishes_it() {
    let (stage, contract) = (Stage::set().await, Contract::published());
    let mut sent = Vec::new();
    for change in changes() {
        let outcome = stage.api.call(&change, Some("4 hours")).await;
        assert!(matches!(outcome, Outcome::Done(_)), "{change:?}: {outcome:?}");
        let call = stage.last();
        assert!(call.effect && call.bearer == BearerKind::SettingsApiKey, "{call:?}");
        assert!(!format!("{call:?}").contains(KEY), "the key is in the header alone: {call:?}");
        if change.is_documented() {
            let status = call.status.unwrap().to_string();
            assert!(contract.judge(&call)["responses"][&status].is_object(), "{status}: {change:?}");
        }
        let body = call.body.map(|body| body.to_string()).unwrap_or_default();
        let path = call.path.strip_prefix(SERVER).unwrap();
        sent.push(format!("{} {path} {body}", call.method).trim_end().to_owned());
    }
    insta::assert_snapshot!(sent.join("\n"), @r#"
    POST /expiry-options {"time":4,"unit":"h"}
    DELETE /expiry-options/4%20hours
    POST /expiry-options/_reset
    PUT /max-access-duration {"time":4,"unit":"h"}
    PUT /standing-access-duration {"time":4,"unit":"h"}
    PUT /approvable-duration {"time":4,"unit":"h"}
    PUT /default-approvals {"allowOneParty":false,"requireReason":true}
    "#);
}

#[tokio::test]
async fn units_are_sent_as_they_were_written() {
    let (stage, contract) = (Stage::set().await, Contract::published());
    for (text, body) in [
        ("90m", json!({ "time": 90, "unit": "m" })),
        ("24h", json!({ "time": 24, "unit": "h" })),
        ("1d", json!({ "time": 1, "unit": "d" })),
        ("2 weeks", json!({ "time": 2, "unit": "w" })),
    ] {
        stage.api.call(&Change::Maximum { length: length(text) }, None).await;
        contract.judge(&stage.last());
        assert_eq!(stage.last().body, Some(body), "{text}");
    }
}

#[tokio::test]
async fn a_name_is_one_segment_whatever_it_holds() {
    let (stage, contract) = (Stage::set().await, Contract::published());
    let remove = Change::Remove { length: length("4h") };
    for name in [
        "2 days",
        "a/b",
        "a?b=c",
        "a#b",
        "100%",
        "%2e%2e",
        "%2F",
        "...",
        ".a",
        "../settings",
        "_reset?",
        "a;b",
        "a:b@c",
        "\\..\\",
        "4 Stunden für Ünï",
        "四小时",
        "\u{202e}x",
        "a\nb",
        "\0",
        "+",
        "~-_.",
    ] {
        assert_eq!(stage.api.call(&remove, Some(name)).await, refused(400, "No such expiry option"), "{name:?}");
        let call = stage.last();
        contract.judge(&call);
        let segment = call.path.strip_prefix(&format!("{SERVER}/expiry-options/")).unwrap();
        assert_eq!(percent_decode_str(segment).decode_utf8().unwrap(), name);
    }
}

#[tokio::test]
async fn a_name_that_no_address_can_carry_is_not_sent() {
    let stage = Stage::set().await;
    let remove = Change::Remove { length: length("4h") };
    for name in [Some("."), Some(".."), Some(""), None] {
        assert_eq!(stage.api.call(&remove, name).await, Outcome::NotSent, "{name:?}");
    }
    assert_eq!(stage.p0.calls().len(), 0);
}

#[tokio::test]
async fn answers_that_are_the_same_for_all_changes() {
    let stage = Stage::set().await;
    for change in changes() {
        for (status, body, outcome) in [
            (200, r#"{"error":"not in this plan"}"#, refused(200, "not in this plan")),
            (200, r#"{"ok":true,"error":"still no"}"#, refused(200, "still no")),
            (200, r#"{"ok":false,"message":"too long"}"#, refused(200, "too long")),
            (200, r#"{"ok":false,"error":"","message":"too long"}"#, refused(200, "too long")),
            (200, r#"{"ok":false}"#, refused(200, r#"{"ok":false}"#)),
            (200, r#"{"ok":"yes"}"#, unknown(r#"{"ok":"yes"}"#)),
            (200, "<html><h1>Sign in</h1></html>", unknown("Sign in")),
            (200, "[]", unknown("[]")),
            (200, r#"{"ok":tr"#, unknown(r#"{"ok":tr"#)),
            (302, "", unknown("")),
            (400, r#"{"error":"No such option"}"#, refused(400, "No such option")),
            (400, "", refused(400, "")),
            (401, r#"{"error":"Unauthorized"}"#, refused(401, "Unauthorized")),
            (403, r#"{"message":"Forbidden"}"#, refused(403, "Forbidden")),
            (404, "<html><h1>404 Not Found</h1></html>", refused(404, "404 Not Found")),
            (408, "", unknown("")),
            (429, r#"{"error":"Too many requests"}"#, Outcome::Busy { retry_after: None }),
            (500, r#"{"error":"boom"}"#, unknown("boom")),
            (502, "<html><h1>502 Bad Gateway</h1></html>", unknown("502 Bad Gateway")),
        ] {
            assert_eq!(stage.answered(&change, status, body).await, outcome, "{change:?}: {status} {body}");
        }
    }
}

#[tokio::test]
async fn success_is_what_p0_says_of_it_and_no_more() {
    let stage = Stage::set().await;
    let [add, remove, _, maximum, standing, approvable, approvals] = changes();
    let four = r#"{"time":4,"unit":"h","value":"4 hours"}"#;
    for change in [add, remove, approvable, approvals] {
        for (status, body, said) in [
            (204, "", Said::Taken),
            (200, "", Said::Taken),
            (200, r#"{"ok":true}"#, Said::Taken),
            (200, "{}", Said::Nothing),
            (201, r#"{"time":4}"#, Said::Nothing),
        ] {
            let outcome = stage.answered(&change, status, body).await;
            assert_eq!(outcome, Outcome::Done(said), "{change:?}: {status} {body}");
        }
    }
    for (change, key, other) in [
        (maximum, "maxAccessDuration", "standingAccessDuration"),
        (standing, "standingAccessDuration", "maxAccessDuration"),
    ] {
        let length = Said::Length { told: told(json!(4), "h", "4 hours") };
        let half = Said::Length { told: told(json!(1.5), "h", "1.5 hours") };
        for (status, body, said) in [
            (200, format!(r#"{{"ok":true,"{key}":{four}}}"#), length.clone()),
            (200, format!(r#"{{"{key}":{four}}}"#), length),
            (200, format!(r#"{{"ok":true,"{key}":{{"time":1.5,"unit":"h","value":"1.5 hours"}}}}"#), half),
            (200, r#"{"ok":true}"#.to_owned(), Said::Taken),
            (200, format!(r#"{{"ok":true,"{key}":{{"time":4,"unit":"y","value":"4 years"}}}}"#), Said::Nothing),
            (200, format!(r#"{{"ok":true,"{other}":{four}}}"#), Said::Taken),
            (204, String::new(), Said::Taken),
            (200, "{}".to_owned(), Said::Nothing),
            (200, String::new(), Said::Nothing),
            (200, r#"{"ok":null}"#.to_owned(), Said::Nothing),
            (200, format!(r#"{{"{key}":"4h"}}"#), Said::Nothing),
            (200, format!(r#"{{"{other}":{four}}}"#), Said::Nothing),
        ] {
            let outcome = stage.answered(&change, status, &body).await;
            assert_eq!(outcome, Outcome::Done(said), "{change:?}: {status} {body}");
        }
    }
}

#[tokio::test]
async fn a_reset_is_known_by_its_list_alone() {
    let stage = Stage::set().await;
    let day = json!({ "time": 24, "unit": "h", "value": "24 hours" });
    let half = json!({ "time": 0.5, "unit": "h", "value": "half an hour" });
    let settings = |options: &[&Value], unread, maximum: Option<&Value>| {
        let options = options.iter().map(|option| ToldLength::read(option).unwrap()).collect();
        let maximum = maximum.and_then(ToldLength::read);
        Outcome::Done(Said::Settings(Settings { options, unread, maximum, standing: None }))
    };
    for (answer, outcome) in [
        (json!({ "options": [half, day], "maxAccessDuration": day }), settings(&[&half, &day], 0, Some(&day))),
        (json!({ "options": [day] }), settings(&[&day], 0, None)),
        (json!({ "options": [] }), settings(&[], 0, None)),
        (json!({ "options": [day, { "time": 3 }, "1h", null] }), settings(&[&day], 3, None)),
        (json!({ "options": [day], "maxAccessDuration": "24h" }), settings(&[&day], 0, None)),
        (json!({}), unknown("{}")),
        (json!({ "ok": true }), unknown(r#"{"ok":true}"#)),
        (json!({ "options": null }), unknown(r#"{"options":null}"#)),
        (json!({ "options": { "a": 1 } }), unknown(r#"{"options":{"a":1}}"#)),
    ] {
        assert_eq!(stage.answered(&Change::Reset, 200, &answer.to_string()).await, outcome, "{answer}");
    }
    for status in [200, 204] {
        assert_eq!(stage.answered(&Change::Reset, status, "").await, unknown(""), "{status} without a body");
    }
}

#[tokio::test]
async fn what_may_have_counted_is_never_said_to_have_failed() {
    let stage = Stage::set().await;
    for change in changes() {
        for fault in [Fault::LostAnswer, Fault::Drop, Fault::Truncated] {
            stage.p0.fail_next(1, Verb::Settings, fault.clone());
            let outcome = stage.api.call(&change, Some("4 hours")).await;
            assert_eq!(outcome, unknown(""), "{change:?} {fault:?}");
        }
    }
    let calls = stage.p0.calls().len();
    stage.p0.down().await;
    for change in changes() {
        assert_eq!(stage.api.call(&change, Some("4 hours")).await, Outcome::NotSent, "{change:?}");
    }
    assert_eq!(stage.p0.calls().len(), calls);
}

#[tokio::test]
async fn the_key_goes_nowhere_else() {
    let stage = Stage::set().await;
    assert!(SettingsApi::new(client(), &settings(&stage.p0.base_url(), None)).is_none());
    let with_key = settings(&stage.p0.base_url(), Some(KEY));
    assert!(!format!("{with_key:?}").contains(KEY));
    let elsewhere = P0::start(P0Setup::default()).await.unwrap();
    let redirect = Fault::redirect(&format!("{}{SERVER}/expiry-options/_reset", elsewhere.base_url()));
    stage.p0.fail_next(1, Verb::Settings, redirect);
    assert_eq!(stage.api.call(&Change::Reset, None).await, unknown("Found"));
    assert_eq!(elsewhere.calls().len(), 0);
    assert_eq!(stage.last().status, Some(StatusCode::FOUND.as_u16()));
}
