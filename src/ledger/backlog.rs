//! How much waits, and for how long: for whoever watches the bot.

use std::time::Duration;

use sqlx::Row as _;

use super::{Ledger, LedgerError};
use crate::clock::from_millisecond;

/// What waits at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// For how long the oldest request waits that nobody has decided.
    pub oldest_undecided: Option<Duration>,
    /// For how long the oldest choice waits that P0 has not been told.
    pub oldest_unsent: Option<Duration>,
    /// Choices that P0 has not been told.
    pub recorded: u64,
    /// Choices that are being sent.
    pub sending: u64,
    /// Choices whose author has to sign in first.
    pub held: u64,
    /// Cards that do not show yet what they have to.
    pub cards: u64,
    /// Messages to people that have not left.
    pub notices: u64,
    /// Timers that are due and have not fired.
    pub timers: u64,
    /// Evidence that is not in the chain yet.
    pub unsealed: u64,
}

impl Ledger {
    /// What waits now.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn backlog(&self) -> Result<Backlog, LedgerError> {
        let now = self.clock.now();
        let row = sqlx::query(
            "SELECT (SELECT MIN(seen_at) FROM requests WHERE pending = 1) AS undecided,
                    (SELECT MIN(chosen_at) FROM decisions WHERE stage_name = 'recorded') AS unsent,
                    (SELECT COUNT(*) FROM decisions WHERE stage_name = 'recorded') AS recorded,
                    (SELECT COUNT(*) FROM decisions WHERE stage_name = 'sending') AS sending,
                    (SELECT COUNT(*) FROM decisions WHERE stage_name = 'held') AS held,
                    (SELECT COUNT(*) FROM copies WHERE stale = 1 AND gone = 0)
                        + (SELECT COUNT(*) FROM settings_copies WHERE stale = 1 AND gone = 0) AS cards,
                    (SELECT COUNT(*) FROM notices WHERE due_at <= $1) AS notices,
                    (SELECT COUNT(*) FROM timers WHERE due_at <= $1) AS timers,
                    (SELECT COUNT(*) FROM audit WHERE position IS NULL) AS unsealed",
        )
        .bind(now.as_millisecond())
        .fetch_one(&self.readers)
        .await?;
        let age = |column: &str| -> Result<Option<Duration>, LedgerError> {
            let since: Option<i64> = row.try_get(column)?;
            let age = since.map(|since| now.duration_since(from_millisecond(since)));
            // A clock that was put back makes nothing older than new.
            Ok(age.map(|age| Duration::try_from(age).unwrap_or_default()))
        };
        let count = |column: &str| -> Result<u64, LedgerError> {
            Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
        };
        Ok(Backlog {
            oldest_undecided: age("undecided")?,
            oldest_unsent: age("unsent")?,
            recorded: count("recorded")?,
            sending: count("sending")?,
            held: count("held")?,
            cards: count("cards")?,
            notices: count("notices")?,
            timers: count("timers")?,
            unsealed: count("unsealed")?,
        })
    }
}
