//! Whom a route names for a request, and who was told.

use std::collections::BTreeSet;

use sqlx::{Row as _, SqliteConnection};

use super::super::{Ledger, LedgerError, from_json, readable};
use crate::clock::from_millisecond;
use crate::domain::person::UserId;
use crate::domain::request::RequestId;
use crate::domain::watch::Told;

impl Ledger {
    /// The routes that name the person for a request.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn named(&self, request: &RequestId, user: &UserId) -> Result<BTreeSet<String>, LedgerError> {
        named(&mut *self.readers.acquire().await?, request, user).await
    }
}

/// The routes that name the person for a request.
pub(in crate::ledger) async fn named(
    c: &mut SqliteConnection,
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

/// Everybody who is named for a request or was told of it, level by level.
pub(in crate::ledger) async fn of_request(
    c: &mut SqliteConnection,
    request: &RequestId,
) -> Result<Vec<Told>, LedgerError> {
    let rows = sqlx::query(
        "SELECT person, route, level, named, reason, told_at, stirred_at FROM told WHERE request_id = $1
         ORDER BY level, told_at, person",
    )
    .bind(request.as_str())
    .fetch_all(c)
    .await?;
    Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
}

fn read(row: &sqlx::sqlite::SqliteRow) -> Result<Told, LedgerError> {
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
