//! What is kept of P0's settings: what is known of them, what somebody wants changed, and what became of each change.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::View;
use super::cells::{behind, short, text, time};
use crate::domain::jit::author::Author;
use crate::domain::jit::change::{Approvals, Change};
use crate::domain::jit::known::{Known, Source};
use crate::domain::jit::mirror::{Mirror, Span};
use crate::domain::jit::proposal::{Item, SettingsStage, Tried};
use crate::domain::person::SlackUser;

pub(super) const VIEWS: [View; 4] = [
    View {
        name: "settings_mirror",
        what: "What is known of P0's own settings, which nobody can ask it, and how.",
        columns: &["can be picked", "maximum", "standing", "approvable", "approvals", "in doubt"],
        sql: "SELECT body FROM settings_mirror LIMIT $1",
        row: |row| {
            let Some(mirror) = read::<Mirror>(row, "body")? else { return Ok(vec![text(row, "body")?]) };
            let span = |known: &Known<Span>| said(&known.value.length.to_string(), &known.source);
            let or_not = |known: Option<String>| known.map_or(Value::Null, Value::from);
            Ok(vec![
                json!(short(&mirror.presets.iter().map(span).collect::<Vec<_>>().join(", "))),
                json!(span(&mirror.maximum)),
                or_not(mirror.standing.as_ref().map(span)),
                or_not(mirror.approvable.as_ref().map(span)),
                or_not(mirror.approvals.as_ref().map(|known| said(&approvals(known.value), &known.source))),
                json!(mirror.doubts.iter().map(|doubt| change(&doubt.change)).collect::<Vec<_>>().join(", ")),
            ])
        },
    },
    View {
        name: "settings_proposals",
        what: "What somebody wants of P0's settings: shown to them first, and perhaps agreed to by a second admin.",
        columns: &["shown", "who", "changes", "typed", "second admin", "stage", "revision"],
        sql: "SELECT shown_at, author, items, typed, needs_second, second, stage_name, revision FROM settings_proposals
              ORDER BY id DESC LIMIT $1",
        row: |row| {
            let items = read::<Vec<Item>>(row, "items")?.unwrap_or_default();
            let second = match read::<SlackUser>(row, "second")? {
                Some(second) => json!(second.user.as_str()),
                None if row.try_get::<i64, _>("needs_second")? == 1 => json!("needed"),
                None => Value::Null,
            };
            Ok(vec![
                time(row, "shown_at")?,
                json!(read::<Author>(row, "author")?.as_ref().map(who)),
                json!(short(&items.iter().map(|item| change(&item.change)).collect::<Vec<_>>().join(", "))),
                text(row, "typed")?,
                second,
                text(row, "stage_name")?,
                json!(row.try_get::<i64, _>("revision")?),
            ])
        },
    },
    View {
        name: "settings_decisions",
        what: "Every change that was decided, one call of P0's each: it is here before anything is sent.",
        columns: &["change", "stage", "what came of it", "names tried", "tries", "send before"],
        sql: "SELECT item, stage_name, stage, tried, attempts, deadline FROM settings_decisions
              ORDER BY id DESC LIMIT $1",
        row: |row| {
            let tried = read::<Vec<Tried>>(row, "tried")?.unwrap_or_default();
            Ok(vec![
                json!(read::<Item>(row, "item")?.map(|item| change(&item.change))),
                text(row, "stage_name")?,
                json!(read::<SettingsStage>(row, "stage")?.map(|stage| short(&outcome(&stage)))),
                json!(tried.iter().map(|tried| tried.key.as_str()).collect::<Vec<_>>().join(", ")),
                json!(row.try_get::<i64, _>("attempts")?),
                time(row, "deadline")?,
            ])
        },
    },
    View {
        name: "settings_copies",
        what: "Every message that shows a change of P0's settings: one that is behind is drawn anew.",
        columns: &["for", "whom", "in", "message", "shows revision", "behind"],
        sql: "SELECT audience, target, channel, ts, drawn, stale, gone FROM settings_copies ORDER BY id DESC LIMIT $1",
        row: |row| {
            let drawn = Some(row.try_get::<i64, _>("drawn")?).filter(|drawn| *drawn >= 0);
            Ok(vec![
                text(row, "audience")?,
                text(row, "target")?,
                text(row, "channel")?,
                text(row, "ts")?,
                json!(drawn),
                behind(row)?,
            ])
        },
    },
];

/// What a column holds; `None` where it holds nothing, or what cannot be read.
fn read<T: DeserializeOwned>(row: &SqliteRow, column: &str) -> Result<Option<T>, sqlx::Error> {
    Ok(row.try_get::<Option<&str>, _>(column)?.and_then(|body| serde_json::from_str(body).ok()))
}

fn who(author: &Author) -> &str {
    author.user().map_or("the operator", |user| user.as_str())
}

fn change(change: &Change) -> String {
    match change {
        Change::Add { length } => format!("add {length}"),
        Change::Remove { length } => format!("remove {length}"),
        Change::Reset => "reset".to_owned(),
        Change::Maximum { length } => format!("maximum {length}"),
        Change::Standing { length } => format!("standing {length}"),
        Change::Approvable { length } => format!("approvable {length}"),
        Change::Approvals(wanted) => format!("approvals {}", approvals(*wanted)),
    }
}

fn approvals(wanted: Approvals) -> String {
    let on = |is: bool| if is { "on" } else { "off" };
    format!("one-party {} reason {}", on(wanted.one_party), on(wanted.require_reason))
}

/// A value with how it is known.
fn said(value: &str, source: &Source) -> String {
    let how = match source {
        Source::Assumed => "assumed",
        Source::Stated { .. } => "stated in the settings file",
        Source::Imported { .. } => "imported",
        Source::Taken { .. } => "P0 took it",
        Source::Sent { .. } => "sent, not confirmed",
        Source::Told { .. } => "P0 said so",
    };
    format!("{value} ({how})")
}

fn outcome(stage: &SettingsStage) -> String {
    match stage {
        SettingsStage::Recorded => "waits to be sent".to_owned(),
        SettingsStage::Sending { .. } => "marked before it goes out".to_owned(),
        SettingsStage::Done { .. } => "P0 took it".to_owned(),
        SettingsStage::Refused { refusal, .. } => refusal.to_string(),
        SettingsStage::Dropped { .. } => "could not be sent in time".to_owned(),
        SettingsStage::Unknown { words, .. } if words.is_empty() => "may have counted; no answer came".to_owned(),
        SettingsStage::Unknown { words, .. } => format!("may have counted; P0 said: {words}"),
        SettingsStage::Settled { .. } => "its answer was lost; a later change settled it".to_owned(),
    }
}
