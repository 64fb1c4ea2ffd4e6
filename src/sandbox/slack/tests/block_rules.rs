use serde_json::{Value, json};

use super::{modal, option, plain};
use crate::sandbox::slack::blocks::{Surface, check_blocks, check_view};

/// The faults of a message of these blocks.
fn faults(blocks: Value) -> Vec<String> {
    check_blocks(blocks.as_array().unwrap(), Surface::Message)
}

fn button(action_id: &str) -> Value {
    json!({"type": "button", "action_id": action_id, "text": plain("Go")})
}

fn actions(elements: Value) -> Value {
    json!([{"type": "actions", "elements": elements}])
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

/// Takes `make(most)` and refuses `make(most + 1)` with exactly one fault that holds `says`.
#[track_caller]
fn limit(most: usize, says: &str, make: impl Fn(usize) -> Value) {
    assert_eq!(faults(make(most)), Vec::<String>::new());
    let found = faults(make(most + 1));
    assert!(matches!(&found[..], [only] if only.contains(says)), "{found:?}");
}

#[test]
fn lengths_are_held_to_the_character() {
    let text = |n: usize| "é".repeat(n);
    limit(3000, "must be less than 3001 characters [json-pointer:/blocks/0/text/text]", |n| json!([section(&text(n))]));
    limit(150, "less than 151", |n| json!([{"type": "header", "text": plain(&text(n))}]));
    limit(75, "/blocks/0/elements/0/text/text", |n| actions(json!([{"type": "button", "text": plain(&text(n))}])));
    limit(2000, "/elements/0/value", |n| actions(json!([{"type": "button", "text": plain("x"), "value": text(n)}])));
    limit(255, "/elements/0/action_id", |n| actions(json!([button(&text(n))])));
    limit(2000, "/fields/0", |n| json!([{"type": "section", "fields": [plain(&text(n))]}]));
    for (key, most) in [("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)] {
        limit(most, &format!("/confirm/{key}/text"), |n| {
            let mut confirm =
                json!({"title": plain("t"), "text": plain("t"), "confirm": plain("t"), "deny": plain("t")});
            confirm[key] = plain(&text(n));
            actions(json!([{"type": "button", "text": plain("x"), "confirm": confirm}]))
        });
    }
}

#[test]
fn what_slack_escapes_counts_escaped() {
    limit(15, "less than 76", |n| actions(json!([{"type": "button", "text": plain(&"&".repeat(n))}])));
    limit(15, "less than 76", |n| actions(json!([{"type": "button", "text": plain(&"&amp;".repeat(n))}])));
    limit(600, "less than 3001", |n| json!([section(&"&".repeat(n))]));
}

#[test]
fn counts_are_held() {
    limit(50, "no more than 50 items allowed [json-pointer:/blocks]", |n| json!(vec![json!({"type": "divider"}); n]));
    limit(25, "no more than 25 items", |n| actions((0..n).map(|i| button(&i.to_string())).collect()));
    limit(10, "no more than 10 items", |n| json!([{"type": "context", "elements": vec![plain("x"); n]}]));
    limit(10, "no more than 10 items", |n| json!([{"type": "section", "fields": vec![plain("x"); n]}]));
    let choice = |kind: &'static str| {
        move |n: usize| actions(json!([{"type": kind, "action_id": "a", "options": vec![option("1h"); n]}]))
    };
    limit(100, "no more than 100 items", choice("static_select"));
    limit(5, "no more than 5 items", choice("overflow"));
    assert!(faults(choice("static_select")(0))[0].contains("no fewer than 1 items"));
    assert!(faults(actions(json!([])))[0].contains("no fewer than 1 items"));
    limit(75, "/options/0/value", |n| {
        actions(json!([{"type": "static_select", "options": [{"text": plain("x"), "value": "v".repeat(n)}]}]))
    });
    limit(75, "/options/0/text/text", |n| {
        actions(json!([{"type": "static_select", "options": [{"text": plain(&"t".repeat(n)), "value": "v"}]}]))
    });
}

#[test]
fn shapes_are_held() {
    for (blocks, says) in [
        (json!([{"type": "section"}]), "at least one of: text, fields [json-pointer:/blocks/0]"),
        (json!([{"type": "divider", "color": "red"}]), "invalid additional property: color"),
        (json!([{"type": "carousel"}]), "unsupported type: carousel"),
        (json!([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]), "must be one of: plain_text"),
        (json!([section("")]), "must be more than 0 characters"),
        (actions(json!([{"type": "button", "action_id": "a"}])), "missing required field: text"),
        (actions(json!([{"type": "plain_text_input", "action_id": "a"}])), "unsupported type: plain_text_input"),
        (actions(json!([button("a"), button("a")])), "`action_id` a already exists"),
        (json!([{"type": "divider", "block_id": "b"}, {"type": "divider", "block_id": "b"}]), "block_id `b` already"),
        (json!([{"type": "input", "label": plain("x")}]), "missing required field: element"),
        (json!([{"type": "input", "element": {"type": "plain_text_input"}}]), "missing required field: label"),
        (
            actions(json!([{"type": "static_select", "options": [option("1h")], "initial_option": option("2h")}])),
            "one of the options",
        ),
        (
            json!([{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "shout"}]}]}]),
            "unsupported type: shout",
        ),
    ] {
        let found = faults(blocks);
        assert!(matches!(&found[..], [only] if only.contains(says)), "{says}: {found:?}");
    }
}

#[test]
fn views_have_rules_of_their_own() {
    assert_eq!(check_view(&modal(), Surface::Modal), Vec::<String>::new());
    let spoiled = |key: &str, value: Value| {
        let mut view = modal();
        view[key] = value;
        check_view(&view, Surface::Modal)
    };
    for key in ["title", "submit", "close"] {
        assert_eq!(spoiled(key, plain(&"x".repeat(24))), Vec::<String>::new());
        assert!(spoiled(key, plain(&"x".repeat(25)))[0].contains("less than 25"));
    }
    assert!(spoiled("private_metadata", json!("x".repeat(3001)))[0].contains("/view/private_metadata"));
    assert!(spoiled("blocks", json!(vec![json!({"type": "divider"}); 101]))[0].contains("no more than 100"));
    assert!(spoiled("type", json!("home"))[0].contains("/view/type"));
    let mut view = modal();
    view.as_object_mut().unwrap().remove("submit");
    assert!(check_view(&view, Surface::Modal)[0].contains("submit"));
    assert_eq!(check_view(&json!({"type": "home", "blocks": []}), Surface::Home), Vec::<String>::new());
}
