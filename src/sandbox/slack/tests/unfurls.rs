use serde_json::{Value, json};

use super::{World, card};
use crate::sandbox::slack::{Cannot, Place, SlackSetup};

const LINK: &str = "https://p0.example.com/o/acme/requests/req-1";

async fn world() -> World {
    let registered = |setup: SlackSetup| SlackSetup { unfurl_domains: vec!["p0.example.com".into()], ..setup };
    World::with(|setup| registered(setup).with_scope("links:read").with_scope("links:write")).await
}

/// Posts the link as Bob and gives its `ts`.
async fn shared(world: &World) -> String {
    world.slack.write("U02BOB", "C01ACCESS", None, &format!("Look: {LINK}.")).await.unwrap().ts
}

async fn unfurl(world: &World, ts: &str, unfurls: Value) -> Value {
    world.call("chat.unfurl", json!({"channel": "C01ACCESS", "ts": ts, "unfurls": unfurls})).await
}

#[tokio::test]
async fn a_link_of_the_apps_domains_is_told_with_where_it_stands() {
    let world = world().await;
    let ts = shared(&world).await;
    let mut event = world.bot.last().event()["event"].clone();
    assert!(event["unfurl_id"].take().as_str().unwrap().starts_with(&format!("C01ACCESS.{ts}.")));
    assert_eq!(
        event,
        json!({
            "type": "link_shared", "user": "U02BOB", "channel": "C01ACCESS", "message_ts": ts, "event_ts": ts,
            "links": [{"domain": "p0.example.com", "url": LINK}], "source": "conversations_history",
            "unfurl_id": null, "is_bot_user_member": true,
        })
    );
    // Of channels without the bot as well, and of direct messages beside the message itself.
    world.slack.write("U02BOB", "C04RANDOM", None, LINK).await.unwrap();
    assert_eq!(world.bot.last().event()["event"]["is_bot_user_member"], false);
    world.slack.dm("U02BOB", LINK).await.unwrap();
    assert_eq!(world.bot.last().event()["event"]["type"], "link_shared");
    let elsewhere = world.slack.write("U02BOB", "C01ACCESS", None, "https://example.com").await.unwrap();
    assert_eq!(elsewhere.answers, []);
    world.slack.set_unfurl_domains(&["example.com"]);
    let again = world.slack.write("U02BOB", "C01ACCESS", None, "https://example.com").await.unwrap();
    assert_eq!(again.answers.len(), 1);
    let shared = world.slack.write("U05STRANGER", "C03SHARED", None, LINK).await.unwrap();
    let envelope = world.bot.last().event();
    assert_eq!((shared.answers.len(), &envelope["is_ext_shared_channel"]), (1, &json!(true)));
    assert_eq!(envelope["event"]["user"], "U05STRANGER");
}

#[tokio::test]
async fn what_is_laid_under_a_link_is_shown_once_and_replaced_when_it_is_laid_again() {
    let world = world().await;
    let ts = shared(&world).await;
    assert_eq!(unfurl(&world, &ts, json!({LINK: {"blocks": card()}})).await, json!({"ok": true}));
    let laid = world.slack.unfurl("C01ACCESS", &ts, LINK).unwrap();
    assert_eq!((laid.id, &laid.blocks[1]["elements"][0]["value"]), (1, &json!("v1.key.1h")));
    let done = json!([{"type": "section", "text": {"type": "mrkdwn", "text": "*Approved*"}}]);
    unfurl(&world, &ts, json!({LINK: {"blocks": done}})).await;
    let message = world.slack.message("C01ACCESS", &ts).unwrap();
    assert_eq!((message.unfurls.len(), &message.unfurls[0].blocks[0]["text"]["text"]), (1, &json!("*Approved*")));
    let form = json!({LINK: {"blocks": card()}}).to_string();
    let as_form = [("channel", "C01ACCESS"), ("ts", &ts), ("unfurls", &form)];
    assert_eq!(world.form("chat.unfurl", &as_form).await["ok"], true);
    assert_eq!(world.slack.calls_of("chat.unfurl")[2].body["unfurls"][LINK]["blocks"], card());
    assert_eq!(world.slack.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_press_under_a_link_tells_what_the_app_laid_there_and_not_the_message() {
    let world = world().await;
    let slack = &world.slack;
    let ts = shared(&world).await;
    unfurl(&world, &ts, json!({LINK: {"blocks": card()}})).await;
    slack.press_unfurl("U01ALICE", "C01ACCESS", &ts, LINK, "approve").await.unwrap();
    let payload = world.bot.last().payload();
    assert_eq!(
        payload["container"],
        json!({
            "type": "message_attachment", "message_ts": ts, "attachment_id": 1, "channel_id": "C01ACCESS",
            "is_ephemeral": false, "is_app_unfurl": true, "app_unfurl_url": LINK,
        })
    );
    assert_eq!((&payload["app_unfurl"]["id"], &payload["app_unfurl"]["app_unfurl_url"]), (&json!(1), &json!(LINK)));
    assert!(payload.get("message").is_none());
    assert_eq!(
        (&payload["channel"]["id"], &payload["actions"][0]["value"]),
        (&json!("C01ACCESS"), &json!("v1.key.1h"))
    );
    // What is answered stands beside Bob's message, which is not the bot's to change.
    let url = payload["response_url"].as_str().unwrap();
    assert_eq!(world.respond(url, &json!({"text": "Received", "replace_original": true})).await.0, 200);
    assert_eq!(slack.ephemerals("U01ALICE")[0].text, "Received");
    let select = slack.act("U01ALICE", &Place::unfurl("C01ACCESS", &ts, LINK), "length", Some("4h")).await;
    assert_eq!(select.unwrap().status, 200);
    assert_eq!(world.bot.last().payload()["actions"][0]["selected_option"]["value"], "v1.key.4h");
    assert!(matches!(
        slack.press_unfurl("U01ALICE", "C01ACCESS", &ts, "https://x", "approve").await,
        Err(Cannot::NotThere(_))
    ));
    let stranger = slack.press_unfurl("U05STRANGER", "C01ACCESS", &ts, LINK, "approve").await;
    assert!(matches!(stranger, Err(Cannot::NotAllowed(_))));
}

#[tokio::test]
async fn only_links_that_were_told_are_unfurled_and_only_with_blocks_that_slack_takes_there() {
    let world = world().await;
    let text = format!("{LINK} https://example.com/a");
    let ts = world.slack.write("U02BOB", "C01ACCESS", None, &text).await.unwrap().ts;
    let sound = json!({LINK: {"blocks": card()}});
    let error = async |args: Value| world.call("chat.unfurl", args).await["error"].clone();
    let at = |ts: &str, unfurls: &Value| json!({"channel": "C01ACCESS", "ts": ts, "unfurls": unfurls});
    assert_eq!(error(json!({"ts": ts, "unfurls": sound})).await, "missing_channel");
    assert_eq!(error(json!({"channel": "C01ACCESS", "unfurls": sound})).await, "missing_ts");
    assert_eq!(error(json!({"channel": "C01ACCESS", "ts": ts})).await, "missing_unfurls");
    assert_eq!(error(at(&ts, &json!("x"))).await, "invalid_unfurls_format");
    assert_eq!(error(at(&ts, &json!({LINK: "x"}))).await, "invalid_unfurls_format");
    assert_eq!(error(at(&ts, &json!({LINK: {"text": "x"}}))).await, "cannot_parse_attachment");
    assert_eq!(error(json!({"channel": "C09", "ts": ts, "unfurls": sound})).await, "cannot_find_channel");
    assert_eq!(error(at("1.2", &sound)).await, "cannot_find_message");
    assert_eq!(error(at(&ts, &json!({"https://p0.example.com": {"blocks": card()}}))).await, "cannot_unfurl_message");
    assert_eq!(error(at(&ts, &json!({"https://example.com/a": {"blocks": card()}}))).await, "cannot_unfurl_url");
    let own = world.call("chat.postMessage", json!({"channel": "C01ACCESS", "text": format!("<{LINK}>")})).await;
    assert_eq!(error(at(own["ts"].as_str().unwrap(), &sound)).await, "cannot_unfurl_url");
    assert_eq!(world.slack.violations(), Vec::<String>::new());
    let rich = json!([{"type": "rich_text", "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "because"}]},
    ]}]);
    assert_eq!(
        world.call("chat.postMessage", json!({"channel": "U02BOB", "text": "x", "blocks": rich})).await["ok"],
        true
    );
    assert_eq!(error(at(&ts, &json!({LINK: {"blocks": rich}}))).await, "invalid_blocks");
    assert_eq!(world.slack.violations(), ["chat.unfurl: unsupported type: rich_text [json-pointer:/blocks/0]"]);
    assert!(world.slack.message("C01ACCESS", &ts).unwrap().unfurls.is_empty());
}

#[tokio::test]
async fn without_the_scopes_links_are_neither_told_nor_unfurled() {
    let world = World::with(|setup| SlackSetup { unfurl_domains: vec!["p0.example.com".into()], ..setup }).await;
    let ts = shared(&world).await;
    assert!(world.bot.heard.lock().unwrap().is_empty());
    assert_eq!(unfurl(&world, &ts, json!({LINK: {"blocks": card()}})).await["needed"], "links:write");
}
