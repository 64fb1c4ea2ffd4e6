use serde_json::json;

use super::{World, card};
use crate::sandbox::slack::{Cannot, SlackSetup};

#[tokio::test]
async fn answers_of_the_bot_stand_in_the_thread_or_in_the_channel_as_well() {
    let world = World::new().await;
    let slack = &world.slack;
    let root = world.card().await;
    assert_eq!(slack.message("C01ACCESS", &root).unwrap().thread_ts, None);
    let post = async |text: &str, broadcast: bool| {
        let reply = json!({"channel": "C01ACCESS", "thread_ts": root, "text": text, "reply_broadcast": broadcast});
        world.call("chat.postMessage", reply).await["message"].clone()
    };
    let (quiet, loud) = (post("Alice was told", false).await, post("It ends in ten minutes", true).await);
    assert_eq!((&quiet["thread_ts"], quiet.get("subtype")), (&json!(root), None));
    assert_eq!((&loud["thread_ts"], &loud["subtype"]), (&json!(root), &json!("thread_broadcast")));
    let said: Vec<_> =
        slack.thread("C01ACCESS", &root).into_iter().map(|reply| (reply.text, reply.is_broadcast)).collect();
    assert_eq!(said, [("Alice was told".into(), false), ("It ends in ten minutes".into(), true)]);
    let begun = slack.message("C01ACCESS", &root).unwrap();
    assert!(begun.thread_ts.as_deref() == Some(&root) && !begun.is_reply());
    assert_eq!(slack.violations(), Vec::<String>::new());
    // A thread is named by its message, not by an answer in it.
    let stray = json!({"channel": "C01ACCESS", "thread_ts": quiet["ts"], "text": "x"});
    world.call("chat.postMessage", stray).await;
    assert_eq!(slack.violations(), ["chat.postMessage: the thread_ts of an answer, which is not the thread's"]);
}

#[tokio::test]
async fn what_is_meant_for_a_thread_that_is_gone_stands_in_the_channel() {
    let world = World::new().await;
    let root = world.card().await;
    world.call("chat.delete", json!({"channel": "C01ACCESS", "ts": root})).await;
    let reply = json!({"channel": "C01ACCESS", "thread_ts": root, "text": "Alice was told", "reply_broadcast": true});
    let posted = world.call("chat.postMessage", reply).await;
    assert_eq!((&posted["ok"], posted["message"].get("thread_ts")), (&json!(true), None));
    assert!(world.slack.thread("C01ACCESS", &root).is_empty());
    assert!(!world.slack.messages("C01ACCESS")[0].is_broadcast);
}

#[tokio::test]
async fn the_bot_hears_of_a_thread_what_it_hears_elsewhere() {
    let world = World::new().await;
    let slack = &world.slack;
    let root = world.card().await;
    let heard = || world.bot.heard.lock().unwrap().len();
    // An answer that does not name it is none of its business.
    let quiet = slack.write("U02BOB", "C01ACCESS", Some(&root), "I think that is fine").await.unwrap();
    assert_eq!((quiet.answers.len(), heard()), (0, 0));
    let named = slack.write("U02BOB", "C01ACCESS", Some(&root), "<@U0BOT> approve 2h").await.unwrap();
    let event = world.bot.last().event()["event"].clone();
    assert_eq!((named.answers.len(), &event["type"], &event["thread_ts"]), (1, &json!("app_mention"), &json!(root)));
    assert_eq!((&event["ts"], &event["channel"]), (&json!(named.ts), &json!("C01ACCESS")));
    slack.mention_in_thread("U02BOB", "C01ACCESS", &root, "deny").await.unwrap();
    assert_eq!(slack.thread("C01ACCESS", &root).len(), 3);
    // In a direct message all is heard.
    let dm = world.call("chat.postMessage", json!({"channel": "U02BOB", "text": "card", "blocks": card()})).await;
    let (channel, card) = (dm["channel"].as_str().unwrap(), dm["ts"].as_str().unwrap());
    slack.write("U02BOB", channel, Some(card), "approve 2h").await.unwrap();
    let event = world.bot.last().event()["event"].clone();
    assert_eq!((&event["type"], &event["channel_type"]), (&json!("message"), &json!("im")));
    assert_eq!((&event["thread_ts"], &event["text"]), (&json!(card), &json!("approve 2h")));
    let reply = slack.thread("C01ACCESS", &root)[0].ts.clone();
    assert!(matches!(slack.write("U02BOB", "C01ACCESS", Some(&reply), "x").await, Err(Cannot::NotAllowed(_))));
    assert!(matches!(slack.write("U02BOB", "C01ACCESS", Some("1.2"), "x").await, Err(Cannot::NotThere(_))));
    assert!(matches!(slack.write("U05STRANGER", "C01ACCESS", None, "x").await, Err(Cannot::NotAllowed(_))));
}

#[tokio::test]
async fn a_press_in_a_thread_tells_the_thread() {
    let world = World::new().await;
    let root = world.card().await;
    let answer = json!({"channel": "C01ACCESS", "thread_ts": root, "text": "card", "blocks": card()});
    let posted = world.call("chat.postMessage", answer).await;
    world.slack.press("U02BOB", "C01ACCESS", posted["ts"].as_str().unwrap(), "approve").await.unwrap();
    let payload = world.bot.last().payload();
    assert_eq!((&payload["container"]["thread_ts"], &payload["message"]["thread_ts"]), (&json!(root), &json!(root)));
    world.slack.press("U02BOB", "C01ACCESS", &root, "approve").await.unwrap();
    assert_eq!(world.bot.last().payload()["message"]["thread_ts"], json!(root), "it began one");
}

#[tokio::test]
async fn without_its_scopes_the_bot_hears_nothing_and_people_write_all_the_same() {
    let without = |setup: SlackSetup| setup.without_scope("app_mentions:read").without_scope("im:history");
    let world = World::with(without).await;
    let slack = &world.slack;
    let written = slack.write("U02BOB", "C01ACCESS", None, "<@U0BOT> pending").await.unwrap();
    assert_eq!((written.answers.len(), slack.messages("C01ACCESS").len()), (0, 1));
    assert!(slack.mention("U02BOB", "C01ACCESS", "pending").await.is_err());
    assert!(slack.dm("U02BOB", "pending").await.is_err());
    assert_eq!(slack.messages("C01ACCESS").len(), 1);
}
