//! What is on disk right now: read from the ledger's own file, whether the bot lives or not, and never written.
//!
//! Shown are the tables that a person can learn from. Left out are those that hold only keys and digests, which say
//! nothing to anybody; tokens, secrets and response URLs are in none of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::bell::Bell;
use crate::clock::from_millisecond;
use crate::domain::decision::{Choice, Stage};

/// How often SQLite is asked whether somebody has written: one number, without a look at any table.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Rows of a table that are shown, the newest.
const MOST_ROWS: i64 = 30;
/// Characters of one cell.
const MOST_CHARACTERS: usize = 300;

/// The ledger's file, as a bystander sees it; clones are the same one.
#[derive(Clone)]
pub(super) struct Disk {
    path: Arc<Path>,
    /// Kept open, because SQLite tells only a connection that stays whether others have written.
    connection: Arc<Mutex<Option<SqliteConnection>>>,
}

/// One table as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Table {
    name: &'static str,
    what: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
    total: i64,
}

/// How a table is read: newest first.
struct View {
    name: &'static str,
    what: &'static str,
    columns: &'static [&'static str],
    sql: &'static str,
    row: fn(&SqliteRow) -> Result<Vec<Value>, sqlx::Error>,
}

const VIEWS: [View; 6] = [
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
            let behind = match (row.try_get::<i64, _>("gone")?, row.try_get::<i64, _>("stale")?) {
                (0, 0) => "no",
                (0, _) => "yes",
                _ => "gone",
            };
            let drawn = Some(row.try_get::<i64, _>("drawn")?).filter(|drawn| *drawn >= 0);
            Ok(vec![
                text(row, "request_id")?,
                text(row, "audience")?,
                text(row, "target")?,
                text(row, "channel")?,
                text(row, "ts")?,
                json!(drawn),
                json!(behind),
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

impl Disk {
    /// The file at this path.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path: path.into(), connection: Arc::default() }
    }

    /// Rings the bell whenever somebody has written to the file, until `stop` is cancelled.
    pub(super) async fn watch(self, bell: Bell, stop: CancellationToken) {
        let mut seen = None;
        let watching = async {
            loop {
                let version = self.version().await.ok();
                if version != seen {
                    seen = version;
                    bell.ring();
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        stop.run_until_cancelled(watching).await;
    }

    /// A number that differs once another connection has written.
    async fn version(&self) -> Result<i64, sqlx::Error> {
        let mut place = self.connection.lock().await;
        let asked = sqlx::query_scalar("PRAGMA data_version").fetch_one(connected(&mut place, &self.path).await?).await;
        forget_if_failed(&mut place, asked)
    }

    /// The path and the tables, all of one moment. Where they cannot be read there are none, and why.
    pub(super) async fn to_json(&self) -> Value {
        let path = self.path.display().to_string();
        match self.tables().await {
            Ok(tables) => json!({ "path": path, "tables": tables }),
            Err(error) => json!({ "path": path, "tables": [], "trouble": error.to_string() }),
        }
    }

    async fn tables(&self) -> Result<Vec<Table>, sqlx::Error> {
        let mut place = self.connection.lock().await;
        let read = read(connected(&mut place, &self.path).await?).await;
        forget_if_failed(&mut place, read)
    }

    /// When the choice that waits about a request is tried next, where one waits and nobody is sending it.
    pub(super) async fn waits_until(&self, request: &str) -> Result<Option<Timestamp>, sqlx::Error> {
        let mut place = self.connection.lock().await;
        let read = sqlx::query_scalar(
            "SELECT due_at FROM decisions WHERE request_id = $1 AND stage_name = 'recorded' AND attempts > 0",
        )
        .bind(request.to_owned())
        .fetch_optional(connected(&mut place, &self.path).await?)
        .await;
        Ok(forget_if_failed(&mut place, read)?.map(from_millisecond))
    }

    /// The stages of the decisions about a request, oldest first.
    pub(super) async fn stages(&self, request: &str) -> Result<Vec<String>, sqlx::Error> {
        let mut place = self.connection.lock().await;
        let read = sqlx::query_scalar("SELECT stage_name FROM decisions WHERE request_id = $1 ORDER BY id")
            .bind(request.to_owned())
            .fetch_all(connected(&mut place, &self.path).await?)
            .await;
        forget_if_failed(&mut place, read)
    }
}

async fn connected<'p>(
    place: &'p mut Option<SqliteConnection>,
    path: &Path,
) -> Result<&'p mut SqliteConnection, sqlx::Error> {
    let connection = match place.take() {
        Some(connection) => connection,
        None => SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path).read_only(true)).await?,
    };
    Ok(place.insert(connection))
}

/// A connection that failed once is not trusted again.
fn forget_if_failed<T>(place: &mut Option<SqliteConnection>, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
    if result.is_err() {
        *place = None;
    }
    result
}

async fn read(connection: &mut SqliteConnection) -> Result<Vec<Table>, sqlx::Error> {
    let mut reading = connection.begin().await?;
    let mut tables = Vec::with_capacity(VIEWS.len());
    for View { name, what, columns, sql, row } in VIEWS {
        let rows = sqlx::query(sql).bind(MOST_ROWS).fetch_all(&mut *reading).await?;
        let count = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {name}"));
        let total = sqlx::query_scalar(count).fetch_one(&mut *reading).await?;
        let rows = rows.iter().map(row).collect::<Result<_, _>>()?;
        tables.push(Table { name, what, columns, rows, total });
    }
    Ok(tables)
}

fn text(row: &SqliteRow, column: &str) -> Result<Value, sqlx::Error> {
    Ok(row.try_get::<Option<&str>, _>(column)?.map_or(Value::Null, |text| json!(short(text))))
}

fn time(row: &SqliteRow, column: &str) -> Result<Value, sqlx::Error> {
    Ok(json!(from_millisecond(row.try_get(column)?).to_string()))
}

fn short(text: &str) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(MOST_CHARACTERS).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

fn words(values: &[&Value]) -> String {
    values.iter().filter_map(|value| value.as_str()).collect::<Vec<_>>().join(" ")
}

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
