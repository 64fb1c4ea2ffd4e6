//! Slack: whether the bot's token is good, and what it may do.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};

use super::report::Report;
use super::web::{Heard, Silence, ask};
use super::{Install, clocks};
use crate::app::allowed;
use crate::authorize::workspace::Workspace;
use crate::config::Settings;
use crate::domain::person::{EnterpriseId, TeamId};
use crate::domain::text::cut;
use crate::notify::web_api::Installed;
use crate::scopes::{Need, Uses, of_use};

/// Where the app is installed, and what it may do there.
pub(super) struct Home {
    /// Whose members may decide.
    pub(super) workspace: Workspace,
    /// The workspace, or the organisation where it is installed for all of it.
    pub(super) team: TeamId,
    granted: Option<BTreeSet<String>>,
}

impl Home {
    /// Whether the token has the scope; where Slack does not say, it may.
    pub(super) fn may(&self, scope: &str) -> bool {
        self.granted.as_ref().is_none_or(|granted| granted.contains(scope))
    }

    /// Whether Slack says that the token has the scope.
    pub(super) fn surely_may(&self, scope: &str) -> bool {
        self.granted.is_some() && self.may(scope)
    }
}

/// Why a method gave nothing.
pub(super) enum Failed {
    Silent(Silence),
    /// Slack's own code.
    Refused(String),
    /// Not what Slack answers.
    Strange(StatusCode),
}

impl Failed {
    /// What came instead of an answer.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Silent(silence) => format!("Slack cannot be asked: {silence}"),
            Self::Refused(code) => format!("Slack refuses: {code}"),
            Self::Strange(status) => format!("what answers is not Slack's Web API (HTTP {})", status.as_u16()),
        }
    }
}

/// Asks who the bot is. `None` where nothing more can be asked.
pub(super) async fn check(install: &Install, report: &mut Report<'_>) -> Option<Home> {
    if install.clients.is_none() {
        report.skip("slack.token", "needs a way out, as do scopes, clock and channel");
        return None;
    }
    let home = match call(install, "auth.test", &[]).await {
        Ok(heard) => {
            let home = match said(&heard) {
                Ok(answer) => token(install, &answer, &heard, report),
                Err(failed) => refused(&failed, report),
            };
            clocks::slack(heard.ahead, report);
            home
        }
        Err(silence) => refused(&Failed::Silent(silence), report),
    };
    match &home {
        Some(home) => scopes(home, uses(&install.settings), report),
        None => report.skip("slack.scopes", "needs a token that is good, as does the channel"),
    }
    home
}

fn refused(failed: &Failed, report: &mut Report<'_>) -> Option<Home> {
    report.fail("slack.token", failed.words(), remedy(failed));
    None
}

/// Calls a method; `query` is its arguments, where it reads something.
pub(super) async fn call(install: &Install, method: &'static str, query: &[(&str, &str)]) -> Result<Heard, Silence> {
    tokio::time::sleep(install.apart).await;
    let slack = &install.settings.slack;
    let client = &install.clients.as_ref().expect("whoever calls has looked").slack;
    let mut url = slack.api_base_url.join(method).expect("a method's name behind a checked address");
    // Slack's reading methods take no JSON.
    let request = if query.is_empty() {
        client.post(url).json(&json!({}))
    } else {
        url.query_pairs_mut().extend_pairs(query);
        client.get(url)
    };
    ask(install, request.bearer_auth(slack.bot_token.expose())).await
}

/// What Slack said, where it did what was asked.
pub(super) fn said(heard: &Heard) -> Result<Value, Failed> {
    match heard.json() {
        Some(answer) if answer["ok"] == true => Ok(answer),
        Some(answer) if answer["error"].is_string() => {
            Err(Failed::Refused(cut(answer["error"].as_str().unwrap_or_default(), 80)))
        }
        _ => Err(Failed::Strange(heard.status)),
    }
}

fn remedy(failed: &Failed) -> String {
    match failed {
        Failed::Silent(silence) => silence.remedy("slack.api_base_url"),
        Failed::Refused(code) if code == "ratelimited" => "wait a minute, then run `check` again".to_owned(),
        Failed::Refused(_) => {
            "install the app in the workspace and set slack.bot_token to the Bot User OAuth Token that Slack then shows"
                .to_owned()
        }
        Failed::Strange(_) => "correct slack.api_base_url, or try again when Slack is well".to_owned(),
    }
}

/// Whose token it is.
fn token(install: &Install, answer: &Value, heard: &Heard, report: &mut Report<'_>) -> Option<Home> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let Some(home) = home(install, answer, heard) else {
        let remedy = "see what answers at slack.api_base_url";
        report.fail("slack.token", "Slack does not say of which workspace it is", remedy);
        return None;
    };
    if text("bot_id").is_none() {
        report.fail(
            "slack.token",
            "this is a person's token: the bot would post in that person's name",
            "set slack.bot_token to the Bot User OAuth Token (xoxb-…)",
        );
    } else {
        let (name, team) = (text("user").unwrap_or("the bot"), text("team").unwrap_or_default());
        report.ok("slack.token", format!("the bot is {} in {} ({})", cut(name, 80), cut(team, 80), home.team));
    }
    workspace(install, &home, answer, report);
    Some(home)
}

fn home(install: &Install, answer: &Value, heard: &Heard) -> Option<Home> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    let org_wide = answer["is_enterprise_install"] == true;
    let enterprise = text("enterprise_id").and_then(EnterpriseId::parse).filter(|_| org_wide);
    let team = text("team_id").and_then(TeamId::parse);
    let scopes = heard.headers.get("x-oauth-scopes").and_then(|scopes| scopes.to_str().ok());
    let granted = scopes.map(|scopes| scopes.split(',').map(|scope| scope.trim().to_owned()).collect());
    let stands_for = enterprise.as_ref().and_then(|id| TeamId::parse(id.as_str())).or_else(|| team.clone())?;
    let workspace = allowed(&install.settings.slack, Installed { team, enterprise });
    Some(Home { workspace, team: stands_for, granted })
}

/// A list of workspaces that leaves out the app's own turns away everybody in it. Where the app is installed for a
/// whole organisation the list may name any of its workspaces.
fn workspace(install: &Install, home: &Home, answer: &Value, report: &mut Report<'_>) {
    let id = |name: &str| answer.get(name).and_then(Value::as_str);
    if answer["is_enterprise_install"] == true {
        return;
    }
    let ours = id("team_id").and_then(TeamId::parse).is_some_and(|team| home.workspace.teams.contains(&team));
    let enterprise = id("enterprise_id").and_then(EnterpriseId::parse);
    if !ours && !enterprise.is_some_and(|id| home.workspace.enterprises.contains(&id)) {
        let key = if install.settings.slack.allowed_teams.is_empty() { "allowed_enterprises" } else { "allowed_teams" };
        report.fail(
            "slack.workspace",
            format!(
                "slack.{key} leaves out the workspace in which the app is installed, {}: every press in it is refused",
                home.team
            ),
            format!("add {} to slack.allowed_teams", home.team),
        );
    }
}

fn uses(settings: &Settings) -> Uses {
    let in_channel = settings.routes.all().iter().any(|route| route.channel.is_some())
        || settings.changes.announce_channel.is_some();
    let unfurls = !settings.slack.unfurl_channels.is_empty();
    let user_groups = !settings.slack.admins.groups.is_empty() || !settings.told_groups().is_empty();
    Uses { in_channel, user_groups, unfurls }
}

fn scopes(home: &Home, uses: Uses, report: &mut Report<'_>) {
    const REMEDY: &str = "add it under OAuth & Permissions, Bot Token Scopes, and install the app again";
    let Some(granted) = &home.granted else {
        return report.warn(
            "slack.scopes",
            "Slack does not say which scopes the token has",
            "compare them with those that `p0-chatops manifest` prints",
        );
    };
    let of_use: Vec<_> = of_use(uses).collect();
    let missing: Vec<_> = of_use.iter().filter(|scope| !granted.contains(scope.name)).collect();
    for scope in &missing {
        let message = format!("is missing: {}", scope.without);
        match scope.need {
            Need::Required => report.fail(("scope", scope.name), message, REMEDY),
            Need::Optional => report.warn(("scope", scope.name), message, REMEDY),
        }
    }
    if missing.is_empty() {
        let more: Vec<&str> =
            granted.iter().map(String::as_str).filter(|name| of_use.iter().all(|s| s.name != *name)).collect();
        let more =
            if more.is_empty() { String::new() } else { format!("; not needed: {}", cut(&more.join(", "), 300)) };
        report.ok("slack.scopes", format!("everything that the bot needs is granted{more}"));
    }
}
