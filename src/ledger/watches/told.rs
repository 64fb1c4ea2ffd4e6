//! Whom a route names for a request, and who was told.

use std::collections::BTreeSet;

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row as _;

use super::super::{Ledger, LedgerError, from_json, readable, to_json};
use super::timers;
use crate::clock::from_millisecond;
use crate::domain::decision::Verb;
use crate::domain::person::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::domain::route::demands::Demands;
use crate::domain::rules;
use crate::domain::watch::Told;
use crate::ledger::database::{Connection, Row};

/// How long finding out takes at most, with its tries.
const NAMING: Duration = Duration::from_secs(30);

impl Ledger {
    /// Whether the person is named by each rule of which only whom it names may decide, as far as that is known.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn check_named(
        &self,
        request: &RequestId,
        user: &UserId,
        demands: &Demands,
        verb: Verb,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        check_named(&mut *self.readers.acquire().await?, request, user, demands, verb, self.clock.now()).await
    }

    /// Somebody has opened, claimed or pressed a request: whoever does is reminded of it no more.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn stirred(&self, request: RequestId, user: UserId) -> Result<(), LedgerError> {
        // Most had not been told, or have done something before: they cost no write.
        let waits = sqlx::query(
            "SELECT 1 FROM told WHERE request_id = $1 AND person = $2 AND told_at IS NOT NULL AND stirred_at IS NULL",
        );
        if waits.bind(request.as_str()).bind(user.as_str()).fetch_optional(&self.readers).await?.is_none() {
            return Ok(());
        }
        self.write(move |c, now| Box::pin(async move { stir(c, &request, &user, now).await })).await
    }
}

/// The same as a piece of somebody else's transaction.
pub(in crate::ledger) async fn stir(
    c: &mut Connection,
    request: &RequestId,
    user: &UserId,
    now: Timestamp,
) -> Result<(), LedgerError> {
    sqlx::query(
        "UPDATE told SET stirred_at = $3
         WHERE request_id = $1 AND person = $2 AND told_at IS NOT NULL AND stirred_at IS NULL",
    )
    .bind(request.as_str())
    .bind(user.as_str())
    .bind(now.as_millisecond())
    .execute(&mut *c)
    .await?;
    sqlx::query("DELETE FROM timers WHERE request_id = $1 AND kind IN ('remind', 'summon') AND target = $2")
        .bind(request.as_str())
        .bind(user.as_str())
        .execute(c)
        .await?;
    Ok(())
}

/// Writes whom a route names, or who is told by it. What was written of them before stays: who is named stays so, and
/// who was told was told then.
pub(super) async fn write(c: &mut Connection, request: &RequestId, told: &Told) -> Result<(), LedgerError> {
    sqlx::query(
        "INSERT INTO told (request_id, person, route, level, named, reason, told_at, reminded, stirred_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, NULL)
         ON CONFLICT (request_id, person, route) DO UPDATE SET
             named = CASE WHEN $5 = 1 THEN 1 ELSE told.named END,
             level = CASE WHEN told.told_at IS NULL THEN $4 ELSE told.level END,
             reason = CASE WHEN told.told_at IS NULL THEN $6 ELSE told.reason END,
             told_at = COALESCE(told.told_at, $7)",
    )
    .bind(request.as_str())
    .bind(told.user.as_str())
    .bind(&told.route)
    .bind(i64::from(told.level))
    .bind(i64::from(told.is_named))
    .bind(to_json(&told.reason)?)
    .bind(told.at.map(Timestamp::as_millisecond))
    .execute(c)
    .await?;
    Ok(())
}

/// How often somebody was reminded who was told and has done nothing since; `None` for anybody else.
pub(super) async fn idle(c: &mut Connection, request: &RequestId, user: &UserId) -> Result<Option<u32>, LedgerError> {
    let reminded: Option<i64> = sqlx::query_scalar(
        "SELECT MAX(reminded) FROM told WHERE request_id = $1 AND person = $2 AND told_at IS NOT NULL
         HAVING COUNT(stirred_at) = 0",
    )
    .bind(request.as_str())
    .bind(user.as_str())
    .fetch_optional(c)
    .await?
    .flatten();
    Ok(reminded.map(|count| u32::try_from(count).unwrap_or(u32::MAX)))
}

/// Somebody was not told after all; says whether they had been taken for told.
pub(super) async fn take_back(c: &mut Connection, request: &RequestId, user: &UserId) -> Result<bool, LedgerError> {
    let taken = sqlx::query(
        "UPDATE told SET told_at = NULL
         WHERE request_id = $1 AND person = $2 AND told_at IS NOT NULL AND stirred_at IS NULL",
    );
    let taken = taken.bind(request.as_str()).bind(user.as_str()).execute(&mut *c).await?.rows_affected();
    sqlx::query("DELETE FROM timers WHERE request_id = $1 AND kind = 'remind' AND target = $2")
        .bind(request.as_str())
        .bind(user.as_str())
        .execute(c)
        .await?;
    Ok(taken > 0)
}

/// Nobody is named for a request, until it is found out whom its routes name.
pub(super) async fn name_nobody(c: &mut Connection, request: &RequestId) -> Result<(), LedgerError> {
    sqlx::query("UPDATE told SET named = 0 WHERE request_id = $1 AND named = 1")
        .bind(request.as_str())
        .execute(c)
        .await?;
    Ok(())
}

/// Somebody is reminded once more.
pub(super) async fn reminded(c: &mut Connection, request: &RequestId, user: &UserId) -> Result<(), LedgerError> {
    sqlx::query("UPDATE told SET reminded = reminded + 1 WHERE request_id = $1 AND person = $2")
        .bind(request.as_str())
        .bind(user.as_str())
        .execute(c)
        .await?;
    Ok(())
}

/// A request waits again: whoever was told is reminded as if they had never been.
pub(super) async fn renew(c: &mut Connection, request: &RequestId) -> Result<(), LedgerError> {
    sqlx::query("UPDATE told SET reminded = 0, stirred_at = NULL WHERE request_id = $1")
        .bind(request.as_str())
        .execute(c)
        .await?;
    Ok(())
}

/// The routes that name the person for a request.
pub(in crate::ledger) async fn named(
    c: &mut Connection,
    request: &RequestId,
    user: &UserId,
) -> Result<BTreeSet<String>, LedgerError> {
    let routes = sqlx::query_scalar("SELECT route FROM told WHERE request_id = $1 AND person = $2 AND named = 1")
        .bind(request.as_str())
        .bind(user.as_str())
        .fetch_all(c)
        .await?;
    Ok(routes.into_iter().collect())
}

/// Whether the person is named by each rule of which only whom it names may decide. As long as it is being found out whom
/// they name, nobody is refused for it: whoever presses then is taken in, and it is asked again before P0 is told.
pub(in crate::ledger) async fn check_named(
    c: &mut Connection,
    request: &RequestId,
    user: &UserId,
    demands: &Demands,
    verb: Verb,
    now: Timestamp,
) -> Result<Result<(), Refusal>, LedgerError> {
    let checked = rules::check_named(demands, verb, &named(c, request, user).await?);
    Ok(match checked {
        Err(_) if is_naming(c, request, now).await? => Ok(()),
        checked => checked,
    })
}

/// Whether it is being found out whom the routes name for a request.
pub(in crate::ledger) async fn is_naming(
    c: &mut Connection,
    request: &RequestId,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    timers::is_summon_due(c, request, now.checked_add(NAMING).unwrap_or(now)).await
}

/// Everybody who is named for a request or was told of it, level by level.
pub(in crate::ledger) async fn of_request(c: &mut Connection, request: &RequestId) -> Result<Vec<Told>, LedgerError> {
    let rows = sqlx::query(
        "SELECT person, route, level, named, reason, told_at, stirred_at FROM told WHERE request_id = $1
         ORDER BY level, COALESCE(told_at, 0), person",
    )
    .bind(request.as_str())
    .fetch_all(c)
    .await?;
    Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
}

fn read(row: &Row) -> Result<Told, LedgerError> {
    let corrupt = || LedgerError::Corrupt("somebody who was told".to_owned());
    let time = |column: &str| Ok::<_, LedgerError>(row.try_get::<Option<i64>, _>(column)?.map(from_millisecond));
    Ok(Told {
        user: UserId::parse(row.try_get("person")?).ok_or_else(corrupt)?,
        route: row.try_get("route")?,
        level: u32::try_from(row.try_get::<i64, _>("level")?).map_err(|_| corrupt())?,
        is_named: row.try_get::<i64, _>("named")? != 0,
        reason: from_json(row.try_get("reason")?)?,
        at: time("told_at")?,
        stirred: time("stirred_at")?,
    })
}
