use serde_json::json;

use super::{World, modal};
use crate::sandbox::slack::{Cannot, Shortcut, ShortcutKind, SlackSetup};

#[tokio::test]
async fn a_global_shortcut_is_told_without_a_conversation_and_opens_a_modal() {
    let settings = Shortcut {
        kind: ShortcutKind::Global,
        name: "P0 settings".into(),
        callback_id: "settings".into(),
        description: "See and change them".into(),
    };
    let app = |setup| SlackSetup { shortcuts: vec![settings.clone()], ..setup };
    let world = World::with(app).await;
    let slack = &world.slack;
    slack.shortcut("U01ALICE", "settings").await.unwrap();
    let mut payload = world.bot.last().payload();
    let opened = world.call("views.open", json!({"trigger_id": payload["trigger_id"].take(), "view": modal()})).await;
    assert_eq!(slack.modals("U01ALICE")[0].id, opened["view"]["id"].as_str().unwrap());
    payload["action_ts"].take();
    payload["token"].take();
    assert_eq!(
        payload,
        json!({
            "type": "shortcut", "callback_id": "settings", "trigger_id": null, "action_ts": null, "token": null,
            "user": {"id": "U01ALICE", "username": "alice", "team_id": "T01ACME"},
            "team": {"id": "T01ACME", "domain": "acme"}, "enterprise": null, "is_enterprise_install": false,
        })
    );
    assert!(matches!(slack.shortcut("U01ALICE", "other").await, Err(Cannot::NotThere(_))));
    assert!(matches!(slack.shortcut("U06GONE", "settings").await, Err(Cannot::NotAllowed(_))));
    slack.connect("http://127.0.0.1:1");
    assert!(slack.shortcut("U02BOB", "settings").await.is_err());
    assert!(slack.ephemerals("U02BOB")[0].from_slack);

    let world = World::with(|setup| app(SlackSetup::on_grid(setup))).await;
    world.slack.shortcut("U01ALICE", "settings").await.unwrap();
    assert_eq!(world.bot.last().payload()["team"], json!(null));
    let world = World::with(|setup| app(SlackSetup::without_scope(setup, "commands"))).await;
    assert!(matches!(world.slack.shortcut("U01ALICE", "settings").await, Err(Cannot::NotAllowed(_))));
}

fn decide(kind: ShortcutKind) -> Shortcut {
    let description = "See what waits for you".into();
    Shortcut { kind, name: "Decide on requests".into(), callback_id: "decide".into(), description }
}

#[tokio::test]
async fn a_message_shortcut_tells_the_message_and_opens_a_modal() {
    let world = World::with(|setup| SlackSetup { shortcuts: vec![decide(ShortcutKind::Message)], ..setup }).await;
    let slack = &world.slack;
    let ts = world.card().await;
    slack.message_shortcut("U02BOB", "C01ACCESS", &ts, "decide").await.unwrap();
    let payload = world.bot.last().payload();
    assert_eq!((&payload["type"], &payload["callback_id"]), (&json!("message_action"), &json!("decide")));
    assert_eq!((&payload["message_ts"], &payload["message"]["ts"]), (&json!(ts), &json!(ts)));
    assert_eq!(payload["channel"], json!({"id": "C01ACCESS", "name": "access-requests"}));
    assert_eq!(payload["user"]["id"], "U02BOB");
    assert_eq!(payload["message"]["blocks"][1]["elements"][0]["value"], "v1.key.1h");
    let opened = world.call("views.open", json!({"trigger_id": payload["trigger_id"], "view": modal()})).await;
    assert_eq!(opened["ok"], true);
    // What is said to its address stands beside the message, and takes its place at no time.
    let url = payload["response_url"].as_str().unwrap();
    assert_eq!(world.respond(url, &json!({"text": "Here", "replace_original": true})).await.0, 200);
    assert_eq!((slack.message("C01ACCESS", &ts).unwrap().text.as_str(), slack.ephemerals("U02BOB").len()), ("card", 1));
    // It is there at every message, whoever wrote it; but not for people who cannot see it, and it is no global one.
    let theirs = slack.write("U01ALICE", "C04RANDOM", None, "Is this for you?").await.unwrap();
    slack.message_shortcut("U02BOB", "C04RANDOM", &theirs.ts, "decide").await.unwrap();
    assert_eq!(world.bot.last().payload()["message"]["text"], "Is this for you?");
    assert!(slack.message_shortcut("U05STRANGER", "C01ACCESS", &ts, "decide").await.is_err());
    assert!(matches!(slack.message_shortcut("U02BOB", "C01ACCESS", "1.2", "decide").await, Err(Cannot::NotThere(_))));
    assert!(matches!(slack.shortcut("U02BOB", "decide").await, Err(Cannot::NotThere(_))));
}

#[tokio::test]
async fn a_global_shortcut_and_one_of_messages_may_share_their_id() {
    let shortcuts = vec![decide(ShortcutKind::Global), decide(ShortcutKind::Message)];
    let world = World::with(|setup| SlackSetup { shortcuts, ..setup }).await;
    let ts = world.card().await;
    world.slack.shortcut("U02BOB", "decide").await.unwrap();
    assert_eq!(world.bot.last().payload()["type"], "shortcut");
    world.slack.message_shortcut("U02BOB", "C01ACCESS", &ts, "decide").await.unwrap();
    assert_eq!(world.bot.last().payload()["type"], "message_action");
}
