//! Which engine the ledger is on, how connections to it are made, and the little that is said differently to each.
//!
//! Everything else speaks SQL that both share, through one driver, so that the rules of the ledger are written once.

use std::path::Path;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyPool, ConnectOptions as _, Connection as _, Executor as _};
use tokio::time::timeout;
use url::Url;

use super::{LedgerError, make_private};
use crate::config::DatabaseUrl;

/// What a piece of work runs its statements on.
pub(super) type Connection = sqlx::AnyConnection;
/// One row of an answer.
pub(super) type Row = sqlx::any::AnyRow;
/// The driver itself.
pub(super) type Driver = sqlx::Any;
/// What is bound to a statement.
pub(super) type Arguments = sqlx::any::AnyArguments;
/// Connections that read beside the writer.
pub(super) type Readers = AnyPool;

/// Connections that read beside the writer.
const READERS: u32 = 4;
/// How long a server may take to let somebody in; Slack waits 3 s for its answer.
const CONNECTED_WITHIN: Duration = Duration::from_secs(1);
/// How long a read waits for one of those connections where they are a server's.
const READ_WITHIN: Duration = Duration::from_millis(1500);
/// The channel on which replicas wake each other.
pub(super) const CHANNEL: &str = "p0_chatops";

/// What has to stand in the path of a URL as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// Which database keeps the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    /// A file, which one `serve` has.
    Sqlite,
    /// A server, which several share.
    Postgres,
}

impl Engine {
    /// The statement that begins a transaction in which nobody else writes.
    ///
    /// In PostgreSQL one lock is worth what `BEGIN IMMEDIATE` is in SQLite: nothing that a rule has read changes before
    /// what follows from it is written, so each rule is thought through once for both. A claim is an instant under
    /// that lock, which is why no row has to be skipped as locked.
    pub(super) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => {
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
                 SELECT pg_advisory_xact_lock(hashtextextended('p0-chatops ' || current_schema(), 0))"
            }
        }
    }

    /// What a connection that writes is told first.
    ///
    /// SQLite: full synchronous, for a choice is on disk before Slack hears 200. PostgreSQL: the same, and a replica that
    /// is frozen or cut off in the middle of a transaction holds the others up for a second, not for ever.
    const fn writing(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON"
            }
            Self::Postgres => {
                "SET synchronous_commit = on; SET statement_timeout = 2000; SET lock_timeout = 1500;
                 SET idle_in_transaction_session_timeout = 1000; SET tcp_keepalives_idle = 5;
                 SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 10000"
            }
        }
    }

    /// What a connection that reads is told first.
    const fn reading(self) -> &'static str {
        match self {
            Self::Sqlite => "PRAGMA busy_timeout = 1000",
            Self::Postgres => {
                "SET default_transaction_read_only = on; SET statement_timeout = 2000;
                 SET idle_in_transaction_session_timeout = 10000; SET tcp_keepalives_idle = 5;
                 SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 10000"
            }
        }
    }
}

/// A place that connections are made to.
#[derive(Clone)]
pub(super) struct Database {
    pub(super) engine: Engine,
    writing: AnyConnectOptions,
    reading: AnyConnectOptions,
}

impl Database {
    /// The database at `url`; a file is made where it is missing.
    pub(super) fn at(url: &DatabaseUrl) -> Result<Self, LedgerError> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                make_private(path)?;
                Ok(Self { engine: Engine::Sqlite, writing: file(path, "mode=rwc")?, reading: file(path, "mode=ro")? })
            }
            DatabaseUrl::Postgres(server) => {
                let options = options(server.expose())?;
                Ok(Self { engine: Engine::Postgres, writing: options.clone(), reading: options })
            }
        }
    }

    /// A connection to look at what is there; nothing is made, and what it holds is never changed by it.
    pub(super) async fn look(url: &DatabaseUrl, is_alone: bool) -> Result<Connection, LedgerError> {
        let (engine, options) = match url {
            // What nobody else has open is read without a log of one's own, which would be left behind.
            DatabaseUrl::Sqlite(path) if is_alone => (Engine::Sqlite, file(path, "mode=ro&immutable=true")?),
            DatabaseUrl::Sqlite(path) => (Engine::Sqlite, file(path, "mode=ro")?),
            DatabaseUrl::Postgres(server) => (Engine::Postgres, options(server.expose())?),
        };
        connect(&options, engine, engine.reading()).await
    }

    /// A connection for the one that writes.
    pub(super) async fn connect(&self) -> Result<Connection, LedgerError> {
        connect(&self.writing, self.engine, self.engine.writing()).await
    }

    /// A connection for work that takes its time, such as steps of the schema: for it others may be waited for.
    pub(super) async fn connect_patiently(&self) -> Result<Connection, LedgerError> {
        let mut connection = self.connect().await?;
        if self.engine == Engine::Postgres {
            let patient =
                "SET statement_timeout = 0; SET lock_timeout = 60000; SET idle_in_transaction_session_timeout = 60000";
            connection.execute(sqlx::raw_sql(patient)).await?;
        }
        Ok(connection)
    }

    /// Connections that read beside the writer; made as they are needed.
    pub(super) fn readers(&self) -> Readers {
        let engine = self.engine;
        let pool = AnyPoolOptions::new().max_connections(READERS).after_connect(move |connection, _| {
            Box::pin(async move { connection.execute(sqlx::raw_sql(engine.reading())).await.map(drop) })
        });
        let pool = match engine {
            // A file does not hang up: asking each time whether it still lives would double the cost of most looks.
            Engine::Sqlite => pool.test_before_acquire(false),
            Engine::Postgres => pool.acquire_timeout(READ_WITHIN),
        };
        pool.connect_lazy_with(self.reading.clone())
    }
}

async fn connect(options: &AnyConnectOptions, engine: Engine, first: &'static str) -> Result<Connection, LedgerError> {
    let connecting = async {
        let mut connection = Connection::connect_with(options).await?;
        connection.execute(sqlx::raw_sql(first)).await?;
        Ok::<_, sqlx::Error>(connection)
    };
    Ok(match engine {
        Engine::Sqlite => connecting.await?,
        Engine::Postgres => {
            timeout(CONNECTED_WITHIN, connecting).await.map_err(|_| LedgerError::Unreachable(CONNECTED_WITHIN))??
        }
    })
}

fn options(url: &Url) -> Result<AnyConnectOptions, LedgerError> {
    sqlx::any::install_default_drivers();
    Ok(AnyConnectOptions::from_url(url)?)
}

/// The URL of a file that is there, with each of its characters.
fn file(path: &Path, how: &str) -> Result<AnyConnectOptions, LedgerError> {
    let refused = |error| LedgerError::File { path: path.to_owned(), error };
    let absolute = std::fs::canonicalize(path).map_err(refused)?;
    let text = absolute.to_str().ok_or_else(|| refused(std::io::Error::other("its name is not UTF-8")))?;
    let url = Url::parse(&format!("sqlite://{}?{how}", utf8_percent_encode(text, PATH)));
    options(&url.map_err(|error| refused(std::io::Error::other(error)))?)
}
