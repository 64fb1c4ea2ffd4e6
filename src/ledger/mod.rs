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
pub mod errands;
mod held;
pub mod homes;
pub mod inspect;
pub mod jit;
pub mod leases;
mod link_store;
pub mod links;
pub mod lock;
pub mod moving;
pub mod notices;
mod oncall;
mod outcomes;
mod pins;
mod renewals;
mod replicas;
pub mod requests;
pub mod schema;
pub mod sealed;
pub mod sign_ins;
pub mod sweep;
pub mod watches;
pub mod worklist;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rand::RngExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

use crate::clock::Clock;
use crate::config::DatabaseUrl;
use database::{Arguments, Connection, Database, Driver, Engine, Readers};
use writer::{Loudness, Writer};

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
    /// A newer version has been here.
    #[error("the ledger was written by a newer version of p0-chatops: use that one")]
    Newer,
    /// The server did not let anybody in.
    #[error("the ledger's database server did not answer within {} s", .0.as_secs())]
    Unreachable(Duration),
    /// The server is not one that a ledger can be kept on.
    #[error("the ledger's database server {0}")]
    Unfit(String),
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

type Statement = sqlx::query::Query<'static, Driver, Arguments>;

/// The ledger: a handle that is cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    engine: Engine,
    writer: Writer,
    readers: Readers,
    clock: Clock,
    changed: watch::Sender<()>,
    /// Held for as long as the ledger is open by the one `serve` of this file.
    _lock: Option<Arc<File>>,
    /// Hears what other replicas have written, where there may be any.
    _listening: Option<Arc<AbortOnDropHandle<()>>>,
}

impl Ledger {
    /// Opens the ledger and brings its schema up to date; a file is made where it is missing.
    ///
    /// # Errors
    /// Where it cannot be reached or written, or is newer than this program.
    pub async fn open(url: &DatabaseUrl, clock: Clock) -> Result<Self, LedgerError> {
        let database = Database::at(url)?;
        // Several replicas have one clock between them: leases and timers are nobody's own.
        let clock = match database.engine == Engine::Postgres && clock.is_the_machines() {
            true => Clock::led(),
            false => clock,
        };
        schema::bring_up(&database).await?;
        let writer = Writer::start(database.connect().await?, database.clone(), clock.clone());
        let readers = database.readers();
        let engine = database.engine;
        Ok(Self { engine, writer, readers, clock, changed: watch::Sender::new(()), _lock: None, _listening: None })
    }

    /// Opens the ledger to serve. A file may have one `serve`, which settles what a predecessor left behind. A server's
    /// database may have several: there nothing is settled at a start, for another may be at work on it, and whatever a
    /// dead one had is free once its lease has ended.
    ///
    /// # Errors
    /// As [`Ledger::open`]; also where another `serve` has the file.
    pub async fn open_to_serve(url: &DatabaseUrl, clock: Clock) -> Result<Self, LedgerError> {
        let ledger = match url {
            DatabaseUrl::Sqlite(path) => {
                let lock = lock::take(path).await?;
                let mut ledger = Self::open(url, clock).await?;
                ledger._lock = Some(Arc::new(lock));
                ledger.settle_predecessor().await?;
                ledger
            }
            DatabaseUrl::Postgres(server) => {
                let mut ledger = Self::open(url, clock).await?;
                let listening = tokio::spawn(replicas::listen(server.clone(), ledger.changed.clone()));
                ledger._listening = Some(Arc::new(AbortOnDropHandle::new(listening)));
                ledger
            }
        };
        ledger.look_at_older_requests().await?;
        Ok(ledger)
    }

    /// The clock by which leases, deadlines and timers are told: the database server's, where there is one.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
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
        self.write_quietly(|c, now| {
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
        F: for<'c> FnOnce(&'c mut Connection, Timestamp) -> BoxFuture<'c, Result<T, LedgerError>> + Send + 'static,
    {
        let clock = self.clock.clone();
        let result = self.writer.write(Loudness::Heard, move |connection| work(connection, clock.now())).await;
        if result.is_ok() {
            self.changed.send_replace(());
        }
        result
    }

    /// The same for what nobody has to act on: no worker is woken by it, here or in another replica.
    async fn write_quietly<T, F>(&self, work: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection, Timestamp) -> BoxFuture<'c, Result<T, LedgerError>> + Send + 'static,
    {
        let clock = self.clock.clone();
        self.writer.write(Loudness::Quiet, move |connection| work(connection, clock.now())).await
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
