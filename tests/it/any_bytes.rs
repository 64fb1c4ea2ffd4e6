//! Whatever Slack signs and P0 pushes, however odd: an answer, never an error of ours and never a panic.

use p0_chatops::sandbox::p0::TokenSpec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::wire::{DOORS, form, mention};
use crate::world::{ALICE, World};

const CASES: u32 = 300;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        select(vec!["", "U01ALICE", "T01ACME", "block_actions", "event_callback", "approve", "v1", "http://[::1"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof![select(vec!["id", "type", "values", "value", "0"]).prop_map(str::to_owned), ".{0,6}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((name, inner), 0..4).prop_map(|fields| Value::Object(Map::from_iter(fields))),
        ]
    })
}

/// Deliveries that are right, to be spoilt.
fn honest(value: &str) -> Vec<Value> {
    let press = json!({
        "type": "block_actions", "team": {"id": "T01ACME"}, "user": {"id": ALICE, "team_id": "T01ACME"},
        "enterprise": {"id": "E01ACME"}, "trigger_id": "1.2.3", "response_url": "https://hooks.slack.com/actions/1",
        "container": {"channel_id": "C01ACCESS", "message_ts": "1.1", "is_ephemeral": false},
        "actions": [{"action_id": "approve", "value": value, "selected_option": {"value": value}}],
    });
    let submit = json!({
        "type": "view_submission", "team": {"id": "T01ACME"}, "user": {"id": ALICE, "team_id": "T01ACME"},
        "view": {"callback_id": "deny", "private_metadata": value, "state": {"values": {"b": {
            "reason": {"value": "because", "selected_option": {"value": value}},
            "settings_length": {"value": "4h"},
        }}}},
    });
    let shortcut = json!({
        "type": "shortcut", "callback_id": "settings", "trigger_id": "1.2.3", "team": {"id": "T01ACME"},
        "enterprise": {"id": "E01ACME"}, "user": {"id": ALICE, "team_id": "T01ACME"},
    });
    let mut opened = mention(ALICE, "");
    opened["event"] = json!({
        "type": "app_home_opened", "user": ALICE, "channel": "D01", "tab": "home",
        "view": {"type": "home", "private_metadata": "digest"},
    });
    let typed = ["approve req-1 2h", "settings add 4h", "settings approvals one-party off reason on"];
    typed.map(|text| mention(ALICE, text)).into_iter().chain([press, submit, shortcut, opened]).collect()
}

/// Where a value has parts, all the way down.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, part)| (name.replace('~', "~0").replace('/', "~1"), part)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(nth, part)| (nth.to_string(), part)).collect(),
        _ => Vec::new(),
    };
    for (name, part) in parts {
        pointers(part, &format!("{at}/{name}"), found);
    }
}

fn spoilt(honest: Vec<Value>) -> impl Strategy<Value = Value> {
    let spots = prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4);
    (select(honest), spots).prop_map(|(mut delivery, spots)| {
        for (spot, junk) in spots {
            let mut found = Vec::new();
            pointers(&delivery, "", &mut found);
            *delivery.pointer_mut(&found[spot.index(found.len())]).unwrap() = junk;
        }
        delivery
    })
}

/// A push that is right, to be spoilt.
fn honest_push() -> Value {
    json!({"eventType": "request-updated", "data": {
        "requestId": "req-1", "type": "aws", "access": "role", "status": "DONE", "reason": "because", "duration": "2h",
        "requestor": "bob@example.com", "principal": {"email": "carol@example.com"}, "permission": {"role": "Admin"},
        "requestedTimestamp": 1, "grantTimestamp": 2, "expiryTimestamp": 3, "lastUpdatedTimestamp": null,
        "approvalDetails": {"name": "Dora", "email": "dora@example.com"},
        "display": {"rows": [{"label": "Role", "content": "Admin", "isHidden": false}]},
    }})
}

fn any_body(value: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let fields = prop::collection::vec(
        (
            select(vec!["command", "text", "user_id", "team_id", "payload", "trigger_id", "response_url", "x"]),
            ".{0,40}",
        ),
        0..8,
    );
    prop_oneof![
        spoilt(honest(value)).prop_map(|delivery| form(&delivery).into_bytes()),
        spoilt(honest(value)).prop_map(|delivery| delivery.to_string().into_bytes()),
        any_json().prop_map(|delivery| form(&delivery).into_bytes()),
        any_json().prop_map(|delivery| delivery.to_string().into_bytes()),
        fields.prop_map(|fields| {
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
        }),
        prop::collection::vec(any::<u8>(), 0..200),
        "[{&=%a-f0-9]{0,60}".prop_map(String::into_bytes),
    ]
}

fn runner() -> TestRunner {
    TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() })
}

#[test]
fn anything_that_p0_pushes_is_taken_and_can_be_shown() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let told = runner().run(&spoilt(vec![honest_push()]), |push| {
        let token = world.p0.mint(&TokenSpec::default());
        let status = runtime.block_on(world.p0.push_raw(push.to_string(), Some(&token)));
        runtime.block_on(world.work());
        prop_assert_eq!((status, world.slack.violations()), (Some(200), Vec::new()));
        Ok(())
    });
    told.unwrap();
}

#[test]
fn anything_that_slack_signs_is_answered() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (world, value) = runtime.block_on(async {
        let world = World::new().await;
        let card = world.usual().await;
        let value = world.slack.element(&card.channel, &card.ts, "approve").unwrap()["value"].clone();
        (world, value.as_str().unwrap().to_owned())
    });
    let told = runner().run(&(select(DOORS.to_vec()), any_body(&value)), |(door, body)| {
        let answer = runtime.block_on(world.signed(door, body));
        prop_assert!([200, 400].contains(&answer.status), "{:?}", answer);
        Ok(())
    });
    told.unwrap();
    runtime.block_on(world.work());
}
