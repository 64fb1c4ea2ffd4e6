//! Whether the settings make sense, each by itself and all together.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::app::{Mode, api_base_url, command, is_govslack, mode};
use super::identity::{self, SignInPages};
use super::raw::{Raw, RawDurations, RawNotifier, RawP0, RawSettings, RawSlack};
use super::settings::{
    AdminList, Changes, Durations, FIELDS, Fields, Notifier, NotifierKeySource, Origin, Outbound, P0, Settings, Slack,
    SlackClient, SlackMode, SocketMode,
};
use super::values::{
    Checked, address, https, https_base, ids, long_enough, not_built, parse_url, required, required_secret, span,
};
use super::{ConfigError, Secret, SettingsKey, audit, oncall, routes, vault};
use crate::domain::expiration::ExpirationLength;
use crate::domain::jit::lengths::{Lengths, Preset};
use crate::domain::jit::mirror::Stated;
use crate::domain::jit::proposal::SecondAdmin;
use crate::domain::person::{ChannelId, EnterpriseId, TeamId, UserGroupId, UserId};
use crate::domain::request_link::RequestLinks;
use crate::domain::route::risk::Risk;

pub(super) fn check(raw: Raw, folder: &Path, origin: Origin) -> Checked<Settings> {
    let top = raw.top;
    let public_url = top.public_url.map(|url| https_base("public_url", &url)).transpose()?;
    let slack = slack(raw.slack)?;
    let pages = SignInPages { public_url: public_url.as_ref(), slack: slack.client.as_ref() };
    let identity = identity::check(raw.identity, &pages, folder)?;
    let oncall = oncall::check(raw.oncall, folder)?;
    let time_zone = routes::zone("time_zone", top.time_zone.as_deref())?;
    let settings = Settings {
        origin,
        listen: address("listen", top.listen.as_deref().unwrap_or("127.0.0.1:3000"))?,
        admin_listen: address("admin_listen", top.admin_listen.as_deref().unwrap_or("127.0.0.1:3001"))?,
        public_url,
        database_url: database_url(top.database_url.as_deref().unwrap_or("sqlite://p0-chatops.db"), folder)?,
        forward_within: span("forward_within", top.forward_within.as_deref().unwrap_or("15m"))?,
        outbound: Outbound {
            proxy: top.proxy.map(|url| parse_url("proxy", &url).map(|url| Secret::new(url.as_str()))).transpose()?,
            ca_file: top.ca_file.map(|path| folder.join(path)),
        },
        slack,
        p0: p0(raw.p0)?,
        notifier: notifier(raw.notifier.unwrap_or_default(), folder)?,
        vault: vault::check(raw.vault, &identity, folder)?,
        identity,
        durations: durations(raw.durations)?,
        routes: Arc::new(routes::check(raw.routes, &oncall, &time_zone)?),
        time_zone,
        oncall,
        changes: changes(raw.settings)?,
        audit: audit::check(raw.audit, folder)?,
    };
    what_risk_needs(&settings)?;
    what_changes_need(&settings)?;
    let clash = |one: SocketAddr, other: SocketAddr| one == other && one.port() != 0;
    if clash(settings.listen, settings.admin_listen) {
        return Err(ConfigError::new("admin_listen", "has to differ from listen: probes are not for the outside"));
    }
    if let Some(pushes) = settings.notifier.listen
        && (clash(pushes, settings.listen) || clash(pushes, settings.admin_listen))
    {
        return Err(ConfigError::new(
            "notifier.listen",
            "has to differ from listen and admin_listen: it is for P0 alone. Leave it out to take pushes at listen",
        ));
    }
    Ok(settings)
}

/// A card that asks for more than a press has to have a way to give it.
fn what_risk_needs(settings: &Settings) -> Checked<()> {
    let asks_for = |which: fn(&Risk) -> bool| settings.routes.all().iter().any(|route| which(&route.risk));
    if asks_for(|risk| matches!(risk, Risk::StepUp(_))) && !settings.identity.signs_in_again() {
        return Err(ConfigError::new(
            "route.risk",
            "\"step-up\" needs people who sign in: identity.mode \"linked\" or \"exchange\", with flow = \"code\"",
        ));
    }
    if !settings.slack.unfurl_channels.is_empty() {
        unfurled(settings.p0.request_url.as_deref(), &settings.p0.org)?;
    }
    if asks_for(|risk| *risk == Risk::NotFromChat) && settings.p0.request_url.is_none() {
        return Err(ConfigError::new(
            "p0.request_url",
            "is missing: with risk = \"not-from-chat\" a card has a link to P0 in place of buttons",
        ));
    }
    // A request may be of several rules as long as P0 does not say enough, and no sign-in may satisfy them all.
    if settings.routes.demands_unseen().risk == Risk::NotFromChat && settings.p0.request_url.is_none() {
        return Err(ConfigError::new(
            "p0.request_url",
            "is missing: a request that may be of several routes whose acr_values have none in common is decided in P0",
        ));
    }
    Ok(())
}

/// Whoever may weaken approvals from Slack has to be named, and to have the means.
fn what_changes_need(settings: &Settings) -> Checked<()> {
    let missing = match settings {
        Settings { changes: Changes { approvals: false, .. }, .. } => return Ok(()),
        Settings { p0: P0 { settings_api_key: None, .. }, .. } => "p0.settings_api_key",
        Settings { slack, .. } if slack.admins == AdminList::default() => "slack.admins",
        _ => return Ok(()),
    };
    Err(ConfigError::new(missing, "is missing: settings.approvals = true is of no use without it"))
}

/// What Slack calls its tokens begins with what they are for.
fn is_token(secret: &Secret, begins: &[&str]) -> bool {
    begins.iter().any(|begin| secret.expose().trim_start().starts_with(begin))
}

fn bot_token(given: Option<Secret>) -> Checked<Secret> {
    let token = required_secret("slack.bot_token", given)?;
    if is_token(&token, &["xoxp-", "xapp-"]) {
        let told = "is another token of the app's: the bot's begins with xoxb-, and stands under OAuth & Permissions";
        return Err(ConfigError::new("slack.bot_token", told));
    }
    Ok(token)
}

/// How Slack comes in. What the other mode would need may stay, so that one can go back; it has to be of its form.
fn slack_mode(
    mode: Mode,
    signing_secrets: Option<Vec<Secret>>,
    app_token: Option<Secret>,
    connections: Option<u8>,
) -> Checked<SlackMode> {
    let signing_secrets = signing_secrets.unwrap_or_default();
    for secret in &signing_secrets {
        long_enough("slack.signing_secrets", secret)?;
        if is_token(secret, &["xox", "xapp-"]) {
            let told = "is a token: the signing secret stands under Basic Information of the app";
            return Err(ConfigError::new("slack.signing_secrets", told));
        }
    }
    if let Some(token) = &app_token {
        long_enough("slack.app_token", token)?;
        if !is_token(token, &["xapp-"]) {
            let told = "is no app-level token: that begins with xapp-, and stands under Basic Information of the app";
            return Err(ConfigError::new("slack.app_token", told));
        }
    }
    let connections = usize::from(connections.unwrap_or(2));
    if !(1..=4).contains(&connections) {
        return Err(ConfigError::new("slack.socket_connections", "has to be from 1 to 4"));
    }
    match mode {
        Mode::Http if signing_secrets.is_empty() => Err(ConfigError::new(
            "slack.signing_secrets",
            "is missing: Slack shows it under Basic Information of the app",
        )),
        Mode::Http => Ok(SlackMode::Http { signing_secrets }),
        Mode::Socket => {
            let missing = "is missing: slack.mode = \"socket\" opens connections with it. Slack makes one under Basic \
                           Information of the app, App-Level Tokens, with the scope connections:write";
            let app_token = app_token.ok_or_else(|| ConfigError::new("slack.app_token", missing))?;
            Ok(SlackMode::Socket(SocketMode { app_token, connections }))
        }
    }
}

fn slack(raw: RawSlack) -> Checked<Slack> {
    let (command, api_base_url) = (command(&raw)?, api_base_url(&raw)?);
    let slack_mode = slack_mode(mode(&raw)?, raw.signing_secrets, raw.app_token, raw.socket_connections)?;
    let client = match (raw.client_id, raw.client_secret) {
        (None, None) => None,
        (Some(id), Some(secret)) => {
            long_enough("slack.client_secret", &secret)?;
            Some(SlackClient { id: required("slack.client_id", Some(id))?, secret })
        }
        _ => return Err(ConfigError::new("slack.client_id", "and slack.client_secret are only useful together")),
    };
    Ok(Slack {
        mode: slack_mode,
        bot_token: bot_token(raw.bot_token)?,
        client,
        command,
        hook_hosts: hook_hosts(raw.hook_hosts, &api_base_url)?,
        api_base_url,
        allowed_teams: ids("slack.allowed_teams", raw.allowed_teams, TeamId::parse, "a workspace (T…)")?,
        allowed_enterprises: ids(
            "slack.allowed_enterprises",
            raw.allowed_enterprises,
            EnterpriseId::parse,
            "an organisation (E…)",
        )?,
        admins: admins(raw.admins.unwrap_or_default())?,
        allow_guests: raw.allow_guests.unwrap_or(false),
        unfurl_channels: ids("slack.unfurl_channels", raw.unfurl_channels, ChannelId::parse, "a channel (C…)")?,
    })
}

fn admins(texts: Vec<String>) -> Checked<AdminList> {
    let mut admins = AdminList::default();
    for text in texts {
        match (UserId::parse(&text), UserGroupId::parse(&text)) {
            (Some(user), _) => admins.users.push(user),
            (None, Some(group)) => admins.groups.push(group),
            (None, None) => {
                return Err(ConfigError::new(
                    "slack.admins",
                    format!("{text:?} is no user (U…) and no user group (S…)"),
                ));
            }
        }
    }
    Ok(admins)
}

/// GovSlack's answers go to hosts of its own.
fn hook_hosts(hosts: Option<Vec<String>>, api: &Url) -> Checked<Vec<String>> {
    let usual = if is_govslack(api) { "hooks.slack-gov.com" } else { "hooks.slack.com" };
    let hosts = hosts.unwrap_or_else(|| vec![usual.to_owned()]);
    match hosts.iter().find(|host| host.is_empty() || host.contains('/') || **host != host.to_lowercase()) {
        Some(host) => {
            Err(ConfigError::new("slack.hook_hosts", format!("{host:?} is no host: no scheme, no path, lower case")))
        }
        None => Ok(hosts),
    }
}

fn p0(raw: RawP0) -> Checked<P0> {
    let org = required("p0.org", raw.org)?;
    if !org.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) || org.starts_with('.') {
        return Err(ConfigError::new("p0.org", "has to be the organisation's short name, as in P0's own addresses"));
    }
    if let Some(key) = &raw.settings_api_key {
        long_enough("p0.settings_api_key", key)?;
    }
    if let Some(template) = &raw.request_url {
        let filled = template.replace("{org}", "org").replace("{id}", "id");
        https("p0.request_url", &filled)?;
        if !template.contains("{id}") {
            return Err(ConfigError::new("p0.request_url", "has to contain {id}"));
        }
    }
    Ok(P0 {
        base_url: https_base("p0.base_url", raw.base_url.as_deref().unwrap_or("https://api.p0.app"))?,
        org,
        settings_api_key: raw.settings_api_key.map(SettingsKey::new),
        request_url: raw.request_url,
        one_party: raw.one_party.unwrap_or(false),
    })
}

/// How links to requests are known that are to become cards.
pub(super) fn unfurled(template: Option<&str>, org: &str) -> Checked<RequestLinks> {
    let key = "p0.request_url";
    let Some(template) = template else {
        return Err(ConfigError::new(key, "is missing: slack.unfurl_channels makes cards of the links that it forms"));
    };
    RequestLinks::new(template, org).ok_or_else(|| {
        ConfigError::new(key, "has to contain {id} once, behind the host: slack.unfurl_channels reads links by it")
    })
}

fn notifier(raw: RawNotifier, folder: &Path) -> Checked<Notifier> {
    let key = match (raw.public_key_file, raw.jwks_url) {
        (Some(_), Some(_)) => {
            return Err(ConfigError::new("notifier.jwks_url", "contradicts notifier.public_key_file: set one of them"));
        }
        (None, Some(url)) => NotifierKeySource::Jwks(https("notifier.jwks_url", &url)?),
        (file, None) => NotifierKeySource::File(folder.join(required("notifier.public_key_file", file)?)),
    };
    let fields = raw.fields.unwrap_or_default();
    for (field, pointer) in &fields {
        if !FIELDS.contains(&field.as_str()) {
            return Err(ConfigError::new(
                format!("notifier.fields.{field}"),
                format!("unknown field; known are {}", FIELDS.join(", ")),
            ));
        }
        if !pointer.starts_with('/') {
            return Err(ConfigError::new(
                format!("notifier.fields.{field}"),
                "has to be a JSON pointer: it begins with /",
            ));
        }
    }
    let max_token_age = span("notifier.max_token_age", raw.max_token_age.as_deref().unwrap_or("10m"))?;
    let single_use = raw.single_use.unwrap_or(false);
    if single_use && max_token_age > Duration::from_secs(15 * 60) {
        return Err(ConfigError::new(
            "notifier.max_token_age",
            "has to be at most 15m with single_use: used tokens are remembered that long",
        ));
    }
    Ok(Notifier {
        listen: raw.listen.map(|listen| address("notifier.listen", &listen)).transpose()?,
        key,
        issuer: required("notifier.issuer", raw.issuer)?,
        audience: required("notifier.audience", raw.audience)?,
        subject: raw.subject,
        max_token_age,
        single_use,
        fields: Fields(fields),
    })
}

fn durations(raw: RawDurations) -> Checked<Durations> {
    let length = |key: &str, text: &str| {
        text.parse::<ExpirationLength>().map_err(|error| ConfigError::new(key, format!("{text:?}: {error}")))
    };
    let default = length("durations.default", raw.default.as_deref().unwrap_or("1h"))?;
    let read = |text: String| length("durations.presets", &text).map(|length| Preset { text, length });
    let stated = Stated {
        presets: raw.presets.map(|texts| texts.into_iter().map(read).collect::<Checked<_>>()).transpose()?,
        maximum: raw.maximum.map(|text| length("durations.maximum", &text)).transpose()?,
    };
    let assumed = assumed_lengths();
    let maximum = stated.maximum.unwrap_or(assumed.maximum);
    let presets = stated.presets.as_ref().unwrap_or(&assumed.presets);
    if let Some(preset) = presets.iter().find(|preset| preset.text.chars().count() > 75) {
        return Err(ConfigError::new("durations.presets", format!("{:?} is longer than 75 characters", preset.text)));
    }
    let mut lengths = BTreeMap::new();
    for preset in presets {
        if let Some(other) = lengths.insert(preset.length, &preset.text) {
            return Err(ConfigError::new(
                "durations.presets",
                format!("{} and {other} are the same length", preset.text),
            ));
        }
    }
    if presets.len() > 100 {
        return Err(ConfigError::new("durations.presets", "has more than the 100 that Slack shows"));
    }
    if let Some(preset) = presets.iter().find(|preset| preset.length > maximum) {
        return Err(ConfigError::new(
            "durations.presets",
            format!("{} is longer than durations.maximum, {maximum}", preset.text),
        ));
    }
    if default > maximum {
        return Err(ConfigError::new(
            "durations.default",
            format!("{default} is longer than durations.maximum, {maximum}"),
        ));
    }
    Ok(Durations { stated, default })
}

/// What is offered where neither the settings nor P0 say otherwise.
pub fn assumed_lengths() -> Lengths {
    let length = |minutes: u64| ExpirationLength::from_minutes(minutes).expect("some hours are a length");
    let preset = |hours: u64| Preset { text: format!("{hours}h"), length: length(hours * 60) };
    Lengths { presets: [1, 4, 8].map(preset).to_vec(), maximum: length(24 * 60), withdrawn: Vec::new() }
}

fn changes(raw: RawSettings) -> Checked<Changes> {
    let second_admin = match raw.second_admin.as_deref() {
        None | Some("loosening") => SecondAdmin::Loosening,
        Some("always") => SecondAdmin::Always,
        Some("never") => SecondAdmin::Never,
        Some(other) => {
            return Err(ConfigError::new(
                "settings.second_admin",
                format!("is {other:?}: has to be loosening, always or never"),
            ));
        }
    };
    let announce_channel = raw.announce_channel.map(|channel| {
        let known = ChannelId::parse(&channel).filter(|id| !id.as_str().starts_with('D'));
        known.ok_or_else(|| ConfigError::new("settings.announce_channel", format!("{channel:?} is no channel id (C…)")))
    });
    Ok(Changes {
        second_admin,
        approvals: raw.approvals.unwrap_or(false),
        announce_channel: announce_channel.transpose()?,
    })
}

fn database_url(text: &str, folder: &Path) -> Checked<String> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        return Err(not_built("database_url", "PostgreSQL"));
    }
    let Some(path) = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")) else {
        return Err(ConfigError::new("database_url", "has to be sqlite://PATH"));
    };
    if path.is_empty() || path.contains(":memory:") || path.contains('?') {
        return Err(ConfigError::new(
            "database_url",
            "has to name a file: what is kept in memory is lost at a restart",
        ));
    }
    Ok(format!("sqlite://{}", folder.join(path).display()))
}
