//! `p0-chatops sandbox`: the bot between stand-ins, in one process and on loopback only. It reads no settings file and
//! no variable of the real bot, and what it keeps is thrown away at its end.

use std::io::{self, Write as _};

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::folder::Folder;
use super::p0::P0;
use super::page::Page;
use super::slack::Slack;
use super::{new_secret, provisioning, scene};
use crate::app::App;
use crate::clock::Clock;
use crate::config;
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
    slack: Slack,
    p0: P0,
    app: App,
    doors: TcpListener,
    probes: TcpListener,
    page: Page,
    /// Removed when the rest has ended.
    folder: Folder,
}

impl Sandbox {
    /// Binds every port and builds the bot.
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
        let app = App::build(config::parse(&settings, [], folder.path())?, clock).await?;
        let doors = TcpListener::bind("127.0.0.1:0").await?;
        let probes = TcpListener::bind("127.0.0.1:0").await?;
        let bot = format!("http://{}", doors.local_addr()?);
        slack.connect(&bot);
        p0.connect(&bot);
        p0.auto_push(true);
        Ok(Self { slack, p0, app, doors, probes, page, folder })
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

    /// The two stand-ins, to look at.
    #[cfg(test)]
    pub(super) fn stand_ins(&self) -> (Slack, P0) {
        (self.slack.clone(), self.p0.clone())
    }

    /// Lets people ask, and runs until `stop` is cancelled and what was in flight has ended.
    pub(super) async fn run(self, stop: CancellationToken) {
        let Self { slack, p0, app, doors, probes, page, folder } = self;
        for request in scene::requests() {
            p0.add(request);
        }
        tokio::join!(
            app.run(doors, probes, stop.clone()),
            page.serve(slack.clone(), p0.clone(), stop.clone()),
            provisioning::run(p0.clone(), stop),
        );
        slack.stop();
        p0.stop().await;
        drop(folder);
    }
}
