//! Who is away, and who is told in their place.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row as _;

use super::notices::{self, Notice};
use super::{Ledger, LedgerError, audit, deliveries, homes, readable};
use crate::clock::from_millisecond;
use crate::domain::absence::{Absence, Absences};
use crate::domain::delivery::DeliveryKeys;
use crate::domain::person::{SlackUser, UserId};
use crate::ledger::database::{Connection, Row};

impl Ledger {
    /// Somebody is away from now on, or is back (`None`). Whoever stands in for them hears of it, and of each change;
    /// whoever did, that they do so no longer. `false` where this very delivery was taken in before.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn keep_absence(
        &self,
        keys: DeliveryKeys,
        by: SlackUser,
        absence: Option<Absence>,
    ) -> Result<bool, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                if !deliveries::remember(c, keys, now).await? {
                    return Ok(false);
                }
                keep(c, &by, absence, now).await?;
                Ok(true)
            })
        })
        .await
    }

    /// Somebody's absence, where they are away.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn absence(&self, by: &SlackUser) -> Result<Option<Absence>, LedgerError> {
        let mut reading = self.readers.acquire().await?;
        Ok(of(&mut reading, by).await?.filter(|absence| self.clock.now() < absence.until))
    }

    /// Until when somebody is away who has named this person; `None` where they are not, or have not.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn stands_in_until(&self, user: &UserId, away: &UserId) -> Result<Option<Timestamp>, LedgerError> {
        let sql = "SELECT until FROM absences WHERE person = $1 AND delegate = $2 AND until > $3";
        let row = sqlx::query(sql)
            .bind(away.as_str())
            .bind(user.as_str())
            .bind(self.clock.now().as_millisecond())
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| Ok(from_millisecond(row.try_get("until")?))).transpose()
    }

    /// Everybody who is away now.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn absences(&self) -> Result<Absences, LedgerError> {
        let rows = sqlx::query("SELECT person, until, delegate FROM absences WHERE until > $1")
            .bind(self.clock.now().as_millisecond())
            .fetch_all(&self.readers)
            .await?;
        let read = |row| {
            let corrupt = || LedgerError::Corrupt("an absence".to_owned());
            Ok((UserId::parse(sqlx::Row::try_get(row, "person")?).ok_or_else(corrupt)?, read(row)?))
        };
        Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
    }
}

async fn keep(c: &mut Connection, by: &SlackUser, absence: Option<Absence>, now: Timestamp) -> Result<(), LedgerError> {
    let before = of(c, by).await?.filter(|before| now < before.until);
    sqlx::query("DELETE FROM absences WHERE (team = $1 AND person = $2) OR until <= $3")
        .bind(by.team.as_str())
        .bind(by.user.as_str())
        .bind(now.as_millisecond())
        .execute(&mut *c)
        .await?;
    homes::touch_all(c).await?;
    let stood_in = before.as_ref().and_then(|before| before.delegate.clone());
    let stands_in = absence.as_ref().and_then(|absence| absence.delegate.as_ref());
    if let Some(user) = stood_in
        && stands_in != Some(&user)
    {
        notices::add(c, &Notice::StandInOver { user, away: by.user.clone() }, now).await?;
    }
    let Some(Absence { until, delegate }) = absence else {
        return audit::person(c, "absence.over", by, json!({}), now).await;
    };
    sqlx::query("INSERT INTO absences (team, person, since, until, delegate) VALUES ($1, $2, $3, $4, $5)")
        .bind(by.team.as_str())
        .bind(by.user.as_str())
        .bind(now.as_millisecond())
        .bind(until.as_millisecond())
        .bind(delegate.as_ref().map(UserId::as_str))
        .execute(&mut *c)
        .await?;
    audit::person(c, "absence.begun", by, json!({ "until": until, "delegate": delegate }), now).await?;
    let has_heard =
        |before: &Absence| before.delegate == delegate && before.until.as_millisecond() == until.as_millisecond();
    match (before.as_ref().is_some_and(has_heard), delegate) {
        (false, Some(user)) => notices::add(c, &Notice::StandIn { user, away: by.user.clone(), until }, now).await,
        _ => Ok(()),
    }
}

async fn of(c: &mut Connection, by: &SlackUser) -> Result<Option<Absence>, LedgerError> {
    let row = sqlx::query("SELECT until, delegate FROM absences WHERE team = $1 AND person = $2")
        .bind(by.team.as_str())
        .bind(by.user.as_str())
        .fetch_optional(c)
        .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<Absence, LedgerError> {
    Ok(Absence {
        until: from_millisecond(row.try_get("until")?),
        delegate: row.try_get::<Option<&str>, _>("delegate")?.and_then(UserId::parse),
    })
}
