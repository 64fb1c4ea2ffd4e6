//! The messages that show a proposal. They converge as those of a request do: a copy is behind when it was drawn from an
//! older revision.

use jiff::Timestamp;
use sqlx::Row as _;

use super::cards::SettingsAudience;
use crate::domain::jit::proposal::Proposal;
use crate::domain::person::{ChannelId, UserId};
use crate::domain::posted::Posted;
use crate::ledger::database::{Connection, Row};
use crate::ledger::errands::Errand;
use crate::ledger::{Ledger, LedgerError, new_id, readable};

/// A copy that is behind.
#[derive(Clone, Debug)]
pub struct StaleSettingsCopy {
    /// Its number in the ledger.
    pub id: i64,
    /// What it shows.
    pub proposal: i64,
    /// For whom.
    pub audience: SettingsAudience,
    /// Where it is, once it is anywhere.
    pub posted: Option<Posted>,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// How often it was posted without an answer: each may be one more copy.
    pub lost: u32,
}

impl SettingsAudience {
    fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::Channel(channel) => ("channel", channel.as_str()),
            Self::Author(user) => ("author", user.as_str()),
            Self::Admin(user) => ("admin", user.as_str()),
        }
    }

    fn read(audience: &str, target: &str) -> Option<Self> {
        match audience {
            "channel" => ChannelId::parse(target).map(Self::Channel),
            "author" => UserId::parse(target).map(Self::Author),
            "admin" => UserId::parse(target).map(Self::Admin),
            _ => None,
        }
    }
}

impl Ledger {
    /// Copies that are behind and due, those that nobody has seen yet first, at most `most`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn stale_settings_copies(&self, most: u32) -> Result<Vec<StaleSettingsCopy>, LedgerError> {
        let rows = sqlx::query(
            "SELECT id, proposal, audience, target, channel, ts, attempts, lost FROM settings_copies
             WHERE stale = 1 AND gone = 0 AND due_at <= $1
               AND NOT EXISTS (SELECT 1 FROM errands e WHERE e.id = settings_copies.id AND e.until > $1)
             ORDER BY CASE WHEN ts IS NULL THEN 0 ELSE 1 END, id LIMIT $2",
        )
        .bind(self.clock.now().as_millisecond())
        .bind(i64::from(most))
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
    }

    /// Slack shows the copy, drawn from `revision`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn settings_copy_drawn(&self, errand: Errand, posted: Posted, revision: i64) -> Result<(), LedgerError> {
        let id = errand.id;
        self.run_of(
            errand,
            sqlx::query(
                "UPDATE settings_copies SET channel = $2, ts = $3, drawn = $4, attempts = 0, lost = 0, due_at = 0,
                     stale = (SELECT CASE WHEN p.revision > $4 THEN 1 ELSE 0 END
                              FROM settings_proposals p WHERE p.id = proposal)
                 WHERE id = $1",
            )
            .bind(id)
            .bind(posted.channel.as_str().to_owned())
            .bind(posted.ts)
            .bind(revision),
        )
        .await
    }

    /// The copy is about to be posted: whatever becomes of that, it is not tried again before `due`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn settings_copy_goes_out(&self, id: i64, due: Timestamp) -> Result<(), LedgerError> {
        self.run(
            sqlx::query("UPDATE settings_copies SET due_at = $2 WHERE id = $1").bind(id).bind(due.as_millisecond()),
        )
        .await
    }

    /// The copy is to be tried again at `due`; `lost` where it may have been posted.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn settings_copy_waits(&self, errand: Errand, due: Timestamp, lost: bool) -> Result<(), LedgerError> {
        let id = errand.id;
        self.run_of(
            errand,
            sqlx::query(
                "UPDATE settings_copies SET attempts = attempts + 1, lost = lost + $3, due_at = $2 WHERE id = $1",
            )
            .bind(id)
            .bind(due.as_millisecond())
            .bind(i64::from(lost)),
        )
        .await
    }

    /// Slack will never show the copy.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn settings_copy_gone(&self, errand: Errand) -> Result<(), LedgerError> {
        let id = errand.id;
        self.run_of(errand, sqlx::query("UPDATE settings_copies SET gone = 1 WHERE id = $1").bind(id)).await
    }
}

/// Has the proposal shown to all whom it concerns.
pub(super) async fn place(
    c: &mut Connection,
    proposal: &Proposal,
    announce: Option<&ChannelId>,
    asked: &[UserId],
    now: Timestamp,
) -> Result<(), LedgerError> {
    let channel = announce.cloned().map(SettingsAudience::Channel);
    let author = proposal.by.user().cloned().map(SettingsAudience::Author);
    let admins = asked.iter().cloned().map(SettingsAudience::Admin);
    for audience in admins.chain(author).chain(channel) {
        let (audience, target) = audience.columns();
        sqlx::query(
            "INSERT INTO settings_copies (id, proposal, audience, target, drawn, stale, attempts, lost, due_at, gone)
             VALUES ($1, $2, $3, $4, -1, 1, 0, 0, $5, 0) ON CONFLICT (proposal, audience, target) DO NOTHING",
        )
        .bind(new_id(now))
        .bind(proposal.id)
        .bind(audience)
        .bind(target)
        .bind(now.as_millisecond())
        .execute(&mut *c)
        .await?;
    }
    Ok(())
}

fn read(row: &Row) -> Result<StaleSettingsCopy, LedgerError> {
    let corrupt = |what: &str| LedgerError::Corrupt(format!("a settings copy's {what}"));
    let count = |column: &str| row.try_get::<i64, _>(column).map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    let audience = SettingsAudience::read(row.try_get("audience")?, row.try_get("target")?);
    let posted = match (row.try_get::<Option<&str>, _>("channel")?, row.try_get::<Option<String>, _>("ts")?) {
        (Some(channel), Some(ts)) => {
            Some(Posted { channel: ChannelId::parse(channel).ok_or_else(|| corrupt("channel"))?, ts })
        }
        _ => None,
    };
    Ok(StaleSettingsCopy {
        id: row.try_get("id")?,
        proposal: row.try_get("proposal")?,
        audience: audience.ok_or_else(|| corrupt("audience"))?,
        posted,
        attempts: count("attempts")?,
        lost: count("lost")?,
    })
}
