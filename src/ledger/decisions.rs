//! Decisions: recorded before Slack hears 200, found again by whoever has to act on them or show them.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row as _;

use super::audit::Click;
use super::cards::Shown;
use super::{
    Ledger, LedgerError, audit, copies, deliveries, from_json, held, jit, new_id, outcomes, requests, sign_ins,
    to_json, watches,
};
use crate::clock::from_millisecond;
use crate::domain::decision::{Basis, Choice, Decision, Stage, Verb};
use crate::domain::delivery::DeliveryKeys;
use crate::domain::person::{SlackUser, TeamId, UserId};
use crate::domain::posted::Posted;
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::domain::rules::{self, Asked, Limits};
use crate::domain::sign_in::{Fingerprint, Purpose, SIGN_IN_WITHIN, SignInStage};
use crate::ledger::database::{Connection, Row};

pub(super) const COLUMNS: &str = "id, request_id, team, person, choice, basis, picked, restated, again, aloud, chosen_at, deadline, attempts, link, renewed, proof, stage";

/// A choice that is to be recorded.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// About which request.
    pub request: RequestId,
    /// Who chose.
    pub by: SlackUser,
    /// What.
    pub choice: Choice,
    /// The card whose control was pressed; `None` for a typed id.
    pub shown: Option<Shown>,
    /// Whether the length was chosen from a list: then it still has to stand in it.
    pub picked: bool,
    /// Whether it was chosen in the form that restates everything.
    pub restated: bool,
    /// Whether it is "Try again" behind an unknown outcome.
    pub again: bool,
    /// Whether no card was in view: then the person is told of a success too.
    pub aloud: bool,
    /// How they did.
    pub click: Click,
    /// The message that was pressed.
    pub pressed: Option<Posted>,
    /// Slack's own time of the choice.
    pub chosen: Timestamp,
    /// After this it is not sent.
    pub deadline: Timestamp,
    /// The link that the person has now, where there are any.
    pub link: Option<i64>,
    /// Where the person signs in for it, where the choice may ask for that.
    pub ticket: Option<Fingerprint>,
}

/// What became of a choice before Slack was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It is on disk and will be forwarded.
    Recorded,
    /// It is on disk, and goes on once the person has signed in for it.
    Held,
    /// The same person's same choice is waiting already; nothing was changed.
    Waiting,
    /// This very delivery was taken in before.
    Repeated,
    /// By the local rules it cannot be carried out; nothing but that was recorded.
    Refused(Refusal),
}

impl Ledger {
    /// Applies the local rules and records the choice, in one transaction with the memory of its delivery.
    ///
    /// # Errors
    /// Where it cannot be written: then the person must not be told that it was.
    pub async fn record(&self, keys: DeliveryKeys, new: NewDecision, limits: Limits) -> Result<Receipt, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let (click, request) = (new.click.clone().choosing(new.choice.clone()), new.request.clone());
                let (by, pressed) = (new.by.user.clone(), new.pressed.clone());
                let receipt = record(c, keys, new, limits, now).await?;
                let refusal = match &receipt {
                    Receipt::Refused(refusal) => Some(json!(refusal)),
                    Receipt::Waiting => Some(json!({ "refusal": "waiting" })),
                    Receipt::Recorded | Receipt::Held | Receipt::Repeated => None,
                };
                if let Some(refusal) = refusal {
                    audit::refused(c, &click, Some(&request), refusal, now).await?;
                }
                if let Some(posted) = pressed.filter(|_| receipt != Receipt::Repeated) {
                    let redraw = matches!(receipt, Receipt::Refused(_));
                    copies::pressed(c, &request, posted, &by, redraw, now).await?;
                }
                Ok(receipt)
            })
        })
        .await
    }

    /// One decision.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn decision(&self, id: i64) -> Result<Option<Decision>, LedgerError> {
        load(&mut *self.readers.acquire().await?, id).await
    }
}

async fn record(
    c: &mut Connection,
    keys: DeliveryKeys,
    new: NewDecision,
    limits: Limits,
    now: Timestamp,
) -> Result<Receipt, LedgerError> {
    if !deliveries::remember(c, keys, now).await? {
        return Ok(Receipt::Repeated);
    }
    let kept = requests::load(c, &new.request).await?;
    let request = kept.as_ref().map(|kept| &kept.request);
    let basis = match new.shown {
        Some(shown) => shown.into_basis(),
        None => Basis::Typed { digest: request.map(|request| request.facts.digest()) },
    };
    let approve_open = approve_open(c, &new.request).await?;
    let again = approve_open.filter(|_| new.again);
    if kept.is_none()
        && let Err(refusal) = rules::check_phase(&new.choice, &outcomes::phase_by_answers(c, &new.request, now).await?)
    {
        return Ok(Receipt::Refused(refusal));
    }
    let bounds = limits.bounds(jit::mirror::lengths(c).await?, request, &new.choice, now);
    if new.picked
        && let Err(refusal) = rules::check_offered(&bounds, &new.choice, request)
    {
        return Ok(Receipt::Refused(refusal));
    }
    if let Err(refusal) = rules::check(&limits, &bounds, &new.choice, &basis, request, approve_open, again) {
        return Ok(Receipt::Refused(refusal));
    }
    let verb = new.choice.verb();
    if let Err(refusal) = watches::check_named(c, &new.request, &new.by.user, &bounds.demands, verb, now).await? {
        return Ok(Receipt::Refused(refusal));
    }
    let asked = Asked { restated: new.restated, proof: None, chosen: new.chosen };
    let ticket = match rules::check_care(&bounds.demands, &new.choice, asked, now) {
        Ok(()) => None,
        Err(Refusal::NotProved) if new.ticket.is_some() => new.ticket,
        Err(refusal) => return Ok(Receipt::Refused(refusal)),
    };
    // A new choice takes the place of one that the person has not signed in for yet.
    held::give_up(c, &new.request, &new.by, now).await?;
    if waits(c, &new.request, &new.by, new.choice.verb()).await? {
        return Ok(Receipt::Waiting);
    }
    let decision = Decision {
        id: new_id(now),
        request: new.request,
        by: new.by,
        choice: new.choice,
        basis,
        picked: new.picked,
        restated: new.restated,
        again,
        aloud: new.aloud,
        chosen: new.chosen,
        deadline: new.deadline,
        attempts: 0,
        link: new.link,
        renewed: false,
        proof: None,
        stage: match &ticket {
            // A sign-in that comes when the choice is too old to be sent would be in vain.
            Some(_) => {
                Stage::Held { until: now.checked_add(SIGN_IN_WITHIN).unwrap_or(Timestamp::MAX).min(new.deadline) }
            }
            None => Stage::Recorded,
        },
    };
    insert(c, &decision, now).await?;
    watches::stir(c, &decision.request, &decision.by.user, now).await?;
    requests::touch(c, &decision.request).await?;
    audit::chosen(c, &decision, &new.click, now).await?;
    let Some(ticket) = ticket else { return Ok(Receipt::Recorded) };
    let purpose = Purpose::Proof { decision: decision.id };
    sign_ins::begin(c, &decision.by, &ticket, purpose, &SignInStage::Offered, now).await?;
    Ok(Receipt::Held)
}

impl Ledger {
    /// Whether somebody has chosen anything for the request.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn has_chosen(&self, request: &RequestId, by: &SlackUser) -> Result<bool, LedgerError> {
        let found = sqlx::query("SELECT 1 FROM decisions WHERE request_id = $1 AND team = $2 AND person = $3 LIMIT 1")
            .bind(request.as_str())
            .bind(by.team.as_str())
            .bind(by.user.as_str())
            .fetch_optional(&self.readers)
            .await?;
        Ok(found.is_some())
    }
}

/// The newest approve of the request that has an outcome nobody knows.
pub(super) async fn approve_open(c: &mut Connection, request: &RequestId) -> Result<Option<i64>, LedgerError> {
    let newest = sqlx::query_scalar(
        "SELECT MAX(id) FROM decisions WHERE request_id = $1 AND verb = 'approve' AND stage_name = 'unknown'",
    )
    .bind(request.as_str())
    .fetch_one(c)
    .await?;
    Ok(newest)
}

/// Whether any decision about the request is on its way to P0 right now.
pub(super) async fn one_is_sending(c: &mut Connection, request: &RequestId) -> Result<bool, LedgerError> {
    let found = sqlx::query("SELECT 1 FROM decisions WHERE request_id = $1 AND stage_name = 'sending' LIMIT 1")
        .bind(request.as_str())
        .fetch_optional(c)
        .await?;
    Ok(found.is_some())
}

async fn waits(c: &mut Connection, request: &RequestId, by: &SlackUser, verb: Verb) -> Result<bool, LedgerError> {
    let found = sqlx::query(
        "SELECT 1 FROM decisions WHERE request_id = $1 AND team = $2 AND person = $3 AND verb = $4
             AND stage_name IN ('recorded', 'sending') LIMIT 1",
    )
    .bind(request.as_str())
    .bind(by.team.as_str())
    .bind(by.user.as_str())
    .bind(verb.as_str())
    .fetch_optional(c)
    .await?;
    Ok(found.is_some())
}

async fn insert(c: &mut Connection, decision: &Decision, now: Timestamp) -> Result<(), LedgerError> {
    let due = match decision.stage {
        Stage::Held { until } => until,
        _ => now,
    };
    sqlx::query(
        "INSERT INTO decisions (id, request_id, team, person, verb, choice, basis, again, aloud, chosen_at, deadline,
                                attempts, due_at, stage_name, stage, unheard, link, picked, restated)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, 0, $15, $16, $17)",
    )
    .bind(decision.id)
    .bind(decision.request.as_str())
    .bind(decision.by.team.as_str())
    .bind(decision.by.user.as_str())
    .bind(decision.choice.verb().as_str())
    .bind(to_json(&decision.choice)?)
    .bind(to_json(&decision.basis)?)
    .bind(decision.again)
    .bind(i64::from(decision.aloud))
    .bind(decision.chosen.as_millisecond())
    .bind(decision.deadline.as_millisecond())
    .bind(due.as_millisecond())
    .bind(decision.stage.name())
    .bind(to_json(&decision.stage)?)
    .bind(decision.link)
    .bind(i64::from(decision.picked))
    .bind(i64::from(decision.restated))
    .execute(c)
    .await?;
    Ok(())
}

/// Writes a decision's stage.
pub(super) async fn save_stage(c: &mut Connection, decision: &Decision) -> Result<(), LedgerError> {
    sqlx::query("UPDATE decisions SET stage_name = $2, stage = $3 WHERE id = $1")
        .bind(decision.id)
        .bind(decision.stage.name())
        .bind(to_json(&decision.stage)?)
        .execute(c)
        .await?;
    Ok(())
}

pub(super) async fn load(c: &mut Connection, id: i64) -> Result<Option<Decision>, LedgerError> {
    let row = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM decisions WHERE id = $1")))
        .bind(id)
        .fetch_optional(c)
        .await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn of_request(c: &mut Connection, request: &RequestId) -> Result<Vec<Decision>, LedgerError> {
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM decisions WHERE request_id = $1 ORDER BY id")))
            .bind(request.as_str())
            .fetch_all(c)
            .await?;
    rows.iter().map(read).collect()
}

/// Decisions about the request that have not been sent.
pub(super) async fn unsent_of(c: &mut Connection, request: &RequestId) -> Result<Vec<Decision>, LedgerError> {
    let all = of_request(c, request).await?;
    Ok(all.into_iter().filter(|decision| matches!(decision.stage, Stage::Held { .. } | Stage::Recorded)).collect())
}

pub(super) fn read(row: &Row) -> Result<Decision, LedgerError> {
    let corrupt = |what: &str| LedgerError::Corrupt(format!("a decision's {what}"));
    let text = |column: &str| row.try_get::<&str, _>(column);
    Ok(Decision {
        id: row.try_get("id")?,
        request: RequestId::parse(text("request_id")?).map_err(|_| corrupt("request"))?,
        by: SlackUser {
            team: TeamId::parse(text("team")?).ok_or_else(|| corrupt("team"))?,
            user: UserId::parse(text("person")?).ok_or_else(|| corrupt("person"))?,
        },
        choice: from_json(text("choice")?)?,
        basis: from_json(text("basis")?)?,
        picked: row.try_get::<i64, _>("picked")? != 0,
        restated: row.try_get::<i64, _>("restated")? != 0,
        again: row.try_get("again")?,
        aloud: row.try_get::<i64, _>("aloud")? != 0,
        chosen: from_millisecond(row.try_get("chosen_at")?),
        deadline: from_millisecond(row.try_get("deadline")?),
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
        link: row.try_get("link")?,
        renewed: row.try_get::<i64, _>("renewed")? != 0,
        proof: row.try_get::<Option<&str>, _>("proof")?.map(from_json).transpose()?,
        stage: from_json(text("stage")?)?,
    })
}
