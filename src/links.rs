//! `p0-chatops links`: who has linked which account, and an end to it, while the bot runs.

use std::io::Write;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::beside::{self, time};
use crate::cli::links::{LinksArgs, LinksCommand, Target};
use crate::clock::Clock;
use crate::config;
use crate::domain::link::{Link, LinkEnd};
use crate::domain::text::plain;
use crate::ledger::Ledger;

const STDOUT: &str = "standard output";
const NO_LEDGER: &str = "there is no ledger yet, and so nobody has linked an account";

/// Does what the command line asks for, and says on `out` what came of it.
///
/// # Errors
/// What could not be done.
pub async fn run(args: LinksArgs, clock: Clock, out: &mut impl Write) -> anyhow::Result<()> {
    let (LinksCommand::List { settings, .. } | LinksCommand::Revoke { settings, .. }) = &args.command;
    let settings = config::load(settings.config.as_deref())?;
    let ledger = beside::open(&settings.database_url, clock.clone()).await?;
    let done = match args.command {
        LinksCommand::List { json, all, .. } => list(ledger.as_ref(), json, all, clock.now(), out).await,
        LinksCommand::Revoke { target, .. } => revoke(ledger.as_ref(), target.as_ref(), out).await,
    };
    if let Some(ledger) = &ledger {
        ledger.close().await;
    }
    done
}

async fn list(
    ledger: Option<&Ledger>,
    json: bool,
    all: bool,
    now: Timestamp,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut links = match ledger {
        Some(ledger) => ledger.links().await?,
        None => Vec::new(),
    };
    links.retain(|link| all || link.ended.is_none());
    if json {
        let rows: Vec<Value> = links.iter().map(row).collect();
        return writeln!(out, "{}", Value::from(rows)).context(STDOUT);
    }
    match (ledger, links.as_slice()) {
        (None, _) => writeln!(out, "{NO_LEDGER}").context(STDOUT),
        (Some(_), []) => writeln!(out, "nobody has linked an account").context(STDOUT),
        (Some(_), links) => {
            let texts: Vec<String> = links.iter().map(|link| told(link, now)).collect();
            write!(out, "{}", texts.join("\n")).context(STDOUT)
        }
    }
}

async fn revoke(ledger: Option<&Ledger>, target: Option<&Target>, out: &mut impl Write) -> anyhow::Result<()> {
    let Some(ledger) = ledger else { bail!(NO_LEDGER) };
    let links = ledger.links().await?;
    let is_meant = |link: &&Link| match target {
        Some(Target::User(user)) => link.owner.user == *user,
        Some(Target::Link(id)) => link.id == *id,
        None => true,
    };
    let mut revoked = 0;
    for link in links.iter().filter(is_meant).filter(|link| link.ended.is_none()) {
        // Its owner, or the bot, may have ended it since it was read.
        if ledger.end_link(link.id, LinkEnd::RevokedByOperator).await? {
            revoked += 1;
            writeln!(out, "revoked link {} of {}, who was {} to P0", link.id, link.owner.user, plain(&link.identity))
                .context(STDOUT)?;
        }
    }
    if revoked > 0 {
        let then = "the bot tells its owner and has the provider forget its tokens: at once where it runs, else when \
                    it starts";
        return writeln!(out, "{then}").context(STDOUT);
    }
    let ended = links.iter().rfind(is_meant).and_then(|link| link.ended);
    match (target, ended) {
        (None, _) => bail!("nobody has linked an account"),
        (Some(target), Some((why, at))) => bail!("{} ended {} already: {}", named(target), time(at), words(why)),
        (Some(target), None) => bail!("{} is none: `p0-chatops links list` shows those there are", named(target)),
    }
}

fn named(target: &Target) -> String {
    match target {
        Target::User(user) => format!("the link of {user}"),
        Target::Link(id) => format!("link {id}"),
    }
}

/// For programs. A link's number is a text: many readers of JSON round numbers of that size.
fn row(link: &Link) -> Value {
    json!({
        "link": link.id.to_string(),
        "slack_team": link.owner.team,
        "slack_user": link.owner.user,
        "identity": link.identity,
        "issuer": link.account.issuer,
        "subject": link.account.subject,
        "linked": time(link.linked),
        "last_vouched": time(link.proved),
        "good_until": has_end(link).then(|| time(link.good_until)),
        "ended": link.ended.map(|(_, at)| time(at)),
        "why": link.ended.map(|(why, _)| why.as_str()),
    })
}

/// For people: what a provider sent is shown as one line that does nothing to a terminal.
fn told(link: &Link, now: Timestamp) -> String {
    let until = match link.ended {
        Some((why, at)) => format!("ended {}: {}", time(at), words(why)),
        None if link.good_until <= now => "its token has run out, and is renewed when it is needed".to_owned(),
        None if has_end(link) => format!("its token is good until {}", time(link.good_until)),
        None => "its token does not say until when it is good".to_owned(),
    };
    format!(
        "{} of {} is {} to P0 (link {})\n  {} at {}\n  linked {}, last vouched for {}; {until}\n",
        link.owner.user,
        link.owner.team,
        plain(&link.identity),
        link.id,
        plain(&link.account.subject),
        plain(&link.account.issuer),
        time(link.linked),
        time(link.proved),
    )
}

/// Whether the token that P0 is shown says until when it is good.
fn has_end(link: &Link) -> bool {
    link.good_until.as_millisecond() < Timestamp::MAX.as_millisecond()
}

fn words(why: LinkEnd) -> &'static str {
    match why {
        LinkEnd::Unlinked => "its owner unlinked it",
        LinkEnd::RanOut => "the provider gave nothing to renew it with for longer",
        LinkEnd::RevokedByOperator => "revoked by the operator",
        LinkEnd::EndedByProvider => "the provider takes its tokens no longer",
        LinkEnd::EndedByPlatform => "Identity Platform takes its tokens no longer",
        LinkEnd::NamesAnother => "what the provider or P0 said of it named somebody else",
        LinkEnd::Deactivated => "its owner is gone from Slack",
        LinkEnd::NotInSettings => "the settings name it no longer",
        LinkEnd::RevokedInSlack => "its owner took back in Slack what they had allowed the app",
        LinkEnd::AppUninstalled => "the app was taken out of the workspace",
    }
}
