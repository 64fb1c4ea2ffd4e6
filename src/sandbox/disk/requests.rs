//! What is kept of requests: the choices, the messages that show them, who was told, whose account is whose.

use serde_json::{Value, json};
use sqlx::Row as _;

use super::View;
use super::cells::{behind, short, text, time, words};
use crate::domain::decision::{Choice, Stage};

pub(super) const VIEWS: [View; 6] = [
    View {
        name: "decisions",
        what: "Every choice that somebody made: it is here before Slack hears that it was received.",
        columns: &["chosen", "who", "choice", "request", "stage", "what came of it", "tries", "send before"],
        sql: "SELECT chosen_at, person, choice, request_id, stage_name, stage, attempts, deadline FROM decisions
              ORDER BY id DESC LIMIT $1",
        row: |row| {
            Ok(vec![
                time(row, "chosen_at")?,
                text(row, "person")?,
                json!(choice(row.try_get("choice")?)),
                text(row, "request_id")?,
                text(row, "stage_name")?,
                json!(outcome(row.try_get("stage")?)),
                json!(row.try_get::<i64, _>("attempts")?),
                time(row, "deadline")?,
            ])
        },
    },
    View {
        name: "requests",
        what: "Every request that P0 has told of, and where it stands.",
        columns: &["first seen", "request", "what", "asked by", "for", "how long", "stands", "revision"],
        sql: "SELECT seen_at, id, body, revision FROM requests ORDER BY seen_at DESC, id DESC LIMIT $1",
        row: |row| {
            let body: Value = serde_json::from_str(row.try_get("body")?).unwrap_or_default();
            let facts = &body["facts"];
            Ok(vec![
                time(row, "seen_at")?,
                text(row, "id")?,
                json!(words(&[&facts["kind"], &facts["access"]])),
                facts["requester"].clone(),
                facts["principal"].clone(),
                facts["duration"].clone(),
                json!(phase(&body["phase"])),
                json!(row.try_get::<i64, _>("revision")?),
            ])
        },
    },
    View {
        name: "copies",
        what: "Every message that shows a request: one that is behind is drawn anew, after a restart too.",
        columns: &["request", "for", "whom", "in", "message", "shows revision", "behind"],
        sql: "SELECT request_id, audience, target, channel, ts, drawn, stale, gone FROM copies
              ORDER BY id DESC LIMIT $1",
        row: |row| {
            let drawn = Some(row.try_get::<i64, _>("drawn")?).filter(|drawn| *drawn >= 0);
            Ok(vec![
                text(row, "request_id")?,
                text(row, "audience")?,
                text(row, "target")?,
                text(row, "channel")?,
                text(row, "ts")?,
                json!(drawn),
                behind(row)?,
            ])
        },
    },
    View {
        name: "notices",
        what: "What people still have to be told; a row leaves when Slack has it.",
        columns: &["what", "whom", "text", "tries", "due"],
        sql: "SELECT body, attempts, due_at FROM notices ORDER BY id DESC LIMIT $1",
        row: |row| {
            let body: Value = serde_json::from_str(row.try_get("body")?).unwrap_or_default();
            Ok(vec![
                body["notice"].clone(),
                body["user"].clone(),
                body["message"]["text"].as_str().map_or(Value::Null, |text| json!(short(text))),
                json!(row.try_get::<i64, _>("attempts")?),
                time(row, "due_at")?,
            ])
        },
    },
    View {
        name: "links",
        what: "Whose account is whose. The tokens lie sealed beside it, and are gone when a link has ended.",
        columns: &["linked", "who", "to P0", "subject", "tokens good until", "ended"],
        sql: "SELECT linked_at, person, identity, subject, good_until, ended_why FROM links ORDER BY id DESC LIMIT $1",
        row: |row| {
            Ok(vec![
                time(row, "linked_at")?,
                text(row, "person")?,
                text(row, "identity")?,
                text(row, "subject")?,
                time(row, "good_until")?,
                text(row, "ended_why")?,
            ])
        },
    },
    View {
        name: "audit",
        what: "Who did what and when, written together with the thing itself.",
        columns: &["when", "event", "request", "who", "detail"],
        sql: "SELECT at, event, request_id, person, detail FROM audit ORDER BY id DESC LIMIT $1",
        row: |row| {
            let detail: Value = serde_json::from_str(row.try_get("detail")?).unwrap_or_default();
            let detail = match (&detail["choice"], &detail["stage"]) {
                (Value::Null, _) | (_, Value::Null) => flat(&detail),
                (chosen, stage) => format!("{}: {}", choice(&chosen.to_string()), outcome(&stage.to_string())),
            };
            Ok(vec![
                time(row, "at")?,
                text(row, "event")?,
                text(row, "request_id")?,
                text(row, "person")?,
                json!(short(&detail)),
            ])
        },
    },
];

/// A choice in words; as it stands where it cannot be read.
fn choice(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(Choice::Approve { length }) => format!("approve {length}"),
        Ok(Choice::Deny { reason: Some(reason) }) => short(&format!("deny: {reason}")),
        Ok(Choice::Deny { reason: None }) => "deny".to_owned(),
        Ok(Choice::Revoke) => "revoke".to_owned(),
        Err(_) => short(text),
    }
}

/// What a stage's evidence says; as it stands where it cannot be read.
fn outcome(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(Stage::Held { .. }) => "waits for a sign-in".to_owned(),
        Ok(Stage::Recorded) => "waits to be sent".to_owned(),
        Ok(Stage::Sending { identity, .. }) => format!("marked before it goes out, as {identity}"),
        Ok(Stage::Done { identity, .. }) => format!("P0 took it from {identity}"),
        Ok(Stage::Refused { refusal, .. }) => short(&refusal.to_string()),
        Ok(Stage::Dropped { .. }) => "could not be sent in time".to_owned(),
        Ok(Stage::Unknown { words, .. }) if words.is_empty() => "may have counted; no answer came".to_owned(),
        Ok(Stage::Unknown { words, .. }) => short(&format!("may have counted; P0 said: {words}")),
        Ok(Stage::Settled { .. }) => "its answer was lost; P0 told later where the request stands".to_owned(),
        Err(_) => short(text),
    }
}

/// The phase's own name, and how it ended.
fn phase(phase: &Value) -> String {
    match phase {
        Value::String(name) => name.clone(),
        Value::Object(fields) => fields.iter().next().map_or_else(String::new, |(name, detail)| {
            detail["how"].as_str().map_or_else(|| name.clone(), |how| format!("{name}: {how}"))
        }),
        _ => String::new(),
    }
}

/// A flat object as words.
fn flat(detail: &Value) -> String {
    let fields = detail.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let words = fields.map(|(name, value)| match value {
        Value::String(text) => format!("{name} {text}"),
        Value::Object(_) => format!("{name} {}", phase(value)),
        other => format!("{name} {other}"),
    });
    words.collect::<Vec<_>>().join(", ")
}
