//! What the Slack app is made from, and the rules of the settings that it shares with a running bot.

use url::Url;

use super::ConfigError;
use super::check::unfurled;
use super::host::may_be_this_machine;
use super::raw::{Raw, RawSlack};
use super::values::{Checked, https_base, required};

/// The longest `public_url`: up to four addresses of the manifest begin with it, and each is written percent-encoded into
/// the link with which the app is created.
const LONGEST_PUBLIC_URL: usize = 255;

/// What the Slack app is made from: nothing here needs a secret, and nothing waits for the app to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlackApp {
    /// How deliveries come in.
    pub delivery: Delivery,
    /// The slash command's name, with its slash.
    pub command: String,
    /// Whether the app lives in GovSlack.
    pub govslack: bool,
    /// Whether anything is shown in a channel; only routes that name people alone say that requests are not.
    pub in_channel: bool,
    /// How approvers link their accounts, where they do.
    pub linking: Option<AppLinking>,
    /// Whether there are admins, who may change P0's settings.
    pub has_admins: bool,
    /// Whether user groups say who is an admin, who is told or who is on call.
    pub has_user_groups: bool,
    /// The host of links to requests, where they become cards.
    pub unfurl_domain: Option<String>,
}

/// How approvers link their accounts, as far as Slack has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppLinking {
    /// With a code that comes in a direct message.
    Device,
    /// On pages below this address, to which Slack sends those who sign in with it.
    Pages(Url),
}

/// How deliveries come from Slack to the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Slack calls this address: https, and not this machine.
    Http(Url),
    /// The bot calls Slack.
    Socket,
}

impl SlackApp {
    pub(super) fn check(raw: Raw) -> Checked<Self> {
        let linking = match (raw.identity.mode.as_deref(), raw.identity.linked.and_then(|linked| linked.flow)) {
            (Some("linked" | "exchange"), Some(flow)) if flow == "code" => {
                Some(AppLinking::Pages(public_url(raw.top.public_url.clone())?))
            }
            (Some("linked" | "exchange"), _) => Some(AppLinking::Device),
            _ => None,
        };
        let admins = raw.slack.admins.clone().unwrap_or_default();
        let unfurl_domain = match raw.slack.unfurl_channels.as_deref() {
            None | Some([]) => None,
            Some(_) => {
                let org = raw.p0.org.as_deref().unwrap_or("org");
                unfurled(raw.p0.request_url.as_deref(), org)?.host()
            }
        };
        let told = raw.routes.iter().flat_map(|route| {
            let levels = route.escalate_to.iter().flatten();
            levels.chain(&route.notify).chain(&route.fallback).flatten()
        });
        let has_user_groups = admins.iter().chain(told).any(|named| named.starts_with('S'))
            || raw.oncall.values().any(|source| source.group.is_some());
        let delivery = match mode(&raw.slack)? {
            Mode::Http => Delivery::Http(public_url(raw.top.public_url)?),
            Mode::Socket => Delivery::Socket,
        };
        Ok(Self {
            delivery,
            command: command(&raw.slack)?,
            govslack: is_govslack(&api_base_url(&raw.slack)?),
            in_channel: raw.routes.is_empty()
                || raw.routes.iter().any(|route| route.channel.is_some())
                || raw.settings.announce_channel.is_some(),
            linking,
            unfurl_domain,
            has_admins: !admins.is_empty(),
            has_user_groups,
        })
    }
}

/// Who calls whom.
pub(super) enum Mode {
    Http,
    Socket,
}

pub(super) fn mode(raw: &RawSlack) -> Checked<Mode> {
    match raw.mode.as_deref().unwrap_or("http") {
        "http" => Ok(Mode::Http),
        "socket" => Ok(Mode::Socket),
        other => Err(ConfigError::new("slack.mode", format!("is {other:?}: has to be \"http\" or \"socket\""))),
    }
}

/// The slash command's name.
pub(super) fn command(raw: &RawSlack) -> Checked<String> {
    let command = raw.command.as_deref().unwrap_or("/p0");
    if !command.starts_with('/')
        || command.len() < 2
        || command.chars().count() > 32
        || command.contains(|c: char| c.is_whitespace() || c.is_control())
    {
        return Err(ConfigError::new("slack.command", "has to be a slash and a word of at most 32 characters in all"));
    }
    Ok(command.to_owned())
}

/// Where the Web API is; ends with `/`.
pub(super) fn api_base_url(raw: &RawSlack) -> Checked<Url> {
    let mut url = https_base("slack.api_base_url", raw.api_base_url.as_deref().unwrap_or("https://slack.com/api/"))?;
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// GovSlack runs on a domain of its own.
pub(super) fn is_govslack(api: &Url) -> bool {
    api.host_str().is_some_and(|host| host == "slack-gov.com" || host.ends_with(".slack-gov.com"))
}

fn public_url(text: Option<String>) -> Checked<Url> {
    let key = "public_url";
    let Some(text) = text else {
        return Err(ConfigError::new(
            key,
            "is missing: Slack has to be told where the bot is reached, as \"https://bot.example.com\"",
        ));
    };
    let url = https_base(key, &required(key, Some(text))?)?;
    if url.scheme() != "https" || may_be_this_machine(&url) {
        return Err(ConfigError::new(
            key,
            "has to begin with https:// and name a host that Slack can reach, not this machine (localhost, 127.0.0.1)",
        ));
    }
    if url.as_str().len() > LONGEST_PUBLIC_URL {
        return Err(ConfigError::new(key, format!("is longer than {LONGEST_PUBLIC_URL} characters")));
    }
    Ok(url)
}
