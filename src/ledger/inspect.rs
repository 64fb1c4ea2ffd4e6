//! A look at a ledger's file from beside the `serve` that may have it open: nothing is made, migrated or locked.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::database::Connection;
use super::sealed::{self, SealedCounts};
use super::{BUSY, LedgerError, MIGRATIONS, links, pins};
use crate::domain::link::Link;

/// What is in a ledger's file, by the steps of the schema that it has taken.
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

/// The file that `url` (`sqlite://PATH`) names.
///
/// # Errors
/// Where it names none.
pub fn file(url: &str) -> Result<PathBuf, LedgerError> {
    Ok(SqliteConnectOptions::from_str(url)?.get_filename().to_owned())
}

/// Reads which schema the file has.
///
/// # Errors
/// Where it cannot be opened, or is no database.
pub async fn schema(url: &str) -> Result<Schema, LedgerError> {
    let Some(mut connection) = open(url).await? else { return Ok(Schema::Fresh) };
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(&mut connection).await?;
    if tables.is_empty() {
        return Ok(Schema::Fresh);
    }
    if !tables.iter().any(|name| name == "_sqlx_migrations") {
        return Ok(Schema::Foreign);
    }
    let taken: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
        .fetch_all(&mut connection)
        .await?;
    connection.close().await?;
    Ok(compare(&taken))
}

/// How many sealed records need which key; none in a file that has no such records yet.
///
/// # Errors
/// As [`schema`].
pub async fn sealed(url: &str) -> Result<SealedCounts, LedgerError> {
    if schema(url).await? != Schema::Current {
        return Ok(SealedCounts::default());
    }
    let Some(mut connection) = open(url).await? else { return Ok(SealedCounts::default()) };
    let counts = sealed::count(&mut connection).await?;
    connection.close().await?;
    Ok(counts)
}

/// Every link, living ones first, then by age; none in a file that has no such records yet.
///
/// # Errors
/// As [`schema`].
pub async fn links(url: &str) -> Result<Vec<Link>, LedgerError> {
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
pub async fn pinned(url: &str, name: &str) -> Result<Option<String>, LedgerError> {
    if schema(url).await? != Schema::Current {
        return Ok(None);
    }
    let Some(mut connection) = open(url).await? else { return Ok(None) };
    let pinned = pins::pin(&mut connection, name).await?;
    connection.close().await?;
    Ok(pinned)
}

/// Opens the file to read; `None` where there is nothing in it.
pub(super) async fn open(url: &str) -> Result<Option<Connection>, LedgerError> {
    let path = file(url)?;
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.len() > 0 => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(LedgerError::File { path, error }),
    }
    let mut log = path.into_os_string();
    log.push("-wal");
    // Even a reader makes a log and leaves it behind. Where there is none, nobody has the file open.
    let alone = !Path::new(&log).exists();
    let options = SqliteConnectOptions::from_str(url)?.read_only(true).immutable(alone).busy_timeout(BUSY);
    Ok(Some(SqliteConnection::connect_with(&options).await?))
}

fn compare(taken: &[(i64, Vec<u8>)]) -> Schema {
    let known = || MIGRATIONS.iter();
    let newest = known().map(|step| step.version).max().unwrap_or_default();
    for (version, checksum) in taken {
        match known().find(|step| step.version == *version) {
            None if *version > newest => return Schema::Newer,
            Some(step) if step.checksum.as_ref() == checksum.as_slice() => {}
            _ => return Schema::Foreign,
        }
    }
    if taken.len() < known().count() { Schema::Older } else { Schema::Current }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_are_missing_changed_or_more_are_told_apart() {
        let ours: Vec<(i64, Vec<u8>)> = MIGRATIONS.iter().map(|step| (step.version, step.checksum.to_vec())).collect();
        assert_eq!(compare(&ours), Schema::Current);
        assert_eq!(compare(&[]), Schema::Older);
        let newer = [ours.clone(), vec![(9999, vec![1])]].concat();
        assert_eq!(compare(&newer), Schema::Newer);
        let changed: Vec<(i64, Vec<u8>)> = ours.iter().map(|(version, _)| (*version, vec![0])).collect();
        assert_eq!(compare(&changed), Schema::Foreign);
    }
}
