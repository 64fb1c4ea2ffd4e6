//! What is noted of each kind of fact, as a piece of its transaction.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::click::Click;
use super::entry::Entry;
use crate::domain::decision::Decision;
use crate::domain::jit::proposal::{Proposal, SettingsDecision};
use crate::domain::person::SlackUser;
use crate::domain::request::RequestId;
use crate::ledger::LedgerError;
use crate::ledger::database::Connection;

/// Notes what somebody chose: how, and what they had been shown.
pub(in crate::ledger) async fn chosen(
    c: &mut Connection,
    decision: &Decision,
    click: &Click,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let Decision { basis, deadline, picked, restated, .. } = decision;
    let how = json!({
        "click": click.detail(), "seen": basis.digest(), "send_until": deadline, "picked": picked, "restated": restated,
    });
    of_decision(c, decision, how, now).await
}

/// Notes what became of a decision; its stage is the evidence.
pub(in crate::ledger) async fn decision(
    c: &mut Connection,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), LedgerError> {
    of_decision(c, decision, json!({}), now).await
}

async fn of_decision(
    c: &mut Connection,
    decision: &Decision,
    mut detail: Value,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let Decision { choice, again, proof, stage, .. } = decision;
    (detail["choice"], detail["again"]) = (json!(choice), json!(again));
    (detail["proof"], detail["stage"]) = (json!(proof), json!(stage));
    let event = format!("decision.{}", stage.name());
    let entry = Entry {
        event: &event,
        decision: Some(decision.id),
        by: Some(&decision.by),
        detail,
        ..Entry::about(&decision.request)
    };
    entry.write(c, now).await
}

/// Notes what a push of P0's did to a request.
pub(in crate::ledger) async fn push(
    c: &mut Connection,
    request: &RequestId,
    detail: Value,
    now: Timestamp,
) -> Result<(), LedgerError> {
    Entry { event: "request.pushed", detail, ..Entry::about(request) }.write(c, now).await
}

/// Notes who was told of a request, or who is on it.
pub(in crate::ledger) async fn watch(
    c: &mut Connection,
    event: &'static str,
    request: &RequestId,
    by: Option<&SlackUser>,
    detail: Value,
    now: Timestamp,
) -> Result<(), LedgerError> {
    Entry { event, by, detail, ..Entry::about(request) }.write(c, now).await
}

/// Notes what was learned of P0's settings, or what became of a change of them.
pub(in crate::ledger) async fn settings(
    c: &mut Connection,
    event: &str,
    detail: Value,
    now: Timestamp,
) -> Result<(), LedgerError> {
    Entry { event, detail, ..Entry::default() }.write(c, now).await
}

/// Notes how far a proposal is: whose it is, what it changes, who was in the admins' groups, and who agreed.
pub(in crate::ledger) async fn proposal(
    c: &mut Connection,
    proposal: &Proposal,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let Proposal { id, by, items, groups, stage, second, .. } = proposal;
    let detail = json!({
        "proposal": id, "by": by, "items": items, "groups": groups, "second": second, "stage": stage,
    });
    settings(c, &format!("settings.{}", stage.name()), detail, now).await
}

/// Notes what became of one change of P0's settings; its stage is the evidence.
pub(in crate::ledger) async fn settings_decision(
    c: &mut Connection,
    proposal: &Proposal,
    decision: &SettingsDecision,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let SettingsDecision { id, item, tried, stage, .. } = decision;
    let detail = json!({
        "proposal": proposal.id, "decision": id, "by": proposal.by, "second": proposal.second,
        "item": item, "tried": tried, "stage": stage,
    });
    settings(c, &format!("settings_change.{}", stage.name()), detail, now).await
}

/// Notes what became of somebody's link or sign-in.
pub(in crate::ledger) async fn person(
    c: &mut Connection,
    event: &'static str,
    by: &SlackUser,
    detail: Value,
    now: Timestamp,
) -> Result<(), LedgerError> {
    Entry { event, by: Some(by), detail, ..Entry::default() }.write(c, now).await
}
