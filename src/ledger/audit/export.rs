//! Reading the chain out, from beside the `serve` that may have the ledger open: nothing is made, migrated or locked.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::Row as _;

use super::chain::{COLUMNS, Chain, Stored, chain};
use super::checkpoints::{self, Checkpoint};
use super::personal::Texts;
use crate::config::DatabaseUrl;
use crate::ledger::database::Connection;
use crate::ledger::{LedgerError, inspect};

/// The hash before the first entry.
pub const BEFORE_THE_FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Entries that are read at once.
const PAGE: i64 = 500;

/// The part of the chain that is read: without gaps, or nobody could verify it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The position of the first entry.
    pub first: i64,
    /// That of the last; one less than `first` where there is none.
    pub last: i64,
    /// The hash before the first.
    pub previous: String,
    /// The hash of the last.
    pub head: String,
    /// Entries that have no position yet: a running `serve` gives them one within seconds.
    pub unsealed: i64,
}

/// A sealed entry.
pub struct Exported {
    /// What its hash is of, and of the hash before it.
    pub entry: Value,
    /// Its hash, as the ledger has it.
    pub hash: Option<String>,
    texts: Texts,
}

impl Exported {
    /// Whether any of its personal texts was blanked.
    pub fn is_blanked(&self) -> bool {
        self.texts.values().any(Option::is_none)
    }

    /// The personal texts that it still has, each with its salt, by where in `detail` their digests stand.
    pub fn personal(&self) -> Value {
        let held = self.texts.iter().filter_map(|(place, salted)| Some((place, salted.as_ref()?)));
        held.map(|(place, salted)| (place.clone(), serde_json::json!(salted))).collect()
    }
}

/// The chain of a ledger, to be read.
pub struct Reading {
    connection: Connection,
}

impl Reading {
    /// Opens a ledger; `None` where there is nothing in it.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub async fn open(url: &DatabaseUrl) -> Result<Option<Self>, LedgerError> {
        Ok(inspect::open(url).await?.map(|connection| Self { connection }))
    }

    /// What lies between two times, with all that the chain has in between: from the first entry that is not before `since`,
    /// to the last that is before `until` and on to the next checkpoint, which vouches for it.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn span(&mut self, since: Option<Timestamp>, until: Option<Timestamp>) -> Result<Span, LedgerError> {
        let c = &mut self.connection;
        let Chain { entries, head } = chain(c).await?;
        let first = match since {
            None => 1,
            Some(since) => {
                let sql = "SELECT MIN(position) FROM audit WHERE at >= $1";
                let first: Option<i64> =
                    sqlx::query_scalar(sql).bind(since.as_millisecond()).fetch_one(&mut *c).await?;
                first.unwrap_or(entries + 1).min(entries + 1)
            }
        };
        let mut last = entries;
        if let Some(until) = until {
            let sql = "SELECT MAX(position) FROM audit WHERE at < $1";
            let found: Option<i64> = sqlx::query_scalar(sql).bind(until.as_millisecond()).fetch_one(&mut *c).await?;
            let wanted = found.unwrap_or(0);
            let sql = "SELECT MIN(entries) FROM audit_checkpoints WHERE entries >= $1";
            let vouched: Option<i64> = sqlx::query_scalar(sql).bind(wanted).fetch_one(&mut *c).await?;
            last = if wanted < first { first - 1 } else { vouched.unwrap_or(wanted).min(entries) };
        }
        let previous = self.hash_of(first - 1).await?;
        let head = if last == entries { head } else { self.hash_of(last).await? };
        let unsealed = sqlx::query_scalar("SELECT COUNT(*) FROM audit WHERE position IS NULL")
            .fetch_one(&mut self.connection)
            .await?;
        Ok(Span { first, last, previous, head, unsealed })
    }

    async fn hash_of(&mut self, position: i64) -> Result<String, LedgerError> {
        let hash: Option<Option<String>> = sqlx::query_scalar("SELECT hash FROM audit WHERE position = $1")
            .bind(position)
            .fetch_optional(&mut self.connection)
            .await?;
        Ok(hash.flatten().unwrap_or_else(|| BEFORE_THE_FIRST.to_owned()))
    }

    /// The next entries after a position, up to `last`; each with its own.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn page(&mut self, after: i64, last: i64) -> Result<Vec<(i64, Exported)>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS}, position, hash FROM audit WHERE position > $1 AND position <= $2
             ORDER BY position LIMIT {PAGE}"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(after).bind(last).fetch_all(&mut self.connection).await?;
        let exported = rows.iter().map(|row| {
            let position: i64 = row.try_get("position")?;
            let (entry, texts) = Stored::read(row)?.entry(position);
            Ok((position, Exported { entry, hash: row.try_get("hash")?, texts }))
        });
        exported.collect()
    }

    /// The checkpoints of a span: also those of more entries than there are, where it goes to the chain's end.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn checkpoints(&mut self, span: &Span, is_to_the_end: bool) -> Result<Vec<Checkpoint>, LedgerError> {
        let last = if is_to_the_end { i64::MAX } else { span.last };
        checkpoints::between(&mut self.connection, span.first, last).await
    }
}
