//! A look at a ledger from beside the `serve` that may have it open: nothing is made, migrated or locked.

use std::path::Path;

use sqlx::Connection as _;

use super::database::{Connection, Database, Engine};
use super::sealed::{self, SealedCounts};
use super::{LedgerError, links, pins, schema};
use crate::config::DatabaseUrl;
use crate::domain::link::Link;

/// What is in a ledger's place, by the steps of the schema that it has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Nothing yet: the first `serve` makes it.
    Fresh,
    /// What this program expects.
    Current,
    /// An older version's; the next `serve` brings it up to date.
    Older,
    /// A newer version has been here.
    Newer,
    /// Its steps are not this program's.
    Foreign,
}

/// Reads which schema the ledger has.
///
/// # Errors
/// Where it cannot be reached, or is no database.
pub async fn schema(url: &DatabaseUrl) -> Result<Schema, LedgerError> {
    let Some(mut connection) = open(url).await? else { return Ok(Schema::Fresh) };
    let found = schema::of(&mut connection, engine(url)).await?;
    connection.close().await?;
    Ok(found)
}

/// What a server with a ledger on it, or room for one, is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// As PostgreSQL writes it.
    pub version: String,
    /// Which schema is there.
    pub schema: Schema,
    /// Whether each table that is there can be read and written.
    pub may_write: bool,
    /// Whether tables can be made.
    pub may_create: bool,
    /// Whether what it keeps outlasts a crash of its machine.
    pub fsync: bool,
}

/// Looks at a server.
///
/// # Errors
/// Where it cannot be reached, or no ledger can be kept on it.
pub async fn server(url: &DatabaseUrl) -> Result<Server, LedgerError> {
    let mut connection = Database::look(url, false).await?;
    schema::see_whether_fit(&mut connection).await?;
    let all_writable = "SELECT COUNT(*) = 0 FROM information_schema.tables WHERE table_schema = current_schema()
        AND NOT (has_table_privilege(quote_ident(table_schema) || '.' || quote_ident(table_name), 'SELECT')
            AND has_table_privilege(quote_ident(table_schema) || '.' || quote_ident(table_name), 'INSERT')
            AND has_table_privilege(quote_ident(table_schema) || '.' || quote_ident(table_name), 'UPDATE')
            AND has_table_privilege(quote_ident(table_schema) || '.' || quote_ident(table_name), 'DELETE'))";
    let creates = "SELECT has_schema_privilege(current_schema(), 'CREATE')";
    let found = Server {
        version: sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await?,
        schema: schema::of(&mut connection, Engine::Postgres).await?,
        may_write: sqlx::query_scalar(all_writable).fetch_one(&mut connection).await?,
        may_create: sqlx::query_scalar(creates).fetch_one(&mut connection).await?,
        fsync: sqlx::query_scalar::<_, String>("SHOW fsync").fetch_one(&mut connection).await? == "on",
    };
    connection.close().await?;
    Ok(found)
}

/// How many sealed records need which key; none in one that has no such records yet.
///
/// # Errors
/// As [`schema`].
pub async fn sealed(url: &DatabaseUrl) -> Result<SealedCounts, LedgerError> {
    if schema(url).await? != Schema::Current {
        return Ok(SealedCounts::default());
    }
    let Some(mut connection) = open(url).await? else { return Ok(SealedCounts::default()) };
    let counts = sealed::count(&mut connection).await?;
    connection.close().await?;
    Ok(counts)
}

/// Every link, living ones first, then by age; none in one that has no such records yet.
///
/// # Errors
/// As [`schema`].
pub async fn links(url: &DatabaseUrl) -> Result<Vec<Link>, LedgerError> {
    if schema(url).await? != Schema::Current {
        return Ok(Vec::new());
    }
    let Some(mut connection) = open(url).await? else { return Ok(Vec::new()) };
    let found = links::all(&mut connection).await?;
    connection.close().await?;
    Ok(found)
}

/// What was pinned under this name, where anything was.
///
/// # Errors
/// As [`schema`].
pub async fn pinned(url: &DatabaseUrl, name: &str) -> Result<Option<String>, LedgerError> {
    if schema(url).await? != Schema::Current {
        return Ok(None);
    }
    let Some(mut connection) = open(url).await? else { return Ok(None) };
    let pinned = pins::pin(&mut connection, name).await?;
    connection.close().await?;
    Ok(pinned)
}

/// Opens the ledger to read; `None` where it is a file with nothing in it.
pub(super) async fn open(url: &DatabaseUrl) -> Result<Option<Connection>, LedgerError> {
    let Some(path) = url.file() else { return Database::look(url, false).await.map(Some) };
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() > 0 => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LedgerError::File { path: path.to_owned(), error }),
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    // Even a reader makes a log and leaves it behind. Where there is none, nobody has the file open.
    let is_alone = !Path::new(&log).exists();
    Database::look(url, is_alone).await.map(Some)
}

fn engine(url: &DatabaseUrl) -> Engine {
    match url {
        DatabaseUrl::Sqlite(_) => Engine::Sqlite,
        DatabaseUrl::Postgres(_) => Engine::Postgres,
    }
}
