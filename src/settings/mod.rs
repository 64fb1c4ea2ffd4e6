//! `p0-chatops settings`: P0's own settings are shown, stated, and made as a file says, also while the bot runs.

mod apply;
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
use crate::domain::jit::mirror::Mirror;
use crate::ledger::Ledger;
use apply::{Application, Manner};
use file::SettingsFile;

const STDOUT: &str = "standard output";

/// Does what the command line asks for, and says on `out` what came of it.
///
/// # Errors
/// What could not be done, or is not as it should be.
pub async fn run(args: SettingsArgs, clock: Clock, out: &mut impl Write) -> anyhow::Result<()> {
    match args.command {
        SettingsCommand::Show { config, json, toml } => {
            let settings = config::load(config.config.as_deref())?;
            let (known, note) = known(&settings, &clock).await?;
            let text = match (json, toml) {
                (true, _) => format!("{:#}\n", show::json(&known)),
                (_, true) => file::to_toml(&known, settings.changes.approvals),
                _ => show::text(&known) + note.unwrap_or_default(),
            };
            write!(out, "{text}").context(STDOUT)
        }
        SettingsCommand::Import { file, config } => {
            let settings = config::load(config.config.as_deref())?;
            let file = SettingsFile::open(&file)?;
            let ledger = open(&settings, &clock).await?;
            let done = import::run(&ledger, file, out).await;
            let note = heard(&ledger.mirror().await?.mirror, &settings, &clock);
            ledger.close().await;
            done?;
            write!(out, "{}", note.unwrap_or_default()).context(STDOUT)
        }
        SettingsCommand::Apply { file, config, yes, plan: only_plan, strict, json } => {
            let settings = config::load(config.config.as_deref())?;
            let manner = Manner { yes, only_plan, strict, json };
            let application = Application::open(&file, manner, &settings)?;
            if only_plan {
                let (known, _) = known(&settings, &clock).await?;
                return application.plan(&known, &clock, out);
            }
            let ledger = open(&settings, &clock).await?;
            let done = application.carry_out(&ledger, &settings, &clock, out).await;
            ledger.close().await;
            done
        }
    }
}

/// What is known, and what there is to say of that. Nothing is written.
async fn known(settings: &Settings, clock: &Clock) -> anyhow::Result<(Mirror, Option<&'static str>)> {
    let Some(ledger) = beside::open(&settings.database_url, clock.clone()).await? else {
        let mut stated = Mirror::assumed(&assumed_lengths());
        stated.state(settings.durations.stated.clone(), &assumed_lengths(), clock.now());
        return Ok((stated, Some("there is no ledger yet: this is what the settings file states\n")));
    };
    let known = ledger.mirror().await?.mirror;
    ledger.close().await;
    let note = heard(&known, settings, clock);
    Ok((known, note))
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
