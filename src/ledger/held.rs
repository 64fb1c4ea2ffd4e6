//! Choices that wait until their author has signed in for them. They hold nobody up, and end as soon as no sign-in can
//! help them any more.

use jiff::Timestamp;

use super::decisions::{self, COLUMNS};
use super::{LedgerError, audit, outcomes, requests, sign_ins, to_json};
use crate::domain::decision::{Decision, Proof, Stage};
use crate::domain::person::SlackUser;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, RequestId};
use crate::domain::rules;
use crate::ledger::database::Connection;

/// What the person has not signed in for yet is put aside, without a word: they know, they chose anew.
pub(super) async fn give_up(
    c: &mut Connection,
    request: &RequestId,
    by: &SlackUser,
    now: Timestamp,
) -> Result<(), LedgerError> {
    for mut decision in of(c, by).await?.into_iter().filter(|decision| decision.request == *request) {
        decision.stage = Stage::Refused { refusal: Refusal::NotProved, at: now };
        decisions::save_stage(c, &decision).await?;
        sign_ins::over_of(c, decision.id, "chosen_anew").await?;
        requests::touch(c, request).await?;
        audit::decision(c, &decision, now).await?;
    }
    Ok(())
}

/// The person has signed in for their choice: it goes on, unless it has ended meanwhile.
pub(super) async fn proved(c: &mut Connection, id: i64, proof: Proof, now: Timestamp) -> Result<bool, LedgerError> {
    let Some(mut decision) = decisions::load(c, id)
        .await?
        .filter(|decision| matches!(decision.stage, Stage::Held { until } if now <= until))
    else {
        return Ok(false);
    };
    decision.stage = Stage::Recorded;
    sqlx::query("UPDATE decisions SET proof = $2, due_at = $3 WHERE id = $1")
        .bind(id)
        .bind(to_json(&proof)?)
        .bind(now.as_millisecond())
        .execute(&mut *c)
        .await?;
    decision.proof = Some(proof);
    decisions::save_stage(c, &decision).await?;
    requests::touch(c, &decision.request).await?;
    audit::decision(c, &decision, now).await?;
    Ok(true)
}

/// The request has moved: whoever was about to sign in for what is decided hears so at once.
pub(super) async fn refuse_decided(c: &mut Connection, request: &Request, now: Timestamp) -> Result<(), LedgerError> {
    for decision in decisions::unsent_of(c, &request.id).await? {
        if matches!(decision.stage, Stage::Held { .. })
            && let Err(refusal) = rules::check_phase(&decision.choice, &request.phase)
        {
            outcomes::refused(c, decision, refusal, now).await?;
        }
    }
    Ok(())
}

/// The link that the person would have signed in with is over.
pub(super) async fn refuse_unlinked(c: &mut Connection, owner: &SlackUser, now: Timestamp) -> Result<(), LedgerError> {
    for decision in of(c, owner).await? {
        outcomes::refused(c, decision, Refusal::LinkChanged, now).await?;
    }
    Ok(())
}

async fn of(c: &mut Connection, by: &SlackUser) -> Result<Vec<Decision>, LedgerError> {
    let sql =
        format!("SELECT {COLUMNS} FROM decisions WHERE stage_name = 'held' AND team = $1 AND person = $2 ORDER BY id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(by.team.as_str()).bind(by.user.as_str());
    rows.fetch_all(c).await?.iter().map(decisions::read).collect()
}
