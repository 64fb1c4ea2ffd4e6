//! Slack's doors: who is let in, what is understood, and the exact answer to everything else.

use std::time::Duration;

use p0_chatops::sandbox::p0::RequestSeed;
use p0_chatops::sandbox::slack::SlackSetup;
use serde_json::{Value, json};

use crate::wire::{COMMANDS, DOORS, EVENTS, INTERACTIVITY, form, mention, signature};
use crate::world::{ALICE, BOB, CHANNEL, Card, Setup, World, bobs};

const SECRET: &str = "5f0c1a7be2d94386a1f7c03d9b64e852";
const STAMP: &str = "x-slack-request-timestamp";
const SIGNATURE: &str = "x-slack-signature";
const STRANGER: &str = "U05STRANGER";
const FRESH: &str =
    "This card is from an older version. Use the newest card, or `show` with the request's id, to get a fresh one.";

/// A body that would do something if it were believed.
fn slash(text: &str) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("command", "/p0").append_pair("text", text).append_pair("user_id", ALICE);
    form.append_pair("team_id", "T01ACME").append_pair("channel_id", CHANNEL);
    form.append_pair("trigger_id", &format!("{:x}", rand::random::<u64>())).finish()
}

/// A world with a request, and a signature of now for [`slash`].
async fn at_the_door() -> (World, String, String, String) {
    let world = World::with(Setup::over_http()).await;
    world.usual().await;
    let body = slash("approve req-1 1h");
    let stamp = world.clock.now().as_second().to_string();
    let signed = signature(SECRET, &stamp, &body);
    (world, body, stamp, signed)
}

#[tokio::test]
async fn a_malformed_signature_is_turned_away_without_a_word() {
    let (world, body, stamp, signed) = at_the_door().await;
    let stored = world.stored().await;
    let (hex, upper) = (&signed[3..], format!("v0={}", signed[3..].to_uppercase()));
    let signatures = ["", hex, &upper, &signed[..66], &format!("{signed}0"), &format!("v1={hex}"), "v0=é", "nonsense"];
    let stamps = ["", "-1", "+1", "1.0", "0x1", " 1 1", "1234567890123", "now", "１"];
    let mut cases: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![(STAMP, &stamp)],
        vec![(SIGNATURE, &signed)],
        vec![(STAMP, &stamp), (SIGNATURE, &signed), (SIGNATURE, &signed)],
        vec![(STAMP, &stamp), (STAMP, &stamp), (SIGNATURE, &signed)],
    ];
    cases.extend(signatures.iter().map(|wrong| vec![(STAMP, &*stamp), (SIGNATURE, wrong)]));
    cases.extend(stamps.iter().map(|wrong| vec![(STAMP, *wrong), (SIGNATURE, &signed)]));
    for (door, headers) in DOORS.iter().flat_map(|door| cases.iter().map(move |case| (door, case))) {
        let answer = world.sent(door, body.clone(), headers).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, ""), "{door} {headers:?}");
    }
    assert_eq!(world.counted("turned_away", "reason=\"malformed\"").await, (3 * cases.len()) as u64);
    assert_eq!(world.stored().await, stored);
}

#[tokio::test]
async fn a_signature_of_other_bytes_another_time_or_another_secret_is_wrong() {
    let (world, body, stamp, signed) = at_the_door().await;
    let (stored, earlier) = (world.stored().await, (stamp.parse::<i64>().unwrap() - 1).to_string());
    let flipped = if signed.ends_with('0') { format!("{}1", &signed[..66]) } else { format!("{}0", &signed[..66]) };
    for (body, stamp, signature) in [
        (format!("{body}&x=y"), &stamp, signed.clone()),
        (body.clone(), &earlier, signed.clone()),
        (body.clone(), &stamp, flipped),
        (body.clone(), &stamp, signature("another-secret-of-ours", &stamp, &body)),
        (body.clone(), &stamp, signature("", &stamp, &body)),
    ] {
        let answer = world.sent(COMMANDS, body, &[(STAMP, stamp), (SIGNATURE, &signature)]).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, ""), "{stamp} {signature}");
    }
    assert_eq!(world.counted("turned_away", "reason=\"wrong\"").await, 5);
    assert_eq!(world.stored().await, stored);
}

#[tokio::test]
async fn a_signature_holds_for_five_minutes_either_way() {
    let world = World::with(Setup::over_http()).await;
    let now = world.clock.now().as_second();
    for (seconds, status) in [(-301, 401), (-300, 200), (300, 200), (301, 401), (999_999_999_999 - now, 401)] {
        let (body, stamp) = (slash("whoami"), (now + seconds).to_string());
        let signed = signature(SECRET, &stamp, &body);
        let answer = world.sent(COMMANDS, body, &[(STAMP, &stamp), (SIGNATURE, &signed)]).await;
        assert_eq!((answer.status, answer.body.is_empty()), (status, status == 401), "{seconds}");
    }
    assert_eq!(world.counted("turned_away", "reason=\"old\"").await, 1);
    assert_eq!(world.counted("turned_away", "reason=\"ahead\"").await, 2);
}

#[tokio::test]
async fn any_of_several_signing_secrets_opens_the_door() {
    let secrets = format!("[\"the-next-signing-secret\", \"{SECRET}\"]");
    let world = World::with(Setup::over_http().set("slack__signing_secrets", &secrets)).await;
    for (secret, status) in [(SECRET, 200), ("the-next-signing-secret", 200), ("the-last-signing-secret", 401)] {
        let (body, stamp) = (slash("whoami"), world.clock.now().as_second().to_string());
        let signed = signature(secret, &stamp, &body);
        let answer = world.sent(COMMANDS, body, &[(STAMP, &stamp), (SIGNATURE, &signed)]).await;
        assert_eq!(answer.status, status, "{secret}");
    }
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_refused_before_it_is_read() {
    let world = World::with(Setup::over_http()).await;
    for door in DOORS.into_iter().chain(["/p0/notifications"]) {
        let head = format!("POST {door} HTTP/1.1\r\nhost: bot\r\ncontent-length: 1048577\r\n\r\n");
        assert_eq!(world.status_of_raw(head.into_bytes()).await, 413, "{door}, declared");
        let mut streamed =
            format!("POST {door} HTTP/1.1\r\nhost: bot\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes();
        for _ in 0..17 {
            streamed.extend_from_slice(b"10000\r\n");
            streamed.extend_from_slice(&[b'x'; 0x10000]);
            streamed.extend_from_slice(b"\r\n");
        }
        assert_eq!(world.status_of_raw(streamed).await, 413, "{door}, streamed");
    }
    assert_eq!(world.counted("turned_away", "reason=\"too_large\"").await, 8);
}

#[tokio::test]
async fn a_body_of_a_mebibyte_is_read() {
    let world = World::with(Setup::over_http()).await;
    let body = format!("a={}", "b".repeat(1024 * 1024 - 2));
    assert_eq!(world.signed(COMMANDS, body).await.status, 200);
    assert_eq!(world.counted("not_understood", "what=\"form\"").await, 1);
}

#[tokio::test]
async fn a_check_of_the_certificate_runs_nothing_signed_or_not() {
    let world = World::with(Setup::over_http()).await;
    let card = world.usual().await;
    let stored = world.stored().await;
    let press = form(&world.press_payload(ALICE, &card, "approve"));
    let beside = [String::new(), slash("approve req-1 1h"), press];
    for (door, other) in DOORS.iter().flat_map(|door| beside.iter().map(move |other| (door, other))) {
        for body in [format!("ssl_check=1&{other}"), format!("{other}&ssl_check=1")] {
            assert_eq!(world.sent(door, body.clone(), &[]).await.status, 200, "{body}");
            assert_eq!(world.signed(door, body.clone()).await.status, 200, "{body}");
        }
    }
    assert_eq!(world.slack.check_ssl().await.unwrap().status, 200);
    world.work().await;
    assert_eq!((world.stored().await, world.told()), (stored, Vec::<String>::new()));
}

#[tokio::test]
async fn the_handshake_answers_the_challenge_to_slack_alone() {
    let world = World::new().await;
    let answer = world.slack.verify_url("a \"quoted\" challenge").await.unwrap();
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status, body), (200, json!({"challenge": "a \"quoted\" challenge"})));
    let ask = json!({"type": "url_verification", "challenge": "x"}).to_string();
    let answer = world.sent(EVENTS, ask, &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (401, ""));
}

#[tokio::test]
async fn what_is_signed_and_cannot_be_read_is_a_bad_request() {
    let world = World::new().await;
    let stored = world.stored().await;
    let bodies: [&[u8]; 10] = [
        b"\xff\xfe",
        b"{\"type\":\"\xff\"}",
        b"payload=%ff",
        b"command=%2Fp0&text=%c3%28",
        b"{\"type\":",
        b"{} {}",
        b"payload=nonsense",
        b"payload=%7B%22type%22",
        b"hello",
        b"",
    ];
    for (door, body) in DOORS.iter().flat_map(|door| bodies.iter().map(move |body| (door, body))) {
        let answer = world.signed(door, *body).await;
        assert_eq!((answer.status, answer.body.as_str()), (400, ""), "{door} {}", String::from_utf8_lossy(body));
    }
    assert_eq!(world.counted("turned_away", "reason=\"unreadable\"").await, 30);
    assert_eq!(world.stored().await, stored);
}

#[tokio::test]
async fn what_is_signed_and_not_understood_is_taken_and_counted() {
    let world = World::new().await;
    let stored = world.stored().await;
    let payloads = [
        json!({}),
        json!({"type": "block_suggestion", "user": {"id": ALICE}}),
        json!({"type": "view_closed"}),
        json!({"type": "shortcut", "callback_id": "x"}),
        json!({"type": 7, "user": "U1", "team": [], "actions": {}}),
        json!({"type": "block_actions"}),
        json!({"type": "block_actions", "user": null, "team": null, "actions": null, "container": null}),
        json!({"type": "block_actions", "user": {"id": "not an id"}, "team": {"id": "T01ACME"}, "actions": [{}]}),
        json!({"type": "block_actions", "user": {"id": ALICE, "team_id": null}, "team": null, "actions": [{}]}),
        json!({"type": "block_actions", "user": {"id": ALICE}, "team": {"id": "T01ACME"}, "actions": []}),
        json!({"type": "view_submission", "user": {}, "view": null}),
    ];
    let events = [
        json!({}),
        json!({"type": "event_callback"}),
        json!({"type": "event_callback", "event": null, "authorizations": null}),
        json!({"type": "event_callback", "team_id": "T01ACME", "event": {"type": "reaction_added", "user": ALICE}}),
        json!({"type": "event_callback", "team_id": "T01ACME", "event": {"type": ["message"], "user": {}}}),
        json!({"type": "url_verification"}),
        json!({"type": "app_rate_limited", "minute_rate_limited": 1}),
    ];
    let forms = ["a=b", "command=%2Fp0", "command=%2Fp0&user_id=&team_id="];
    let bodies: Vec<String> =
        payloads.iter().map(form).chain(events.iter().map(Value::to_string)).chain(forms.map(str::to_owned)).collect();
    for (door, body) in DOORS.iter().flat_map(|door| bodies.iter().map(move |body| (door, body))) {
        let answer = world.signed(door, body.clone()).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{door} {body}");
    }
    assert_eq!(world.counted("not_understood", "").await, (3 * bodies.len()) as u64);
    assert_eq!(world.stored().await, stored);
}

#[tokio::test]
async fn what_slack_adds_tomorrow_costs_no_click() {
    let world = World::new().await;
    let card = world.usual().await;
    let mut payload = world.press_payload(ALICE, &card, "approve");
    payload["novelty"] = json!({"deep": [1, null]});
    payload["user"]["name"] = json!(7);
    payload["enterprise"] = json!("nobody");
    payload["message"] = json!({"blocks": [{"type": "hologram", "text": 7}]});
    payload["state"] = json!([]);
    payload["actions"].as_array_mut().unwrap().push(json!({"type": "hologram"}));
    assert_eq!(world.signed(INTERACTIVITY, form(&payload)).await.status, 200);
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn a_button_of_an_older_card_says_how_to_get_a_fresh_one() {
    let world = World::new().await;
    let card = world.usual().await;
    let element = world.slack.element(CHANNEL, &card.ts, "approve").unwrap();
    let value = element["value"].as_str().unwrap();
    let values = ["", "req-1", &value.replace("v1", "v0"), &value.replace("v1", "v2"), "v1.abcdefghijklmnopqrstuv.2h"];
    let mut olds: Vec<Value> = values.iter().map(|old| with(&element, "value", json!(old))).collect();
    olds.push(with(&element, "value", Value::Null));
    olds.push(with(&element, "action_id", json!("approve_in_haste")));
    for old in &olds {
        let seen = world.lines(ALICE).len();
        let answer = world.slack.press_stale(ALICE, CHANNEL, &card.ts, old, None).await.unwrap();
        world.work().await;
        assert_eq!((answer.status, &world.lines(ALICE)[seen..]), (200, &[FRESH.to_owned()][..]), "{old}");
    }
    assert_eq!(world.counted("not_understood", "").await, olds.len() as u64);
    assert_eq!((world.rows("decisions").await, world.told().len()), (0, 0));
}

fn with(element: &Value, key: &str, value: Value) -> Value {
    let mut changed = element.clone();
    changed[key] = value;
    changed
}

#[tokio::test]
async fn a_window_of_an_older_version_says_how_to_get_a_fresh_card() {
    let world = World::new().await;
    world.usual().await;
    for (window, carried) in [("deny", "v0"), ("deny", "v1.abcdefghijklmnopqrstuv.-"), ("pick", ""), ("farewell", "v9")]
    {
        let submitted = json!({
            "type": "view_submission", "team": {"id": "T01ACME"}, "user": {"id": ALICE, "team_id": "T01ACME"},
            "view": {"callback_id": window, "private_metadata": carried, "state": {"values": {}}},
        });
        let answer = world.signed(INTERACTIVITY, form(&submitted)).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status, &body["response_action"]), (200, &json!("update")), "{window} {carried}");
        assert!(answer.body.contains("to get a fresh one"), "{}", answer.body);
    }
    assert_eq!(world.rows("decisions").await, 0);
}

#[tokio::test]
async fn the_same_signed_bytes_decide_once() {
    let world = World::new().await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    assert_eq!(world.slack.redeliver().await.unwrap().status, 200);
    world.work().await;
    assert_eq!(world.slack.redeliver().await.unwrap().status, 200);
    world.work().await;
    assert_eq!((world.rows("decisions").await, world.told().len()), (1, 1));
    assert_eq!(world.lines(ALICE), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_taken_in_is_remembered_across_a_restart() {
    let mut world = World::new().await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    world.restart().await;
    assert_eq!(world.slack.redeliver().await.unwrap().status, 200);
    world.work().await;
    assert_eq!((world.rows("decisions").await, world.told().len()), (1, 1));
}

#[tokio::test]
async fn the_same_signed_bytes_say_a_refusal_once() {
    let world = World::new().await;
    let card = world.usual().await;
    let old = with(&world.slack.element(CHANNEL, &card.ts, "approve").unwrap(), "value", json!("v0"));
    world.slack.press_stale(ALICE, CHANNEL, &card.ts, &old, None).await.unwrap();
    assert_eq!(world.slack.redeliver().await.unwrap().status, 200);
    world.work().await;
    assert_eq!(world.lines(ALICE), [FRESH]);
}

#[tokio::test]
async fn a_typed_command_sent_twice_decides_once() {
    let world = World::new().await;
    world.usual().await;
    world.slack.slash(ALICE, CHANNEL, "approve req-1 1h").await.unwrap();
    assert_eq!(world.slack.redeliver().await.unwrap().status, 200);
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"1h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn an_event_that_slack_sends_again_has_one_effect() {
    let world = World::new().await;
    world.slack.mention(ALICE, CHANNEL, "whoami").await.unwrap();
    world.work().await;
    for number in 1..=3 {
        assert_eq!(world.slack.retry_event(number, "http_timeout").await.unwrap().status, 200);
    }
    world.work().await;
    assert_eq!(world.lines(ALICE).len(), 1);
}

#[tokio::test]
async fn another_workspace_is_told_that_it_decides_nothing() {
    let world = World::with(Setup::default().set("slack__allowed_teams", "[\"T77ELSEWHERE\"]")).await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    let typed = world.slack.slash(ALICE, CHANNEL, "approve req-1 1h").await.unwrap();
    assert_eq!(typed.status, 200);
    world.work().await;
    let refusal = "This bot does not take decisions from your workspace. Its operator says from which it does.";
    let mut lines = world.lines(ALICE);
    lines.dedup();
    assert_eq!((lines, world.rows("decisions").await), (vec![refusal.to_owned()], 0));
}

#[tokio::test]
async fn another_companys_member_is_told_that_they_decide_nothing() {
    let world = World::new().await;
    world.slack.change_channel(CHANNEL, |channel| channel.members.push(STRANGER.to_owned()));
    let card = world.usual().await;
    for control in ["approve", "deny", "more"] {
        assert_eq!(world.press(STRANGER, &card, control).await.status, 200, "{control}");
    }
    world.work().await;
    let refusal = "Only members of this company can decide here; you are a guest from another one. Ask one of them.";
    assert_eq!(world.lines(STRANGER), [refusal; 3]);
    world.slack.mention(STRANGER, CHANNEL, "approve req-1 1h").await.unwrap();
    world.slack.slash(STRANGER, CHANNEL, "approve req-1 1h").await.unwrap();
    world.work().await;
    assert_eq!(world.lines(STRANGER).len(), 5, "{:?}", world.lines(STRANGER));
    assert_eq!((world.told().len(), world.rows("decisions").await, world.slack.modals(STRANGER).len()), (0, 0, 0));
}

#[tokio::test]
async fn every_door_takes_every_kind_of_delivery() {
    let world = World::new().await;
    for (nth, door) in DOORS.iter().enumerate() {
        let card = request(&world, &format!("req-{nth}")).await;
        let press = form(&world.press_payload(ALICE, &card, "approve"));
        assert_eq!(world.signed(door, press).await.status, 200, "{door}");
        let typed = world.signed(door, slash("whoami")).await;
        assert!(typed.status == 200 && typed.body.contains("alice@example.com"), "{door} {typed:?}");
        assert_eq!(world.signed(door, mention(BOB, "whoami").to_string()).await.status, 200, "{door}");
        let asked = world.signed(door, json!({"type": "url_verification", "challenge": "c"}).to_string()).await;
        assert_eq!(asked.body, r#"{"challenge":"c"}"#, "{door}");
        world.work().await;
        assert_eq!((world.told().len(), world.lines(BOB).len()), (nth + 1, nth + 1), "{door}");
    }
}

async fn request(world: &World, id: &str) -> Card {
    world.request(RequestSeed { id: Some(id.to_owned()), ..bobs() }).await
}

#[tokio::test]
async fn an_org_wide_install_approves() {
    let slack = |setup: Setup| Setup { slack: SlackSetup::new(setup.clock.clone()).on_grid(), ..setup };
    let world = World::with(slack(Setup::default()).set("slack__allowed_enterprises", "[\"E01ACME\"]")).await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    world.slack.slash(ALICE, CHANNEL, "revoke req-1").await.unwrap();
    world.work().await;
    assert_eq!(world.told()[1], "revoke req-1 {} as alice@example.com: 200");
}

#[tokio::test]
async fn on_an_org_wide_install_a_person_is_one_person_however_they_decide() {
    let slack = |setup: Setup| Setup { slack: SlackSetup::new(setup.clock.clone()).on_grid(), ..setup };
    let world = World::with(slack(Setup::default())).await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.slack.slash(ALICE, CHANNEL, "approve req-1 2h").await.unwrap();
    assert!(world.lines(ALICE)[0].contains("is already on its way"), "{:?}", world.lines(ALICE));
}

#[tokio::test]
async fn a_workspace_that_is_named_may_decide_through_an_org_wide_install() {
    let slack = |setup: Setup| Setup { slack: SlackSetup::new(setup.clock.clone()).on_grid(), ..setup };
    let world = World::with(slack(Setup::default()).set("slack__allowed_teams", "[\"T01ACME\"]")).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told().len(), 1);
}

#[tokio::test]
async fn an_install_in_another_organisation_decides_nothing() {
    let slack = |setup: Setup| Setup { slack: SlackSetup::new(setup.clock.clone()).on_grid(), ..setup };
    let world = World::with(slack(Setup::default()).set("slack__allowed_enterprises", "[\"E77OTHER\"]")).await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    world.work().await;
    assert_eq!(
        world.lines(ALICE),
        ["This bot does not take decisions from your workspace. Its operator says from which it does."]
    );
    assert_eq!(world.rows("decisions").await, 0);
}

#[tokio::test]
async fn a_click_that_cannot_be_written_is_an_error_and_the_next_one_counts() {
    let world = World::with(Setup::over_http()).await;
    let card = world.usual().await;
    let mut lock = world.database().await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut lock).await.unwrap();
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 503);
    sqlx::query("COMMIT").execute(&mut lock).await.unwrap();
    world.work().await;
    assert_eq!(world.told().len(), 0);
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    world.work().await;
    assert_eq!(world.told().len(), 1);
}

#[tokio::test]
async fn a_command_and_a_push_that_cannot_be_written_are_errors() {
    let world = World::with(Setup::over_http()).await;
    world.usual().await;
    let mut lock = world.database().await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut lock).await.unwrap();
    assert_eq!(world.slack.slash(BOB, CHANNEL, "deny req-1").await.unwrap().status, 503);
    assert_eq!(world.p0.push("req-1").await, Some(503));
    sqlx::query("COMMIT").execute(&mut lock).await.unwrap();
    assert_eq!((world.p0.push("req-1").await, world.rows("decisions").await), (Some(200), 0));
}

#[tokio::test]
async fn a_replay_after_five_minutes_is_turned_away_and_before_it_changes_nothing() {
    let world = World::with(Setup::over_http()).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    world.clock.advance(Duration::from_secs(299));
    world.work().await;
    world.slack.redeliver().await.unwrap();
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(world.slack.redeliver().await.unwrap().status, 401);
    world.work().await;
    assert_eq!((world.rows("decisions").await, world.told().len()), (1, 1));
}
