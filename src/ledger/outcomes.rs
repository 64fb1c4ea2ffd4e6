//! What became of a decision, with all that follows from it: the request moves, people are told, copies are redrawn.
//! Each is one piece of somebody else's transaction.

use jiff::Timestamp;

use super::notices::Notice;
use super::{LedgerError, audit, decisions, held, notices, requests, sign_ins};
use crate::domain::decision::{Choice, Decision, Stage, Verb};
use crate::domain::person::Authority;
use crate::domain::phase::{Actor, Phase};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, RequestId};
use crate::ledger::database::Connection;

/// P0 took it.
pub(super) async fn done(
    c: &mut Connection,
    mut decision: Decision,
    identity: String,
    authority: Authority,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let by = Actor::Here { user: decision.by.clone(), identity: identity.clone(), authority };
    decision.stage = Stage::Done { identity, authority, at: now };
    conclude(c, &decision, now).await?;
    let Some(kept) = requests::load(c, &decision.request).await? else {
        // Nobody is shown a request that P0 never told of: the person hears of it directly.
        return tell(c, &decision, now).await;
    };
    if decision.aloud {
        tell(c, &decision, now).await?;
    }
    let mut request = kept.request;
    let before = request.phase.rank();
    carry_out(&mut request, &decision.choice, by, now);
    requests::save(c, &request, now).await?;
    // A push may have overtaken the answer: then the requester has heard of it.
    if request.phase.rank() == before {
        settle(c, &request, now).await
    } else {
        requests::settle_after_move(c, &request, now).await
    }
}

fn carry_out(request: &mut Request, choice: &Choice, by: Actor, at: Timestamp) {
    match choice {
        Choice::Approve { length } => request.approved(by, *length, at),
        Choice::Deny { reason } => request.denied(by, reason.clone(), at),
        Choice::Revoke => request.revoked(by, at),
    }
}

/// Takes into a request what P0 took from here before it told of the request.
pub(super) async fn replay(c: &mut Connection, request: &mut Request) -> Result<(), LedgerError> {
    for decision in decisions::of_request(c, &request.id).await? {
        if let Stage::Done { identity, authority, at } = decision.stage {
            let by = Actor::Here { user: decision.by, identity, authority };
            carry_out(request, &decision.choice, by, at);
        }
    }
    Ok(())
}

/// Where a request stands that P0 never told of, by what P0 took from here.
pub(super) async fn phase_by_answers(c: &mut Connection, id: &RequestId, now: Timestamp) -> Result<Phase, LedgerError> {
    let mut request = Request::unheard(id.clone(), now);
    replay(c, &mut request).await?;
    Ok(request.phase)
}

/// It is not carried out, and the person hears why.
pub(super) async fn refused(
    c: &mut Connection,
    mut decision: Decision,
    refusal: Refusal,
    now: Timestamp,
) -> Result<(), LedgerError> {
    if matches!(decision.stage, Stage::Held { .. }) {
        sign_ins::over_of(c, decision.id, "choice_refused").await?;
    }
    decision.stage = Stage::Refused { refusal, at: now };
    conclude_aloud(c, &decision, now).await
}

/// It could not be sent in time, and the person hears so.
pub(super) async fn dropped(c: &mut Connection, mut decision: Decision, now: Timestamp) -> Result<(), LedgerError> {
    decision.stage = Stage::Dropped { at: now };
    conclude_aloud(c, &decision, now).await
}

/// It may have counted, and the person hears so.
pub(super) async fn unknown(
    c: &mut Connection,
    mut decision: Decision,
    words: String,
    now: Timestamp,
) -> Result<(), LedgerError> {
    decision.stage = Stage::Unknown { words, at: now };
    conclude_aloud(c, &decision, now).await?;
    // News from P0 may have come before the answer was given up.
    match requests::load(c, &decision.request).await? {
        Some(kept) => settle(c, &kept.request, now).await,
        None => Ok(()),
    }
}

/// Closes what the request's standing now answers: unknown outcomes, and choices that wait for a sign-in.
pub(super) async fn settle(c: &mut Connection, request: &Request, now: Timestamp) -> Result<(), LedgerError> {
    held::refuse_decided(c, request, now).await?;
    for mut decision in decisions::of_request(c, &request.id).await? {
        let answered = match decision.choice.verb() {
            Verb::Approve | Verb::Deny => request.phase.is_decided(),
            Verb::Revoke => matches!(request.phase, Phase::Closing { .. } | Phase::Ended { .. }),
        };
        if answered && matches!(decision.stage, Stage::Unknown { .. }) {
            decision.stage = Stage::Settled { at: now };
            conclude(c, &decision, now).await?;
        }
    }
    Ok(())
}

async fn conclude(c: &mut Connection, decision: &Decision, now: Timestamp) -> Result<(), LedgerError> {
    decisions::save_stage(c, decision).await?;
    requests::touch(c, &decision.request).await?;
    audit::decision(c, decision, now).await
}

async fn conclude_aloud(c: &mut Connection, decision: &Decision, now: Timestamp) -> Result<(), LedgerError> {
    conclude(c, decision, now).await?;
    tell(c, decision, now).await
}

async fn tell(c: &mut Connection, decision: &Decision, now: Timestamp) -> Result<(), LedgerError> {
    let notice = Notice::Outcome { decision: decision.id, user: decision.by.user.clone() };
    notices::add(c, &notice, now).await
}
