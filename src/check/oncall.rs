//! Who is on call: whether each source answers, whom it names now, and when a rota has nobody.

use std::sync::Arc;
use std::time::Duration;

use super::Install;
use super::report::Report;
use super::slack::Home;
use crate::config::{DutyFilter, OnCall, OnCallSource, PagerDutyAccount};
use crate::notify::oncall::{Duty, NotFound, Roster, Tools, Trouble};
use crate::notify::web_api::SlackApi;
use crate::telemetry::Metrics;

/// How far ahead a rota is looked at.
const AHEAD: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// Gaps and people that are named; more are counted.
const NAMED: usize = 3;

/// Asks every source as the bot will.
pub(super) async fn check(install: &Install, home: Option<&Home>, report: &mut Report<'_>) {
    let sources = &install.settings.oncall;
    if sources.is_empty() {
        return;
    }
    let (Some(home), Some(clients)) = (home, &install.clients) else {
        return report.skip("oncall", "needs a Slack token that is good: people are looked for in Slack");
    };
    let metrics = Metrics::default();
    let tools = Tools {
        directory: Arc::new(SlackApi::new(clients.slack.clone(), &install.settings.slack, metrics.clone())),
        workspace: home.workspace.clone(),
        client: clients.providers.clone(),
        ledger: None,
        clock: install.clock.clone(),
        metrics,
    };
    let roster = match Roster::new(tools, sources.clone()) {
        Ok(roster) => roster,
        Err(error) => return report.fail("oncall", error.to_string(), "put the file right: `serve` refuses it too"),
    };
    for (name, source) in sources {
        tokio::time::sleep(install.apart).await;
        let Some(duty) = roster.duty(name, None).await else { continue };
        match &duty.trouble {
            Some(trouble) => silent(name, source, trouble, report),
            None => {
                told(name, &duty, report);
                exists(name, source, &roster, report).await;
            }
        }
        gaps(install, name, &roster, report).await;
    }
}

fn silent(name: &str, source: &OnCall, trouble: &Trouble, report: &mut Report<'_>) {
    let about = ("oncall", name);
    let account = match &source.source {
        OnCallSource::PagerDuty(account) => Some(account),
        _ => None,
    };
    match (trouble, account) {
        (Trouble::Refused(401 | 403), Some(_)) => report.fail(
            about,
            format!("PagerDuty does not take the key: {trouble}"),
            format!(
                "set oncall.{name}.api_key to a key that may read, and for an account of the EU region \
                 oncall.{name}.api_base_url to https://api.eu.pagerduty.com"
            ),
        ),
        (Trouble::Busy { .. } | Trouble::Unwell(_) | Trouble::Slack, _) => {
            report.warn(about, format!("who is on call is not known: {trouble}"), "run `check` again in a minute");
        }
        (_, Some(account)) => report.fail(
            about,
            format!("PagerDuty cannot be asked: {trouble}"),
            format!("see that oncall.{name}.api_base_url ({}) is right and can be reached", account.base_url),
        ),
        (_, None) => report.fail(about, format!("who is on call is not known: {trouble}"), "put this right first"),
    }
}

/// Who is on call now.
fn told(name: &str, duty: &Duty, report: &mut Report<'_>) {
    let about = || ("oncall", name);
    let unmatched: Vec<&str> = duty
        .on
        .iter()
        .filter(|one| matches!(one.user, Err(NotFound::Unmatched)))
        .map(|one| one.name.as_str())
        .collect();
    if !unmatched.is_empty() {
        let remedy = format!("name them in [oncall.{name}.people], with an account that is there in Slack");
        let message = format!("on call now, and nobody says who that is in Slack: {}", some(&unmatched));
        report.warn(about(), message, remedy);
    }
    let gone = duty.on.iter().filter(|one| matches!(one.user, Err(NotFound::NotThere(_))));
    let gone: Vec<&str> = gone.map(|one| one.name.as_str()).collect();
    if !gone.is_empty() {
        let message =
            format!("on call now, with an account that is not there or could decide nothing: {}", some(&gone));
        report.warn(about(), message, "take them off call, or name another account");
    }
    let known = duty.on.iter().filter_map(|one| {
        let user = one.user.as_ref().ok()?;
        let named = if one.name == user.as_str() { one.name.clone() } else { format!("{} ({user})", one.name) };
        Some(if one.level > 1 { format!("{named} on level {}", one.level) } else { named })
    });
    let known: Vec<String> = known.collect();
    match duty.on.is_empty() {
        true => report.warn(about(), "nobody is on call now", "routes that name it tell their fallback"),
        false if known.is_empty() => {}
        false => report.ok(about(), format!("on call now: {}", known.join(", "))),
    }
}

/// Whether PagerDuty knows what the settings name.
async fn exists(name: &str, source: &OnCall, roster: &Roster, report: &mut Report<'_>) {
    let OnCallSource::PagerDuty(account) = &source.source else { return };
    let PagerDutyAccount { filter, .. } = &**account;
    let (what, key) = match filter {
        DutyFilter::Policies(_) => ("escalation policy", "escalation_policies"),
        DutyFilter::Schedules(_) => ("schedule", "schedules"),
    };
    let found = match roster.look_up(name).await {
        Ok(found) => found,
        Err(trouble) => return silent(name, source, &trouble, report),
    };
    for (id, found) in found {
        let about = ("pagerduty", id.as_str());
        match found {
            None => report.fail(
                about,
                format!("PagerDuty has no {what} with this id"),
                format!("correct oncall.{name}.{key}: the id stands at the end of the address of its page"),
            ),
            Some(found) if !found.is_told => report.fail(
                about,
                format!("{} is in no escalation policy: PagerDuty does not tell who is on call by it", found.name),
                "put it into an escalation policy at PagerDuty",
            ),
            Some(found) => report.ok(about, format!("the {what} {}", found.name)),
        }
    }
}

/// When a rota has nobody.
async fn gaps(install: &Install, name: &str, roster: &Roster, report: &mut Report<'_>) {
    let now = install.clock.now();
    let gaps = roster.gaps(name, now + AHEAD).await;
    if gaps.is_empty() {
        return;
    }
    let zone = jiff::tz::TimeZone::UTC;
    let shown = |at: jiff::Timestamp| zone.to_datetime(at).strftime("%a %d %b %H:%M").to_string();
    let times: Vec<String> =
        gaps.iter().map(|(from, until)| format!("{} to {}", shown(*from), shown(*until))).collect();
    let times: Vec<&str> = times.iter().map(String::as_str).collect();
    report.warn(
        ("oncall", name),
        format!("nobody is on call at times of the next 14 days (UTC): {}", some(&times)),
        "fill the rota, or see that routes which name it have a fallback",
    );
}

/// The first few, and how many more there are.
fn some(texts: &[&str]) -> String {
    let shown = texts.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match texts.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
