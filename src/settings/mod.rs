//! `p0-chatops settings`: P0's own settings are shown, stated, and made as a file says, also while the bot runs.

mod apply;
mod carry;
mod file;
mod import;
mod outcome;
mod plan;
mod show;
mod words;

use std::io::Write;

use anyhow::Context as _;

use crate::beside;
use crate::cli::settings::{SettingsArgs, SettingsCommand};
use crate::clock::Clock;
use crate::config::{self, Settings, assumed_lengths};
use crate::domain::expiration::ExpirationLength;
use crate::domain::jit::mirror::Mirror;
use crate::ledger::jit::cards::SettingsCard;
use crate::ledger::{Ledger, LedgerError};
use apply::{Application, Manner};
use file::SettingsFile;
use plan::Plan;

const STDOUT: &str = "standard output";

/// Does what the command line asks for, and says on `out` what came of it.
///
/// # Errors
/// What could not be done, or is not as it should be.
pub async fn run(args: SettingsArgs, clock: Clock, out: &mut impl Write) -> anyhow::Result<()> {
    match args.command {
        SettingsCommand::Show { config, json, toml } => {
            let settings = config::load(config.config.as_deref())?;
            let Known { mirror, note, .. } = look(&settings, &clock).await?;
            let text = match (json, toml) {
                (true, _) => format!("{:#}\n", show::json(&mirror)),
                (_, true) => file::to_toml(&mirror, settings.changes.approvals),
                _ => show::text(&mirror) + note.unwrap_or_default(),
            };
            write!(out, "{text}").context(STDOUT)
        }
        SettingsCommand::Import { file, config } => {
            let settings = config::load(config.config.as_deref())?;
            let file = SettingsFile::open(&file)?;
            let ledger = open(&settings, &clock).await?;
            let done = import::run(&ledger, file, out).await;
            let known = Known::of(&ledger, &settings, &clock).await;
            ledger.close().await;
            done?;
            write!(out, "{}", known?.note.unwrap_or_default()).context(STDOUT)
        }
        SettingsCommand::Apply { file, config, yes, plan: only_plan, strict, json } => {
            let settings = config::load(config.config.as_deref())?;
            let manner = Manner { yes, only_plan, strict, json };
            let application = Application::open(&file, manner, &settings)?;
            let mut known = look(&settings, &clock).await?;
            if !known.on_the_way.is_empty() && application.may_send() {
                application.agree_to_go_on(&known.on_the_way, out)?;
                let ledger = open(&settings, &clock).await?;
                let done = application.go_on(&ledger, &known.on_the_way, &settings, &clock, out).await;
                ledger.close().await;
                done?;
                known = look(&settings, &clock).await?;
            }
            let plan = Plan::new(&known, &application.wanted, &clock);
            if only_plan || (plan.steps.is_empty() && known.on_the_way.is_empty()) {
                return application.tell(&plan, &known, out);
            }
            application.agree(&plan, &known, out)?;
            let ledger = open(&settings, &clock).await?;
            let done = application.carry_out(&ledger, &plan, &settings, &clock, out).await;
            ledger.close().await;
            done
        }
    }
}

/// What there is to know before anything is changed.
struct Known {
    mirror: Mirror,
    /// The lengths that requests ask for which nobody has decided.
    asked: Vec<ExpirationLength>,
    /// What another run of `settings apply` has recorded, and what is not over.
    on_the_way: Vec<SettingsCard>,
    /// What there is to say of that.
    note: Option<&'static str>,
}

impl Known {
    async fn of(ledger: &Ledger, settings: &Settings, clock: &Clock) -> Result<Self, LedgerError> {
        let mirror = ledger.mirror().await?;
        let pending = ledger.pending().await?;
        let asked = pending.iter().filter_map(|request| request.request.facts.asked_length()).collect();
        let on_the_way = ledger.operators_under_way().await?;
        let note = heard(&mirror, settings, clock);
        Ok(Self { mirror, asked, on_the_way, note })
    }
}

/// What is known; nothing is written.
async fn look(settings: &Settings, clock: &Clock) -> anyhow::Result<Known> {
    if let Some(ledger) = beside::open(&settings.database_url, clock.clone()).await? {
        let known = Known::of(&ledger, settings, clock).await;
        ledger.close().await;
        return Ok(known?);
    }
    let mut mirror = Mirror::assumed(&assumed_lengths());
    mirror.state(settings.durations.stated.clone(), &assumed_lengths(), clock.now());
    let note = "there is no ledger yet: this is what the bot will know when it starts\n";
    Ok(Known { mirror, asked: Vec::new(), on_the_way: Vec::new(), note: Some(note) })
}

/// Opens the ledger; where there is none yet it is made as `serve` makes it, with what the settings file states.
async fn open(settings: &Settings, clock: &Clock) -> anyhow::Result<Ledger> {
    if let Some(ledger) = beside::open(&settings.database_url, clock.clone()).await? {
        return Ok(ledger);
    }
    let ledger = Ledger::open(&settings.database_url, clock.clone()).await?;
    ledger.state_settings(settings.durations.stated.clone()).await?;
    Ok(ledger)
}

/// Says so where the settings file states what the ledger has not heard of. Only `serve` takes that in: a command may be
/// run with other variables of the environment.
fn heard(known: &Mirror, settings: &Settings, clock: &Clock) -> Option<&'static str> {
    let mut stated = known.clone();
    let is_news = stated.state(settings.durations.stated.clone(), &assumed_lengths(), clock.now());
    is_news.then_some(
        "[durations] of the settings file has changed since `serve` started: it counts when it starts again\n",
    )
}
