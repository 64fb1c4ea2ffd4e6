//! Changes that were decided, each a row of its own.

use jiff::Timestamp;
use sqlx::Row as _;

use super::proposals;
use crate::clock::from_millisecond;
use crate::domain::jit::proposal::{Item, Proposal, SettingsDecision, SettingsStage};
use crate::ledger::database::{Connection, Row};
use crate::ledger::{LedgerError, audit, from_json, new_id, readable, to_json};

const COLUMNS: &str = "id, proposal, item, deadline, attempts, tried, stage";

pub(super) async fn insert(
    c: &mut Connection,
    proposal: &Proposal,
    item: &Item,
    deadline: Timestamp,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let decision = SettingsDecision {
        id: new_id(now),
        proposal: proposal.id,
        item: item.clone(),
        deadline,
        attempts: 0,
        tried: Vec::new(),
        stage: SettingsStage::Recorded,
    };
    sqlx::query(
        "INSERT INTO settings_decisions (id, proposal, item, deadline, attempts, due_at, tried, stage_name, stage)
         VALUES ($1, $2, $3, $4, 0, $5, '[]', $6, $7)",
    )
    .bind(decision.id)
    .bind(decision.proposal)
    .bind(to_json(&decision.item)?)
    .bind(deadline.as_millisecond())
    .bind(now.as_millisecond())
    .bind(decision.stage.name())
    .bind(to_json(&decision.stage)?)
    .execute(&mut *c)
    .await?;
    audit::settings_decision(c, proposal, &decision, now).await
}

/// Writes how far a change is, notes it, and has the card drawn anew.
pub(super) async fn save(
    c: &mut Connection,
    proposal: &Proposal,
    decision: &SettingsDecision,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let sending = matches!(decision.stage, SettingsStage::Sending { .. }).then_some(1_i64);
    sqlx::query("UPDATE settings_decisions SET stage_name = $2, stage = $3, sending = $4, tried = $5 WHERE id = $1")
        .bind(decision.id)
        .bind(decision.stage.name())
        .bind(to_json(&decision.stage)?)
        .bind(sending)
        .bind(to_json(&decision.tried)?)
        .execute(&mut *c)
        .await?;
    audit::settings_decision(c, proposal, decision, now).await?;
    proposals::touch(c, decision.proposal).await
}

pub(super) async fn load(c: &mut Connection, id: i64) -> Result<Option<SettingsDecision>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM settings_decisions WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(c).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn of_proposal(c: &mut Connection, proposal: i64) -> Result<Vec<SettingsDecision>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM settings_decisions WHERE proposal = $1 ORDER BY id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(proposal).fetch_all(c).await?;
    rows.iter().map(read).collect()
}

/// Those of a kind: `which` may name the time as `$1`.
pub(super) async fn select(
    c: &mut Connection,
    which: &'static str,
    now: Timestamp,
) -> Result<Vec<SettingsDecision>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM settings_decisions WHERE {which} ORDER BY id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.as_millisecond()).fetch_all(c).await?;
    Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
}

/// Forgets the decisions of a proposal none of which was sent.
pub(super) async fn forget(c: &mut Connection, proposal: i64) -> Result<(), LedgerError> {
    sqlx::query("DELETE FROM settings_decisions WHERE proposal = $1").bind(proposal).execute(c).await?;
    Ok(())
}

fn read(row: &Row) -> Result<SettingsDecision, LedgerError> {
    Ok(SettingsDecision {
        id: row.try_get("id")?,
        proposal: row.try_get("proposal")?,
        item: from_json(row.try_get("item")?)?,
        deadline: from_millisecond(row.try_get("deadline")?),
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
        tried: from_json(row.try_get("tried")?)?,
        stage: from_json(row.try_get("stage")?)?,
    })
}
