//! `p0-chatops sandbox`: the bot between stand-ins, in one process and on loopback only. It reads no settings file and
//! no variable of the real bot, and what it keeps is thrown away at its end.

use std::io::{self, Write as _};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::bell::Bell;
use super::bot::{Bot, Plan};
use super::disk::Disk;
use super::faults::Faults;
use super::folder::Folder;
use super::p0::P0;
use super::page::Page;
use super::slack::Slack;
use super::stage::Stage;
use super::{new_secret, provisioning, scene};
use crate::clock::Clock;
use crate::lifecycle::{self, Signals};

/// Runs the sandbox until a signal comes; `port` is the page's, 0 for any that is free.
///
/// # Errors
/// Where something cannot be started.
pub async fn run(port: u16) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    let sandbox = Sandbox::start(port).await?;
    announce(&sandbox.url())?;
    let stop = CancellationToken::new();
    lifecycle::until_stopped(signals, stop.clone(), sandbox.run(stop)).await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is the line that the user opens in a browser")]
fn announce(url: &str) -> io::Result<()> {
    println!("Open {url} in a browser. Ctrl-C ends the sandbox, and nothing of it is kept.");
    io::stdout().flush()
}

/// Everything that runs in the process.
pub(super) struct Sandbox {
    stage: Stage,
    page: Page,
    /// Removed when the rest has ended.
    folder: Folder,
}

impl Sandbox {
    /// Binds every port and starts the bot.
    pub(super) async fn start(port: u16) -> anyhow::Result<Self> {
        let folder = Folder::new()?;
        let page = Page::bind(port).await.with_context(|| format!("--port: 127.0.0.1:{port} cannot be bound"))?;
        let clock = Clock::system();
        let company = scene::company(clock.clone());
        let slack = Slack::start(company.clone()).await?;
        let permissions = scene::permissions(clock.clone());
        let p0 = P0::start(permissions.clone()).await?;
        folder.write(scene::NOTIFIER_KEY, p0.notifier_public_key_pem())?;
        for (user, identity) in scene::ROLES.iter().filter_map(|role| Some((role.user, role.identity?))) {
            let token = new_secret();
            folder.write(user, &token)?;
            p0.trust_token(&token, identity);
        }
        let settings = scene::settings((&company, &slack), (&permissions, &p0), &page.url());
        let bell = Bell::default();
        let bot = Bot::first(Plan { settings, folder: folder.path().to_owned(), clock }, bell.clone()).await?;
        slack.connect(&bot.base_url());
        p0.connect(&bot.base_url());
        p0.auto_push(true);
        let disk = Disk::new(folder.path().join(scene::LEDGER));
        let faults = Faults::new(slack.clone(), p0.clone(), scene::strangers(), bell.clone());
        Ok(Self { stage: Stage { slack, p0, bot, disk, faults, bell }, page, folder })
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
        let Self { stage, page, folder } = self;
        for request in scene::requests() {
            stage.p0.add(request);
        }
        let stop_the_bot = async {
            stop.cancelled().await;
            stage.bot.stop().await;
        };
        tokio::join!(
            stop_the_bot,
            page.serve(stage.clone(), stop.clone()),
            stage.disk.clone().watch(stage.bell.clone(), stop.clone()),
            provisioning::run(stage.p0.clone(), stop.clone()),
        );
        stage.slack.stop();
        stage.p0.stop().await;
        drop(folder);
    }
}
