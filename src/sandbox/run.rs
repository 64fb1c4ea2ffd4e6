//! `p0-chatops sandbox`: the bot between stand-ins, in one process and on loopback only. It reads no settings file and
//! no variable of the real bot, and what it keeps is thrown away at its end.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::bell::Bell;
use super::bot::{Bot, Listeners, Plan};
use super::disk::Disk;
use super::duty::Duty;
use super::faults::Faults;
use super::folder::Folder;
use super::identity::{CardRisk, IdentityMode, Provider, tokens_settings};
use super::p0::P0;
use super::page::Page;
use super::scene::{Addresses, Scene};
use super::seed::Seed;
use super::slack::Slack;
use super::stage::Stage;
use super::stories::{Pace, Scenario, Stories};
use super::{expiry, new_secret, provisioning, scene};
use crate::cli::SandboxArgs;
use crate::clock::Clock;
use crate::config::{self, ConfigError};
use crate::lifecycle::{self, Signals};

/// Runs the sandbox until a signal comes.
///
/// # Errors
/// The seed's mistakes, and where something cannot be started.
pub async fn run(args: SandboxArgs) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    let sandbox = Sandbox::start(&args).await?;
    announce(&sandbox.url())?;
    let stop = CancellationToken::new();
    lifecycle::until_stopped(signals, stop.clone(), sandbox.run(stop)).await;
    Ok(())
}

fn announce(url: &str) -> io::Result<()> {
    say(&format!("Open {url} in a browser. Ctrl-C ends the sandbox, and nothing of it is kept."))
}

/// Not `println!`: whoever has read enough may close the other end, and that must not stop a story.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Everything that runs in the process.
pub(super) struct Sandbox {
    stage: Stage,
    page: Page,
    scenario: Option<Scenario>,
    /// Removed when the rest has ended.
    folder: Folder,
}

impl Sandbox {
    /// Sets the stage as the arguments say.
    pub(super) async fn start(args: &SandboxArgs) -> anyhow::Result<Self> {
        let identity = identity(args)?;
        let seed = args.seed.as_deref().map_or_else(Seed::built_in, Seed::read)?;
        let set = Self::set(Scene::new(seed, identity, args.risk), args.port, args.scenario).await;
        set.map_err(|error| in_seed(error, args.seed.as_deref()))
    }

    /// Binds every port and starts the bot.
    pub(super) async fn set(scene: Scene, port: u16, scenario: Option<Scenario>) -> anyhow::Result<Self> {
        let scene = Arc::new(scene);
        let folder = Folder::new()?;
        let page = Page::bind(port).await.with_context(|| format!("--port: 127.0.0.1:{port} cannot be bound"))?;
        let listeners = Listeners::any()?;
        let bot_url = listeners.base_url();
        let clock = Clock::running_ahead();
        let company = scene.company(clock.clone());
        let slack = Slack::start(company.clone()).await?;
        let permissions = scene.permissions(clock.clone());
        let p0 = P0::start(permissions.clone()).await?;
        folder.write(scene::NOTIFIER_KEY, p0.notifier_public_key_pem())?;
        let (identity, idp) = match scene.identity {
            IdentityMode::Tokens => (with_tokens(&scene, &folder, &p0)?, None),
            mode => {
                let provider = Provider::start(scene.everybody(), (&slack, &p0), &bot_url, clock.clone()).await?;
                (provider.settings(mode), Some(provider.idp))
            }
        };
        let duty = Duty::start(&scene, &clock).await?;
        let at = Addresses { bot: &bot_url, page: &page.url(), duty: duty.as_ref() };
        let settings = scene.settings((&company, &slack), (&permissions, &p0), &at, &identity);
        let routes = config::parse(&settings, [], folder.path())?.routes;
        let plan = Plan { settings, folder: folder.path().to_owned(), clock: clock.clone() };
        let bell = Bell::default();
        let bot = Bot::first(plan, listeners, bell.clone()).await?;
        slack.connect(&bot_url);
        p0.connect(&bot_url);
        p0.auto_push(true);
        let disk = Disk::new(folder.path().join(scene::LEDGER));
        let faults =
            Faults::new((slack.clone(), p0.clone()), idp.clone(), duty.clone(), scene.strangers(), bell.clone());
        let stage = Stage { scene, clock, slack, p0, idp, duty, routes, bot, disk, faults, bell };
        Ok(Self { stage, page, scenario, folder })
    }

    /// The page's address, with its token.
    pub(super) fn url(&self) -> String {
        self.page.url()
    }

    /// Where the ledger and the tokens are.
    #[cfg(test)]
    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// All that is at hand, to look at.
    #[cfg(test)]
    pub(super) fn stage(&self) -> Stage {
        self.stage.clone()
    }

    /// Lets people ask, and runs until `stop` is cancelled and what was in flight has ended.
    pub(super) async fn run(self, stop: CancellationToken) {
        let Self { stage, page, scenario, folder } = self;
        for request in stage.scene.requests() {
            stage.p0.add(request.clone());
        }
        let stories = Stories::new(stage.clone(), Pace::READING, stop.clone());
        if let Some(scenario) = scenario {
            // A terminal that is gone hears nothing; the page goes on.
            stories.cue(scenario, |line| drop(say(line)));
        }
        let stop_the_bot = async {
            stop.cancelled().await;
            stage.bot.stop().await;
        };
        tokio::join!(
            stop_the_bot,
            page.serve(stage.clone(), stories, stop.clone()),
            stage.disk.clone().watch(stage.bell.clone(), stop.clone()),
            provisioning::run(stage.p0.clone(), stop.clone()),
            expiry::run(stage.clone(), stop.clone()),
        );
        stage.slack.stop();
        stage.p0.stop().await;
        if let Some(idp) = &stage.idp {
            idp.stop().await;
        }
        if let Some(duty) = &stage.duty {
            duty.stop().await;
        }
        drop(folder);
    }
}

/// Writes a token for everybody, and the settings that name them.
fn with_tokens(scene: &Scene, folder: &Folder, p0: &P0) -> io::Result<String> {
    for (user, identity) in scene.identities() {
        let token = new_secret();
        folder.write(user, &token)?;
        p0.trust_token(&token, identity);
    }
    Ok(tokens_settings(scene.identities()))
}

/// Whose credential counts: what was asked for, or what the story or the risk needs.
fn identity(args: &SandboxArgs) -> Result<IdentityMode, ConfigError> {
    let needed = match (args.scenario, args.risk) {
        (Some(scenario), _) => Some(("--scenario", scenario.identity())),
        (None, CardRisk::StepUp) => Some(("--risk step-up", IdentityMode::Linked)),
        (None, CardRisk::Low | CardRisk::NotFromChat) => None,
    };
    match (args.identity, needed) {
        (Some(asked), Some((what, needed))) if asked != needed => Err(ConfigError::new(
            "--identity",
            format!("does not fit this {what}: leave it out, and that brings its own"),
        )),
        (asked, needed) => Ok(asked.or(needed.map(|(_, needed)| needed)).unwrap_or_default()),
    }
}

/// The seed's lengths are checked with the settings that they are put into: the error says where they came from.
fn in_seed(error: anyhow::Error, seed: Option<&Path>) -> anyhow::Error {
    match (error.downcast::<ConfigError>(), seed) {
        (Ok(error), Some(path)) if error.key.starts_with("durations") => {
            ConfigError::new(format!("{}, {}", path.display(), error.key), error.problem).into()
        }
        (Ok(error), _) => error.into(),
        (Err(error), _) => error,
    }
}
