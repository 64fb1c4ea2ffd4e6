//! The changes of a plan on their way: recorded as the operator's, carried to P0, and watched.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio_util::sync::CancellationToken;

use super::plan::Plan;
use super::{STDOUT, outcome, words};
use crate::authorize::admins::Admins;
use crate::authorize::workspace::Workspace;
use crate::clock::Clock;
use crate::config::{AdminList, Settings};
use crate::domain::card_key::CardKey;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::jit::author::Author;
use crate::domain::jit::proposal::{Groups, Proposal};
use crate::domain::jit::refusal::SettingsRefusal;
use crate::forward::settings_api::SettingsApi;
use crate::forward::settings_worker::SettingsWorker;
use crate::http_client::Clients;
use crate::ledger::Ledger;
use crate::ledger::jit::cards::{Policy, SettingsCard};
use crate::ledger::jit::proposals::{Applied, NewProposal, Proposed};
use crate::lifecycle::Signals;
use crate::notify::web_api::SlackApi;
use crate::telemetry::Metrics;

/// How often the ledger is looked at: a running bot may carry changes out as well.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Changes that are on disk.
pub(super) struct Carrying<'l> {
    ledger: &'l Ledger,
    key: CardKey,
    /// Changes of which it was known before what became of them.
    over: BTreeSet<i64>,
    worker: SettingsWorker,
}

impl<'l> Carrying<'l> {
    /// Records the changes, where all is still as the plan has it.
    ///
    /// # Errors
    /// Why nothing was recorded.
    pub(super) async fn record(
        ledger: &'l Ledger,
        plan: &Plan,
        settings: &Settings,
        clock: &Clock,
    ) -> anyhow::Result<Self> {
        let clients = Clients::new(&settings.outbound)?;
        let Proposal { id, key, .. } = record(ledger, plan, settings, clock).await?;
        Ok(Self { ledger, key, over: BTreeSet::new(), worker: worker(ledger, clients, id, settings, clock) })
    }

    /// Goes on with changes that another run has recorded.
    ///
    /// # Errors
    /// Where nothing can be sent from here.
    pub(super) fn resume(
        ledger: &'l Ledger,
        card: &SettingsCard,
        settings: &Settings,
        clock: &Clock,
    ) -> anyhow::Result<Self> {
        let clients = Clients::new(&settings.outbound)?;
        let Proposal { id, key, .. } = &card.proposal;
        let over = card.decisions.iter().filter(|decision| decision.stage.is_over()).map(|decision| decision.id);
        let worker = worker(ledger, clients, *id, settings, clock);
        Ok(Self { ledger, key: key.clone(), over: over.collect(), worker })
    }

    /// Works until nothing more becomes of the changes, or somebody has enough; says what becomes of each as it does,
    /// where it is to be said. Answers how far it is then.
    ///
    /// # Errors
    /// Where the ledger cannot be read, or nothing can be said.
    pub(super) async fn watch(self, is_told: bool, out: &mut impl Write) -> anyhow::Result<SettingsCard> {
        let mut signals = Signals::listen()?;
        let stop = CancellationToken::new();
        let mut working = tokio::spawn(self.worker.clone().run(stop.clone()));
        let mut told = BTreeSet::new();
        let watched = self.until_over(is_told, &mut signals, &mut told, out).await;
        // What is being sent is waited for; a second signal has no patience.
        stop.cancel();
        tokio::select! {
            ended = &mut working => ended?,
            () = signals.next() => {}
        }
        watched?;
        self.look(is_told, &mut told, out).await
    }

    async fn until_over(
        &self,
        is_told: bool,
        signals: &mut Signals,
        told: &mut BTreeSet<String>,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let mut changes = self.ledger.changes();
        loop {
            changes.mark_unchanged();
            let card = self.look(is_told, told, out).await?;
            if card.decisions.iter().all(|decision| decision.stage.is_over()) {
                return Ok(());
            }
            tokio::select! {
                () = signals.next() => return Ok(()),
                _ = changes.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Reads how far it is, and tells what is new.
    async fn look(
        &self,
        is_told: bool,
        told: &mut BTreeSet<String>,
        out: &mut impl Write,
    ) -> anyhow::Result<SettingsCard> {
        let card = self.ledger.settings_card(&self.key).await?.context("the changes are gone from the ledger")?;
        for decision in card.decisions.iter().filter(|decision| is_told && !self.over.contains(&decision.id)) {
            let Some(news) = outcome::text(decision) else { continue };
            let line = format!("{}: {news}", words::before_after(&decision.item));
            if told.insert(line.clone()) {
                writeln!(out, "{line}").and_then(|()| out.flush()).context(STDOUT)?;
            }
        }
        Ok(card)
    }
}

/// Carries the changes of one proposal of the operator's, about which nobody in Slack is asked.
fn worker(ledger: &Ledger, clients: Clients, only: i64, settings: &Settings, clock: &Clock) -> SettingsWorker {
    let metrics = Metrics::default();
    let slack = SlackApi::new(clients.slack, &settings.slack, metrics.clone());
    let nobodys = Workspace { teams: Vec::new(), enterprises: Vec::new(), allow_guests: false };
    SettingsWorker {
        ledger: ledger.clone(),
        admins: Admins::new(Arc::new(slack), nobodys, AdminList::default()),
        p0: SettingsApi::new(clients.decisions, &settings.p0),
        policy: Policy::of(settings),
        only: Some(only),
        clock: clock.clone(),
        metrics,
    }
}

async fn record(ledger: &Ledger, plan: &Plan, settings: &Settings, clock: &Clock) -> anyhow::Result<Proposal> {
    const CHANGED: &str = "somebody has changed the settings meanwhile: nothing was changed, run it again";
    if !ledger.operators_under_way().await?.is_empty() {
        bail!(CHANGED);
    }
    let policy = Policy::of(settings);
    // Nobody delivers this twice.
    let keys = || DeliveryKeys::new([("command", CardKey::random().as_str().to_owned())]);
    let new =
        NewProposal { by: Author::Operator, changes: plan.changes(), groups: Groups::new(), policy: policy.clone() };
    let proposal = match ledger.propose(keys(), new).await? {
        Proposed::Shown(card) => card.proposal,
        Proposed::Refused(refusal) => bail!("nothing was changed: {}", words::refusal(&refusal)),
        Proposed::Repeated => bail!(CHANGED),
    };
    if !proposal.items.iter().zip(&plan.steps).all(|(item, step)| *item == step.item) {
        bail!(CHANGED);
    }
    let times = (clock.now(), settings.forward_within);
    match ledger.apply_proposal(keys(), proposal.key.clone(), Author::Operator, None, policy, times).await? {
        Applied::Recorded => Ok(proposal),
        Applied::Refused(SettingsRefusal::Changed) | Applied::Repeated | Applied::Waiting { .. } => bail!(CHANGED),
        Applied::Refused(refusal) => bail!("nothing was changed: {}", words::refusal(&refusal)),
    }
}
