//! `settings apply`: P0's settings are made as a file says, one decision for each difference.

use std::io::{BufRead as _, IsTerminal as _, Write, stdin};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::carry::Carrying;
use super::file::SettingsFile;
use super::plan::Plan;
use super::{STDOUT, outcome};
use crate::beside::time;
use crate::clock::Clock;
use crate::config::{ConfigError, Settings};
use crate::domain::jit::mirror::Mirror;
use crate::domain::jit::proposal::SettingsDecision;
use crate::domain::jit::typed;
use crate::domain::jit::wanted::Wanted;
use crate::ledger::Ledger;

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
        let carrying = Carrying::record(ledger, plan, settings, clock).await?;
        let card = carrying.watch(plan, !self.manner.json, out).await?;
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
