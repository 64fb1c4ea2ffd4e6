//! Who did what, when, with whose authority: written in the same transaction as the thing itself.

use jiff::Timestamp;
use serde_json::Value;

use super::{LedgerError, new_id};
use crate::domain::decision::Decision;
use crate::domain::jit::proposal::{Proposal, SettingsDecision};
use crate::domain::person::SlackUser;
use crate::domain::request::RequestId;
use crate::ledger::database::Connection;

/// Notes what became of a decision; its stage is the evidence.
pub(super) async fn decision(c: &mut Connection, decision: &Decision, now: Timestamp) -> Result<(), LedgerError> {
    let Decision { choice, again, proof, stage, .. } = decision;
    let detail = serde_json::json!({ "choice": choice, "again": again, "proof": proof, "stage": stage });
    sqlx::query(
        "INSERT INTO audit (id, at, event, request_id, decision, team, person, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new_id(now))
    .bind(now.as_millisecond())
    .bind(format!("decision.{}", decision.stage.name()))
    .bind(decision.request.as_str())
    .bind(decision.id)
    .bind(decision.by.team.as_str())
    .bind(decision.by.user.as_str())
    .bind(detail.to_string())
    .execute(c)
    .await?;
    Ok(())
}

/// Notes what a push of P0's did to a request.
pub(super) async fn push(
    c: &mut Connection,
    request: &RequestId,
    detail: Value,
    now: Timestamp,
) -> Result<(), LedgerError> {
    sqlx::query("INSERT INTO audit (id, at, event, request_id, detail) VALUES ($1, $2, 'request.pushed', $3, $4)")
        .bind(new_id(now))
        .bind(now.as_millisecond())
        .bind(request.as_str())
        .bind(detail.to_string())
        .execute(c)
        .await?;
    Ok(())
}

/// Notes who was told of a request, or who is on it.
pub(super) async fn watch(
    c: &mut Connection,
    event: &'static str,
    request: &RequestId,
    by: Option<&SlackUser>,
    detail: Value,
    now: Timestamp,
) -> Result<(), LedgerError> {
    sqlx::query(
        "INSERT INTO audit (id, at, event, request_id, team, person, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new_id(now))
    .bind(now.as_millisecond())
    .bind(event)
    .bind(request.as_str())
    .bind(by.map(|by| by.team.as_str()))
    .bind(by.map(|by| by.user.as_str()))
    .bind(detail.to_string())
    .execute(c)
    .await?;
    Ok(())
}

/// Notes what was learned of P0's settings, or what became of a change of them.
pub(super) async fn settings(
    c: &mut Connection,
    event: &str,
    detail: Value,
    now: Timestamp,
) -> Result<(), LedgerError> {
    sqlx::query("INSERT INTO audit (id, at, event, detail) VALUES ($1, $2, $3, $4)")
        .bind(new_id(now))
        .bind(now.as_millisecond())
        .bind(event)
        .bind(detail.to_string())
        .execute(c)
        .await?;
    Ok(())
}

/// Notes how far a proposal is: whose it is, what it changes, who was in the admins' groups, and who agreed.
pub(super) async fn proposal(c: &mut Connection, proposal: &Proposal, now: Timestamp) -> Result<(), LedgerError> {
    let Proposal { id, by, items, groups, stage, second, .. } = proposal;
    let detail = serde_json::json!({
        "proposal": id, "by": by, "items": items, "groups": groups, "second": second, "stage": stage,
    });
    settings(c, &format!("settings.{}", stage.name()), detail, now).await
}

/// Notes what became of one change of P0's settings; its stage is the evidence.
pub(super) async fn settings_decision(
    c: &mut Connection,
    proposal: &Proposal,
    decision: &SettingsDecision,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let SettingsDecision { id, item, tried, stage, .. } = decision;
    let detail = serde_json::json!({
        "proposal": proposal.id, "decision": id, "by": proposal.by, "second": proposal.second,
        "item": item, "tried": tried, "stage": stage,
    });
    settings(c, &format!("settings_change.{}", stage.name()), detail, now).await
}

/// Notes what became of somebody's link or sign-in.
pub(super) async fn person(
    c: &mut Connection,
    event: &'static str,
    by: &SlackUser,
    detail: Value,
    now: Timestamp,
) -> Result<(), LedgerError> {
    sqlx::query("INSERT INTO audit (id, at, event, team, person, detail) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(new_id(now))
        .bind(now.as_millisecond())
        .bind(event)
        .bind(by.team.as_str())
        .bind(by.user.as_str())
        .bind(detail.to_string())
        .execute(c)
        .await?;
    Ok(())
}
