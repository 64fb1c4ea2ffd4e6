use serde_json::json;

use super::*;

fn arrival(delivery: &Value) -> Arrival {
    let verified = Verified { signature: "0".repeat(64), at: Timestamp::UNIX_EPOCH };
    read(&verified, delivery.to_string().as_bytes()).unwrap()
}

fn deed(delivery: &Value) -> Deed {
    match arrival(delivery) {
        Arrival::Deed(deed) => *deed,
        other => panic!("{other:?}"),
    }
}

fn not_understood(delivery: &Value) -> &'static str {
    match arrival(delivery) {
        Arrival::NotUnderstood { what } => what,
        other => panic!("{other:?}"),
    }
}

fn shortcut(callback_id: &str) -> Value {
    json!({
        "type": "shortcut", "callback_id": callback_id, "trigger_id": "1.2.live", "action_ts": "1",
        "team": {"id": "T01ACME", "domain": "acme"}, "enterprise": null, "is_enterprise_install": false,
        "user": {"id": "U01ALICE", "username": "alice", "team_id": "T01ACME"},
    })
}

fn opened(tab: &Value, view: &Value) -> Value {
    json!({
        "type": "event_callback", "team_id": "T01ACME", "event_id": "Ev1",
        "authorizations": [{"enterprise_id": null, "team_id": "T01ACME", "is_enterprise_install": false}],
        "event": {"type": "app_home_opened", "user": "U01ALICE", "channel": "D1", "tab": tab, "view": view},
    })
}

fn org_wide(mut delivery: Value) -> Value {
    let enterprise = json!({"id": "E01ACME", "name": "Acme"});
    delivery["team"] = Value::Null;
    delivery["enterprise"] = enterprise;
    delivery["authorizations"] = json!([{"enterprise_id": "E01ACME", "team_id": null, "is_enterprise_install": true}]);
    delivery
}

#[test]
fn a_shortcut_has_the_name_of_a_control() {
    let used = deed(&shortcut("settings"));
    assert!(
        matches!(used.act, Act::Shortcut(ref shortcut) if shortcut.control.as_str() == "settings"),
        "{:?}",
        used.act
    );
    assert_eq!((used.by.to_string().as_str(), used.trigger.as_deref()), ("T01ACME/U01ALICE", Some("1.2.live")));
    assert!(used.response_url.is_none());
    assert_eq!(not_understood(&shortcut("new-bed")), "shortcut");
    assert_eq!(not_understood(&shortcut("")), "shortcut");
    let of_a_message = |name: &str| {
        let mut used = shortcut(name);
        used["type"] = json!("message_action");
        used["channel"] = json!({"id": "C01ACCESS", "name": "access"});
        used["message"] = json!({"ts": "2.0", "thread_ts": "1.0"});
        used
    };
    let Act::Shortcut(Shortcut { control, on }) = deed(&of_a_message("decide_here")).act else { panic!("no shortcut") };
    let places: Vec<&str> = on.iter().map(|place| place.ts.as_str()).collect();
    assert_eq!((control, places), (Control::DecideHere, vec!["2.0", "1.0"]));
    assert_eq!(not_understood(&of_a_message("new-bed")), "shortcut");
}

#[test]
fn a_home_says_what_it_shows_already() {
    for (view, drawn) in [
        (json!({"type": "home", "private_metadata": "digest"}), Some("digest")),
        (json!({"type": "home", "private_metadata": ""}), None),
        (json!({"type": "home", "private_metadata": 7}), None),
        (json!([]), None),
        (Value::Null, None),
    ] {
        let Act::Home { drawn: said } = deed(&opened(&json!("home"), &view)).act else { panic!("{view}") };
        assert_eq!(said.as_deref(), drawn, "{view}");
    }
    for tab in [json!("messages"), json!("about"), Value::Null, json!(["home"])] {
        assert_eq!(not_understood(&opened(&tab, &Value::Null)), "event", "{tab}");
    }
}

#[test]
fn an_organisations_install_knows_people_by_the_organisation() {
    let mut with_a_workspace = org_wide(shortcut("settings"));
    with_a_workspace["team"] = json!({"id": "T01ACME"});
    with_a_workspace["is_enterprise_install"] = json!(true);
    for delivery in [with_a_workspace, org_wide(shortcut("settings")), org_wide(opened(&json!("home"), &Value::Null))] {
        let of_all = deed(&delivery);
        assert_eq!(of_all.by.to_string(), "E01ACME/U01ALICE");
        assert_eq!((of_all.installed.team, of_all.installed.enterprise), (None, EnterpriseId::parse("E01ACME")));
    }
}

#[test]
fn only_a_modal_is_something_to_push_upon() {
    let pressed = |container: Value, view: Value| {
        let delivery = json!({
            "type": "block_actions", "team": {"id": "T01ACME"}, "user": {"id": "U01ALICE"}, "container": container,
            "view": view, "actions": [{"action_id": "settings_add"}],
        });
        let Act::Press(press) = deed(&delivery).act else { panic!("{delivery}") };
        (press.in_modal, press.on_home, press.message.is_some())
    };
    let in_view = json!({"type": "view", "view_id": "V1"});
    assert_eq!(pressed(in_view.clone(), json!({"id": "V1", "type": "modal"})), (true, false, false));
    assert_eq!(pressed(in_view, json!({"id": "V1", "type": "home"})), (false, true, false));
    assert_eq!(
        pressed(json!({"type": "message", "message_ts": "1.1", "channel_id": "C1"}), Value::Null),
        (false, false, true)
    );
}

fn submitted(values: Value) -> Submission {
    let delivery = json!({
        "type": "view_submission", "team": {"id": "T01ACME"}, "user": {"id": "U01ALICE"},
        "view": {"type": "modal", "callback_id": "settings_approvals", "state": {"values": values}},
    });
    match deed(&delivery).act {
        Act::Submit(submission) => submission,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_input_of_a_modal_is_read_by_its_name() {
    let submission = submitted(json!({
        "one": {"typed": {"type": "plain_text_input", "value": "4h"}},
        "two": {
            "chosen": {"type": "static_select", "selected_option": {"text": {"text": "Off"}, "value": "off"}},
            "empty": {"type": "plain_text_input", "value": null},
            "open": {"type": "static_select", "selected_option": null},
        },
        "three": {"odd": {"value": ["4h"]}, "odder": 7, "oddest": {"selected_option": {"value": 4}}},
        "four": [],
    }));
    let fields = ["typed", "chosen", "empty", "open", "odd", "odder", "oddest", "absent"];
    let mut held = vec![Some("4h"), Some("off")];
    held.resize(fields.len(), None);
    assert_eq!(fields.map(|name| submission.field(name)).to_vec(), held);
}

#[test]
fn what_a_modal_holds_is_bounded() {
    let input = |at: usize| (format!("input{at:04}"), json!({"value": "é".repeat(5000)}));
    let inputs: serde_json::Map<String, Value> = (0..500).map(input).collect();
    let submission = submitted(json!({ "block": inputs }));
    assert_eq!(submission.field("input0099").unwrap().chars().count(), 3000);
    assert_eq!(submission.field("input0100"), None);
}
