//! The one writer: everything durable goes through it, and whoever waits together shares one fsync.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::LedgerError;

/// Pieces of work that share a transaction at most.
const BATCH: usize = 64;
/// Pieces of work that may wait; past that, callers wait to wait.
const QUEUE: usize = 1024;

/// Tells one caller how its work ended, once it is known whether the batch is on disk.
type Reply = Box<dyn FnOnce(Result<(), LedgerError>) + Send>;
type Work = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Done> + Send>;

struct Done {
    keep: bool,
    reply: Reply,
}

/// A handle on the writing task; the task ends when it is closed, or with the last handle.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Work>,
    close: CancellationToken,
    task: TaskTracker,
}

impl Writer {
    /// Starts the task that owns the writing connection.
    pub(super) fn start(connection: SqliteConnection, options: SqliteConnectOptions) -> Self {
        let (queue, works) = mpsc::channel(QUEUE);
        let (close, task) = (CancellationToken::new(), TaskTracker::new());
        task.spawn(run(connection, options, works, close.clone()));
        task.close();
        Self { queue, close, task }
    }

    /// Takes no more work, and returns once what had come in is written and the file let go of.
    pub(super) async fn close(&self) {
        self.close.cancel();
        self.task.wait().await;
    }

    /// Runs `work` in a transaction and answers once it is on disk, or was rolled back.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, LedgerError>> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            // Whoever stopped waiting was not told that it is recorded: then it must not be.
            if tell.is_closed() {
                return Box::pin(std::future::ready(Done { keep: false, reply: Box::new(|_| {}) }));
            }
            let running = AssertUnwindSafe(work(connection)).catch_unwind();
            Box::pin(async move {
                let result = running.await.unwrap_or(Err(LedgerError::Panicked));
                Done {
                    keep: result.is_ok(),
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

async fn run(
    mut connection: SqliteConnection,
    options: SqliteConnectOptions,
    mut queue: mpsc::Receiver<Work>,
    close: CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH);
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
        let mut replies = Vec::with_capacity(batch.len());
        let committed = commit(&mut connection, batch.drain(..), &mut replies).await;
        for reply in replies {
            reply(committed.as_ref().map(|_| ()).map_err(LedgerError::not_kept));
        }
        // SQLite rolls back by itself where the disk is full, and the connection no longer knows how deep in
        // transactions it is: only a new one is surely good for the next batch.
        if let Err(error) = committed {
            tracing::error!(%error, "the ledger could not write");
            match SqliteConnection::connect_with(&options).await {
                Ok(fresh) => connection = fresh,
                Err(error) => tracing::error!(%error, "the ledger could not be opened anew"),
            }
        }
    }
    // Leaves the write-ahead log merged into the file, where nobody else has it open.
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the ledger did not close cleanly; the next start recovers it");
    }
}

/// All of the batch in one transaction, each piece behind a savepoint of its own.
async fn commit(
    connection: &mut SqliteConnection,
    batch: impl Iterator<Item = Work>,
    replies: &mut Vec<Reply>,
) -> Result<(), sqlx::Error> {
    let mut outer = connection.begin_with("BEGIN IMMEDIATE").await?;
    for work in batch {
        let mut inner = outer.begin().await?;
        let Done { keep, reply } = work(&mut inner).await;
        replies.push(reply);
        if keep { inner.commit().await? } else { inner.rollback().await? }
    }
    outer.commit().await
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    #[tokio::test]
    async fn after_a_transaction_that_the_database_gave_up_the_next_is_written() {
        let path = std::env::temp_dir().join(format!("p0-chatops-writer-{}.db", std::process::id()));
        let url = format!("sqlite://{}", path.display());
        let options = SqliteConnectOptions::from_str(&url).unwrap().create_if_missing(true);
        let writer = Writer::start(SqliteConnection::connect_with(&options).await.unwrap(), options);
        let run = |sql: &'static str| {
            writer.write(move |c| {
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
