//! The worker of the second API: takes recorded changes of P0's settings, finds out whether whoever wanted them are
//! admins now, marks them, tells P0, writes down what came of it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::carrier::{self, AUTHORIZE_WITHIN, Carrier, MARK_IS_GOOD_FOR};
use super::outcome::Outcome;
use super::retry;
use super::settings_api::SettingsApi;
use crate::authorize::admins::{Admins, NotAdmitted};
use crate::clock::Clock;
use crate::domain::jit::author::Author;
use crate::domain::jit::change::{Change, Said};
use crate::domain::jit::proposal::{Groups, Proposal};
use crate::domain::jit::refusal::SettingsRefusal;
use crate::ledger::jit::cards::Policy;
use crate::ledger::jit::leases::{SendingSettings, SettingsLease, SettingsMarked};
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Metrics;

/// P0 does not take the key, or not any more (`jit-settings.json`, `UnauthorizedError`).
const UNAUTHORIZED: u16 = 401;

/// Forwards changes of P0's settings.
#[derive(Clone)]
pub struct SettingsWorker {
    /// Where changes are.
    pub ledger: Ledger,
    /// Who is an admin.
    pub admins: Admins,
    /// Who has the last word; `None` without a key: then what is there is refused.
    pub p0: Option<SettingsApi>,
    /// What this installation allows.
    pub policy: Policy,
    /// The one proposal whose changes are carried; `None`: everybody's.
    pub only: Option<i64>,
    /// What time it is.
    pub clock: Clock,
    /// What came of it.
    pub metrics: Metrics,
}

/// Why a change is not sent now.
enum NotAgreed {
    /// Whoever wanted it may not.
    ByAuthor(SettingsRefusal),
    /// Whoever agreed may not.
    BySecond(SettingsRefusal),
    /// Slack could not be asked; try again, no sooner than this.
    Later(Option<Duration>),
}

impl Carrier for SettingsWorker {
    type Lease = SettingsLease;

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    async fn sweep(&self) -> Result<usize, LedgerError> {
        self.ledger.sweep_settings().await
    }

    /// One at most: what one change does depends on what another has done.
    async fn claim(&self, _: u32) -> Result<Vec<SettingsLease>, LedgerError> {
        Ok(self.ledger.claim_settings(self.only).await?.into_iter().collect())
    }

    async fn carry(&self, lease: SettingsLease, stop: &CancellationToken) {
        let id = lease.decision().id;
        if let Err(error) = self.try_carry(lease, stop).await {
            tracing::error!(decision = id, %error, "what became of a change of P0's settings could not be written down");
        }
    }
}

impl SettingsWorker {
    /// Forwards until it is told to stop; then finishes what is under way.
    pub async fn run(self, stop: CancellationToken) {
        carrier::run(self, stop).await;
    }

    /// Does what is due now, one change at most, and says how much that was; for stories that are told step by step.
    pub async fn step(&self) -> usize {
        carrier::step(self).await
    }

    async fn try_carry(&self, lease: SettingsLease, stop: &CancellationToken) -> Result<(), LedgerError> {
        if stop.is_cancelled() {
            let now = self.clock.now();
            return self.ledger.retry_settings_unsent(lease, now).await;
        }
        let verb = verb(&lease.decision().item.change);
        let Some(p0) = &self.p0 else {
            self.metrics.outcome(verb, "no_key");
            return self.ledger.refuse_settings_unsent(lease, SettingsRefusal::NoApiKey).await;
        };
        let asking = tokio::time::timeout(AUTHORIZE_WITHIN, self.agreed(lease.proposal())).await;
        let groups = match asking.unwrap_or(Err(NotAgreed::Later(None))) {
            Ok(groups) => groups,
            Err(NotAgreed::ByAuthor(refusal)) => {
                self.metrics.outcome(verb, "not_authorized");
                return self.ledger.refuse_settings_unsent(lease, refusal).await;
            }
            Err(NotAgreed::BySecond(refusal)) => {
                self.metrics.outcome(verb, "not_agreed");
                return self.ledger.disagree(lease, refusal).await;
            }
            Err(NotAgreed::Later(asked)) => {
                self.metrics.outcome(verb, "slack_unavailable");
                let due = self.clock.now() + retry::wait(lease.decision().attempts, asked);
                return self.ledger.retry_settings_unsent(lease, due).await;
            }
        };
        if stop.is_cancelled() {
            // A call may take longer than a stop: what is not marked yet is for the next start.
            let now = self.clock.now();
            return self.ledger.retry_settings_unsent(lease, now).await;
        }
        let SettingsMarked::Sending(sending) = self.ledger.mark_settings(lease, groups, &self.policy).await? else {
            return Ok(());
        };
        if self.clock.now() > sending.marked() + MARK_IS_GOOD_FOR {
            tracing::warn!(decision = sending.decision().id, "a sender found itself late and did not send");
            let due = self.clock.now() + retry::wait(sending.decision().attempts, None);
            return self.ledger.retry_settings(sending, due).await;
        }
        let outcome = p0.call(&sending.decision().item.change, sending.key()).await;
        self.write_down(sending, outcome).await
    }

    /// Asks Slack whether whoever wanted it, and whoever agreed, are admins at this moment; says who is in their groups.
    /// The operator holds the key anyway.
    async fn agreed(&self, proposal: &Proposal) -> Result<Groups, NotAgreed> {
        let Author::Admin(author) = &proposal.by else { return Ok(Groups::new()) };
        let no = |refused: NotAdmitted, because: fn(SettingsRefusal) -> NotAgreed| match refused {
            NotAdmitted::Refused(refusal) => because(refusal),
            NotAdmitted::Later(asked) => NotAgreed::Later(asked),
        };
        let groups = self.admins.admit(author).await.map_err(|refused| no(refused, NotAgreed::ByAuthor))?;
        if let Some(second) = &proposal.second {
            self.admins.admit_too(second, &groups).await.map_err(|refused| no(refused, NotAgreed::BySecond))?;
        }
        Ok(groups)
    }

    async fn write_down(&self, sending: Box<SendingSettings>, outcome: Outcome<Said>) -> Result<(), LedgerError> {
        let decision = sending.decision();
        let (verb, attempts) = (verb(&decision.item.change), decision.attempts);
        self.metrics.outcome(verb, outcome.name());
        tracing::info!(
            decision = decision.id,
            verb,
            outcome = outcome.name(),
            "P0 was told of a change of its settings"
        );
        match outcome {
            Outcome::Done(said) => self.ledger.settings_done(sending, said).await,
            Outcome::Refused { status: UNAUTHORIZED, words } => {
                self.ledger.settings_refused(sending, SettingsRefusal::KeyNotTaken { words }).await
            }
            Outcome::Refused { status, words } => {
                self.ledger.settings_refused(sending, SettingsRefusal::P0 { status, words }).await
            }
            Outcome::Busy { retry_after } => {
                let due = self.clock.now() + retry::wait(attempts, retry_after);
                self.ledger.retry_settings(sending, due).await
            }
            Outcome::NotSent => {
                let due = self.clock.now() + retry::wait(attempts, None);
                self.ledger.retry_settings(sending, due).await
            }
            Outcome::Unknown { words } => self.ledger.settings_unknown(sending, words).await,
        }
    }
}

/// As metrics and logs name it, beside the choices of approvers.
fn verb(change: &Change) -> &'static str {
    match change {
        Change::Add { .. } => "settings_add",
        Change::Remove { .. } => "settings_remove",
        Change::Reset => "settings_reset",
        Change::Maximum { .. } => "settings_maximum",
        Change::Standing { .. } => "settings_standing",
        Change::Approvable { .. } => "settings_approvable",
        Change::Approvals(_) => "settings_approvals",
    }
}
