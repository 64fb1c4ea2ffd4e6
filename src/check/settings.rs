//! P0's own settings: with what they are changed, by whom, and where that is told.

use std::collections::BTreeSet;

use super::Install;
use super::channel::{self, Named};
use super::groups::asked_members;
use super::p0::ASK_AGAIN;
use super::person::asked;
use super::report::Report;
use super::slack::{Failed, Home};
use crate::authorize::directory::{Person, Unavailable};
use crate::authorize::workspace::Workspace;
use crate::config::AdminList;
use crate::domain::jit::proposal::SecondAdmin;
use crate::domain::person::{SlackUser, UserGroupId, UserId};
use crate::domain::refusal::Refusal;
use crate::notify::web_api::SlackApi;
use crate::telemetry::Metrics;

/// Looks at the key, at each admin and user group of admins, and at the channel in which changes are announced.
pub(super) async fn check(install: &Install, home: Option<&Home>, report: &mut Report<'_>) {
    let settings = &install.settings;
    let nobody = settings.slack.admins == AdminList::default();
    match (&settings.p0.settings_api_key, nobody) {
        (None, true) => return,
        (None, false) => report.warn(
            "p0.settings",
            "is missing p0.settings_api_key: admins can look at what is known of P0's settings, and change nothing",
            "set it: an owner of the organisation makes the key at P0",
        ),
        (Some(_), true) => report.ok(
            "p0.settings",
            "there is a key, which cannot be tried without changing something; no slack.admins: nobody can change \
             P0's settings from Slack, only `p0-chatops settings apply` does",
        ),
        (Some(_), false) => report.ok(
            "p0.settings",
            "there is a key, which cannot be tried without changing something; the shortcut and the Home tab are \
             there once the app has the manifest that `p0-chatops manifest` prints",
        ),
    }
    if let Some(home) = home {
        let admins = admins(install, home, report).await;
        enough(install, admins, report);
    } else if !nobody {
        report.skip("admins", "needs a token that is good");
    }
    match (&settings.changes.announce_channel, home) {
        (None, _) => report.warn(
            "settings.announce",
            "changes of P0's settings are told to whoever makes them, and to no one else",
            "set settings.announce_channel",
        ),
        (Some(announced), Some(home))
            if !settings.routes.all().iter().any(|route| route.channel.as_ref() == Some(announced)) =>
        {
            channel::check(install, home, announced, &Named::by("settings.announce_channel"), report).await;
        }
        (Some(_), _) => {}
    }
}

/// Everybody who is an admin as far as Slack says; `None` where it does not say of all.
async fn admins(install: &Install, home: &Home, report: &mut Report<'_>) -> Option<BTreeSet<UserId>> {
    let list = &install.settings.slack.admins;
    let mut found = Some(BTreeSet::new());
    let mut add = |more: Option<Vec<UserId>>| match (&mut found, more) {
        (Some(found), Some(more)) => found.extend(more),
        (found, _) => *found = None,
    };
    let clients = install.clients.as_ref().expect("Slack was asked with it");
    let slack = SlackApi::new(clients.slack.clone(), &install.settings.slack, Metrics::default());
    for user in &list.users {
        let about = ("admin", user);
        match asked(&slack, user).await {
            Ok(Some(person)) => match barred(home, user, &person) {
                Some(why) => {
                    report.fail(about, format!("{why}: may not change P0's settings"), "take them out of slack.admins");
                }
                None => {
                    report.ok(about, "may change P0's settings");
                    add(Some(vec![user.clone()]));
                }
            },
            Ok(None) => report.fail(about, "Slack knows nobody with this id", "correct it in slack.admins"),
            Err(Unavailable { .. }) => {
                report.warn(about, "Slack could not be asked about them", ASK_AGAIN);
                add(None);
            }
        }
    }
    for group in &list.groups {
        add(members(install, home, group, report).await);
    }
    found
}

/// Why somebody is no admin, by the rules of a click: guests never are.
fn barred(home: &Home, user: &UserId, person: &Person) -> Option<&'static str> {
    let workspace = Workspace { allow_guests: false, ..home.workspace.clone() };
    let by = SlackUser { team: home.team.clone(), user: user.clone() };
    Some(match workspace.admit(&by, person).err()? {
        Refusal::Deactivated => "is deactivated in Slack",
        Refusal::Bot => "is a bot",
        Refusal::Guest => "is a guest",
        _ => "is of another company or workspace",
    })
}

/// Who is in a user group; `None` where Slack does not say.
async fn members(install: &Install, home: &Home, group: &UserGroupId, report: &mut Report<'_>) -> Option<Vec<UserId>> {
    let about = || ("admins", group);
    if home.workspace.of_groups().next().is_none() {
        report.skip(about(), "is looked for in the workspace of whoever presses");
        return None;
    }
    match asked_members(install, home, group).await {
        Ok(users) => {
            match users.len() {
                0 => report.warn(about(), "nobody is in this user group", "add the admins to it in Slack"),
                1 => report.ok(about(), "1 person is in this user group: may change P0's settings"),
                n => report.ok(about(), format!("{n} people are in this user group: may change P0's settings")),
            }
            return Some(users);
        }
        Err(Failed::Refused(code)) if code == "missing_scope" => report.warn(
            about(),
            "Slack does not tell the bot who is in this user group: nobody is an admin by it",
            "add the scope usergroups:read and install the app again",
        ),
        Err(Failed::Refused(code)) if code == "no_such_subteam" => report.fail(
            about(),
            "Slack knows no such user group: nobody is an admin by it",
            "correct the id in slack.admins: it stands in the address of the group's page in Slack",
        ),
        Err(failed) => report.warn(about(), failed.words(), ASK_AGAIN),
    }
    None
}

/// Whether a change that needs a second admin can find one.
fn enough(install: &Install, admins: Option<BTreeSet<UserId>>, report: &mut Report<'_>) {
    let what = match install.settings.changes.second_admin {
        SecondAdmin::Loosening => "no change that loosens anything",
        SecondAdmin::Always => "no change",
        SecondAdmin::Never => return,
    };
    if admins.is_some_and(|admins| admins.len() == 1) {
        report.warn(
            "slack.admins",
            format!("there is one admin: {what} of P0's settings can be agreed to by a second"),
            "name another in slack.admins, or set settings.second_admin = \"never\"",
        );
    }
}
