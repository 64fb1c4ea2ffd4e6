//! What time does to the ledger: leases run out, deadlines pass, memories fade.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row as _;

use super::decisions::{self, COLUMNS};
use super::deliveries::REMEMBERED;
use super::{Ledger, LedgerError, deliveries, drafts, jit, outcomes, readable, requests, sign_ins, watches};
use crate::domain::decision::{Decision, SAFER_FOR, UNHEARD_AFTER};
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::ledger::database::Connection;

impl Ledger {
    /// Makes abandoned calls `Unknown`, drops what is past its deadline, has cards say what P0 has not heard, fires
    /// what is due about the ends of grants, and forgets old deliveries. Says how many decisions it touched.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn sweep(&self) -> Result<usize, LedgerError> {
        // Most looks find nothing: they cost no write, and wake nobody.
        if !due(&mut *self.readers.acquire().await?, self.clock.now()).await? {
            return Ok(0);
        }
        self.write(|c, now| Box::pin(sweep(c, now))).await
    }

    /// At a start: whoever was sending is gone, and with them the knowledge of what P0 answered.
    pub(super) async fn settle_predecessor(&self) -> Result<(), LedgerError> {
        self.write(|c, now| {
            Box::pin(async move {
                let sending = select(c, "stage_name = 'sending' AND $1 = $1", now).await?;
                jit::sweep::settle_predecessor(c, now).await?;
                watches::timers::release(c).await?;
                for decision in sending {
                    outcomes::unknown(c, decision, String::new(), now).await?;
                }
                sqlx::query(
                    "UPDATE decisions SET lease_token = NULL, lease_until = NULL WHERE stage_name = 'recorded'",
                )
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }
}

const ABANDONED: &str = "stage_name = 'sending' AND lease_until <= $1";
const LATE: &str = "stage_name = 'recorded' AND deadline < $1 AND (lease_until IS NULL OR lease_until <= $1)";

const UNPROVED: &str = "stage_name = 'held' AND due_at < $1";

/// Old deliveries are forgotten in heaps, not one by one.
const HEAP: Duration = Duration::from_secs(60);

async fn due(c: &mut Connection, now: Timestamp) -> Result<bool, LedgerError> {
    let sql = format!(
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM decisions WHERE {ABANDONED}) OR EXISTS (SELECT 1 FROM decisions WHERE {LATE})
             OR EXISTS (SELECT 1 FROM decisions WHERE {UNPROVED})
             OR EXISTS (SELECT 1 FROM timers WHERE kind IN ('ends_soon', 'overdue') AND due_at <= $1)
             OR EXISTS (SELECT 1 FROM sign_ins WHERE expires_at < $4)
             OR EXISTS (SELECT 1 FROM decisions WHERE stage_name = 'recorded' AND unheard = 0 AND chosen_at <= $2)
             OR EXISTS (SELECT 1 FROM deliveries WHERE seen_at < $3) THEN 1 ELSE 0 END"
    );
    let due: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(now.as_millisecond())
        .bind(before(now, UNHEARD_AFTER).as_millisecond())
        .bind(before(now, REMEMBERED + HEAP).as_millisecond())
        .bind(before(now, sign_ins::KEPT + HEAP).as_millisecond())
        .fetch_one(c)
        .await?;
    Ok(due != 0)
}

fn before(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_sub(by).unwrap_or(Timestamp::MIN)
}

async fn sweep(c: &mut Connection, now: Timestamp) -> Result<usize, LedgerError> {
    let abandoned = select(c, ABANDONED, now).await?;
    let late = select(c, LATE, now).await?;
    let unproved = select(c, UNPROVED, now).await?;
    let touched = abandoned.len() + late.len() + unproved.len();
    for decision in unproved {
        outcomes::refused(c, decision, Refusal::NotProved, now).await?;
    }
    for decision in abandoned {
        outcomes::unknown(c, decision, String::new(), now).await?;
    }
    for decision in late {
        outcomes::dropped(c, decision, now).await?;
    }
    let unheard = mark_unheard(c, now).await?;
    let ends = watches::expiry::fire(c, now).await?;
    deliveries::forget(c, now).await?;
    sign_ins::forget(c, now).await?;
    drafts::forget(c, before(now, SAFER_FOR)).await?;
    Ok(touched + unheard + ends)
}

/// Deny and revoke are tried for a day; long before that, people must know that P0 has not heard them.
async fn mark_unheard(c: &mut Connection, now: Timestamp) -> Result<usize, LedgerError> {
    let rows = sqlx::query(
        "UPDATE decisions SET unheard = 1 WHERE stage_name = 'recorded' AND unheard = 0 AND chosen_at <= $1
         RETURNING request_id",
    )
    .bind(before(now, UNHEARD_AFTER).as_millisecond())
    .fetch_all(&mut *c)
    .await?;
    for row in &rows {
        let id =
            RequestId::parse(row.try_get("request_id")?).map_err(|error| LedgerError::Corrupt(error.to_string()))?;
        requests::touch(c, &id).await?;
    }
    Ok(rows.len())
}

async fn select(c: &mut Connection, which: &'static str, now: Timestamp) -> Result<Vec<Decision>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM decisions WHERE {which} ORDER BY id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.as_millisecond()).fetch_all(c).await?;
    Ok(rows.iter().filter_map(|row| readable(decisions::read(row))).collect())
}
