//! What time does to changes of P0's settings.

use jiff::Timestamp;

use super::{decisions, outcomes, proposals};
use crate::domain::jit::proposal::{Proposal, ProposalStage, SettingsDecision};
use crate::ledger::database::Connection;
use crate::ledger::{Ledger, LedgerError};

const ABANDONED: &str = "stage_name = 'sending' AND lease_until <= $1";
const LATE: &str = "stage_name = 'recorded' AND deadline < $1 AND (lease_until IS NULL OR lease_until <= $1)";

impl Ledger {
    /// Makes abandoned calls `Unknown`, drops what is past its deadline, ends what no second admin agreed to in time, and
    /// forgets what was shown and not applied. Says how much that was.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn sweep_settings(&self) -> Result<usize, LedgerError> {
        // Most looks find nothing: they cost no write, and wake nobody.
        if !due(&mut *self.readers.acquire().await?, self.clock.now()).await? {
            return Ok(0);
        }
        self.write(|c, now| Box::pin(sweep(c, now))).await
    }
}

async fn due(c: &mut Connection, now: Timestamp) -> Result<bool, LedgerError> {
    let sql = format!(
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM settings_decisions WHERE {ABANDONED})
             OR EXISTS (SELECT 1 FROM settings_decisions WHERE {LATE})
             OR EXISTS (SELECT 1 FROM settings_proposals WHERE stage_name IN ('shown', 'waiting') AND due_at < $1)
                 THEN 1 ELSE 0 END"
    );
    let due: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).bind(now.as_millisecond()).fetch_one(c).await?;
    Ok(due != 0)
}

async fn sweep(c: &mut Connection, now: Timestamp) -> Result<usize, LedgerError> {
    let abandoned = decisions::select(c, ABANDONED, now).await?;
    let late = decisions::select(c, LATE, now).await?;
    let lapsing = proposals::lapsing(c, now).await?;
    let touched = abandoned.len() + late.len() + lapsing.len();
    for decision in abandoned {
        let proposal = of(c, &decision).await?;
        outcomes::unknown(c, &proposal, decision, String::new(), now).await?;
    }
    for decision in late {
        let proposal = of(c, &decision).await?;
        outcomes::dropped(c, &proposal, decision, now).await?;
    }
    for proposal in lapsing {
        let lapsed = Proposal { stage: ProposalStage::Lapsed { at: now }, ..proposal };
        proposals::save(c, &lapsed, now, now).await?;
    }
    sqlx::query("DELETE FROM settings_proposals WHERE stage_name = 'shown' AND due_at < $1")
        .bind(now.as_millisecond())
        .execute(c)
        .await?;
    Ok(touched)
}

/// At a start: whoever was sending is gone, and with them the knowledge of what P0 answered.
pub(in crate::ledger) async fn settle_predecessor(c: &mut Connection, now: Timestamp) -> Result<(), LedgerError> {
    for decision in decisions::select(c, "stage_name = 'sending' AND $1 = $1", now).await? {
        let proposal = of(c, &decision).await?;
        outcomes::unknown(c, &proposal, decision, String::new(), now).await?;
    }
    sqlx::query("UPDATE settings_decisions SET lease_token = NULL, lease_until = NULL WHERE stage_name = 'recorded'")
        .execute(c)
        .await?;
    Ok(())
}

async fn of(c: &mut Connection, decision: &SettingsDecision) -> Result<Proposal, LedgerError> {
    let proposal = proposals::load(c, decision.proposal).await?;
    proposal.ok_or_else(|| LedgerError::Corrupt("a settings decision without its proposal".to_owned()))
}
