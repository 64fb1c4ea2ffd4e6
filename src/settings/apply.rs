//! `settings apply`: P0's settings are made as a file says, one decision for each difference.

use std::io::{BufRead as _, IsTerminal as _, Write, stdin};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::carry::Carrying;
use super::file::SettingsFile;
use super::plan::Plan;
use super::{Known, STDOUT, outcome, words};
use crate::beside::time;
use crate::clock::Clock;
use crate::config::{ConfigError, Settings};
use crate::domain::jit::mirror::Mirror;
use crate::domain::jit::proposal::SettingsDecision;
use crate::domain::jit::typed;
use crate::domain::jit::wanted::Wanted;
use crate::ledger::Ledger;
use crate::ledger::jit::cards::SettingsCard;

const NOT_AGREED: &str = "nothing was changed: run it with --yes to carry this out";

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
    pub(super) fn open(path: &Path, manner: Manner, settings: &Settings) -> Result<Self, ConfigError> {
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
    pub(super) fn tell(&self, plan: &Plan, known: &Known, out: &mut impl Write) -> anyhow::Result<()> {
        self.tell_plan(plan, known, out)?;
        if !self.will_stay_as_wanted(known) {
            bail!("P0's settings are not surely as {} says", self.name);
        }
        self.are_vouched(&known.mirror)
    }

    /// Whether anything can be sent at all: programs that read get the plan, unless they agree to it beforehand.
    pub(super) fn may_send(&self) -> bool {
        !self.manner.only_plan && (self.manner.yes || !self.manner.json)
    }

    /// Tells what another run has recorded and not brought to its end, and asks whether to go on with that.
    ///
    /// # Errors
    /// Where nobody agrees to it.
    pub(super) fn agree_to_go_on(&self, left: &[SettingsCard], out: &mut impl Write) -> anyhow::Result<()> {
        if !self.manner.json {
            left.iter().try_for_each(|card| writeln!(out, "{}", words::on_the_way(card))).context(STDOUT)?;
        }
        if self.manner.yes { Ok(()) } else { is_agreed("yes", out) }
    }

    /// Carries that to its end. What became of it the next plan takes in.
    ///
    /// # Errors
    /// Where something still is on its way when somebody has enough of waiting.
    pub(super) async fn go_on(
        &self,
        ledger: &Ledger,
        left: &[SettingsCard],
        settings: &Settings,
        clock: &Clock,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        for card in left {
            let carrying = Carrying::resume(ledger, card, settings, clock)?;
            is_over(&carrying.watch(!self.manner.json, out).await?)?;
        }
        Ok(())
    }

    /// Tells the plan, and asks whoever sits at the terminal; nobody does where a program reads or writes.
    ///
    /// # Errors
    /// Where nobody agrees to it.
    pub(super) fn agree(&self, plan: &Plan, known: &Known, out: &mut impl Write) -> anyhow::Result<()> {
        if self.manner.yes {
            return if self.manner.json { Ok(()) } else { self.tell_plan(plan, known, out) };
        }
        self.tell_plan(plan, known, out)?;
        if self.manner.json {
            bail!(NOT_AGREED);
        }
        is_agreed(known.mirror.typed(&plan.changes()).as_deref().unwrap_or("yes"), out)
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
        let carrying = Carrying::record(ledger, plan, settings, clock).await?;
        let card = carrying.watch(!self.manner.json, out).await?;
        if self.manner.json {
            self.tell_json(plan, &card.decisions, self.is_as_wanted(&card.mirror), &card.mirror, out)?;
        }
        is_over(&card)?;
        let all = plan.steps.len();
        let undone = card.decisions.iter().filter(|decision| !outcome::is_done(decision)).count();
        if undone > 0 {
            bail!("not surely carried out: {undone} of {all}");
        }
        if !self.is_as_wanted(&card.mirror) {
            bail!("P0's settings are still not surely as {} says: see `p0-chatops settings show`", self.name);
        }
        self.are_vouched(&card.mirror)
    }

    /// Also what is on its way may change it.
    fn will_stay_as_wanted(&self, known: &Known) -> bool {
        known.on_the_way.is_empty() && self.is_as_wanted(&known.mirror)
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

    fn tell_plan(&self, plan: &Plan, known: &Known, out: &mut impl Write) -> anyhow::Result<()> {
        match self.manner.json {
            true => self.tell_json(plan, &[], self.will_stay_as_wanted(known), &known.mirror, out),
            false => write!(out, "{}", plan.text()).context(STDOUT),
        }
    }

    fn tell_json(
        &self,
        plan: &Plan,
        decisions: &[SettingsDecision],
        as_wanted: bool,
        known: &Mirror,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let outcomes = decisions.iter().map(outcome::json).map(Some).chain(std::iter::repeat(None));
        let steps = plan.steps.iter().zip(outcomes);
        let whole = json!({
            "as_wanted": as_wanted,
            "confirmed": known.is_vouched(&self.wanted),
            "changes": steps.map(|(step, outcome)| step.json(outcome)).collect::<Vec<Value>>(),
            "notes": plan.notes,
        });
        writeln!(out, "{whole:#}").context(STDOUT)
    }
}

/// Asks whoever sits at the terminal.
fn is_agreed(word: &str, out: &mut impl Write) -> anyhow::Result<()> {
    if !stdin().is_terminal() {
        bail!(NOT_AGREED);
    }
    write!(out, "Type {word} to carry this out: ").and_then(|()| out.flush()).context(STDOUT)?;
    let mut typed = String::new();
    stdin().lock().read_line(&mut typed).context("standard input")?;
    if !typed::is_confirmed(Some(word), Some(&typed)) {
        bail!(NOT_AGREED);
    }
    Ok(())
}

fn is_over(card: &SettingsCard) -> anyhow::Result<()> {
    let waiting: Vec<&SettingsDecision> = outcome::under_way(card).collect();
    if let Some(last) = waiting.last() {
        let (count, all, until) = (waiting.len(), card.decisions.len(), time(last.deadline));
        bail!("still on the way: {count} of {all}; a bot that runs goes on with that until {until}");
    }
    Ok(())
}
