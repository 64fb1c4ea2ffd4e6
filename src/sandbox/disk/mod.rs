//! What is on disk right now: read from the ledger's own file, whether the bot lives or not, and never written.
//!
//! Shown are the tables that a person can learn from. Left out are those that hold only keys and digests, which say
//! nothing to anybody; tokens, secrets and response URLs are in none of them.

mod cells;
mod requests;
mod settings;
mod watches;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::bell::Bell;
use crate::clock::from_millisecond;
use crate::domain::route::routes::Routes;

/// How often SQLite is asked whether somebody has written: one number, without a look at any table.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Rows of a table that are shown, the newest.
const MOST_ROWS: i64 = 30;

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

    /// How requests are looked after, by their ids, with why each goes by its rule; nothing where it cannot be read.
    pub(super) async fn watches(&self, routes: &Routes) -> Value {
        let mut place = self.connection.lock().await;
        let read = async {
            let mut reading = connected(&mut place, &self.path).await?.begin().await?;
            watches::of_requests(&mut reading, routes).await
        };
        let read = read.await;
        forget_if_failed(&mut place, read).unwrap_or_else(|_| json!({}))
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
    let mut tables = Vec::new();
    for View { name, what, columns, sql, row } in requests::VIEWS.iter().chain(&watches::VIEWS).chain(&settings::VIEWS)
    {
        let rows = sqlx::query(*sql).bind(MOST_ROWS).fetch_all(&mut *reading).await?;
        let count = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {name}"));
        let total = sqlx::query_scalar(count).fetch_one(&mut *reading).await?;
        let rows = rows.iter().map(row).collect::<Result<_, _>>()?;
        tables.push(Table { name, what, columns, rows, total });
    }
    Ok(tables)
}
