//! What is to happen at a time. A timer is set and taken away in the transactions of what it is about, so that none is
//! lost and none fires twice.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row as _;

use super::super::{LedgerError, born, new_id, readable};
use crate::clock::from_millisecond;
use crate::domain::person::UserId;
use crate::domain::request::RequestId;
use crate::ledger::database::{Connection, Row};

/// How long a timer waits whose request cannot be read.
const UNREADABLE_WAITS: Duration = Duration::from_secs(60 * 60);

/// What is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerKind {
    /// The people of a level are found out and told; with a target, whether somebody still is to be reminded.
    Summon,
    /// Somebody who was told and did nothing is reminded.
    Remind,
    /// The next level is told.
    Escalate,
    /// Whoever said that they are on it has been for long enough.
    ClaimLapses,
    /// A grant ends soon.
    EndsSoon,
    /// A grant should have ended, and P0 has not said so.
    Overdue,
}

impl TimerKind {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Summon, "summon"),
        (Self::Remind, "remind"),
        (Self::Escalate, "escalate"),
        (Self::ClaimLapses, "claim_lapses"),
        (Self::EndsSoon, "ends_soon"),
        (Self::Overdue, "overdue"),
    ];

    /// As the ledger writes it.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(kind, _)| *kind)
    }
}

/// Something that is to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Its number in the ledger.
    pub id: i64,
    /// About which request.
    pub request: RequestId,
    /// What.
    pub kind: TimerKind,
    /// To whom, where it is about one person.
    pub target: Option<UserId>,
    /// When.
    pub due: Timestamp,
    /// How often it was tried in vain.
    pub attempts: u32,
}

impl Timer {
    /// When it was set; a try in vain leaves that.
    pub fn set_at(&self) -> Timestamp {
        born(self.id)
    }
}

/// Sets a timer, in place of the one that there may be of the kind and for the target.
pub(in crate::ledger) async fn set(
    c: &mut Connection,
    request: &RequestId,
    kind: TimerKind,
    target: Option<&UserId>,
    due: Timestamp,
    now: Timestamp,
) -> Result<(), LedgerError> {
    sqlx::query(
        "INSERT INTO timers (id, request_id, kind, target, due_at, attempts) VALUES ($1, $2, $3, $4, $5, 0)
         ON CONFLICT (request_id, kind, target)
         DO UPDATE SET id = $1, due_at = $5, attempts = 0, lease_token = NULL, lease_until = NULL",
    )
    .bind(new_id(now))
    .bind(request.as_str())
    .bind(kind.as_str())
    .bind(target.map_or("", UserId::as_str))
    .bind(due.as_millisecond())
    .execute(c)
    .await?;
    Ok(())
}

/// Has a timer fire no later than `due`, where it has not fired.
pub(in crate::ledger) async fn not_after(
    c: &mut Connection,
    request: &RequestId,
    kind: TimerKind,
    due: Timestamp,
) -> Result<(), LedgerError> {
    sqlx::query("UPDATE timers SET due_at = $3 WHERE request_id = $1 AND kind = $2 AND due_at > $3")
        .bind(request.as_str())
        .bind(kind.as_str())
        .bind(due.as_millisecond())
        .execute(c)
        .await?;
    Ok(())
}

/// Whether the people of a level are to be found out until then.
pub(super) async fn is_summon_due(
    c: &mut Connection,
    request: &RequestId,
    until: Timestamp,
) -> Result<bool, LedgerError> {
    let found =
        sqlx::query("SELECT 1 FROM timers WHERE request_id = $1 AND kind = 'summon' AND target = '' AND due_at <= $2");
    Ok(found.bind(request.as_str()).bind(until.as_millisecond()).fetch_optional(c).await?.is_some())
}

/// Takes a request's timers of these kinds away.
pub(in crate::ledger) async fn clear(
    c: &mut Connection,
    request: &RequestId,
    kinds: &[TimerKind],
) -> Result<(), LedgerError> {
    for kind in kinds {
        sqlx::query("DELETE FROM timers WHERE request_id = $1 AND kind = $2")
            .bind(request.as_str())
            .bind(kind.as_str())
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}

/// Takes one timer away.
pub(super) async fn take(c: &mut Connection, id: i64) -> Result<(), LedgerError> {
    sqlx::query("DELETE FROM timers WHERE id = $1").bind(id).execute(c).await?;
    Ok(())
}

/// Gives out the right to a timer.
pub(super) async fn lease(c: &mut Connection, id: i64, token: &str, until: Timestamp) -> Result<(), LedgerError> {
    sqlx::query("UPDATE timers SET lease_token = $2, lease_until = $3 WHERE id = $1")
        .bind(id)
        .bind(token)
        .bind(until.as_millisecond())
        .execute(c)
        .await?;
    Ok(())
}

/// Takes a leased timer away, where the lease still is the last one given out; says whether it was.
pub(super) async fn take_leased(c: &mut Connection, id: i64, token: &str) -> Result<bool, LedgerError> {
    let taken = sqlx::query("DELETE FROM timers WHERE id = $1 AND lease_token = $2").bind(id).bind(token).execute(c);
    Ok(taken.await?.rows_affected() == 1)
}

/// Gives a leased timer back, to be tried again at `due`, where the lease still is the last one given out; says whether it
/// was.
pub(super) async fn give_back(c: &mut Connection, id: i64, token: &str, due: Timestamp) -> Result<bool, LedgerError> {
    let given = sqlx::query(
        "UPDATE timers SET lease_token = NULL, lease_until = NULL, attempts = attempts + 1, due_at = $3
         WHERE id = $1 AND lease_token = $2",
    );
    let given = given.bind(id).bind(token).bind(due.as_millisecond()).execute(c);
    Ok(given.await?.rows_affected() == 1)
}

/// Has a timer wait whose request cannot be read, so that it holds up no other.
pub(super) async fn pass_over(c: &mut Connection, id: i64, now: Timestamp) -> Result<(), LedgerError> {
    let due = now.checked_add(UNREADABLE_WAITS).unwrap_or(Timestamp::MAX);
    sqlx::query("UPDATE timers SET due_at = $2 WHERE id = $1").bind(id).bind(due.as_millisecond()).execute(c).await?;
    Ok(())
}

/// Whether a request's next level is told until then.
pub(super) async fn is_level_due(
    c: &mut Connection,
    request: &RequestId,
    until: Timestamp,
) -> Result<bool, LedgerError> {
    let found = sqlx::query(
        "SELECT 1 FROM timers WHERE request_id = $1 AND kind IN ('summon', 'escalate') AND target = '' AND due_at <= $2",
    );
    Ok(found.bind(request.as_str()).bind(until.as_millisecond()).fetch_optional(c).await?.is_some())
}

/// Whoever had leases is gone.
pub(in crate::ledger) async fn release(c: &mut Connection) -> Result<(), LedgerError> {
    sqlx::query("UPDATE timers SET lease_token = NULL, lease_until = NULL WHERE lease_token IS NOT NULL")
        .execute(c)
        .await?;
    Ok(())
}

/// Has a request's timers of a kind wait until then at least; says whether any would have fired before.
pub(super) async fn put_off(
    c: &mut Connection,
    request: &RequestId,
    kind: TimerKind,
    until: Timestamp,
) -> Result<bool, LedgerError> {
    let put_off = sqlx::query("UPDATE timers SET due_at = $3 WHERE request_id = $1 AND kind = $2 AND due_at < $3")
        .bind(request.as_str())
        .bind(kind.as_str())
        .bind(until.as_millisecond())
        .execute(c);
    Ok(put_off.await?.rows_affected() > 0)
}

/// Timers of these kinds that are due, the oldest first, at most `most`.
pub(in crate::ledger) async fn due(
    c: &mut Connection,
    kinds: &[TimerKind],
    now: Timestamp,
    most: u32,
) -> Result<Vec<Timer>, LedgerError> {
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
    let sql = format!(
        "SELECT id, request_id, kind, target, due_at, attempts FROM timers
         WHERE kind IN ({}) AND due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1) ORDER BY due_at, id LIMIT $2",
        kinds.join(", ")
    );
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.as_millisecond()).bind(i64::from(most)).fetch_all(c).await?;
    Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
}

fn read(row: &Row) -> Result<Timer, LedgerError> {
    let corrupt = || LedgerError::Corrupt("a timer".to_owned());
    Ok(Timer {
        id: row.try_get("id")?,
        request: RequestId::parse(row.try_get("request_id")?).map_err(|_| corrupt())?,
        kind: TimerKind::parse(row.try_get("kind")?).ok_or_else(corrupt)?,
        target: UserId::parse(row.try_get("target")?),
        due: from_millisecond(row.try_get("due_at")?),
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
    })
}
