//! What became of a change, with all that follows from it: what is known of the settings changes, and with it the cards.
//! Each is one piece of somebody else's transaction.

use jiff::Timestamp;

use super::{decisions, mirror, proposals};
use crate::domain::jit::change::Said;
use crate::domain::jit::mirror::settles;
use crate::domain::jit::proposal::{Proposal, SettingsDecision, SettingsStage};
use crate::domain::jit::refusal::SettingsRefusal;
use crate::ledger::LedgerError;
use crate::ledger::database::Connection;

/// P0 took it.
pub(super) async fn done(
    c: &mut Connection,
    proposal: &Proposal,
    mut decision: SettingsDecision,
    said: Said,
    key: Option<String>,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let mut known = mirror::load(c).await?;
    known.take(&decision.item.change, &said, &proposal.by, now);
    mirror::save(c, &known).await?;
    settle(c, &decision, now).await?;
    decision.stage = SettingsStage::Done { said, key, at: now };
    decisions::save(c, proposal, &decision, now).await
}

/// Closes what nobody knew of earlier changes, and does not matter any more.
async fn settle(c: &mut Connection, taken: &SettingsDecision, now: Timestamp) -> Result<(), LedgerError> {
    for mut other in decisions::select(c, "stage_name = 'unknown' AND $1 = $1", now).await? {
        if other.id == taken.id || !settles(&taken.item.change, &other.item.change) {
            continue;
        }
        if let Some(proposal) = proposals::load(c, other.proposal).await? {
            other.stage = SettingsStage::Settled { at: now };
            decisions::save(c, &proposal, &other, now).await?;
        }
    }
    Ok(())
}

/// It is not carried out.
pub(super) async fn refused(
    c: &mut Connection,
    proposal: &Proposal,
    mut decision: SettingsDecision,
    refusal: SettingsRefusal,
    now: Timestamp,
) -> Result<(), LedgerError> {
    if let SettingsStage::Unknown { at, .. } = decision.stage {
        // The answer came after it was given up: it is what happened.
        let mut known = mirror::load(c).await?;
        known.no_doubt(&decision.item.change, at);
        mirror::save(c, &known).await?;
    }
    decision.stage = SettingsStage::Refused { refusal, at: now };
    decisions::save(c, proposal, &decision, now).await
}

/// It could not be sent in time.
pub(super) async fn dropped(
    c: &mut Connection,
    proposal: &Proposal,
    mut decision: SettingsDecision,
    now: Timestamp,
) -> Result<(), LedgerError> {
    decision.stage = SettingsStage::Dropped { at: now };
    decisions::save(c, proposal, &decision, now).await
}

/// It may have counted.
pub(super) async fn unknown(
    c: &mut Connection,
    proposal: &Proposal,
    mut decision: SettingsDecision,
    words: String,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let mut known = mirror::load(c).await?;
    known.doubt(&decision.item.change, &proposal.by, now);
    mirror::save(c, &known).await?;
    decision.stage = SettingsStage::Unknown { words, at: now };
    decisions::save(c, proposal, &decision, now).await
}
