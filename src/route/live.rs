//! Whom the levels of a rule mean at this moment, as Slack and the on-call sources say.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::after;
use crate::app::allowed;
use crate::clock::Clock;
use crate::config::{ConfigError, Settings};
use crate::domain::route::routes::{Recipient, Route};
use crate::domain::watch::{LeftOut, Reason};
use crate::http_client::Clients;
use crate::notify::oncall::{Roster, Tools};
use crate::notify::web_api::{Installed, SlackApi};
use crate::telemetry::Metrics;

/// Whom a rule means now.
#[derive(Serialize)]
pub(super) struct Live {
    /// Level by level.
    levels: Vec<Now>,
    /// Where a level has nobody.
    fallback: Option<Now>,
    /// Why Slack does not say in which workspace user groups are looked for.
    trouble: Option<String>,
}

/// Whom one level means now.
#[derive(Serialize)]
struct Now {
    /// After how many seconds without a decision they are told.
    after: u64,
    people: Vec<Told>,
    /// Who is not found, or what does not answer.
    left_out: Vec<String>,
}

#[derive(Serialize)]
struct Told {
    user: String,
    why: String,
}

/// Asks Slack and the on-call sources whom the rule means.
///
/// # Errors
/// Settings that are at fault.
pub(super) async fn ask(settings: &Settings, clock: Clock, route: &Route) -> Result<Live, ConfigError> {
    let clients = Clients::new(&settings.outbound)?;
    let metrics = Metrics::default();
    let slack = SlackApi::new(clients.slack, &settings.slack, metrics.clone());
    let asked = slack.auth_test().await;
    let trouble = asked.as_ref().err().map(ToString::to_string);
    let installed = asked.unwrap_or(Installed { team: None, enterprise: None });
    let tools = Tools {
        directory: Arc::new(slack),
        workspace: allowed(&settings.slack, installed),
        client: clients.providers,
        ledger: None,
        clock,
        metrics,
    };
    let roster = Roster::new(tools, settings.oncall.clone())?;
    let has_levels = |source: &str| roster.has_levels(source);
    let between = route.escalate_after.unwrap_or_default().as_secs();
    let mut levels = Vec::new();
    for nth in 0.. {
        let Some(recipients) = route.level(nth, has_levels) else { break };
        let now = now(&roster, u64::from(nth) * between, &recipients).await;
        let ends = now.people.is_empty() && route.goes_by_sources(nth, has_levels);
        levels.push(now);
        if ends {
            break;
        }
    }
    let fallback = match route.fallback.as_slice() {
        [] => None,
        recipients => Some(now(&roster, 0, recipients).await),
    };
    Ok(Live { levels, fallback, trouble })
}

async fn now(roster: &Roster, after: u64, recipients: &[Recipient]) -> Now {
    let mut now = Now { after, people: Vec::new(), left_out: Vec::new() };
    for recipient in recipients {
        let meant = roster.meant(recipient).await;
        for (user, reason) in meant.people {
            let user = user.to_string();
            if !now.people.iter().any(|known| known.user == user) {
                now.people.push(Told { user, why: why(&reason) });
            }
        }
        now.left_out.extend(meant.left_out.iter().map(left_out));
    }
    now
}

fn why(reason: &Reason) -> String {
    match reason {
        Reason::Named => "named".to_owned(),
        Reason::Group { group, .. } => format!("in {group}"),
        Reason::OnCall { source, level: 1, .. } => format!("on call in {source}"),
        Reason::OnCall { source, level, .. } => format!("on call in {source}, level {level}"),
        Reason::Fallback => "nobody else was there".to_owned(),
        Reason::InPlaceOf(user) => format!("in place of {user}"),
    }
}

fn left_out(left_out: &LeftOut) -> String {
    match left_out {
        LeftOut::NobodyOnCall { source, level } => format!("nobody is on call in {source} on level {level}"),
        LeftOut::Unmatched { source, name } => {
            format!("{name} is on call in {source}, and nobody says who that is in Slack")
        }
        LeftOut::SourceDown { source } => format!("{source} does not say who is on call"),
        LeftOut::EmptyGroup { group } => format!("{group} is empty, or Slack does not say who is in it"),
        LeftOut::NotThere { user } => format!("{user} could not decide: deactivated, a guest, a bot or a stranger"),
        LeftOut::LevelsUnknown => "no further level is known: nobody is told after these".to_owned(),
        LeftOut::NobodyMayDecide => "nobody of these may decide".to_owned(),
        LeftOut::TooMany { count } => format!("{count} more would be too many"),
        LeftOut::Away { user } => format!("{user} is away, and named nobody"),
        LeftOut::OwnRequest { user } => format!("it is {user}'s own request"),
    }
}

impl fmt::Display for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nwho that is now")?;
        if let Some(trouble) = &self.trouble {
            writeln!(f, "  not known: in which workspace user groups are; {trouble}")?;
        }
        for level in &self.levels {
            let when = if level.after == 0 { "at once".to_owned() } else { format!("after {}", after(level.after)) };
            self::level(f, &when, level)?;
        }
        self.fallback.iter().try_for_each(|level| self::level(f, "where a level has nobody", level))
    }
}

fn level(f: &mut fmt::Formatter<'_>, when: &str, level: &Now) -> fmt::Result {
    let people: Vec<String> = level.people.iter().map(|told| format!("{} ({})", told.user, told.why)).collect();
    writeln!(f, "  {when}: {}", if people.is_empty() { "nobody".to_owned() } else { people.join(", ") })?;
    level.left_out.iter().try_for_each(|left_out| writeln!(f, "    not told: {left_out}"))
}
