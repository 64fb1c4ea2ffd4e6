//! Everybody whom the settings name, and whether anybody is left who can decide.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Install;
use super::person::{CanDecide, Fault, Look, Looking, is_approver, is_by_email, unusable};
use super::report::{Report, Status};
use super::slack::Home;
use crate::config::{Identity, TokenSource, Tokens};
use crate::domain::person::UserId;
use crate::notify::web_api::SlackApi;
use crate::telemetry::Metrics;

/// People who are looked at side by side: Slack answers for about a hundred in a minute, and P0 says how often it may be
/// asked only once it was asked too often.
const SIDE_BY_SIDE: usize = 2;

/// Looks at every person that the settings name, as the bot will at a click.
pub(super) async fn check(install: &Install, home: Option<&Home>, surely_p0: bool, report: &mut Report<'_>) {
    let people = named(install);
    let Some(home) = home.filter(|home| home.may("users:read")) else {
        let mut approvers = Vec::new();
        for user in &people {
            let fault = unusable(install, user).await;
            if is_approver(install, user) {
                approvers.push(if fault.is_some() { CanDecide::No } else { CanDecide::Unseen });
            }
            if let Some(Fault { status, message, remedy }) = fault {
                report.add(("person", user), status, message, Some(&remedy));
            }
        }
        let seen = match install.settings.identity {
            Identity::Tokens(_) => ": only token files were looked at",
            _ => "",
        };
        report.skip("person", format!("needs a token that may read users{seen}"));
        return anybody_left(install, &approvers, report);
    };
    let clients = install.clients.as_ref().expect("Slack was asked with it");
    let slack = SlackApi::new(clients.slack.clone(), &install.settings.slack, Metrics::default());
    let looks = people.iter().map(|user| {
        let looking = Looking { install, home, slack: &slack, surely_p0, user };
        async move { (user, looking.look().await) }
    });
    let mut looks = stream::iter(looks).buffered(SIDE_BY_SIDE);
    let mut approvers = Vec::new();
    while let Some((user, Look { words, faults, can_decide })) = looks.next().await {
        if is_approver(install, user) {
            let barred = faults.iter().any(|fault| fault.status == Status::Fail);
            approvers.push(if barred { CanDecide::No } else { can_decide });
        }
        let Some(status) = faults.iter().map(|fault| fault.status).max() else {
            report.ok(("person", user), words);
            continue;
        };
        let join = |part: fn(&Fault) -> &str| {
            let mut parts: Vec<&str> = faults.iter().map(part).collect();
            parts.dedup();
            parts.join("; ")
        };
        report.add(("person", user), status, join(|fault| &fault.message), Some(&join(|fault| &fault.remedy)));
    }
    anybody_left(install, &approvers, report);
}

/// Looks at everybody whom a route or a table of an on-call source names, as far as Slack knows them.
pub(super) async fn strangers(install: &Install, home: &Home, report: &mut Report<'_>) {
    let clients = install.clients.as_ref().expect("Slack was asked with it");
    let slack = SlackApi::new(clients.slack.clone(), &install.settings.slack, Metrics::default());
    let told: BTreeSet<&UserId> = install.settings.notified().collect();
    for user in told {
        tokio::time::sleep(install.apart).await;
        let looking = Looking { install, home, slack: &slack, surely_p0: false, user };
        if let Some(Fault { status, message, remedy }) = looking.stranger().await {
            report.add(("person", user), status, message, Some(&remedy));
        }
    }
}

/// One approver whose token has run out can wait; all of them cannot. A shared credential is everybody's, and a key that
/// signs for nobody was told of.
fn anybody_left(install: &Install, approvers: &[CanDecide], report: &mut Report<'_>) {
    let are_told_apart = !matches!(install.settings.identity, Identity::Service { .. })
        && (install.credentials.is_some() || install.settings.identity.linked().is_some());
    // Nobody may be named where people are known by their address.
    let is_anybody_named = !approvers.is_empty() || !is_by_email(install);
    if !are_told_apart || !is_anybody_named || approvers.contains(&CanDecide::Yes) {
        return;
    }
    if approvers.contains(&CanDecide::Unseen) {
        report.unseen("anybody can decide");
    } else {
        report.fail("approvers", "nobody is left who can decide", "put right at least one of the people above");
    }
}

fn named(install: &Install) -> BTreeSet<UserId> {
    let identity = &install.settings.identity;
    let files: Vec<UserId> = match identity {
        Identity::Tokens(Tokens { source: TokenSource::Files(files), .. }) => files.keys().cloned().collect(),
        _ => Vec::new(),
    };
    install.settings.notified().chain(identity.people().keys()).cloned().chain(files).collect()
}
