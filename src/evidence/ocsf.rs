//! An entry as an event of the Open Cybersecurity Schema Framework, for a SIEM that reads those: Entity Management (3004) of
//! its version 1.3.0, what a person does to a thing that is managed. What has no place in it stands in `unmapped`.

use jiff::Timestamp;
use serde_json::{Value, json};

/// `iam`
const CATEGORY: u32 = 3;
/// `entity_management`
const CLASS: u32 = 3004;
/// `severity_id` of what is only told.
const INFORMATIONAL: u32 = 1;

/// `activity_id` of the class.
#[derive(Clone, Copy)]
enum Activity {
    Create = 1,
    Update = 3,
    Delete = 4,
    Other = 99,
}

/// The event; `line` is the entry's line of an export.
pub(super) fn event(line: Value) -> Value {
    let entry = &line["entry"];
    let name = entry["event"].as_str().unwrap_or_default();
    let at: Option<Timestamp> = entry["at"].as_str().and_then(|at| at.parse().ok());
    let activity = activity(name);
    let mut event = json!({
        "category_uid": CATEGORY, "class_uid": CLASS, "activity_id": activity as u32, "activity_name": name,
        "type_uid": CLASS * 100 + activity as u32, "severity_id": INFORMATIONAL,
        "time": at.map(Timestamp::as_millisecond), "message": name, "entity": entity(name, entry),
        "metadata": {
            "version": "1.3.0", "log_name": "evidence", "uid": entry["id"], "sequence": entry["position"],
            "product": { "name": "p0-chatops", "vendor_name": "p0-chatops", "version": env!("CARGO_PKG_VERSION") },
        },
    });
    if let Some(user) = entry["by"]["user"].as_str() {
        event["actor"] = json!({ "user": { "uid": user } });
    }
    if let Some(status) = status(name) {
        event["status_id"] = status.into();
    }
    event["unmapped"] = line;
    event
}

fn activity(name: &str) -> Activity {
    match name {
        "link.made" => Activity::Create,
        "link.ended" | "link.forgotten" => Activity::Delete,
        "request.told" | "request.claimed" | "request.exhausted" => Activity::Other,
        _ => match name.split_once('.') {
            Some(("request" | "decision" | "click" | "settings" | "settings_change", _)) => Activity::Update,
            _ => Activity::Other,
        },
    }
}

/// Success, or failure; none where it is neither yet.
fn status(name: &str) -> Option<u32> {
    match name.rsplit_once('.')?.1 {
        "done" | "made" | "claimed" | "pushed" => Some(1),
        "refused" | "dropped" | "failed" | "missed" => Some(2),
        _ => None,
    }
}

fn entity(name: &str, entry: &Value) -> Value {
    if let Some(request) = entry["request"].as_str() {
        return json!({ "uid": request, "type": "access request" });
    }
    match (name.split_once('.').map_or(name, |(kind, _)| kind), entry["by"]["user"].as_str()) {
        ("settings" | "settings_change", _) => json!({ "name": "just-in-time settings", "type": "settings" }),
        ("evidence", _) => json!({ "name": "evidence", "type": "log" }),
        (_, Some(user)) => json!({ "uid": user, "type": "user" }),
        (kind, None) => json!({ "name": kind, "type": "other" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_class_requires_is_there() {
        for (name, type_uid, status) in [
            ("decision.done", 300_403, Some(1)),
            ("click.refused", 300_403, Some(2)),
            ("decision.unknown", 300_403, None),
            ("link.made", 300_401, Some(1)),
            ("link.ended", 300_404, None),
            ("sign_in.failed", 300_499, Some(2)),
            ("something.else", 300_499, None),
        ] {
            let entry = json!({ "event": name, "at": "1970-01-01T00:00:01.5Z", "id": "7", "position": 2 });
            let event = event(json!({ "entry": entry, "hash": "" }));
            assert_eq!((&event["type_uid"], event["status_id"].as_u64()), (&json!(type_uid), status), "{name}");
            assert_eq!((&event["time"], &event["metadata"]["sequence"]), (&json!(1500), &json!(2)), "{name}");
            let entity = &event["entity"];
            assert!(entity["uid"].is_string() || entity["name"].is_string(), "{name}: {entity}");
            assert_eq!(event["unmapped"]["entry"], entry);
        }
    }
}
