//! What a push of P0's says. Its form is hardly documented, so fields are found by JSON pointers that the operator can
//! change, and no text in it is a reason to refuse it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::clock::from_millisecond;
use crate::config::{FIELDS, Fields};
use crate::domain::facts::{DisplayRow, Facts};
use crate::domain::phase::Actor;
use crate::domain::request::{Push, RequestId, Times};
use crate::domain::text::{without_controls, without_tricks};

/// Where each field is looked for when the settings do not say: P0's names, under `/data` or at the top.
const DEFAULTS: &[(&str, &[&str])] = &[
    ("id", &["/data/requestId", "/requestId", "/data/id", "/id"]),
    ("status", &["/data/status", "/status"]),
    ("type", &["/data/type", "/type"]),
    ("access", &["/data/access", "/access"]),
    ("permission", &["/data/permission", "/permission"]),
    ("requestor", &["/data/requestor", "/requestor"]),
    ("principal", &["/data/principal", "/principal"]),
    ("reason", &["/data/reason", "/reason"]),
    ("duration", &["/data/duration", "/duration"]),
    ("display", &["/data/display/rows", "/display/rows"]),
    ("requested", &["/data/requestedTimestamp", "/requestedTimestamp"]),
    ("granted", &["/data/grantTimestamp", "/grantTimestamp"]),
    ("expires", &["/data/expiryTimestamp", "/expiryTimestamp"]),
    ("resource", &["/data/resource", "/resource", "/data/permission/resource", "/permission/resource"]),
    ("tags", &["/data/tags", "/tags"]),
    ("updated", &["/data/lastUpdatedTimestamp", "/lastUpdatedTimestamp"]),
    ("approver_name", &["/data/approvalDetails/name", "/approvalDetails/name"]),
    ("approver_email", &["/data/approvalDetails/email", "/approvalDetails/email"]),
];

/// Reads a body as JSON. Text that was cut in the middle of an emoji holds half of it, which JSON's own grammar allows
/// and Rust's strings do not: that half is replaced.
pub fn json(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body)
        .ok()
        .or_else(|| serde_json::from_str(&whole_letters(std::str::from_utf8(body).ok()?)).ok())
}

/// The text with each escaped half of a surrogate pair that stands alone replaced by U+FFFD.
fn whole_letters(text: &str) -> String {
    let unit = |at: usize| {
        let escape = text.get(at..at + 6).filter(|escape| escape.starts_with("\\u"))?;
        u16::from_str_radix(&escape[2..], 16).ok()
    };
    let (mut whole, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(letter) = text[at..].chars().next() {
        let length = match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                whole.push_str("\\ufffd");
                at += 6;
                continue;
            }
            // An escaped backslash is not the beginning of an escape.
            _ if text[at..].starts_with("\\\\") => 2,
            _ => letter.len_utf8(),
        };
        whole.push_str(&text[at..at + length]);
        at += length;
    }
    whole
}

/// Reads a push; `None` where it names no request or no status, whatever its `eventType` says.
pub fn read(body: &Value, fields: &Fields) -> Option<Push> {
    let find = |name: &str| find(body, fields, name).map(|(_, value)| value);
    let text = |name: &str| find(name).and_then(said);
    let time = |name: &str| find(name).and_then(timestamp);
    Some(Push {
        id: RequestId::parse(text("id")?.trim()).ok()?,
        status: text("status")?,
        facts: Facts {
            kind: text("type"),
            access: text("access"),
            // Keys come sorted, so that the same permission has the same digest.
            permission: find("permission").map(|value| without_controls(&value.to_string())),
            requester: find("requestor").and_then(person),
            principal: find("principal").and_then(person),
            reason: text("reason"),
            duration: text("duration"),
            display: find("display").and_then(rows),
            resource: find("resource").and_then(things),
            tags: find("tags").and_then(tags),
        },
        updated: time("updated"),
        times: Times { requested: time("requested"), granted: time("granted"), expires: time("expires") },
        approver: match (text("approver_name"), text("approver_email")) {
            (None, None) => Actor::Unnamed,
            (name, email) => Actor::InP0 { name, email },
        },
    })
}

/// A field of a push, with the pointer by which it was found.
fn find<'b, 'f>(body: &'b Value, fields: &'f Fields, name: &str) -> Option<(&'f str, &'b Value)> {
    let at = |place: &'f str| body.pointer(place).filter(|value| !value.is_null()).map(|value| (place, value));
    if let Some(pointer) = fields.0.get(name) {
        return at(pointer);
    }
    let places = DEFAULTS.iter().find(|(field, _)| *field == name).map_or(&[][..], |(_, places)| places);
    // What stands around a request is not of the request: an event may have a `type` of its own.
    let is_inside = name != "id" && find(body, fields, "id").is_some_and(|(place, _)| place.starts_with("/data/"));
    places.iter().filter(|place| !is_inside || place.starts_with("/data/")).find_map(|place| at(place))
}

/// Each field of a push with the pointer by which it was found and what stands there; `None`: it is not there.
pub fn places<'b, 'f>(body: &'b Value, fields: &'f Fields) -> Vec<(&'static str, Option<(&'f str, &'b Value)>)> {
    FIELDS.iter().map(|name| (*name, find(body, fields, name))).collect()
}

/// A text as sent, without what must not be stored; numbers and booleans as they are written.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(without_controls(text)),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// The same where it says something: a text that nobody can see does not.
fn said(value: &Value) -> Option<String> {
    scalar(value).filter(|text| !without_tricks(text).trim().is_empty())
}

/// A person as a text, or as an object with an `email`.
fn person(value: &Value) -> Option<String> {
    said(value).or_else(|| value.get("email").and_then(said))
}

/// The things that a value names, each with its texts; `None` where there is none. An object is one thing, unless there
/// is a list in it: then nobody can tell which of its texts belong together, and each is a thing by itself.
fn things(value: &Value) -> Option<Vec<Vec<String>>> {
    fn collect(value: &Value) -> Vec<Vec<String>> {
        match value {
            Value::Array(values) => values.iter().flat_map(collect).collect(),
            Value::Object(values) => {
                let parts: Vec<_> = values.values().map(collect).collect();
                let of_one = parts.iter().all(|things| things.len() <= 1);
                let things = parts.into_iter().flatten();
                if of_one { Vec::from_iter(things.reduce(|one, more| [one, more].concat())) } else { things.collect() }
            }
            value => said(value).map(|text| vec![text]).into_iter().collect(),
        }
    }
    Some(collect(value)).filter(|things| !things.is_empty())
}

/// Tags as an object, or as a list of `name:value`, `name=value` or bare names.
fn tags(value: &Value) -> Option<BTreeMap<String, Vec<String>>> {
    if let Value::Object(values) = value {
        let read = |(name, value): (&String, &Value)| Some((without_controls(name), things(value)?.concat()));
        return Some(values.iter().filter_map(read).collect());
    }
    let Value::Array(values) = value else { return None };
    let mut tags = BTreeMap::<String, Vec<String>>::new();
    for text in values.iter().filter_map(scalar) {
        let (name, value) = text.split_once([':', '=']).unwrap_or((&text, ""));
        let values = tags.entry(name.trim().to_owned()).or_default();
        // A bare name is no value: whatever a rule asks of the tag may be so.
        values.extend(Some(value.trim().to_owned()).filter(|value| !value.is_empty()));
    }
    Some(tags)
}

fn timestamp(value: &Value) -> Option<Timestamp> {
    let milliseconds = value.as_i64().or_else(|| value.as_f64().map(|number| number as i64));
    milliseconds.map(from_millisecond)
}

fn rows(value: &Value) -> Option<Vec<DisplayRow>> {
    let rows = value.as_array()?.iter().filter(|row| row.get("isHidden") != Some(&Value::Bool(true)));
    let read = |row: &Value| {
        Some(DisplayRow { label: row.get("label").and_then(scalar)?, content: row.get("content").and_then(scalar)? })
    };
    Some(rows.filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn defaults() -> Fields {
        Fields(BTreeMap::new())
    }

    #[test]
    fn reads_p0s_shape_under_data_and_at_the_top() {
        let data = json!({
            "requestId": "req-1", "status": "PENDING_APPROVAL", "type": "aws", "access": "role",
            "requestor": "bob@example.com", "principal": {"email": "carol@example.com"}, "duration": 2,
            "permission": {"b": 1, "a": 2}, "lastUpdatedTimestamp": 1_700_000_000_000_i64,
            "display": {"rows": [{"label": "Role", "content": "admin"}, {"label": "x", "content": "y", "isHidden": true}]},
        });
        let push = read(&json!({"eventType": "anything", "data": data.clone()}), &defaults()).unwrap();
        assert_eq!(push.facts.principal.as_deref(), Some("carol@example.com"));
        assert_eq!(push.facts.duration.as_deref(), Some("2"));
        assert_eq!(push.facts.permission.as_deref(), Some(r#"{"a":2,"b":1}"#));
        assert_eq!(push.facts.display.as_ref().unwrap().len(), 1);
        assert_eq!(push.updated, Some(from_millisecond(1_700_000_000_000)));
        assert_eq!(read(&data, &defaults()), Some(push));
    }

    #[test]
    fn the_operator_can_say_where_a_field_is() {
        let fields =
            Fields(BTreeMap::from([("id".into(), "/request/key".into()), ("status".into(), "/request/state".into())]));
        let push = read(&json!({"request": {"key": "r", "state": "NEW"}}), &fields).unwrap();
        assert_eq!((push.id.as_str(), push.status.as_str()), ("r", "NEW"));
    }

    #[test]
    fn what_stands_around_a_request_is_not_of_it() {
        let event = |data: Value| json!({"type": "access.requested", "id": "evt-1", "data": data});
        let push = read(&event(json!({"requestId": "r", "status": "NEW"})), &defaults()).unwrap();
        assert_eq!((push.id.as_str(), push.facts.kind), ("r", None));
        let push = read(&event(json!({"id": "r", "status": "NEW", "type": "aws"})), &defaults()).unwrap();
        assert_eq!((push.id.as_str(), push.facts.kind.as_deref()), ("r", Some("aws")));
    }

    #[test]
    fn each_thing_that_is_asked_for_has_its_own_texts() {
        let things = |value: Value| {
            let body = json!({"requestId": "r", "status": "NEW", "resource": value});
            read(&body, &defaults()).unwrap().facts.resource
        };
        let expected = |things: &[&[&str]]| {
            Some(things.iter().map(|texts| texts.iter().map(|text| (*text).to_owned()).collect()).collect::<Vec<_>>())
        };
        assert_eq!(things(json!("prod-db")), expected(&[&["prod-db"]]));
        assert_eq!(things(json!(["a", "b"])), expected(&[&["a"], &["b"]]));
        assert_eq!(things(json!({"id": 7, "name": "prod"})), expected(&[&["7", "prod"]]));
        assert_eq!(things(json!([{"id": 7}, {"id": 8, "in": {"name": "b"}}])), expected(&[&["7"], &["8", "b"]]));
        assert_eq!(things(json!({"region": "eu", "names": ["a", "b"]})), expected(&[&["a"], &["b"], &["eu"]]));
        for nothing in [json!([]), json!({}), json!(""), json!({"a": [null]})] {
            assert_eq!(things(nothing.clone()), None, "{nothing}");
        }
        let many: Vec<String> = (0..500).map(|nth| nth.to_string()).collect();
        assert_eq!(things(json!(many)).unwrap().len(), 500);
    }

    #[test]
    fn tags_are_read_in_each_form() {
        let tags = |value: Value| {
            let body = json!({"requestId": "r", "status": "NEW", "tags": value});
            read(&body, &defaults()).unwrap().facts.tags
        };
        let expected = |tags: &[(&str, &[&str])]| {
            let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
            Some(tags.iter().map(|(tag, of)| ((*tag).to_owned(), values(of))).collect::<BTreeMap<_, _>>())
        };
        assert_eq!(
            tags(json!({"env": "prod", "team": ["a", "b"]})),
            expected(&[("env", &["prod"]), ("team", &["a", "b"])])
        );
        assert_eq!(tags(json!(["env:prod", "env=dev", "pci"])), expected(&[("env", &["prod", "dev"]), ("pci", &[])]));
        // A tag without a value is as good as none: rules that go by it may be meant.
        assert_eq!(tags(json!({"env": null, "team": []})), expected(&[]));
        assert_eq!(tags(json!("prod")), None);
    }

    #[test]
    fn a_text_cut_inside_an_emoji_is_no_reason_to_refuse_a_push() {
        for (text, read) in
            [(r#""cut \ud83d""#, "cut \u{fffd}"), (r#""\ude00 \ud83d\ude00 \\ud83d""#, "\u{fffd} \u{1f600} \\ud83d")]
        {
            assert_eq!(super::json(text.as_bytes()), Some(json!(read)), "{text}");
        }
        assert_eq!(super::json(b"{"), None);
    }

    #[test]
    fn what_names_no_request_is_no_push_and_hostile_text_is_no_reason_to_refuse_one() {
        for body in
            [json!({}), json!([]), json!({"requestId": "a/b", "status": "NEW"}), json!({"data": {"reason": "x"}})]
        {
            assert_eq!(read(&body, &defaults()), None, "{body}");
        }
        let push = read(&json!({"requestId": "r", "status": "NEW", "reason": "a\u{0}b\u{1b}c"}), &defaults()).unwrap();
        assert_eq!(push.facts.reason.as_deref(), Some("abc"));
    }
}
