//! `settings apply`: P0's settings are made as a file says, one decision for each difference.

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _, Write, stdin};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::file::SettingsFile;
use super::plan::Plan;
use super::{STDOUT, outcome, words};
use crate::authorize::admins::Admins;
use crate::authorize::workspace::Workspace;
use crate::beside::time;
use crate::clock::Clock;
use crate::config::{AdminList, ConfigError, Settings};
use crate::domain::card_key::CardKey;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::jit::author::Author;
use crate::domain::jit::mirror::{Mirror, Wanted};
use crate::domain::jit::proposal::{Groups, Proposal, SettingsDecision};
use crate::domain::jit::refusal::SettingsRefusal;
use crate::domain::jit::typed;
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

/// How it is done.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// Without asking.
    pub(super) yes: bool,
    /// Nothing is changed.
    pub(super) only_plan: bool,
    /// What nobody vouches for is not good enough.
    pub(super) strict: bool,
    /// For programs.
    pub(super) json: bool,
}

/// What is to be applied, and whether it may be.
pub(super) struct Application {
    /// How P0's settings should be.
    pub(super) wanted: Wanted,
    name: String,
    manner: Manner,
}

impl Application {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn open(path: &PathBuf, manner: Manner, settings: &Settings) -> Result<Self, ConfigError> {
        let SettingsFile { wanted, .. } = SettingsFile::open(path)?;
        let name = path.display().to_string();
        if wanted.approvals.is_some() && !settings.changes.approvals {
            let key = format!("{name}: approvals");
            return Err(ConfigError::new(key, "needs `approvals = true` under [settings] of the bot's own settings"));
        }
        if settings.p0.settings_api_key.is_none() && !manner.only_plan {
            let missing =
                "is missing: P0's settings are changed with a key that an owner of the organisation makes at P0";
            return Err(ConfigError::new("p0.settings_api_key", missing));
        }
        Ok(Self { wanted, name, manner })
    }

    /// Tells the plan, and nothing more.
    ///
    /// # Errors
    /// Where there is anything to do.
    pub(super) fn tell(&self, plan: &Plan, known: &Mirror, out: &mut impl Write) -> anyhow::Result<()> {
        self.tell_plan(plan, known, out)?;
        if !self.is_as_wanted(known) {
            bail!("P0's settings are not surely as {} says", self.name);
        }
        self.are_vouched(known)
    }

    /// Tells the plan, and asks whoever sits at the terminal; nobody does where a program reads or writes.
    ///
    /// # Errors
    /// Where nobody agrees to it.
    pub(super) fn agree(&self, plan: &Plan, known: &Mirror, out: &mut impl Write) -> anyhow::Result<()> {
        const NOT_AGREED: &str = "nothing was changed: run it with --yes to carry this out";
        if self.manner.yes {
            return if self.manner.json { Ok(()) } else { self.tell_plan(plan, known, out) };
        }
        self.tell_plan(plan, known, out)?;
        if self.manner.json || !stdin().is_terminal() {
            bail!(NOT_AGREED);
        }
        let word = known.typed(&plan.changes()).unwrap_or_else(|| "yes".to_owned());
        write!(out, "Type {word} to carry this out: ").and_then(|()| out.flush()).context(STDOUT)?;
        let mut typed = String::new();
        stdin().lock().read_line(&mut typed).context("standard input")?;
        if !typed::is_confirmed(Some(&word), Some(&typed)) {
            bail!(NOT_AGREED);
        }
        Ok(())
    }

    /// Carries the plan out, and says what became of each change.
    ///
    /// # Errors
    /// Where P0's settings are not as wanted afterwards.
    pub(super) async fn carry_out(
        &self,
        ledger: &Ledger,
        plan: &Plan,
        settings: &Settings,
        clock: &Clock,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let clients = Clients::new(&settings.outbound)?;
        let proposal = record(ledger, plan, settings, clock).await?;
        let worker = worker(ledger, clients, proposal.id, settings, clock);
        let card = self.wait(ledger, worker, &proposal.key, plan, out).await?;
        if self.manner.json {
            self.tell_json(plan, &card.decisions, &card.mirror, out)?;
        }
        let all = plan.steps.len();
        let waiting: Vec<&SettingsDecision> = card.decisions.iter().filter(|one| !one.stage.is_over()).collect();
        if let Some(last) = waiting.last() {
            let (count, until) = (waiting.len(), time(last.deadline));
            bail!("still on the way: {count} of {all}; a bot that runs goes on with that until {until}");
        }
        let undone = card.decisions.iter().filter(|decision| !outcome::is_done(decision)).count();
        if undone > 0 {
            bail!("not surely carried out: {undone} of {all}");
        }
        if !self.is_as_wanted(&card.mirror) {
            bail!("P0's settings are still not surely as {} says: see `p0-chatops settings show`", self.name);
        }
        self.are_vouched(&card.mirror)
    }

    fn is_as_wanted(&self, known: &Mirror) -> bool {
        known.needed(&self.wanted).is_empty() && known.doubts_about(&self.wanted).next().is_none()
    }

    fn are_vouched(&self, known: &Mirror) -> anyhow::Result<()> {
        if self.manner.strict && !known.is_vouched(&self.wanted) {
            bail!("nobody has confirmed that P0's settings are as {} says: see `p0-chatops settings show`", self.name);
        }
        Ok(())
    }

    /// Works until nothing more becomes of the changes, or somebody has enough; says what becomes of each as it does.
    async fn wait(
        &self,
        ledger: &Ledger,
        worker: SettingsWorker,
        key: &CardKey,
        plan: &Plan,
        out: &mut impl Write,
    ) -> anyhow::Result<SettingsCard> {
        let mut signals = Signals::listen()?;
        let stop = CancellationToken::new();
        let mut working = tokio::spawn(worker.run(stop.clone()));
        let mut told = BTreeSet::new();
        let mut changes = ledger.changes();
        loop {
            changes.mark_unchanged();
            let card = self.look(ledger, key, plan, &mut told, out).await?;
            if card.decisions.iter().all(|decision| decision.stage.is_over()) {
                break;
            }
            tokio::select! {
                () = signals.next() => break,
                _ = changes.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        // What is being sent is waited for; a second signal has no patience.
        stop.cancel();
        tokio::select! {
            ended = &mut working => ended?,
            () = signals.next() => {}
        }
        self.look(ledger, key, plan, &mut told, out).await
    }

    /// Reads how far it is, and tells what is new.
    async fn look(
        &self,
        ledger: &Ledger,
        key: &CardKey,
        plan: &Plan,
        told: &mut BTreeSet<String>,
        out: &mut impl Write,
    ) -> anyhow::Result<SettingsCard> {
        let card = ledger.settings_card(key).await?.context("the changes are gone from the ledger")?;
        if !self.manner.json {
            for (decision, step) in card.decisions.iter().zip(&plan.steps) {
                let Some(news) = outcome::text(decision) else { continue };
                let line = format!("{}: {news}", step.what());
                if told.insert(line.clone()) {
                    writeln!(out, "{line}").and_then(|()| out.flush()).context(STDOUT)?;
                }
            }
        }
        Ok(card)
    }

    fn tell_plan(&self, plan: &Plan, known: &Mirror, out: &mut impl Write) -> anyhow::Result<()> {
        match self.manner.json {
            true => self.tell_json(plan, &[], known, out),
            false => write!(out, "{}", plan.text()).context(STDOUT),
        }
    }

    fn tell_json(
        &self,
        plan: &Plan,
        decisions: &[SettingsDecision],
        known: &Mirror,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let outcomes = decisions.iter().map(outcome::json).map(Some).chain(std::iter::repeat(None));
        let steps = plan.steps.iter().zip(outcomes);
        let whole = json!({
            "as_wanted": self.is_as_wanted(known),
            "confirmed": known.is_vouched(&self.wanted),
            "changes": steps.map(|(step, outcome)| step.json(outcome)).collect::<Vec<Value>>(),
            "notes": plan.notes,
        });
        writeln!(out, "{whole:#}").context(STDOUT)
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

/// Records the changes as the operator's, where all is still as the plan has it.
async fn record(ledger: &Ledger, plan: &Plan, settings: &Settings, clock: &Clock) -> anyhow::Result<Proposal> {
    const CHANGED: &str = "somebody has changed the settings meanwhile: nothing was changed, run it again";
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
    if !proposal.items.iter().zip(&plan.steps).all(|(item, step)| item.before == step.before) {
        bail!(CHANGED);
    }
    let times = (clock.now(), settings.forward_within);
    match ledger.apply_proposal(keys(), proposal.key.clone(), Author::Operator, None, policy, times).await? {
        Applied::Recorded => Ok(proposal),
        Applied::Refused(SettingsRefusal::Changed) | Applied::Repeated | Applied::Waiting { .. } => bail!(CHANGED),
        Applied::Refused(refusal) => bail!("nothing was changed: {}", words::refusal(&refusal)),
    }
}
