//! The worker: takes recorded decisions, finds out whose they are, marks them, tells P0, writes down what came of it.

use tokio_util::sync::CancellationToken;

use super::carrier::{self, AUTHORIZE_WITHIN, Carrier, MARK_IS_GOOD_FOR};
use super::outcome::Outcome;
use super::permission_api::PermissionApi;
use super::retry;
use crate::authorize::{Authorizer, NotAuthorized};
use crate::clock::Clock;
use crate::domain::link::LinkEnd;
use crate::domain::refusal::Refusal;
use crate::domain::rules::Limits;
use crate::ledger::leases::{Lease, Marked, Sender, SendingLease};
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Metrics;

/// Forwards decisions.
#[derive(Clone)]
pub struct Worker {
    /// Where decisions are.
    pub ledger: Ledger,
    /// Who people are.
    pub authorizer: Authorizer,
    /// Who has the last word.
    pub p0: PermissionApi,
    /// What this installation allows.
    pub limits: Limits,
    /// What time it is.
    pub clock: Clock,
    /// What came of it.
    pub metrics: Metrics,
}

impl Carrier for Worker {
    type Lease = Lease;

    fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    async fn sweep(&self) -> Result<usize, LedgerError> {
        self.ledger.sweep().await
    }

    async fn claim(&self, most: u32) -> Result<Vec<Lease>, LedgerError> {
        self.ledger.claim(most).await
    }

    async fn carry(&self, lease: Lease, stop: &CancellationToken) {
        let id = lease.decision().id;
        if let Err(error) = self.try_carry(lease, stop).await {
            tracing::error!(decision = id, %error, "what became of a decision could not be written down");
        }
    }
}

impl Worker {
    /// Forwards until it is told to stop; then finishes what is under way.
    pub async fn run(self, stop: CancellationToken) {
        carrier::run(self, stop).await;
    }

    /// Does all that is due now and says how much that was; for stories that are told step by step.
    pub async fn step(&self) -> usize {
        carrier::step(self).await
    }

    async fn try_carry(&self, lease: Lease, stop: &CancellationToken) -> Result<(), LedgerError> {
        let decision = lease.decision();
        if stop.is_cancelled() {
            // Whose it is is asked for at the next start: asking may renew what there is no time left to write down.
            let now = self.clock.now();
            return self.ledger.retry_unsent(lease, now).await;
        }
        let asking = tokio::time::timeout(AUTHORIZE_WITHIN, self.authorizer.authorize(&decision.by)).await;
        let authorized = match asking.unwrap_or(Err(NotAuthorized::Later(None))) {
            Ok(authorized) => authorized,
            Err(NotAuthorized::Refused(refusal)) => {
                self.count(&lease, "not_authorized");
                if matches!(refusal, Refusal::Deactivated | Refusal::NobodyKnown) {
                    let (team, user) = (decision.by.team.clone(), decision.by.user.clone());
                    self.ledger.end_links_of(team, Some(vec![user]), LinkEnd::Deactivated).await?;
                }
                return self.ledger.refuse_unsent(lease, refusal).await;
            }
            Err(NotAuthorized::Later(asked)) => {
                self.count(&lease, "slack_unavailable");
                let due = self.clock.now() + retry::wait(decision.attempts, asked);
                return self.ledger.retry_unsent(lease, due).await;
            }
        };
        if stop.is_cancelled() {
            // A call may take longer than a stop: what is not marked yet is for the next start.
            let now = self.clock.now();
            return self.ledger.retry_unsent(lease, now).await;
        }
        let sender = Sender {
            identity: authorized.identity().to_owned(),
            authority: authorized.authority(),
            names: authorized.names().to_vec(),
            link: authorized.link(),
        };
        let Marked::Sending(sending) = self.ledger.mark(lease, sender, self.limits.clone()).await? else {
            return Ok(());
        };
        if self.clock.now() > sending.marked() + MARK_IS_GOOD_FOR {
            tracing::warn!(decision = sending.decision().id, "a sender found itself late and did not send");
            let due = self.clock.now() + retry::wait(sending.decision().attempts, None);
            return self.ledger.retry(sending, due).await;
        }
        let decision = sending.decision();
        let outcome = self.p0.call(&decision.request, &decision.choice, authorized.bearer()).await;
        if let (Outcome::Refused { status: 401, .. }, Some(link), false) =
            (&outcome, authorized.link(), decision.renewed)
        {
            // P0 may have forgotten the token before it ran out: with a new one the choice is sent once more.
            self.metrics.outcome(decision.choice.verb().as_str(), "token_not_taken");
            let now = self.clock.now();
            return self.ledger.retry_renewed(sending, link, now).await;
        }
        self.write_down(sending, outcome).await
    }

    async fn write_down(&self, sending: Box<SendingLease>, outcome: Outcome) -> Result<(), LedgerError> {
        let decision = sending.decision();
        let (verb, attempts) = (decision.choice.verb().as_str(), decision.attempts);
        let name = outcome.name();
        self.metrics.outcome(verb, name);
        tracing::info!(decision = decision.id, request = %decision.request, verb, outcome = name, "P0 was told of a decision");
        match outcome {
            Outcome::Done(()) => self.ledger.done(sending).await,
            Outcome::Refused { status, words } => self.ledger.refused(sending, Refusal::P0 { status, words }).await,
            Outcome::Busy { retry_after } => {
                let due = self.clock.now() + retry::wait(attempts, retry_after);
                self.ledger.retry(sending, due).await
            }
            Outcome::NotSent => {
                let due = self.clock.now() + retry::wait(attempts, None);
                self.ledger.retry(sending, due).await
            }
            Outcome::Unknown { words } => self.ledger.unknown(sending, words).await,
        }
    }

    fn count(&self, lease: &Lease, outcome: &'static str) {
        self.metrics.outcome(lease.decision().choice.verb().as_str(), outcome);
    }
}
