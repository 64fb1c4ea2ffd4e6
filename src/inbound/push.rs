//! What a push of P0's says. Its form is hardly documented, so fields are found by JSON pointers that the operator can
//! change, and no text in it is a reason to refuse it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::clock::from_millisecond;
use crate::config::Fields;
use crate::domain::facts::{DisplayRow, Facts};
use crate::domain::phase::Actor;
use crate::domain::request::{Push, RequestId, Times};
use crate::domain::text::{without_controls, without_tricks};

/// Texts that are read of one value which may hold many.
const MOST_TEXTS: usize = 50;

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
    let find = |name: &str| find(body, fields, name);
    // A text that nobody can see says nothing.
    let text = |name: &str| find(name).and_then(scalar).filter(|text| !without_tricks(text).trim().is_empty());
    let time = |name: &str| find(name).and_then(timestamp);
    Some(Push {
        id: RequestId::parse(text("id")?.trim()).ok()?,
        status: text("status")?,
        facts: Facts {
            kind: text("type"),
            access: text("access"),
            // Keys come sorted, so that the same permission has the same digest.
            permission: find("permission").map(|value| without_controls(&value.to_string())),
            requester: find("requestor").and_then(person).filter(|name| !name.trim().is_empty()),
            principal: find("principal").and_then(person).filter(|name| !name.trim().is_empty()),
            reason: text("reason"),
            duration: text("duration"),
            display: find("display").and_then(rows),
            resource: find("resource").and_then(texts),
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

fn find<'b>(body: &'b Value, fields: &Fields, name: &str) -> Option<&'b Value> {
    let found = match fields.0.get(name) {
        Some(pointer) => body.pointer(pointer),
        None => {
            let places = DEFAULTS.iter().find(|(field, _)| *field == name).map_or(&[][..], |(_, places)| places);
            places.iter().find_map(|place| body.pointer(place).filter(|value| !value.is_null()))
        }
    };
    found.filter(|value| !value.is_null())
}

/// A text as sent, without what must not be stored; numbers and booleans as they are written.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(without_controls(text)),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A person as a text, or as an object with an `email`.
fn person(value: &Value) -> Option<String> {
    scalar(value).or_else(|| value.get("email").and_then(scalar))
}

/// Every text in a value, at most [`MOST_TEXTS`] of them; `None` where there is none.
fn texts(value: &Value) -> Option<Vec<String>> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            _ if found.len() >= MOST_TEXTS => {}
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            Value::Object(values) => values.values().for_each(|value| collect(value, found)),
            value => found.extend(scalar(value)),
        }
    }
    let mut found = Vec::new();
    collect(value, &mut found);
    (!found.is_empty()).then_some(found)
}

/// Tags as an object, or as a list of `name:value`, `name=value` or bare names.
fn tags(value: &Value) -> Option<BTreeMap<String, Vec<String>>> {
    if let Value::Object(values) = value {
        let read = |(name, value): (&String, &Value)| Some((without_controls(name), texts(value)?));
        return Some(values.iter().filter_map(read).take(MOST_TEXTS).collect());
    }
    let Value::Array(values) = value else { return None };
    let mut tags = BTreeMap::<String, Vec<String>>::new();
    for text in values.iter().filter_map(scalar).take(MOST_TEXTS) {
        let (name, value) = text.split_once([':', '=']).unwrap_or((&text, ""));
        tags.entry(name.trim().to_owned()).or_default().push(value.trim().to_owned());
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
