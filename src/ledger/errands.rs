//! Who may bring a card or a notice to Slack: where several replicas look at the same row, one at a time, or people would be
//! told twice and an older card could come after a newer one.
//!
//! A file has one `serve`, and that one knows by itself what it has under way: there nothing is leased.

use std::time::Duration;

use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString};

use super::{Ledger, LedgerError};
use crate::domain::posted::Posted;
use crate::ledger::database::{Connection, Engine};
use crate::ledger::{Statement, new_id};

/// How long the right to one holds. It outlasts what Slack is asked on the way, each with its own deadline.
const ERRAND: Duration = Duration::from_secs(60);

/// What is brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// A copy of a request's card.
    Copy(i64),
    /// A copy of the card of changed settings.
    SettingsCopy(i64),
    /// A notice.
    Notice(i64),
}

impl Brought {
    fn id(self) -> i64 {
        match self {
            Self::Copy(id) | Self::SettingsCopy(id) | Self::Notice(id) => id,
        }
    }

    /// Finds it where it still has to be brought at `$2`.
    const fn is_due(self) -> &'static str {
        match self {
            Self::Copy(_) => "SELECT 1 FROM copies WHERE id = $1 AND stale = 1 AND gone = 0 AND due_at <= $2",
            Self::SettingsCopy(_) => {
                "SELECT 1 FROM settings_copies WHERE id = $1 AND stale = 1 AND gone = 0 AND due_at <= $2"
            }
            Self::Notice(_) => "SELECT 1 FROM notices WHERE id = $1 AND due_at <= $2",
        }
    }
}

/// The right to bring one thing, for [`ERRAND`].
#[derive(Clone, Debug)]
pub struct Errand {
    /// The number of what is brought.
    pub id: i64,
    /// `None` where there can be no other replica.
    token: Option<String>,
}

impl Ledger {
    /// The right to bring something; `None` where another replica has it, or has brought it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn begin_errand(&self, what: Brought) -> Result<Option<Errand>, LedgerError> {
        if self.engine == Engine::Sqlite {
            return Ok(Some(Errand { id: what.id(), token: None }));
        }
        self.write_quietly(move |c, now| Box::pin(begin(c, what, now))).await
    }

    /// Gives the right back.
    ///
    /// # Errors
    /// Where it cannot be written: then it runs out by itself.
    pub async fn end_errand(&self, errand: Errand) -> Result<(), LedgerError> {
        if errand.token.is_none() {
            return Ok(());
        }
        self.write_quietly(move |c, _| Box::pin(async move { end(c, &errand).await.map(drop) })).await
    }
}

impl Ledger {
    /// Runs one statement with which an errand ends, where the right to it still is held.
    pub(super) async fn run_of(&self, errand: Errand, statement: Statement) -> Result<(), LedgerError> {
        self.write(move |c, _| {
            Box::pin(async move {
                if end(c, &errand).await? {
                    statement.execute(c).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

async fn begin(c: &mut Connection, what: Brought, now: Timestamp) -> Result<Option<Errand>, LedgerError> {
    let due = sqlx::query(what.is_due()).bind(what.id()).bind(now.as_millisecond());
    if due.fetch_optional(&mut *c).await?.is_none() {
        return Ok(None);
    }
    let token = Alphanumeric.sample_string(&mut rand::rng(), 22);
    let taken = sqlx::query(
        "INSERT INTO errands (id, token, until) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET token = $2, until = $3 WHERE errands.until <= $4",
    )
    .bind(what.id())
    .bind(&token)
    .bind(now.checked_add(ERRAND).unwrap_or(Timestamp::MAX).as_millisecond())
    .bind(now.as_millisecond())
    .execute(c)
    .await?;
    Ok((taken.rows_affected() == 1).then_some(Errand { id: what.id(), token: Some(token) }))
}

/// Gives the right back as a piece of somebody else's transaction; says whether it still was held. Whoever was frozen for
/// longer than it holds writes nothing over what another has done since.
pub(super) async fn end(c: &mut Connection, errand: &Errand) -> Result<bool, LedgerError> {
    let Some(token) = &errand.token else { return Ok(true) };
    let ended = sqlx::query("DELETE FROM errands WHERE id = $1 AND token = $2").bind(errand.id).bind(token).execute(c);
    Ok(ended.await?.rows_affected() == 1)
}

/// A copy was drawn by somebody who had lost the right to: it is drawn once more. Where it was posted, there are two of it
/// now, which both converge.
pub(super) async fn drawn_late(
    c: &mut Connection,
    errand: &Errand,
    posted: &Posted,
    revision: i64,
    now: Timestamp,
) -> Result<(), LedgerError> {
    sqlx::query(
        "INSERT INTO copies (id, request_id, audience, target, channel, ts, drawn, stale, attempts, lost, due_at, gone, asked_for)
         SELECT $1, request_id, audience, target, $3, $4, $5, 1, 0, 0, 0, 0, asked_for FROM copies WHERE id = $2
         ON CONFLICT (channel, ts) DO UPDATE SET stale = 1",
    )
    .bind(new_id(now))
    .bind(errand.id)
    .bind(posted.channel.as_str())
    .bind(&posted.ts)
    .bind(revision)
    .execute(c)
    .await?;
    Ok(())
}
