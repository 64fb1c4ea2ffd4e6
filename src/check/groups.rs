//! The user groups whose members are told, or are on call: there, with somebody in them, and not too many.

use super::Install;
use super::channel::quoted;
use super::p0::ASK_AGAIN;
use super::report::Report;
use super::slack::{Failed, Home, call, said};
use crate::domain::person::{UserGroupId, UserId};
use crate::domain::route::routes::Route;

/// Slack's code for a group that is not there.
const NOT_THERE: &str = "no_such_subteam";

/// Looks at each group that a route names, itself or by an on-call source.
pub(super) async fn check(install: &Install, home: Option<&Home>, report: &mut Report<'_>) {
    let groups = install.settings.told_groups();
    let Some(home) = home else {
        if !groups.is_empty() {
            report.skip("group", "needs a token that is good");
        }
        return;
    };
    for (group, routes) in groups {
        let about = ("group", group);
        if home.workspace.of_groups().next().is_none() {
            report.fail(
                about,
                format!("no workspace is known in which it could be: nobody is told by it{}", named(&routes)),
                "name the workspace of the group in slack.allowed_teams",
            );
            continue;
        }
        match asked_members(install, home, group).await {
            Ok(members) => counted(group, members.len(), &routes, report),
            Err(Failed::Refused(code)) if code == NOT_THERE => report.fail(
                about,
                format!("Slack knows no such user group: nobody is told by it{}", named(&routes)),
                "correct the id: it stands in the address of the group's page in Slack",
            ),
            Err(Failed::Refused(code)) if code == "missing_scope" => report.fail(
                about,
                format!(
                    "Slack does not tell the bot who is in this user group: nobody is told by it{}",
                    named(&routes)
                ),
                "add the scope usergroups:read and install the app again",
            ),
            Err(failed) => report.warn(about, failed.words(), ASK_AGAIN),
        }
    }
}

fn counted(group: &UserGroupId, members: usize, routes: &[&Route], report: &mut Report<'_>) {
    let about = ("group", group);
    let strictest = routes.iter().min_by_key(|route| route.notify_at_most);
    let people = if members == 1 { "1 person is".to_owned() } else { format!("{members} people are") };
    match strictest {
        _ if members == 0 => report.warn(
            about,
            format!("nobody is in this user group{}", named(routes)),
            "add people to it in Slack, or see that routes which name it have a fallback",
        ),
        Some(route) if members > route.notify_at_most => report.warn(
            about,
            format!(
                "{people} in this user group: route {:?} tells {} at most, and leaves out the others",
                route.name, route.notify_at_most
            ),
            "raise route.notify_at_most, or name a smaller group",
        ),
        _ => report.ok(about, format!("{people} in this user group{}", named(routes))),
    }
}

/// Which routes name it.
fn named(routes: &[&Route]) -> String {
    let names: Vec<&str> = routes.iter().map(|route| route.name.as_str()).collect();
    if names.is_empty() { ": no route tells them".to_owned() } else { format!(" (for {})", quoted(&names)) }
}

/// Who is in a user group. An app of a whole organisation has to say in which workspace it looks; the first that has the
/// group is it.
pub(super) async fn asked_members(install: &Install, home: &Home, group: &UserGroupId) -> Result<Vec<UserId>, Failed> {
    let mut answer = Err(Failed::Refused(NOT_THERE.to_owned()));
    for team in home.workspace.of_groups() {
        let query = [("usergroup", group.as_str()), ("team_id", team.as_str())];
        let heard = call(install, "usergroups.users.list", &query).await;
        answer = heard.map_err(Failed::Silent).and_then(|heard| said(&heard));
        if !matches!(&answer, Err(Failed::Refused(code)) if code == NOT_THERE) {
            break;
        }
    }
    let users = answer?;
    let users = users["users"].as_array().into_iter().flatten();
    Ok(users.filter_map(|user| UserId::parse(user.as_str()?)).collect())
}
