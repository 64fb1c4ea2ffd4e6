//! What is durable. A choice is here before Slack hears 200; everything that happens to it later is here as well.

pub mod absences;
pub mod audit;
pub mod backlog;
pub mod cards;
pub mod copies;
mod database;
pub mod decisions;
pub mod deliveries;
pub mod drafts;
mod held;
pub mod homes;
pub mod inspect;
pub mod jit;
pub mod leases;
mod link_store;
pub mod links;
pub mod lock;
pub mod notices;
mod oncall;
mod outcomes;
mod pins;
mod renewals;
pub mod requests;
pub mod sealed;
pub mod sign_ins;
pub mod sweep;
pub mod watches;
pub mod worklist;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rand::RngExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};
use tokio::sync::watch;

use crate::clock::Clock;
use writer::Writer;

/// How long a write waits for another process; Slack waits 3 s for its answer.
const BUSY: Duration = Duration::from_secs(1);
/// Connections that read beside the writer.
const READERS: u32 = 4;

/// Why the ledger could not do what it was asked. Never holds a row's content.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database said no.
    #[error("the ledger's database failed: {0}")]
    Database(sqlx::Error),
    /// The batch that this belonged to could not be written to disk.
    #[error("the ledger could not write: {0}")]
    NotKept(String),
    /// A row does not read as what it should be.
    #[error("a row of the ledger cannot be read: {0}")]
    Corrupt(String),
    /// The schema could not be brought up to date.
    #[error("the ledger's schema: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    /// Another `serve` has this file.
    #[error("another p0-chatops serve has {0} open")]
    Locked(PathBuf),
    /// The file or its folder cannot be used.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The ledger is closing.
    #[error("the ledger is closed")]
    Closed,
    /// A bug; the transaction was rolled back.
    #[error("writing to the ledger panicked")]
    Panicked,
}

// No `source` is named, for each of these says by itself what is wrong: a report of the whole chain would say it twice.
impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<sqlx::migrate::MigrateError> for LedgerError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migrate(error)
    }
}

impl LedgerError {
    fn not_kept(error: &sqlx::Error) -> Self {
        Self::NotKept(error.to_string())
    }
}

/// The schema, step by step.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/ledger/migrations");

type Statement = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// The ledger: a handle that is cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    writer: Writer,
    readers: SqlitePool,
    clock: Clock,
    changed: watch::Sender<()>,
    /// Held for as long as the ledger is open by the one `serve` of this file.
    _lock: Option<Arc<File>>,
}

impl Ledger {
    /// Opens the file (made when missing) and brings its schema up to date. `url` is `sqlite://PATH`.
    ///
    /// # Errors
    /// Where the file cannot be opened or written, or is newer than this program.
    pub async fn open(url: &str, clock: Clock) -> Result<Self, LedgerError> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        make_private(options.get_filename())?;
        let mut connection = SqliteConnection::connect_with(&options).await?;
        MIGRATIONS.run(&mut connection).await?;
        let writer = Writer::start(connection, options.clone());
        // A file does not hang up: asking each connection whether it still lives would double the cost of most looks.
        let readers = SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false);
        let readers = readers.connect_lazy_with(options.read_only(true));
        Ok(Self { writer, readers, clock, changed: watch::Sender::new(()), _lock: None })
    }

    /// Opens the file as the one `serve` that it may have, and settles what a predecessor left behind.
    ///
    /// # Errors
    /// As [`Ledger::open`]; also where another `serve` has the file.
    pub async fn open_to_serve(url: &str, clock: Clock) -> Result<Self, LedgerError> {
        let lock = lock::take(url).await?;
        let mut ledger = Self::open(url, clock).await?;
        ledger._lock = Some(Arc::new(lock));
        ledger.settle_predecessor().await?;
        ledger.look_at_older_requests().await?;
        Ok(ledger)
    }

    /// Writes what has come in and lets go of the file, which then holds everything by itself: the write-ahead log is
    /// merged into it. Whatever is asked of the ledger afterwards fails.
    pub async fn close(&self) {
        // The last to leave merges the log, and a reader may not.
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Marked as changed whenever this process has written something that workers may have to act on.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Whether a row can be written, for `/readyz`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn probe(&self) -> Result<(), LedgerError> {
        self.write(|c, now| {
            Box::pin(async move {
                sqlx::query("INSERT INTO deliveries (key, seen_at) VALUES ('probe', $1) ON CONFLICT (key) DO UPDATE SET seen_at = $1")
                    .bind(now.as_millisecond())
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Runs one statement.
    async fn run(&self, statement: Statement) -> Result<(), LedgerError> {
        self.write(move |c, _| {
            Box::pin(async move {
                statement.execute(c).await?;
                Ok(())
            })
        })
        .await
    }

    async fn write<T, F>(&self, work: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection, Timestamp) -> BoxFuture<'c, Result<T, LedgerError>>
            + Send
            + 'static,
    {
        let clock = self.clock.clone();
        let result = self.writer.write(move |connection| work(connection, clock.now())).await;
        if result.is_ok() {
            self.changed.send_replace(());
        }
        result
    }
}

/// Who asked for what, and why, is for nobody else on the machine: a new file is readable by its owner only.
fn make_private(path: &Path) -> Result<(), LedgerError> {
    let refused = |error| LedgerError::File { path: path.to_owned(), error };
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(refused(error)),
    }
}

const COUNT_BITS: u32 = 12;
const CHANCE_BITS: u32 = 8;

/// When a row got its number.
fn born(id: i64) -> Timestamp {
    crate::clock::from_millisecond(id >> (COUNT_BITS + CHANCE_BITS))
}

/// A number for a new row, so that rows sort by age: the time in milliseconds, then this process's count within it,
/// then chance, which keeps two processes on one ledger apart.
fn new_id(now: Timestamp) -> i64 {
    static COUNT: AtomicI64 = AtomicI64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed) & ((1 << COUNT_BITS) - 1);
    let chance: i64 = rand::rng().random_range(0..1 << CHANCE_BITS);
    (now.as_millisecond() << (COUNT_BITS + CHANCE_BITS)) | (count << CHANCE_BITS) | chance
}

/// A row that was written by another version must not stop the others: it is left where it is, and logged.
fn readable<T>(row: Result<T, LedgerError>) -> Option<T> {
    row.inspect_err(|error| tracing::error!(%error, "a row of the ledger is passed over")).ok()
}

fn to_json(value: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|error| LedgerError::Corrupt(error.to_string()))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|error| LedgerError::Corrupt(error.to_string()))
}
