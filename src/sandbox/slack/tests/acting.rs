use std::time::Duration;

use serde_json::json;

use super::{World, modal};
use crate::sandbox::slack::signature::sign;
use crate::sandbox::slack::{Cannot, Place, SlackSetup};

#[test]
fn the_published_vector_is_signed_as_published() {
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
        &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
        &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
        &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    assert_eq!(
        sign("8f742231b10e8888abcd99yyyzzz85a5", 1_531_420_618, body.as_bytes()),
        "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    );
}

#[tokio::test]
async fn a_press_is_told_in_slacks_shape() {
    let world = World::new().await;
    let ts = world.card().await;
    let answer = world.slack.press("U01ALICE", "C01ACCESS", &ts, "approve").await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let heard = world.bot.last();
    let seconds = world.clock.now().as_second();
    assert_eq!(heard.path, "/slack/interactivity");
    assert_eq!(heard.header("x-slack-request-timestamp"), seconds.to_string());
    let secret = SlackSetup::new(world.clock.clone()).signing_secret;
    assert_eq!(heard.header("x-slack-signature"), sign(&secret, seconds, &heard.body));
    let payload = heard.payload();
    assert_eq!(payload["user"], json!({"id": "U01ALICE", "username": "alice", "name": "alice", "team_id": "T01ACME"}));
    assert_eq!(payload["team"], json!({"id": "T01ACME", "domain": "acme"}));
    assert_eq!(
        payload["container"],
        json!({"type": "message", "message_ts": ts, "channel_id": "C01ACCESS", "is_ephemeral": false})
    );
    assert_eq!(payload["message"]["blocks"], json!(world.slack.message("C01ACCESS", &ts).unwrap().blocks));
    let action = &payload["actions"][0];
    assert_eq!((&action["value"], &action["block_id"]), (&json!("v1.key.1h"), &json!("decide")));
    assert_eq!(payload["state"]["values"]["decide"]["length"]["selected_option"], json!(null));

    world.slack.choose("U02BOB", "C01ACCESS", &ts, "length", "4h").await.unwrap();
    let payload = world.bot.last().payload();
    assert_eq!(payload["actions"][0]["selected_option"]["value"], "v1.key.4h");
    assert_eq!(payload["actions"][0].get("options"), None);
    assert_eq!(payload["state"]["values"]["decide"]["length"]["selected_option"]["text"]["text"], "4h");
}

#[tokio::test]
async fn one_presses_only_what_is_there() {
    let world = World::new().await;
    let ts = world.card().await;
    let slack = &world.slack;
    let press = async |user: &str, action: &str| slack.press(user, "C01ACCESS", &ts, action).await;
    assert!(matches!(press("U01ALICE", "revoke").await, Err(Cannot::NotThere(_))));
    assert!(matches!(press("U05STRANGER", "approve").await, Err(Cannot::NotAllowed(_))));
    assert!(matches!(press("U06GONE", "approve").await, Err(Cannot::NotAllowed(_))));
    assert!(slack.choose("U01ALICE", "C01ACCESS", &ts, "length", "8h").await.is_err());
    let old = slack.element("C01ACCESS", &ts, "approve").unwrap();
    world.call("chat.update", json!({"channel": "C01ACCESS", "ts": ts, "text": "done"})).await;
    assert!(press("U01ALICE", "approve").await.is_err());
    slack.press_stale("U01ALICE", "C01ACCESS", &ts, &old, None).await.unwrap();
    let payload = world.bot.last().payload();
    assert_eq!(payload["actions"][0]["block_id"], "decide");
    assert_eq!(payload["message"]["text"], "done");
}

#[tokio::test]
async fn an_organisation_wide_install_has_no_team() {
    let world = World::with(SlackSetup::on_grid).await;
    let ts = world.card().await;
    world.slack.press("U01ALICE", "C01ACCESS", &ts, "approve").await.unwrap();
    let payload = world.bot.last().payload();
    assert_eq!((&payload["team"], &payload["is_enterprise_install"]), (&json!(null), &json!(true)));
    assert_eq!((&payload["enterprise"]["id"], &payload["user"]["team_id"]), (&json!("E01ACME"), &json!("T01ACME")));
    world.slack.slash("U01ALICE", "C01ACCESS", "help").await.unwrap();
    assert_eq!(world.bot.last().field("is_enterprise_install"), "true");
}

#[tokio::test]
async fn slash_commands_and_their_answers() {
    let world = World::new().await;
    world.bot.will_say(&json!({"response_type": "ephemeral", "text": "on it"}));
    world.slack.slash("U01ALICE", "C02PRIVATE", "approve req-1 2h").await.unwrap();
    let heard = world.bot.last();
    let told = (heard.field("command"), heard.field("text"), heard.field("channel_name"));
    assert_eq!(told, ("/p0".into(), "approve req-1 2h".into(), "privategroup".into()));
    assert_eq!(world.slack.ephemerals("U01ALICE")[0].text, "on it");
    world.slack.connect("http://127.0.0.1:1");
    assert!(matches!(world.slack.slash("U01ALICE", "C01ACCESS", "x").await, Err(Cannot::NotReached(_))));
    let last = world.slack.ephemerals("U01ALICE").pop().unwrap();
    assert!(last.from_slack && last.text.contains("dispatch_failed"));
    world.slack.reload("U01ALICE");
    assert!(world.slack.ephemerals("U01ALICE").is_empty());
}

#[tokio::test]
async fn an_event_that_was_not_taken_comes_again() {
    let world = World::with(|setup| SlackSetup { event_retries: vec![Duration::ZERO; 2], ..setup }).await;
    world.bot.fail(2);
    assert_eq!(world.slack.dm("U02BOB", "pending").await.unwrap().status, 503);
    let heard = world.bot.heard(3).await;
    let numbers: Vec<&str> = heard.iter().map(|heard| heard.header("x-slack-retry-num")).collect();
    assert_eq!((numbers, heard[2].header("x-slack-retry-reason")), (vec!["", "1", "2"], "http_error"));
    assert!(heard.iter().all(|again| again.body == heard[0].body));
}

#[tokio::test]
async fn response_urls_last_five_uses_or_half_an_hour() {
    let world = World::new().await;
    let ts = world.card().await;
    let url = async || {
        world.slack.press("U01ALICE", "C01ACCESS", &ts, "approve").await.unwrap();
        world.bot.last().payload()["response_url"].as_str().unwrap().to_owned()
    };
    let first = url().await;
    assert_eq!(world.respond(&first, &json!({"text": "only you"})).await, (200, json!(null)));
    assert_eq!(world.slack.ephemerals("U01ALICE")[0].text, "only you");
    world.respond(&first, &json!({"text": "all", "response_type": "in_channel"})).await;
    assert_eq!(world.slack.messages("C01ACCESS").last().unwrap().text, "all");
    world.respond(&first, &json!({"text": "changed", "replace_original": true})).await;
    let changed = world.slack.message("C01ACCESS", &ts).unwrap();
    assert_eq!((changed.text.as_str(), changed.blocks.len()), ("changed", 0));
    assert_eq!(world.respond(&first, &json!({})).await, (400, json!("no_text")));
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(world.respond(&first, &json!({"text": "4"})).await.0, 200);
    assert_eq!(world.respond(&first, &json!({"delete_original": true})).await.0, 200);
    assert!(world.slack.message("C01ACCESS", &ts).is_none());
    assert_eq!(world.respond(&first, &json!({"text": "6"})).await, (404, json!("used_url")));

    world.slack.slash("U01ALICE", "C01ACCESS", "help").await.unwrap();
    let second = world.bot.last().field("response_url");
    world.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(world.respond(&second, &json!({"text": "x"})).await.0, 200);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.respond(&second, &json!({"text": "x"})).await, (404, json!("expired_url")));
}

#[tokio::test]
async fn a_modal_is_filled_in_and_the_answer_applied() {
    let world = World::new().await;
    world.slack.slash("U01ALICE", "C01ACCESS", "deny").await.unwrap();
    let trigger = world.bot.last().field("trigger_id");
    let opened = world.call("views.open", json!({"trigger_id": trigger, "view": modal()})).await;
    let id = opened["view"]["id"].as_str().unwrap();
    let submit = async |values: &[(&str, &str)]| world.slack.submit("U01ALICE", id, values).await;
    assert!(matches!(submit(&[]).await, Err(Cannot::NotAllowed(_))));
    assert!(matches!(submit(&[("reason", "far too long")]).await, Err(Cannot::NotAllowed(_))));
    assert!(matches!(
        world.slack.act("U01ALICE", &Place::view(id), "length", Some("1h")).await,
        Err(Cannot::NotAllowed(_))
    ));
    world.bot.will_say(&json!({"response_action": "errors", "errors": {"why": "no"}}));
    submit(&[("reason", "because"), ("length", "1h")]).await.unwrap();
    let values = world.bot.last().payload()["view"]["state"]["values"].clone();
    assert_eq!(values["why"]["reason"], json!({"type": "plain_text_input", "value": "because"}));
    assert_eq!(values["long"]["length"]["selected_option"]["value"], "v1.key.1h");
    assert_eq!(world.slack.modals("U01ALICE")[0].errors["why"], "no");
    world.bot.will_say(&json!({"response_action": "push", "view": modal()}));
    submit(&[]).await.unwrap();
    assert_eq!(world.slack.modals("U01ALICE").len(), 2);
    let top = world.slack.modals("U01ALICE")[1].clone();
    assert_eq!(top.view["previous_view_id"], id);
    assert_eq!(world.slack.close(&top.id).await, Ok(None));
    *world.bot.says.lock().unwrap() = String::new();
    submit(&[]).await.unwrap();
    assert!(world.slack.modals("U01ALICE").is_empty());
    assert_eq!(world.slack.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_modal_that_says_so_closes_those_below_it_too() {
    let world = World::new().await;
    let slack = &world.slack;
    slack.slash("U01ALICE", "C01ACCESS", "deny").await.unwrap();
    let trigger = world.bot.last().field("trigger_id");
    let opened = world.call("views.open", json!({"trigger_id": trigger, "view": modal()})).await;
    let mut last = modal();
    last["clear_on_close"] = json!(true);
    last["notify_on_close"] = json!(true);
    world.bot.will_say(&json!({"response_action": "push", "view": last}));
    let below = opened["view"]["id"].as_str().unwrap();
    slack.submit("U01ALICE", below, &[("reason", "because"), ("length", "1h")]).await.unwrap();
    let top = slack.modals("U01ALICE")[1].id.clone();
    slack.close(&top).await.unwrap();
    assert!(slack.modals("U01ALICE").is_empty());
    let closed = world.bot.last().payload();
    assert_eq!((&closed["view"]["id"], &closed["is_cleared"]), (&json!(top), &json!(true)));
    assert_eq!(slack.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_modal_is_pushed_on_the_one_in_which_somebody_pressed() {
    let world = World::new().await;
    let slack = &world.slack;
    let with_button =
        json!({"type": "modal", "title": super::plain("Settings"), "callback_id": "settings", "blocks": super::card()});
    slack.slash("U01ALICE", "C01ACCESS", "settings").await.unwrap();
    let trigger = world.bot.last().field("trigger_id");
    let opened = world.call("views.open", json!({"trigger_id": trigger, "view": with_button})).await;
    let below = opened["view"]["id"].as_str().unwrap();
    slack.press_in_view("U01ALICE", below, "approve").await.unwrap();
    let payload = world.bot.last().payload();
    assert_eq!(payload["container"], json!({"type": "view", "view_id": below}));
    assert_eq!((&payload["view"]["id"], &payload["view"]["callback_id"]), (&json!(below), &json!("settings")));
    assert!(payload.get("channel").is_none() && payload.get("response_url").is_none());
    world.call("views.push", json!({"trigger_id": payload["trigger_id"], "view": modal()})).await;
    let stack = slack.modals("U01ALICE");
    assert_eq!((stack.len(), &stack[1].view["previous_view_id"]), (2, &json!(below)));
    // What lies below is out of reach.
    assert!(matches!(slack.press_in_view("U01ALICE", below, "approve").await, Err(Cannot::NotThere(_))));
    // A new view is shown in the place of the one that was submitted; the one after it closes all.
    world.bot.will_say(&json!({"response_action": "update", "view": modal()}));
    let top = slack.modals("U01ALICE")[1].id.clone();
    slack.submit("U01ALICE", &top, &[("reason", "because")]).await.unwrap();
    assert_eq!(slack.modals("U01ALICE")[1].id, top);
    world.bot.will_say(&json!({"response_action": "clear"}));
    slack.submit("U01ALICE", &top, &[("reason", "again")]).await.unwrap();
    assert!(slack.modals("U01ALICE").is_empty());
    assert_eq!(slack.violations(), Vec::<String>::new());
}

#[test]
fn an_app_is_what_its_manifest_says() {
    let manifest = json!({
        "features": {
            "app_home": {"home_tab_enabled": true},
            "unfurl_domains": ["p0.example.com"],
            "shortcuts": [
                {"type": "global", "name": "P0 settings", "callback_id": "settings", "description": "See them"},
                {"type": "message", "name": "Ask for this", "callback_id": "ask", "description": "Ask"},
            ],
        },
        "oauth_config": {"scopes": {"bot": ["commands", "usergroups:read"]}},
        "settings": {"event_subscriptions": {"bot_events": ["app_home_opened", "link_shared"]}},
    });
    let app = SlackSetup::default().with_app(&manifest);
    assert_eq!(app.unfurl_domains, ["p0.example.com"]);
    let shortcuts: Vec<&str> = app.shortcuts.iter().map(|shortcut| shortcut.callback_id.as_str()).collect();
    assert_eq!(
        (app.home, shortcuts, app.scopes),
        (true, vec!["settings", "ask"], vec!["commands".into(), "usergroups:read".into()])
    );
    let app = SlackSetup::default().with_app(&json!({"features": {"app_home": {"home_tab_enabled": true}}}));
    assert!(!app.home && app.shortcuts.is_empty(), "nobody is told when it is opened");
    let deaf = SlackSetup::default().with_app(&json!({"features": {"unfurl_domains": ["p0.example.com"]}}));
    assert!(deaf.unfurl_domains.is_empty(), "nobody is told when one of its links is posted");
}

#[tokio::test]
async fn events_replays_and_retries() {
    let world = World::new().await;
    let slack = &world.slack;
    assert_eq!(slack.redeliver().await, Err(Cannot::NothingToRepeat));
    slack.mention("U01ALICE", "C01ACCESS", "approve req-1").await.unwrap();
    let first = world.bot.last();
    let event = first.event();
    assert_eq!(
        (&event["event"]["type"], &event["event"]["text"]),
        (&json!("app_mention"), &json!("<@U0BOT> approve req-1"))
    );
    world.clock.advance(Duration::from_secs(60));
    slack.redeliver().await.unwrap();
    let replay = world.bot.last();
    assert_eq!((&first.body, &first.headers), (&replay.body, &replay.headers));
    slack.retry_event(1, "http_timeout").await.unwrap();
    let retry = world.bot.last();
    assert_eq!((&first.body, retry.header("x-slack-retry-num")), (&retry.body, "1"));
    assert_ne!(first.header("x-slack-signature"), retry.header("x-slack-signature"));
    slack.dm("U02BOB", "pending").await.unwrap();
    assert_eq!(world.bot.last().event()["event"]["channel_type"], "im");
    let refused = slack.open_home("U02BOB").await.unwrap_err();
    assert_eq!(refused.to_string(), "not allowed: the app has no Home");
    assert_eq!(world.bot.last().event()["event"]["type"], "message");
}

#[tokio::test]
async fn a_home_is_opened_where_the_app_has_one() {
    let world = World::with(|setup| SlackSetup { home: true, ..setup }).await;
    let slack = &world.slack;
    slack.open_home("U02BOB").await.unwrap();
    assert_eq!(world.bot.last().event()["event"]["tab"], "home");
    let published = world
        .call("views.publish", json!({"user_id": "U02BOB", "view": {"type": "home", "blocks": super::card()}}))
        .await;
    let id = published["view"]["id"].as_str().unwrap();
    assert_eq!((slack.home_draws("U02BOB"), slack.home_draws("U01ALICE")), (1, 0));
    slack.press_in_view("U02BOB", id, "approve").await.unwrap();
    assert_eq!(world.bot.last().payload()["container"], json!({"type": "view", "view_id": id}));
    slack.verify_url("are you there").await.unwrap();
    assert_eq!(world.bot.last().event()["challenge"], "are you there");
    slack.check_ssl().await.unwrap();
    assert_eq!((world.bot.last().path.as_str(), world.bot.last().field("ssl_check")), ("/slack/commands", "1".into()));
    let snapshot = slack.snapshot().to_string();
    assert!(!snapshot.contains("/response/") && !snapshot.contains(&world.token));
}
