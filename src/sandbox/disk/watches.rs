//! What is kept of how requests are looked after: which rule each goes by, who was told, and what comes next.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::{Row as _, SqliteConnection};

use super::View;
use super::cells::{maybe_time, short, text, time};
use crate::clock::from_millisecond;
use crate::domain::request::Request;
use crate::domain::route::routes::Routes;
use crate::domain::watch::Reason;

pub(super) const VIEWS: [View; 3] = [
    View {
        name: "watches",
        what: "How each request is looked after: the rule that it goes by, and who is on it.",
        columns: &["request", "rule", "level", "next level", "on it", "left out"],
        sql: "SELECT request_id, route, body FROM watches ORDER BY request_id LIMIT $1",
        row: |row| {
            let body: Value = serde_json::from_str(row.try_get("body")?).unwrap_or_default();
            Ok(vec![
                text(row, "request_id")?,
                text(row, "route")?,
                body["level"].clone(),
                body["next_at"].clone(),
                body["claim"]["by"]["user"].clone(),
                json!(body["left_out"].as_array().map_or(0, Vec::len)),
            ])
        },
    },
    View {
        name: "told",
        what: "Whom a rule names for a request, and who was told of it: nobody is told twice of the same thing.",
        columns: &["request", "who", "level", "why", "told", "reminded", "stirred"],
        sql: "SELECT request_id, person, level, reason, told_at, reminded, stirred_at FROM told
              ORDER BY told_at DESC, person LIMIT $1",
        row: |row| {
            Ok(vec![
                text(row, "request_id")?,
                text(row, "person")?,
                json!(row.try_get::<i64, _>("level")?),
                json!(reason(row.try_get("reason")?)),
                maybe_time(row, "told_at")?,
                json!(row.try_get::<i64, _>("reminded")?),
                maybe_time(row, "stirred_at")?,
            ])
        },
    },
    View {
        name: "timers",
        what: "What is to happen at a time. It survives the bot, and fires once.",
        columns: &["request", "what", "whom", "due"],
        sql: "SELECT request_id, kind, target, due_at FROM timers ORDER BY due_at LIMIT $1",
        row: |row| Ok(vec![text(row, "request_id")?, text(row, "kind")?, text(row, "target")?, time(row, "due_at")?]),
    },
];

/// How the newest requests are looked after, by their ids, with why each goes by its rule.
pub(super) async fn of_requests(connection: &mut SqliteConnection, routes: &Routes) -> Result<Value, sqlx::Error> {
    let mut all = BTreeMap::new();
    let rows = sqlx::query("SELECT id, body, seen_at FROM requests ORDER BY seen_at DESC, id DESC LIMIT $1");
    for row in rows.bind(super::MOST_ROWS).fetch_all(&mut *connection).await? {
        let Ok(request) = serde_json::from_str::<Request>(row.try_get("body")?) else { continue };
        let came = from_millisecond(row.try_get("seen_at")?);
        let explained = json!(routes.explain(&request.facts, came));
        all.insert(
            row.try_get::<String, _>("id")?,
            json!({ "rule": explained, "watch": null, "told": [], "timers": [] }),
        );
    }
    for row in sqlx::query("SELECT request_id, body FROM watches").fetch_all(&mut *connection).await? {
        if let Some(one) = all.get_mut(row.try_get::<&str, _>("request_id")?) {
            one["watch"] = serde_json::from_str(row.try_get("body")?).unwrap_or_default();
        }
    }
    let told = sqlx::query(
        "SELECT request_id, person, level, reason, told_at, reminded, stirred_at FROM told
         WHERE told_at IS NOT NULL ORDER BY told_at, person",
    );
    for row in told.fetch_all(&mut *connection).await? {
        let told = json!({
            "person": row.try_get::<&str, _>("person")?,
            "level": row.try_get::<i64, _>("level")?,
            "why": reason(row.try_get("reason")?),
            "at": maybe_time(&row, "told_at")?,
            "reminded": row.try_get::<i64, _>("reminded")?,
            "stirred": maybe_time(&row, "stirred_at")?,
        });
        push(&mut all, row.try_get("request_id")?, "told", told);
    }
    let timers = sqlx::query("SELECT request_id, kind, target, due_at FROM timers ORDER BY due_at");
    for row in timers.fetch_all(connection).await? {
        let timer = json!({
            "kind": row.try_get::<&str, _>("kind")?,
            "target": row.try_get::<&str, _>("target")?,
            "due": time(&row, "due_at")?,
        });
        push(&mut all, row.try_get("request_id")?, "timers", timer);
    }
    Ok(json!(all))
}

fn push(all: &mut BTreeMap<String, Value>, request: &str, list: &str, what: Value) {
    let of_request = all.get_mut(request).and_then(|one| one[list].as_array_mut());
    of_request.into_iter().for_each(|list| list.push(what.clone()));
}

/// Why somebody is told; as it stands where it cannot be read.
fn reason(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(Reason::Named) => "named".to_owned(),
        Ok(Reason::Group { group, as_of: None }) => format!("in the group {group}"),
        Ok(Reason::Group { group, as_of: Some(at) }) => {
            format!("in the group {group}, as Slack said at {}", at.strftime("%H:%M"))
        }
        Ok(Reason::OnCall { source, level, as_of: None }) => format!("on call: {source}, level {level}"),
        Ok(Reason::OnCall { source, level, as_of: Some(at) }) => {
            format!("on call: {source}, level {level}, as it said at {}", at.strftime("%H:%M"))
        }
        Ok(Reason::Fallback) => "nobody else was there".to_owned(),
        Ok(Reason::InPlaceOf(user)) => format!("in the place of {user}"),
        Err(_) => short(text),
    }
}
