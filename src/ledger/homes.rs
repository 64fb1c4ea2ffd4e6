//! The Homes that people have looked at: which page they are on, what Slack shows, and whether that may have changed.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Ledger, LedgerError, from_json, readable, to_json};
use crate::clock::from_millisecond;
use crate::domain::home::Pages;
use crate::domain::person::{Email, SlackUser, TeamId, UserId};
use crate::ledger::database::{Connection, Row};

/// How long after it was opened a Home is drawn anew by itself.
const LOOKED_AT: Duration = Duration::from_secs(60 * 60);
/// How long after it was opened a Home is drawn anew as the time left of a grant on it runs out.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// The shortest time between two drawings by itself: what changes meanwhile is one.
const BETWEEN: Duration = Duration::from_secs(5);
/// When a drawing that was not finished is begun again.
const AGAIN: Duration = Duration::from_secs(30);

/// A Home that somebody has looked at.
#[derive(Clone, Debug)]
pub struct KeptHome {
    /// Whose.
    pub of: SlackUser,
    /// The digest of what Slack shows; empty where that is not known.
    pub digest: String,
    /// Which page of each list.
    pub pages: Pages,
    /// The person's confirmed address, where it was asked for.
    pub address: Option<Email>,
    /// Whether the person may change P0's settings, as Slack last said.
    pub is_admin: bool,
    /// Until when it is drawn anew as the time left of a grant on it runs out, the last time just then.
    pub kept_until: Timestamp,
    /// Which drawing of it this is.
    drawing: i64,
}

impl Ledger {
    /// A Home is about to be drawn, because somebody `opened` it or because of what is on it. What changes from here on
    /// has it drawn once more. `None` where nobody opened it and another replica draws it, or has.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn home_begins(&self, of: SlackUser, opened: bool) -> Result<Option<KeptHome>, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let again = now.checked_add(AGAIN).unwrap_or(Timestamp::MAX);
                let row = sqlx::query(
                    "INSERT INTO homes (team, person, digest, page, is_admin, opened_at, stale, due_at, drawing, crossed)
                     VALUES ($1, $2, '', '{}', 0, $3, 2, $4, 1, 0)
                     ON CONFLICT (team, person) DO UPDATE SET stale = 2, due_at = $4,
                         opened_at = CASE WHEN $5 = 1 THEN $3 ELSE homes.opened_at END,
                         drawing = homes.drawing + 1, crossed = 0
                     WHERE $5 = 1 OR homes.due_at <= $3
                     RETURNING team, person, digest, page, address, is_admin, opened_at, drawing",
                )
                .bind(of.team.as_str())
                .bind(of.user.as_str())
                .bind(now.as_millisecond())
                .bind(again.as_millisecond())
                .bind(i64::from(opened))
                .fetch_optional(c)
                .await?;
                row.as_ref().map(read).transpose()
            })
        })
        .await
    }

    /// Somebody has pressed something on their Home: they are looking at it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn home_looked_at(&self, of: SlackUser) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                sqlx::query("UPDATE homes SET opened_at = $3 WHERE team = $1 AND person = $2")
                    .bind(of.team.as_str())
                    .bind(of.user.as_str())
                    .bind(now.as_millisecond())
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// Slack shows the Home, as it was drawn; at `turns_at`, time alone makes something untrue that it says. Where another
    /// drawing was begun meanwhile, nobody knows which of the two Slack shows: it is drawn once more, and what else the newer
    /// one brings stands.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn home_drawn(&self, home: KeptHome, turns_at: Option<Timestamp>) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let newest = sqlx::query(
                    "UPDATE homes SET digest = CASE WHEN crossed = 1 THEN '' ELSE $3 END, page = $4, address = $5,
                         due_at = $6, is_admin = $7, turns_at = $8, stale = CASE WHEN stale = 2 THEN 0 ELSE stale END
                     WHERE team = $1 AND person = $2 AND drawing = $9",
                )
                .bind(home.of.team.as_str())
                .bind(home.of.user.as_str())
                .bind(home.digest)
                .bind(to_json(&home.pages)?)
                .bind(home.address.as_ref().map(Email::as_str))
                .bind(now.checked_add(BETWEEN).unwrap_or(Timestamp::MAX).as_millisecond())
                .bind(i64::from(home.is_admin))
                .bind(turns_at.map(Timestamp::as_millisecond))
                .bind(home.drawing)
                .execute(&mut *c)
                .await?;
                if newest.rows_affected() == 0 {
                    sqlx::query("UPDATE homes SET digest = '', crossed = 1, stale = 1 WHERE team = $1 AND person = $2")
                        .bind(home.of.team.as_str())
                        .bind(home.of.user.as_str())
                        .execute(c)
                        .await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Homes that were looked at lately and may have changed, and those on which time has changed something; those first
    /// that have waited longest, at most `most`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn stale_homes(&self, most: u32) -> Result<Vec<SlackUser>, LedgerError> {
        let now = self.clock.now();
        let rows = sqlx::query(
            "SELECT team, person FROM homes
             WHERE (stale > 0 AND due_at <= $1 AND opened_at > $2) OR (turns_at <= $1 AND due_at <= $1)
             ORDER BY due_at LIMIT $3",
        )
        .bind(now.as_millisecond())
        .bind(now.checked_sub(LOOKED_AT).unwrap_or(Timestamp::MIN).as_millisecond())
        .bind(i64::from(most))
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.iter().filter_map(|row| readable(owner(row))).collect())
    }
}

/// Something has changed that may stand on any Home: each is looked at again, and drawn where it shows something else.
pub(super) async fn touch_all(c: &mut Connection) -> Result<(), LedgerError> {
    sqlx::query("UPDATE homes SET stale = 1 WHERE stale <> 1").execute(c).await?;
    Ok(())
}

fn owner(row: &Row) -> Result<SlackUser, LedgerError> {
    let corrupt = || LedgerError::Corrupt("a Home".to_owned());
    Ok(SlackUser {
        team: TeamId::parse(row.try_get("team")?).ok_or_else(corrupt)?,
        user: UserId::parse(row.try_get("person")?).ok_or_else(corrupt)?,
    })
}

fn read(row: &Row) -> Result<KeptHome, LedgerError> {
    Ok(KeptHome {
        of: owner(row)?,
        digest: row.try_get("digest")?,
        // A page is a nicety: what cannot be read is begun anew.
        pages: readable(from_json(row.try_get("page")?)).unwrap_or_default(),
        address: row.try_get::<Option<&str>, _>("address")?.and_then(Email::parse),
        is_admin: row.try_get::<i64, _>("is_admin")? != 0,
        kept_until: from_millisecond(row.try_get("opened_at")?).checked_add(KEPT).unwrap_or(Timestamp::MAX),
        drawing: row.try_get("drawing")?,
    })
}
