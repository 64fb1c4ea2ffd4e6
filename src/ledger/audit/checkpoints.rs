//! What the chain was at a time. Signed by a key that is not in the database, it holds against whoever can write there.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row as _;

use super::chain::{Chain, chain};
use crate::clock::from_millisecond;
use crate::ledger::database::{Connection, Row};
use crate::ledger::{Ledger, LedgerError};

/// Entries after which a checkpoint comes before its time.
pub const AFTER_ENTRIES: i64 = 1000;

/// A checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// What the chain was.
    pub chain: Chain,
    /// When.
    pub at: Timestamp,
    /// The same as a JWS, where there is a key.
    pub signed: Option<String>,
}

impl Ledger {
    /// The chain, where it has grown since the last checkpoint and that is `every` ago, or [`AFTER_ENTRIES`] back.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn checkpoint_due(&self, every: Duration) -> Result<Option<Chain>, LedgerError> {
        let mut reader = self.readers.acquire().await?;
        let chain = chain(&mut reader).await?;
        let last = sqlx::query("SELECT entries, at FROM audit_checkpoints ORDER BY entries DESC LIMIT 1")
            .fetch_optional(&mut *reader)
            .await?;
        let Some(last) = last else { return Ok(Some(chain).filter(|chain| chain.entries > 0)) };
        let since = chain.entries - last.try_get::<i64, _>("entries")?;
        let due = from_millisecond(last.try_get("at")?).checked_add(every).unwrap_or(Timestamp::MAX);
        Ok(Some(chain).filter(|_| since > 0 && (since >= AFTER_ENTRIES || self.clock.now() >= due)))
    }

    /// Keeps a checkpoint; `false` where another was kept of the same entries.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn keep_checkpoint(&self, checkpoint: Checkpoint) -> Result<bool, LedgerError> {
        self.write(move |c, _| {
            Box::pin(async move {
                let kept = sqlx::query(
                    "INSERT INTO audit_checkpoints (entries, head, at, signed) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (entries) DO NOTHING",
                )
                .bind(checkpoint.chain.entries)
                .bind(checkpoint.chain.head)
                .bind(checkpoint.at.as_millisecond())
                .bind(checkpoint.signed)
                .execute(c)
                .await?;
                Ok(kept.rows_affected() == 1)
            })
        })
        .await
    }
}

/// The checkpoints of `first` entries up to `last`, in their order.
pub(super) async fn between(c: &mut Connection, first: i64, last: i64) -> Result<Vec<Checkpoint>, LedgerError> {
    let sql =
        "SELECT entries, head, at, signed FROM audit_checkpoints WHERE entries BETWEEN $1 AND $2 ORDER BY entries";
    let rows = sqlx::query(sql).bind(first).bind(last).fetch_all(c).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Checkpoint, LedgerError> {
    Ok(Checkpoint {
        chain: Chain { entries: row.try_get("entries")?, head: row.try_get("head")? },
        at: from_millisecond(row.try_get("at")?),
        signed: row.try_get("signed")?,
    })
}
