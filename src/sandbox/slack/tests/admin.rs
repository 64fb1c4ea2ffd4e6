//! What ends an account or the app itself, as the app hears of it.

use serde_json::json;

use super::World;
use crate::sandbox::slack::Cannot;

#[tokio::test]
async fn an_app_that_was_taken_out_is_told_and_its_token_is_nobodys() {
    let world = World::new().await;
    assert_eq!(world.slack.uninstall().await.unwrap().status, 200);
    let heard = world.bot.last();
    assert_eq!((heard.path.as_str(), heard.header("x-slack-signature").len()), ("/slack/events", 67));
    let mut event = heard.event();
    for random in ["event_id", "event_time", "token"] {
        event.as_object_mut().unwrap().remove(random).unwrap();
    }
    let told = json!({
        "team_id": "T01ACME", "api_app_id": "A01CHATOPS", "type": "event_callback",
        "event": { "type": "app_uninstalled" },
    });
    assert_eq!(event, told);
    assert_eq!(world.call("auth.test", json!({})).await["error"], "account_inactive");
}

#[tokio::test]
async fn revoked_tokens_are_named_by_their_owners() {
    let world = World::new().await;
    world.slack.revoke_tokens(&["U01ALICE", "U02BOB"], &[]).await.unwrap();
    let told = json!({ "type": "tokens_revoked", "tokens": { "oauth": ["U01ALICE", "U02BOB"], "bot": [] } });
    assert_eq!(world.bot.last().event()["event"], told);
    assert_eq!(world.call("auth.test", json!({})).await["ok"], true);
}

#[tokio::test]
async fn a_deactivated_person_is_told_of_whole() {
    let world = World::new().await;
    world.slack.deactivate("U02BOB").await.unwrap();
    let event = world.bot.last().event()["event"].clone();
    assert_eq!((&event["type"], &event["user"]["deleted"]), (&json!("user_change"), &json!(true)));
    assert_eq!(event["user"], world.form("users.info", &[("user", "U02BOB")]).await["user"]);
    assert!(matches!(world.slack.press("U02BOB", "C01ACCESS", "1.1", "approve").await, Err(Cannot::NotAllowed(_))));
    world.slack.change_person("U01ALICE", |alice| alice.is_restricted = true);
    world.slack.tell_user_change("U01ALICE").await.unwrap();
    assert_eq!(world.bot.last().event()["event"]["user"]["is_restricted"], true);
    let deaf = World::with(|setup| setup.without_scope("users:read")).await;
    assert!(matches!(deaf.slack.deactivate("U02BOB").await, Err(Cannot::NotAllowed(_))));
}
