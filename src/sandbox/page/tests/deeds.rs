//! What people do on the page.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Browser, PATIENCE};
use crate::config::{Delivery, SlackApp};
use crate::manifest;
use crate::sandbox::identity::{CardRisk, IdentityMode};
use crate::sandbox::run::Sandbox;
use crate::sandbox::scene::{self, Scene};
use crate::sandbox::seed::Seed;

#[tokio::test]
async fn a_press_on_the_page_is_a_decision_at_p0() {
    let browser = Browser::open().await;
    assert_eq!(browser.press("U01ALICE", "approve").await, (StatusCode::OK, json!({ "status": 200 })));
    browser.until(|state| state["p0"]["calls"][0]["status"] == 200).await;
    let call = browser.stage.p0.calls().remove(0);
    assert_eq!(call.identity.as_deref(), Some("alice@example.com"));
    assert!(call.path.ends_with("/approve") && call.effect, "{call:?}");
    browser.close().await;
}

#[tokio::test]
async fn what_is_pressed_is_what_was_seen() {
    let browser = Browser::open().await;
    let ts = browser.card().await;
    let shown = browser.stage.slack.element(scene::CHANNEL, &ts, "approve").unwrap();
    browser.press("U01ALICE", "approve").await;
    browser.until(|state| state["p0"]["calls"][0]["status"] == 200).await;
    // Carol was being asked while the card was drawn anew.
    let is_gone = || browser.stage.slack.element(scene::CHANNEL, &ts, "approve").is_none();
    browser.until(|_| is_gone()).await;
    let place = json!({ "in": "message", "channel": scene::CHANNEL, "ts": ts });
    let press = json!({ "kind": "press", "place": place, "action_id": "approve", "shown": shown });
    browser.does("U03CAROL", press).await;
    browser.until_line("U03CAROL", "Somebody was first").await;
    assert_eq!(browser.stage.p0.calls().len(), 1);
    browser.close().await;
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let browser = Browser::open().await;
    let slash = |person: &str| json!({ "person": person, "kind": "slash", "channel": scene::CHANNEL, "text": "help" });
    let (status, answer) = browser.post("act", &slash("U05STRANGER")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(answer["error"], "not allowed: U05STRANGER is not in C01ACCESS");
    assert_eq!(browser.post("act", &slash("U04GUEST")).await, (StatusCode::OK, json!({ "status": 200 })));
    browser.close().await;
}

#[tokio::test]
async fn the_page_adds_requests_and_is_told_of_them() {
    let browser = Browser::open().await;
    let mut events = browser.http.get(format!("{}events", browser.url)).send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    assert_eq!(events.chunk().await.unwrap().unwrap(), "data: changed\n\n");
    let (_, added) = browser.post("request", &json!({})).await;
    assert_eq!(browser.stage.p0.status(added["id"].as_str().unwrap()).as_deref(), Some("PENDING_APPROVAL"));
    let told = tokio::time::timeout(PATIENCE, events.chunk()).await.unwrap().unwrap().unwrap();
    assert_eq!(told, "data: changed\n\n");
    // An open page does not keep the sandbox from stopping.
    browser.close().await;
}

impl Browser {
    /// Somebody does something, and the bot takes it.
    async fn does(&self, person: &str, deed: Value) {
        let mut act = deed;
        act["person"] = json!(person);
        assert_eq!(self.post("act", &act).await, (StatusCode::OK, json!({ "status": 200 })));
    }

    /// Waits until somebody sees a line that is meant for them alone.
    pub(super) async fn until_line(&self, person: &str, says: &str) {
        let says = |line: &Value| line["user"] == person && line["text"].as_str().unwrap().contains(says);
        self.until(|state| state["slack"]["ephemerals"].as_array().unwrap().iter().any(says)).await;
    }
}

#[tokio::test]
async fn the_bot_hears_what_names_it() {
    let browser = Browser::open().await;
    let card = browser.card().await;
    let written = |text: &str, thread: Option<&str>| json!({ "kind": "write", "channel": scene::CHANNEL, "thread_ts": thread, "text": text });
    for text in ["@p0 pending", "@P0, help", "Is it you, @p0?"] {
        browser.does("U01ALICE", written(text, None)).await;
    }
    browser.does("U01ALICE", written("@p0 whoami", Some(&card))).await;
    let mut quiet = written("I look into it", Some(&card));
    quiet["person"] = json!("U01ALICE");
    assert_eq!(browser.post("act", &quiet).await, (StatusCode::OK, json!({ "status": null })));
    let messages = browser.stage.slack.messages(scene::CHANNEL);
    let typed: Vec<_> = messages.iter().filter(|message| message.user == "U01ALICE").collect();
    let texts: Vec<&str> = typed.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(
        texts,
        ["<@U0BOT> pending", "<@U0BOT> help", "Is it you, <@U0BOT>", "<@U0BOT> whoami", "I look into it"]
    );
    assert_eq!(typed[4].thread_ts.as_deref(), Some(card.as_str()));
    browser.until_line("U01ALICE", "to P0 alice@example.com").await;
    assert_eq!(
        browser.post("act", &json!({ "person": "U01ALICE", "kind": "reload" })).await,
        (StatusCode::OK, json!({ "status": null }))
    );
    assert!(browser.stage.slack.ephemerals("U01ALICE").is_empty());
    browser.close().await;
}

#[tokio::test]
async fn the_app_has_a_home_where_its_manifest_says_so() {
    let browser = Browser::open_among(0).await;
    let app = SlackApp {
        delivery: Delivery::Http("https://bot.example.com".parse().unwrap()),
        command: "/p0".to_owned(),
        govslack: false,
        in_channel: true,
        linking: None,
        has_admins: false,
        has_user_groups: false,
        unfurl_domain: None,
    };
    let manifest: Value = serde_json::from_str(&manifest::json(&app)).unwrap();
    let has_home = manifest["features"]["app_home"]["home_tab_enabled"].clone();
    let hears = manifest["settings"]["event_subscriptions"]["bot_events"].as_array().unwrap();
    assert_eq!(json!(hears.contains(&json!("app_home_opened"))), has_home);
    assert_eq!(browser.state().await["slack"]["bot"]["home"], has_home);
    let look = json!({ "person": "U01ALICE", "kind": "open_home" });
    assert_eq!(browser.post("act", &look).await.0, StatusCode::OK);
    browser.close().await;
}

#[tokio::test]
async fn an_admin_opens_p0s_settings_with_the_shortcut_and_others_hear_why_not() {
    let browser = Browser::open_among(0).await;
    let open = |callback_id: &str| json!({ "kind": "shortcut", "callback_id": callback_id });
    browser.does("U01ALICE", open("settings")).await;
    let state = browser.until(|state| state["slack"]["modals"]["U01ALICE"][0]["id"].is_string()).await;
    assert_eq!(state["slack"]["modals"]["U01ALICE"][0]["view"]["callback_id"], "settings");
    // Bob is one by the user group alone, and a guest never is.
    browser.does("U02BOB", open("settings")).await;
    browser.until(|state| state["slack"]["modals"]["U02BOB"][0]["id"].is_string()).await;
    browser.does("U04GUEST", open("settings")).await;
    browser
        .until(|state| {
            let said = state["slack"]["messages"].as_array().unwrap().iter();
            said.filter_map(|message| message["text"].as_str()).any(|text| text.starts_with("Only the admins"))
        })
        .await;
    let unknown = json!({ "person": "U01ALICE", "kind": "shortcut", "callback_id": "dance" });
    assert_eq!(browser.post("act", &unknown).await.0, StatusCode::CONFLICT);
    browser.close().await;
}

#[tokio::test]
async fn where_nobody_is_an_admin_there_is_no_shortcut_to_the_settings() {
    let mut seed = Seed::built_in().unwrap();
    seed.people.iter_mut().for_each(|person| person.admin = false);
    seed.requests.clear();
    let scene = Scene::new(seed, IdentityMode::Tokens, CardRisk::Low);
    let browser = Browser::look_at(Sandbox::set(scene, 0, None).await.unwrap());
    let slack = browser.state().await["slack"].take();
    let shortcuts = slack["bot"]["shortcuts"].as_array().unwrap().iter();
    let shortcuts: Vec<&str> = shortcuts.filter_map(|shortcut| shortcut["callback_id"].as_str()).collect();
    assert_eq!((shortcuts, &slack["usergroups"]), (vec!["decide", "decide_here"], &json!([])));
    assert!(slack["channels"].as_array().unwrap().iter().all(|channel| channel["id"] != scene::SETTINGS_CHANNEL));
    browser.close().await;
}

#[tokio::test]
async fn a_stranger_is_refused_on_a_card_and_wherever_they_type() {
    let browser = Browser::open().await;
    let slash = json!({ "kind": "slash", "channel": scene::SHARED_CHANNEL, "text": "pending" });
    browser.does("U05STRANGER", slash).await;
    browser.until_line("U05STRANGER", "This bot does not take decisions from your workspace.").await;
    assert_eq!(browser.press("U05STRANGER", "approve").await.0, StatusCode::CONFLICT);
    browser.switch(json!({ "shared": true })).await;
    assert_eq!(browser.press("U05STRANGER", "approve").await, (StatusCode::OK, json!({ "status": 200 })));
    browser.until_line("U05STRANGER", "Only members of this company can decide here").await;
    assert!(browser.stage.p0.calls().is_empty());
    browser.switch(json!({ "shared": false })).await;
    assert_eq!(browser.press("U05STRANGER", "approve").await.0, StatusCode::CONFLICT);
    browser.close().await;
}
