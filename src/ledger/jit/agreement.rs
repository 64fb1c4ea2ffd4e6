//! What else can become of a proposal: another admin agrees or says no, or its author withdraws it.

use std::time::Duration;

use jiff::Timestamp;

use super::proposals::{self, by_key, decide, due, save};
use crate::domain::card_key::CardKey;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::jit::author::Author;
use crate::domain::jit::proposal::{AGREED_WITHIN, Proposal, ProposalStage};
use crate::domain::jit::refusal::SettingsRefusal;
use crate::domain::person::SlackUser;
use crate::ledger::database::Connection;
use crate::ledger::{Ledger, LedgerError, deliveries};

/// What came of it.
pub type Answered = Result<(), SettingsRefusal>;

impl Ledger {
    /// A second admin agrees: from then on it is a decision, to be sent `within` so long after they did. `None` where
    /// this very delivery was taken in before.
    ///
    /// # Errors
    /// Where it cannot be written: then nobody must be told that it was.
    pub async fn agree(
        &self,
        keys: DeliveryKeys,
        key: CardKey,
        by: SlackUser,
        (chosen, within): (Timestamp, Duration),
    ) -> Result<Option<Answered>, LedgerError> {
        let deadline = chosen.checked_add(within).unwrap_or(Timestamp::MAX);
        self.answer(keys, key, move |c, proposal, now| {
            Box::pin(async move {
                match waiting_for_another(&proposal, &by, now) {
                    Ok(()) => {
                        let agreed = Proposal { second: Some(by), ..proposal };
                        decide(c, agreed, deadline, now).await.map(Ok)
                    }
                    Err(refusal) => Ok(Err(refusal)),
                }
            })
        })
        .await
    }

    /// Another admin says no. `None` where this very delivery was taken in before.
    ///
    /// # Errors
    /// Where it cannot be written: then nobody must be told that it was.
    pub async fn decline(
        &self,
        keys: DeliveryKeys,
        key: CardKey,
        by: SlackUser,
    ) -> Result<Option<Answered>, LedgerError> {
        self.answer(keys, key, move |c, proposal, now| {
            Box::pin(async move {
                if let Err(refusal) = waiting_for_another(&proposal, &by, now) {
                    return Ok(Err(refusal));
                }
                let declined = Proposal { stage: ProposalStage::Declined { by, at: now }, ..proposal };
                let until = due(c, declined.id).await?;
                save(c, &declined, until, now).await.map(Ok)
            })
        })
        .await
    }

    /// Whoever wanted it does so no longer. `None` where this very delivery was taken in before.
    ///
    /// # Errors
    /// Where it cannot be written: then nobody must be told that it was.
    pub async fn withdraw(
        &self,
        keys: DeliveryKeys,
        key: CardKey,
        by: SlackUser,
    ) -> Result<Option<Answered>, LedgerError> {
        self.answer(keys, key, move |c, proposal, now| {
            Box::pin(async move {
                if proposal.by != Author::Admin(by) {
                    return Ok(Err(SettingsRefusal::TooOld));
                }
                if !matches!(proposal.stage, ProposalStage::Shown | ProposalStage::Waiting { .. }) {
                    return Ok(Err(SettingsRefusal::Over));
                }
                let withdrawn = Proposal { stage: ProposalStage::Withdrawn { at: now }, ..proposal };
                let until = due(c, withdrawn.id).await?;
                save(c, &withdrawn, until, now).await.map(Ok)
            })
        })
        .await
    }

    async fn answer<F>(&self, keys: DeliveryKeys, key: CardKey, work: F) -> Result<Option<Answered>, LedgerError>
    where
        F: for<'c> FnOnce(
                &'c mut Connection,
                Proposal,
                Timestamp,
            ) -> futures_util::future::BoxFuture<'c, Result<Answered, LedgerError>>
            + Send
            + 'static,
    {
        self.write(move |c, now| {
            Box::pin(async move {
                if !deliveries::remember(c, keys, now).await? {
                    return Ok(None);
                }
                match by_key(c, &key).await? {
                    Some(proposal) => work(c, proposal, now).await.map(Some),
                    None => Ok(Some(Err(SettingsRefusal::TooOld))),
                }
            })
        })
        .await
    }
}

fn waiting_for_another(proposal: &Proposal, by: &SlackUser, now: Timestamp) -> Answered {
    match proposal.stage {
        ProposalStage::Waiting { .. } if proposal.by.user() == Some(&by.user) => Err(SettingsRefusal::SameAdmin),
        ProposalStage::Waiting { until, .. } if now > until => Err(SettingsRefusal::TooOld),
        ProposalStage::Waiting { .. } => Ok(()),
        _ => Err(SettingsRefusal::Over),
    }
}

/// The second admin turned out to be none: the proposal waits for another, as long as it would have.
pub(super) async fn reopen(c: &mut Connection, proposal: Proposal, now: Timestamp) -> Result<(), LedgerError> {
    let until = due(c, proposal.id).await?;
    let since = until.checked_sub(AGREED_WITHIN).unwrap_or(Timestamp::MIN);
    let stage = ProposalStage::Waiting { since, until };
    proposals::save(c, &Proposal { stage, second: None, ..proposal }, until, now).await
}
