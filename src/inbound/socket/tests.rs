use super::*;
use crate::inbound::slack::{Act, Deed};

const NOON: &str = "2026-03-01T12:00:00Z";

fn arrived() -> Timestamp {
    NOON.parse().unwrap()
}

fn envelope(message: &Value) -> Envelope {
    match read(&message.to_string(), arrived()) {
        Received::Envelope(envelope) => envelope,
        other => panic!("{other:?}"),
    }
}

fn of(kind: &str, payload: &Value) -> Value {
    json!({ "envelope_id": "e-1", "type": kind, "accepts_response_payload": true, "payload": payload })
}

fn press(action_ts: &str) -> Value {
    json!({
        "type": "block_actions", "team": { "id": "T01ACME" }, "user": { "id": "U01ALICE", "team_id": "T01ACME" },
        "trigger_id": "1.2.live", "container": { "type": "message", "channel_id": "C01ACCESS", "message_ts": "1.000001" },
        "actions": [{ "action_id": "approve", "value": "v1", "action_ts": action_ts }],
    })
}

fn deed(envelope: Envelope) -> Deed {
    match envelope.content.unwrap() {
        Arrival::Deed(deed) => *deed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_press_has_slacks_own_time_and_is_known_by_its_envelope() {
    let noon = arrived().as_second();
    for (action_ts, at) in [
        (format!("{}.250000", noon - 40), format!("{}.25", noon - 40)),
        (format!("{}.000000", noon + 40), noon.to_string()),
        (String::new(), noon.to_string()),
        ("soon".to_owned(), noon.to_string()),
        ("-5".to_owned(), noon.to_string()),
        ("99999999999999".to_owned(), noon.to_string()),
        (format!("{noon}.0000000"), noon.to_string()),
    ] {
        let deed = deed(envelope(&of("interactive", &press(&action_ts))));
        let seconds = deed.at.as_millisecond() as f64 / 1000.0;
        assert_eq!(seconds.to_string(), at, "{action_ts}");
        assert_eq!(deed.keys.iter().collect::<Vec<_>>(), ["envelope:e-1", "trigger:1.2.live"]);
    }
}

#[test]
fn a_command_and_an_event_are_read_as_over_http() {
    let command = json!({
        "command": "/p0", "text": "approve req-1 &lt;2h&gt;", "team_id": "T01ACME", "user_id": "U01ALICE",
        "is_enterprise_install": false, "trigger_id": "1.2.live", "response_url": "https://hooks.slack.com/commands/1",
    });
    let typed = deed(envelope(&of("slash_commands", &command)));
    assert!(matches!(&typed.act, Act::Slash { text } if text == "approve req-1 <2h>"), "{typed:?}");
    assert!(typed.response_url.is_some());
    let event = json!({
        "type": "event_callback", "team_id": "T01ACME", "event_id": "Ev1",
        "event": { "type": "app_mention", "user": "U01ALICE", "channel": "C01ACCESS", "text": "pending" },
    });
    let told = deed(envelope(&of("events_api", &event)));
    assert!(matches!(told.act, Act::Message { .. }), "{told:?}");
    assert_eq!(told.keys.iter().collect::<Vec<_>>(), ["envelope:e-1", "event:Ev1"]);
    assert_eq!(told.at, arrived());
}

#[test]
fn what_cannot_be_read_keeps_its_ids_and_kinds_alone() {
    for (kind, payload) in [
        ("interactive", json!("a secret")),
        ("interactive", Value::Null),
        ("slash_commands", json!(["a secret"])),
        ("events_api", json!(7)),
    ] {
        let unread = envelope(&of(kind, &payload)).content.unwrap_err();
        let kept = format!(r#"{{"envelope_id":"e-1","over":"socket","payload_type":null,"type":"{kind}"}}"#);
        assert_eq!(unread.as_text(), kept);
    }
    let strange = json!({ "type": "a".repeat(100), "payload": { "type": "b", "text": "a secret" } });
    let Received::Garbage(unread) = read(&strange.to_string(), arrived()) else { panic!("{strange}") };
    assert!(unread.as_text().len() < 200 && !unread.as_text().contains("secret"), "{unread:?}");
}

#[test]
fn another_kind_is_acknowledged_and_does_nothing() {
    let other = envelope(&of("function_executed", &json!({})));
    assert_eq!((other.kind, other.id.as_str()), ("other", "e-1"));
    assert!(matches!(other.content, Ok(Arrival::NotUnderstood { what: "envelope" })));
    let handshake = envelope(&of("events_api", &json!({ "type": "url_verification", "challenge": "c" })));
    assert!(matches!(handshake.content, Ok(Arrival::NotUnderstood { .. })), "there is nothing to prove");
}

#[test]
fn greetings_and_farewells_are_known_and_garbage_is_not() {
    let farewell = |text: &str| match read(text, arrived()) {
        Received::Disconnect(why) => why,
        other => panic!("{other:?}"),
    };
    assert!(matches!(read(r#"{"type":"hello","num_connections":1}"#, arrived()), Received::Hello));
    assert_eq!(farewell(r#"{"type":"disconnect","reason":"warning"}"#), Farewell::Refresh);
    assert_eq!(farewell(r#"{"type":"disconnect","reason":"refresh_requested"}"#), Farewell::Refresh);
    assert_eq!(farewell(r#"{"type":"disconnect","reason":"link_disabled"}"#), Farewell::LinkDisabled);
    assert_eq!(farewell(r#"{"type":"disconnect"}"#), Farewell::Other);
    let long = json!({ "type": "interactive", "envelope_id": "e".repeat(201), "payload": {} }).to_string();
    for text in
        ["", "[]", "{", "null", "{}", r#"{"envelope_id":""}"#, r#"{"envelope_id":7,"type":"interactive"}"#, &long]
    {
        assert!(matches!(read(text, arrived()), Received::Garbage(_)), "{text}");
    }
}
