use std::time::Duration;

use serde_json::json;

use super::{World, card, modal};
use crate::sandbox::slack::{Answered, Fault, SlackSetup, Times};

#[tokio::test]
async fn only_the_token_and_the_scopes_open_methods() {
    let world = World::with(|setup| setup.without_scope("users:read.email")).await;
    let response = world.raw("auth.test", &json!({})).await.unwrap();
    assert!(response.headers()["x-oauth-scopes"].to_str().unwrap().contains("chat:write"));
    let told: serde_json::Value = response.json().await.unwrap();
    assert_eq!((&told["team_id"], &told["bot_id"]), (&json!("T01ACME"), &json!("B0BOT")));
    let user = world.form("users.info", &[("user", "U01ALICE")]).await;
    assert_eq!(user["user"]["profile"].get("email"), None);
    let refused = world.form("users.lookupByEmail", &[("email", "bob@example.com")]).await;
    assert_eq!((&refused["error"], &refused["needed"]), (&json!("missing_scope"), &json!("users:read.email")));
    assert_eq!(world.call("chat.explode", json!({})).await["error"], "unknown_method");
    let bare = world.http.post(world.url("auth.test")).send().await.unwrap();
    assert_eq!(bare.json::<serde_json::Value>().await.unwrap()["error"], "not_authed");
    let wrong = world.http.post(world.url("auth.test")).bearer_auth("xoxb-other").send().await.unwrap();
    assert_eq!(wrong.json::<serde_json::Value>().await.unwrap()["error"], "invalid_auth");
}

#[tokio::test]
async fn reading_methods_take_forms_and_ignore_json() {
    let world = World::new().await;
    assert_eq!(world.call("users.info", json!({"user": "U01ALICE"})).await["error"], "user_not_found");
    assert_eq!(
        world.call("users.lookupByEmail", json!({"email": "bob@example.com"})).await["error"],
        "invalid_arguments"
    );
    let found = world.form("users.lookupByEmail", &[("email", "BOB@example.com")]).await;
    assert_eq!(found["user"]["id"], "U02BOB");
    let stranger = world.form("users.info", &[("user", "U05STRANGER")]).await;
    assert_eq!((&stranger["user"]["is_stranger"], &stranger["user"]["team_id"]), (&json!(true), &json!("T09OTHER")));
    let blocks = card().to_string();
    let posted = world.form("chat.postMessage", &[("channel", "C01ACCESS"), ("text", "x"), ("blocks", &blocks)]).await;
    assert_eq!(posted["message"]["blocks"][1]["block_id"], "decide");
    assert!(posted["message"]["blocks"][0]["block_id"].is_string());
}

#[tokio::test]
async fn the_bot_posts_only_where_it_may() {
    let world = World::new().await;
    world.slack.change_channel("C02PRIVATE", |channel| channel.bot_is_member = false);
    world.slack.change_channel("C03SHARED", |channel| channel.is_archived = true);
    for (channel, error) in [
        ("C09NOWHERE", "channel_not_found"),
        ("C02PRIVATE", "channel_not_found"),
        ("C03SHARED", "is_archived"),
        ("C04RANDOM", "not_in_channel"),
    ] {
        let refused = world.call("chat.postMessage", json!({"channel": channel, "text": "x"})).await;
        assert_eq!(refused["error"], error, "{channel}");
        world.clock.advance(Duration::from_secs(1));
    }
    let dm = world.call("conversations.open", json!({"users": "U02BOB"})).await["channel"]["id"].clone();
    let posted = world.call("chat.postMessage", json!({"channel": "U02BOB", "text": "x"})).await;
    assert_eq!((&posted["channel"], dm.as_str()), (&dm, world.slack.dm_channel("U02BOB").as_deref()));
    let ephemeral = async |channel: &str, user: &str| {
        world.call("chat.postEphemeral", json!({"channel": channel, "user": user, "text": "x"})).await["error"].clone()
    };
    assert_eq!(ephemeral("C04RANDOM", "U02BOB").await, "not_in_channel");
    assert_eq!(ephemeral("C01ACCESS", "U05STRANGER").await, "user_not_in_channel");
    let threaded = json!({"channel": "C01ACCESS", "user": "U02BOB", "text": "x", "thread_ts": "1.000001"});
    assert_eq!(world.call("chat.postEphemeral", threaded).await["ok"], true);
    assert_eq!(world.slack.ephemerals("U02BOB")[0].thread_ts.as_deref(), Some("1.000001"));
    world.slack.set_active("U02BOB", false);
    assert_eq!(ephemeral("C01ACCESS", "U02BOB").await, json!(null));
    assert_eq!(world.slack.ephemerals("U02BOB").len(), 0);
}

#[tokio::test]
async fn a_text_only_update_drops_the_blocks() {
    let world = World::new().await;
    let ts = world.card().await;
    let updated = world.call("chat.update", json!({"channel": "C01ACCESS", "ts": ts, "text": "done"})).await;
    assert_eq!(updated["text"], "done");
    let message = world.slack.message("C01ACCESS", &ts).unwrap();
    assert!(message.blocks.is_empty() && message.edited.is_some());
    let update = async |ts: &str| {
        world.call("chat.update", json!({"channel": "C01ACCESS", "ts": ts, "text": "x"})).await["error"].clone()
    };
    assert_eq!(update("1.000000").await, "message_not_found");
    world.slack.mention("U01ALICE", "C01ACCESS", "hello").await.unwrap();
    let theirs = world.slack.messages("C01ACCESS").last().unwrap().ts.clone();
    assert_eq!(update(&theirs).await, "cant_update_message");
}

#[tokio::test]
async fn poor_messages_are_noted() {
    let world = World::with(|mut setup| {
        setup.rates.burst = 10;
        setup
    })
    .await;
    let post = async |mut message: serde_json::Value| {
        message["channel"] = json!("C01ACCESS");
        world.call("chat.postMessage", message).await
    };
    assert_eq!(post(json!({})).await["error"], "no_text");
    assert_eq!(world.slack.violations(), Vec::<String>::new());
    assert_eq!(post(json!({"blocks": card()})).await["ok"], true);
    assert_eq!(post(json!({"text": "x".repeat(4001)})).await["ok"], true);
    assert_eq!(post(json!({"text": "x".repeat(40_001)})).await["error"], "msg_too_long");
    let refused = post(json!({"text": "x", "blocks": [{"type": "section"}]})).await;
    assert_eq!(refused["error"], "invalid_blocks");
    assert!(refused["response_metadata"]["messages"][0].as_str().unwrap().ends_with("[json-pointer:/blocks/0]"));
    assert_eq!(world.slack.violations().len(), 4);
}

#[tokio::test]
async fn rates_follow_the_clock() {
    let world = World::with(|setup| setup.with_scope("usergroups:read")).await;
    let post =
        async |channel: &str| world.raw("chat.postMessage", &json!({"channel": channel, "text": "x"})).await.unwrap();
    for _ in 0..4 {
        assert_eq!(post("C01ACCESS").await.status(), 200);
    }
    let limited = post("C01ACCESS").await;
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "1"));
    assert_eq!(limited.json::<serde_json::Value>().await.unwrap()["error"], "ratelimited");
    assert_eq!(post("C03SHARED").await.status(), 429, "the method is closed for the workspace");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(post("C01ACCESS").await.status(), 200);
    for _ in 0..20 {
        assert_eq!(world.form("usergroups.users.list", &[("usergroup", "S01ONCALL")]).await["users"][0], "U01ALICE");
    }
    world.clock.advance(Duration::from_secs(20));
    let limited = world.raw("usergroups.users.list", &json!({})).await.unwrap();
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "40"));
}

#[tokio::test]
async fn modals_need_a_fresh_trigger_and_the_right_hash() {
    let world = World::new().await;
    let ts = world.card().await;
    let trigger = async || {
        world.slack.press("U01ALICE", "C01ACCESS", &ts, "approve").await.unwrap();
        world.bot.last().payload()["trigger_id"].clone()
    };
    let open = async |trigger: &serde_json::Value| {
        world.call("views.open", json!({"trigger_id": trigger, "view": modal()})).await
    };
    let late = trigger().await;
    world.clock.advance(Duration::from_millis(3001));
    assert_eq!(open(&late).await["error"], "expired_trigger_id");
    assert_eq!(open(&json!("1.2.3")).await["error"], "invalid_trigger_id");
    let fresh = trigger().await;
    world.clock.advance(Duration::from_secs(3));
    let opened = open(&fresh).await["view"].clone();
    assert_eq!(open(&fresh).await["error"], "exchanged_trigger_id");
    let update = async |hash: &serde_json::Value| {
        world.call("views.update", json!({"view_id": opened["id"], "hash": hash, "view": modal()})).await
    };
    assert_eq!(update(&json!("1.other")).await["error"], "hash_conflict");
    assert_eq!(update(&opened["hash"]).await["ok"], true);
    assert_eq!(update(&opened["hash"]).await["error"], "hash_conflict");
    let bad = world.call("views.open", json!({"trigger_id": "x", "view": {"type": "modal"}})).await;
    assert_eq!(bad["error"], "invalid_arguments");
}

#[tokio::test]
async fn faults_happen_as_ordered() {
    let world = World::new().await;
    let post = async || world.raw("chat.postMessage", &json!({"channel": "C01ACCESS", "text": "x"})).await;
    let slack = &world.slack;
    slack.fail("chat.postMessage", Fault::LostAnswer, Times::Count(1));
    slack.fail("chat.postMessage", Fault::Drop, Times::Count(1));
    slack.fail("chat.postMessage", Fault::Status(503, "<html>".into()), Times::Count(1));
    slack.fail("chat.postMessage", Fault::RateLimited { retry_after_s: 30 }, Times::Count(1));
    slack.fail("chat.postMessage", Fault::ApiError("fatal_error".into()), Times::UntilCleared);
    assert!(post().await.is_err());
    assert!(post().await.is_err());
    assert_eq!(slack.messages("C01ACCESS").len(), 1);
    assert_eq!(post().await.unwrap().status(), 503);
    assert_eq!(post().await.unwrap().headers()["retry-after"], "30");
    for _ in 0..2 {
        assert_eq!(post().await.unwrap().json::<serde_json::Value>().await.unwrap()["error"], "fatal_error");
    }
    slack.clear_faults();
    slack.fail("chat.postMessage", Fault::Hang(Duration::from_millis(1)), Times::Count(1));
    assert_eq!(post().await.unwrap().status(), 200);
    let answered: Vec<Answered> = slack.calls_of("chat.postMessage").into_iter().map(|call| call.answered).collect();
    let fatal = Answered::Error("fatal_error".into());
    let expected = [
        Answered::Lost,
        Answered::Nothing,
        Answered::Status(503),
        Answered::RateLimited(30),
        fatal.clone(),
        fatal,
        Answered::Ok,
    ];
    assert_eq!(answered, expected);
}

#[tokio::test]
async fn it_stops_with_its_last_handle() {
    let slack = crate::sandbox::slack::Slack::start(SlackSetup::default()).await.unwrap();
    let (url, other) = (slack.api_base_url(), slack.clone());
    let http = crate::sandbox::slack::person::http_client(Duration::from_secs(20)).unwrap();
    drop(slack);
    assert_eq!(http.get(format!("{url}auth.test")).send().await.unwrap().status(), 200);
    drop(other);
    let mut refused = false;
    for _ in 0..1000 {
        refused = http.get(format!("{url}auth.test")).send().await.is_err();
        if refused {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(refused);
}

#[tokio::test]
async fn channels_tell_what_the_scopes_allow() {
    let world = World::with(|setup| setup.without_scope("groups:read")).await;
    let info = async |channel: &str| world.form("conversations.info", &[("channel", channel)]).await;
    let shared = info("C03SHARED").await["channel"].clone();
    assert_eq!((&shared["is_ext_shared"], &shared["is_member"]), (&json!(true), &json!(true)));
    assert_eq!(info("C04RANDOM").await["channel"]["is_member"], false);
    assert_eq!(info("C02PRIVATE").await["needed"], "groups:read");
    assert_eq!(world.call("conversations.info", json!({"channel": "C01ACCESS"})).await["error"], "invalid_arguments");
}

#[tokio::test]
async fn the_bot_deletes_only_its_own() {
    let world = World::new().await;
    let delete =
        async |ts: &str| world.call("chat.delete", json!({"channel": "C01ACCESS", "ts": ts})).await["error"].clone();
    let ts = world.card().await;
    world.slack.mention("U01ALICE", "C01ACCESS", "hello").await.unwrap();
    let theirs = world.slack.messages("C01ACCESS").last().unwrap().ts.clone();
    assert_eq!(delete(&theirs).await, "cant_delete_message");
    assert_eq!(delete(&ts).await, json!(null));
    assert_eq!(delete(&ts).await, "message_not_found");
}

#[tokio::test]
async fn three_modals_lie_on_each_other_at_most() {
    let world = World::new().await;
    let mut asking = modal();
    asking["blocks"] = card();
    let show = async |method: &str| {
        let trigger = world.bot.last().trigger();
        world.call(method, json!({"trigger_id": trigger, "view": asking})).await
    };
    let press_on_top = async || {
        let top = world.slack.modals("U01ALICE").pop().unwrap();
        world.slack.press_in_view("U01ALICE", &top.id, "approve").await.unwrap();
    };
    world.slack.slash("U01ALICE", "C01ACCESS", "help").await.unwrap();
    assert_eq!(show("views.push").await["error"], "invalid_trigger_id");
    world.slack.slash("U01ALICE", "C01ACCESS", "help").await.unwrap();
    let root = show("views.open").await["view"]["id"].clone();
    for _ in 0..2 {
        press_on_top().await;
        assert_eq!(show("views.push").await["view"]["root_view_id"], root);
    }
    press_on_top().await;
    assert_eq!(show("views.push").await["error"], "push_limit_reached");
}
