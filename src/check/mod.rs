//! `p0-chatops check`: whether this install will work, a line for each thing that has to be so.
//!
//! It posts nothing, decides nothing and writes no row; the only file that it makes is removed again. It goes the
//! bot's own ways: the same settings, HTTP clients, gates and judgements, so that what it says is what `serve` does.

mod at_start;
mod channel;
mod clocks;
mod doors;
mod evidence;
mod groups;
mod ledger;
mod linked;
mod links;
mod listeners;
mod mounts;
mod notifier;
mod oncall;
mod p0;
mod people;
mod person;
mod probe;
mod public_url;
mod report;
mod risk;
mod secrets;
mod settings;
mod slack;
mod socket;
mod trouble;
mod vault;
mod web;

use std::io::{IsTerminal as _, stdout};
use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::authorize::actor::Actor;
use crate::authorize::credentials::Credentials;
use crate::cli::CheckArgs;
use crate::clock::Clock;
use crate::config::{self, DEFAULT_FILE, Identity, Outbound, Secret, Settings};
use crate::domain::link::Link;
use crate::http_client::Clients;
pub(crate) use at_start::look_at_start;
use channel::Named;
use report::{Form, Report};
use slack::Home;

/// How long all of it may take.
const WHOLE_WITHIN: Duration = Duration::from_secs(120);

/// What the checks work with.
struct Install {
    settings: Settings,
    clock: Clock,
    /// As `serve` calls Slack and P0: through the proxy, with the certificate authorities of the settings.
    clients: Option<Clients>,
    /// For what listens on this machine, where no proxy belongs in between.
    local: reqwest::Client,
    /// None where the key that signs assertions cannot be used, and where people link accounts: those are behind the
    /// vault, which is not opened for this.
    credentials: Option<Credentials>,
    /// The bot's own public keys, where it signs anything.
    jwks: Option<Value>,
    /// The links that live, where people link accounts and the ledger could be read.
    links: Option<Vec<Link>>,
    /// How long to wait before each question to Slack, and to each on-call source.
    apart: Duration,
}

/// Something will not work. Each line of it has been told by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("something will not work")]
pub struct WillNotWork;

/// Looks at everything and says on standard output what it finds.
///
/// # Errors
/// Where something was found that will not work.
pub async fn run(args: &CheckArgs, clock: Clock) -> Result<(), WillNotWork> {
    let mut out = stdout();
    let form = if args.json { Form::Json } else { Form::Lines { colours: out.is_terminal() } };
    let mut report = Report::new(&mut out, form);
    if tokio::time::timeout(WHOLE_WITHIN, look(args, clock, &mut report)).await.is_err() {
        let seconds = WHOLE_WITHIN.as_secs();
        report.fail("time", format!("not everything was looked at within {seconds} s"), "see which line came last");
    }
    if report.finish() { Ok(()) } else { Err(WillNotWork) }
}

async fn look(args: &CheckArgs, clock: Clock, report: &mut Report<'_>) {
    let settings = match config::load(args.config.config.as_deref()) {
        Ok(settings) => settings,
        Err(error) => {
            report.fail("settings", error.to_string(), "put this right first, then run `check` again");
            report.skip(
                "rest",
                "needs the settings: secrets, ledger, Slack, P0, people, notifier, listeners, public_url",
            );
            return;
        }
    };
    let source = settings.origin.file.as_ref().map(|path| path.display().to_string());
    report.ok("settings", source.unwrap_or_else(|| format!("from the environment alone: there is no {DEFAULT_FILE}")));
    secrets::check(&settings, report);
    ledger::check(&settings.database_url, report).await;
    vault::check(&settings, report).await;
    evidence::check(&settings, report);
    let Some(install) = install(settings, clock, report).await else { return };
    let home = slack::check(&install, report).await;
    socket::check(&install, report).await;
    channels(&install, home.as_ref(), report).await;
    let organisation = p0::check(&install, report).await;
    risk::check(&install, report);
    settings::check(&install, home.as_ref(), report).await;
    linked::check(&install, organisation.as_ref(), report).await;
    oncall::check(&install, home.as_ref(), report).await;
    groups::check(&install, home.as_ref(), report).await;
    people::check(&install, home.as_ref(), organisation.is_some(), report).await;
    links::check(&install, report);
    let keys = notifier::check(&install, report).await;
    let doors = listeners::check(&install, keys, report).await;
    public_url::check(&install, doors, report).await;
}

/// Looks at every channel of the settings in which something is shown.
async fn channels(install: &Install, home: Option<&Home>, report: &mut Report<'_>) {
    let Some(home) = home else { return };
    for (channel, named) in channel::of_routes(&install.settings.routes) {
        channel::check(install, home, channel, &named, report).await;
    }
    for channel in &install.settings.slack.unfurl_channels {
        channel::check(install, home, channel, &Named::by(channel::UNFURLS), report).await;
    }
}

/// Makes ready what `serve` makes ready at its start.
async fn install(settings: Settings, clock: Clock, report: &mut Report<'_>) -> Option<Install> {
    let local = Clients::new(&Outbound::default())
        .inspect_err(|error| report.fail("outbound", error.to_string(), "nobody can be asked without it"))
        .ok()?;
    let clients = Clients::new(&settings.outbound);
    match &clients {
        Err(error) => report.fail("outbound", error.to_string(), "put this right: Slack and P0 are called with it"),
        Ok(_) => settings.outbound.proxy.iter().for_each(|proxy| {
            report.ok("outbound", format!("every call goes through the proxy {}", host_of(proxy)));
        }),
    }
    let links = match settings.identity.linked() {
        Some(_) => links::living(&settings.database_url).await,
        None => None,
    };
    let client = clients.as_ref().unwrap_or(&local).providers.clone();
    let credentials = Credentials::new(settings.identity.clone(), clock.clone(), client, None);
    if let Identity::Assertion(assertion) = &settings.identity {
        match &credentials {
            Ok(_) => report.ok(
                "assertion.key",
                format!("{} fits {:?}", assertion.private_key_file.display(), assertion.algorithm),
            ),
            Err(error) => {
                report.fail("assertion.key", error.to_string(), "make one of that kind, readable by the bot alone")
            }
        }
    }
    let credentials = credentials.ok();
    let jwks = match &settings.identity {
        Identity::Exchange(exchange) => Actor::new(exchange).ok().map(|actor| actor.jwks()),
        _ => credentials.as_ref().and_then(Credentials::jwks),
    };
    Some(Install {
        local: local.decisions,
        clients: clients.ok(),
        credentials,
        jwks,
        links,
        settings,
        clock,
        apart: Duration::ZERO,
    })
}

/// Where a proxy is, without the password that its address may hold.
fn host_of(proxy: &Secret) -> String {
    let url = Url::parse(proxy.expose()).ok();
    let host = |url: Url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?));
    url.and_then(host).unwrap_or_default()
}
