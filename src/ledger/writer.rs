//! The one writer: everything durable goes through it, and whoever waits together shares one fsync.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::{AssertSqlSafe, Connection as _};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::LedgerError;
use super::database::{CHANNEL, Connection, Database, Engine};
use crate::clock::{Clock, from_millisecond};

/// Pieces of work that share a transaction at most.
const BATCH: usize = 64;
/// For how long pieces of work join one: a server that is far away does fewer in one go.
const JOINED_FOR: Duration = Duration::from_millis(300);
/// Pieces of work that may wait; past that, callers wait to wait.
const QUEUE: usize = 1024;
/// How long a transaction with a server may take: behind a line that is cut off, nothing else ends it.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);
/// How long a caller waits where there is a server; Slack waits 3 s for its answer.
const ANSWERED_WITHIN: Duration = Duration::from_millis(2500);
/// How far the machine's clock may be from the server's before somebody should look after it, in milliseconds.
const CLOCKS_AGREE: i64 = 2000;

/// Tells one caller how its work ended, once it is known whether the batch is on disk.
type Reply = Box<dyn FnOnce(Result<(), LedgerError>) + Send>;
type Work = Box<dyn for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Done> + Send>;

/// Whether others have to hear of a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loudness {
    /// Workers may have to act on it.
    Heard,
    /// Nobody has to.
    Quiet,
}

struct Done {
    keep: bool,
    loudness: Loudness,
    reply: Reply,
}

/// A handle on the writing task; the task ends when it is closed, or with the last handle.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Work>,
    engine: Engine,
    close: CancellationToken,
    task: TaskTracker,
}

impl Writer {
    /// Starts the task that owns the writing connection.
    pub(super) fn start(connection: Connection, database: Database, clock: Clock) -> Self {
        let (queue, works) = mpsc::channel(QUEUE);
        let (close, task) = (CancellationToken::new(), TaskTracker::new());
        let engine = database.engine;
        let writing = Writing { connection: Some(connection), database, clock, is_told_of_clock: false };
        task.spawn(writing.run(works, close.clone()));
        task.close();
        Self { queue, engine, close, task }
    }

    /// Takes no more work, and returns once what had come in is written and the database let go of.
    pub(super) async fn close(&self) {
        self.close.cancel();
        self.task.wait().await;
    }

    /// Runs `work` in a transaction and answers once it is on disk, or was rolled back. With a server, it also answers once
    /// nobody could wait any longer: then it is not known whether it was written.
    pub(super) async fn write<T, F>(&self, loudness: Loudness, work: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, LedgerError>> + Send + 'static,
    {
        match self.engine {
            Engine::Sqlite => self.queue(loudness, work).await,
            Engine::Postgres => {
                let late = |_| Err(LedgerError::NotKept("the database server did not answer in time".to_owned()));
                timeout(ANSWERED_WITHIN, self.queue(loudness, work)).await.unwrap_or_else(late)
            }
        }
    }

    async fn queue<T, F>(&self, loudness: Loudness, work: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, LedgerError>> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            // Whoever stopped waiting was not told that it is recorded: then it must not be.
            if tell.is_closed() {
                return Box::pin(std::future::ready(Done { keep: false, loudness, reply: Box::new(|_| {}) }));
            }
            let running = AssertUnwindSafe(work(connection)).catch_unwind();
            Box::pin(async move {
                let result = running.await.unwrap_or(Err(LedgerError::Panicked));
                Done {
                    keep: result.is_ok(),
                    loudness,
                    reply: Box::new(move |committed| {
                        // A caller that has gone away needs no answer; its work stands.
                        let _ = tell.send(committed.and(result));
                    }),
                }
            })
        });
        self.queue.send(work).await.map_err(|_| LedgerError::Closed)?;
        told.await.map_err(|_| LedgerError::NotKept("the transaction could not begin".to_owned()))?
    }
}

/// The task's own.
struct Writing {
    /// `None` after a transaction that failed, until there is a new one.
    connection: Option<Connection>,
    database: Database,
    clock: Clock,
    /// Whether it was said that the clocks do not agree.
    is_told_of_clock: bool,
}

impl Writing {
    async fn run(mut self, mut queue: mpsc::Receiver<Work>, close: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut waiting = VecDeque::with_capacity(BATCH);
        loop {
            let taken = tokio::select! {
                taken = queue.recv_many(&mut batch, BATCH) => taken,
                () = close.cancelled(), if !queue.is_closed() => {
                    // What is in the queue by now is still written.
                    queue.close();
                    continue;
                }
            };
            if taken == 0 {
                break;
            }
            waiting.extend(batch.drain(..));
            while !waiting.is_empty() {
                self.write(&mut waiting).await;
            }
        }
        let Some(connection) = self.connection else { return };
        // Leaves SQLite's write-ahead log merged into the file, where nobody else has it open.
        let closed = timeout(WRITTEN_WITHIN, connection.close()).await;
        if let Ok(Err(error)) = closed {
            tracing::warn!(%error, "the ledger did not close cleanly; the next start recovers it");
        }
    }

    /// Writes as much of what waits as goes into one transaction, and tells whose work it was.
    async fn write(&mut self, waiting: &mut VecDeque<Work>) {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => match self.database.connect().await {
                Ok(connection) => connection,
                Err(error) => {
                    tracing::error!(%error, "the ledger could not be opened anew");
                    // They hear that it could not begin.
                    return waiting.clear();
                }
            },
        };
        let mut replies = Vec::with_capacity(waiting.len());
        let committed = match self.database.engine {
            Engine::Sqlite => self.commit(&mut connection, waiting, &mut replies).await,
            Engine::Postgres => {
                let committing = self.commit(&mut connection, waiting, &mut replies);
                let late = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
                timeout(WRITTEN_WITHIN, committing).await.unwrap_or_else(late)
            }
        };
        for reply in replies {
            reply(committed.as_ref().copied().map_err(LedgerError::not_kept));
        }
        match committed {
            Ok(()) => self.connection = Some(connection),
            // SQLite rolls back by itself where the disk is full, and a server ends sessions: the connection no longer knows
            // how deep in transactions it is, and only a new one is surely good for the next batch.
            Err(error) => {
                tracing::error!(%error, "the ledger could not write");
                drop(connection);
                // Nobody who waits behind it is kept waiting for another try: they hear that it could not begin.
                waiting.clear();
                self.connection = self
                    .database
                    .connect()
                    .await
                    .inspect_err(|error| tracing::error!(%error, "the ledger could not be opened anew"))
                    .ok();
            }
        }
    }

    /// Each piece behind a savepoint of its own, all in one transaction.
    async fn commit(
        &mut self,
        connection: &mut Connection,
        waiting: &mut VecDeque<Work>,
        replies: &mut Vec<Reply>,
    ) -> Result<(), sqlx::Error> {
        let mut outer = connection.begin_with(self.database.engine.begin()).await?;
        if self.database.engine == Engine::Postgres {
            self.follow_clock(&mut outer).await?;
        }
        let (began, mut is_heard) = (Instant::now(), false);
        while let Some(work) = waiting.pop_front() {
            let mut inner = outer.begin().await?;
            let Done { keep, loudness, reply } = work(&mut inner).await;
            replies.push(reply);
            is_heard |= keep && loudness == Loudness::Heard;
            if keep {
                inner.commit().await?
            } else {
                inner.rollback().await?
            }
            if began.elapsed() > JOINED_FOR {
                break;
            }
        }
        if is_heard && self.database.engine == Engine::Postgres {
            // What it says is heard once it is committed, and only then.
            sqlx::query(AssertSqlSafe(format!("NOTIFY {CHANNEL}"))).execute(&mut *outer).await?;
        }
        outer.commit().await
    }

    /// Leases and timers are told by the server's clock, which all replicas share.
    async fn follow_clock(&mut self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        let (machine, ask) = (Clock::system(), "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)");
        let asked = machine.now();
        if !self.clock.is_led() {
            return Ok(());
        }
        let theirs = from_millisecond(sqlx::query_scalar(ask).fetch_one(connection).await?);
        let ahead = self.clock.follow(theirs, asked);
        if ahead.abs() > CLOCKS_AGREE && !self.is_told_of_clock {
            self.is_told_of_clock = true;
            tracing::warn!(milliseconds = -ahead, "this machine's clock is off the database server's: set it by NTP");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DatabaseUrl;

    #[tokio::test]
    async fn after_a_transaction_that_the_database_gave_up_the_next_is_written() {
        let path = std::env::temp_dir().join(format!("p0-chatops-writer-{}.db", std::process::id()));
        let database = Database::at(&DatabaseUrl::Sqlite(path.clone())).unwrap();
        let writer = Writer::start(database.connect().await.unwrap(), database, Clock::system());
        let run = |sql: &'static str| {
            writer.write(Loudness::Heard, move |c| {
                Box::pin(async move {
                    sqlx::query(sql).execute(c).await?;
                    Ok(())
                })
            })
        };
        run("CREATE TABLE kept (n BIGINT)").await.unwrap();
        // What SQLite does by itself where the disk is full.
        assert!(run("ROLLBACK").await.is_err());
        run("INSERT INTO kept VALUES (1)").await.unwrap();
        std::fs::remove_file(path).unwrap();
    }
}
