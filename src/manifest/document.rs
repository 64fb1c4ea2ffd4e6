//! The manifest's shape and content, as far as this app uses Slack's (version 2 of the schema,
//! docs.slack.dev/reference/app-manifest).

use serde::Serialize;
use url::Url;

use crate::config::{AppLinking, Delivery, SlackApp};
use crate::domain::control::Control;
use crate::domain::jit::control::SettingsControl;
use crate::scopes::{self, Opens, Scope, Uses};

const NAME: &str = "P0 ChatOps";
const BOT_NAME: &str = "p0-chatops";
const DESCRIPTION: &str = "Approve, deny and revoke P0 access requests";
/// Once an app has a colour Slack does not let it go back to none.
const BACKGROUND: &str = "#1b2a41";

/// The whole of it; `S` is how a scope is written.
#[derive(Serialize)]
pub(super) struct Manifest<'a, S> {
    #[serde(rename = "_metadata")]
    metadata: Metadata,
    display_information: DisplayInformation,
    features: Features<'a>,
    oauth_config: OauthConfig<S>,
    settings: AppSettings,
}

#[derive(Serialize)]
struct Metadata {
    major_version: u8,
}

#[derive(Serialize)]
struct DisplayInformation {
    name: &'static str,
    description: &'static str,
    background_color: &'static str,
    long_description: String,
}

#[derive(Serialize)]
struct Features<'a> {
    app_home: AppHome,
    bot_user: BotUser,
    #[serde(skip_serializing_if = "Option::is_none")]
    unfurl_domains: Option<[&'a str; 1]>,
    shortcuts: Vec<Shortcut>,
    slash_commands: [SlashCommand<'a>; 1],
}

#[derive(Serialize)]
struct AppHome {
    home_tab_enabled: bool,
    messages_tab_enabled: bool,
    messages_tab_read_only_enabled: bool,
}

#[derive(Serialize)]
struct BotUser {
    display_name: &'static str,
}

#[derive(Serialize)]
struct Shortcut {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    callback_id: &'static str,
    description: &'static str,
}

#[derive(Serialize)]
struct SlashCommand<'a> {
    command: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Url>,
    description: &'static str,
    usage_hint: String,
    should_escape: bool,
}

#[derive(Serialize)]
struct OauthConfig<S> {
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_urls: Option<[Url; 1]>,
    scopes: Scopes<S>,
}

#[derive(Serialize)]
struct Scopes<S> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<[S; 1]>,
    bot: Vec<S>,
}

#[derive(Serialize)]
struct AppSettings {
    event_subscriptions: EventSubscriptions,
    interactivity: Interactivity,
    org_deploy_enabled: bool,
    socket_mode_enabled: bool,
    token_rotation_enabled: bool,
}

#[derive(Serialize)]
struct EventSubscriptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    request_url: Option<Url>,
    bot_events: Vec<&'static str>,
}

#[derive(Serialize)]
struct Interactivity {
    is_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_url: Option<Url>,
}

impl<'a, S> Manifest<'a, S> {
    /// The manifest of this app, its scopes written as `write` does.
    pub(super) fn new(app: &'a SlackApp, write: impl Fn(Scope) -> S) -> Self {
        let uses =
            Uses { in_channel: app.in_channel, user_groups: app.has_user_groups, unfurls: app.unfurl_domain.is_some() };
        // Those that need no scope cost nothing, and are of use as soon as accounts are linked: nobody has to remember.
        let events = scopes::of_use(uses).flat_map(|scope| scope.opens).filter_map(|opened| match opened {
            Opens::Event(event) => Some(*event),
            Opens::PersonEvent(event) => app.linking.as_ref().map(|_| *event),
            Opens::Method(_) | Opens::Command => None,
        });
        let events = events.chain(scopes::EVENTS_OF_ALL);
        let pages = match &app.linking {
            Some(AppLinking::Pages(public_url)) => Some(public_url),
            Some(AppLinking::Device) | None => None,
        };
        Self {
            metadata: Metadata { major_version: 2 },
            display_information: DisplayInformation {
                name: NAME,
                description: DESCRIPTION,
                background_color: BACKGROUND,
                long_description: long_description(&app.command),
            },
            features: Features {
                // The Messages tab is where people write to the bot.
                app_home: AppHome {
                    home_tab_enabled: true,
                    messages_tab_enabled: true,
                    messages_tab_read_only_enabled: false,
                },
                bot_user: BotUser { display_name: BOT_NAME },
                unfurl_domains: app.unfurl_domain.as_deref().map(|domain| [domain]),
                shortcuts: shortcuts(app.has_admins),
                slash_commands: [SlashCommand {
                    command: &app.command,
                    url: door(app, "slack/commands"),
                    description: DESCRIPTION,
                    usage_hint: usage(app),
                    // Mentions and channels arrive by their ids, which nobody can choose.
                    should_escape: true,
                }],
            },
            oauth_config: OauthConfig {
                redirect_urls: pages.map(|public_url| [below(public_url, "link/slack")]),
                scopes: Scopes {
                    user: pages.map(|_| [write(scopes::SIGN_IN)]),
                    bot: scopes::of_use(uses).map(write).collect(),
                },
            },
            settings: AppSettings {
                event_subscriptions: EventSubscriptions {
                    request_url: door(app, "slack/events"),
                    bot_events: events.collect(),
                },
                interactivity: Interactivity { is_enabled: true, request_url: door(app, "slack/interactivity") },
                // It only allows it, and changes nothing in a single workspace; an organisation that installs an app
                // without it gets one that hears nothing.
                org_deploy_enabled: true,
                socket_mode_enabled: app.delivery == Delivery::Socket,
                // The bot has one token, from its settings, and nobody to renew it.
                token_rotation_enabled: false,
            },
        }
    }
}

/// Slack shows each to everybody; who may use it is asked when somebody does.
fn shortcuts(has_admins: bool) -> Vec<Shortcut> {
    let decide = |kind, control: Control, description| Shortcut {
        name: "Decide on requests",
        kind,
        callback_id: control.as_str(),
        description,
    };
    let mut shortcuts = vec![
        decide("global", Control::Decide, "What waits for you, to approve or deny"),
        decide("message", Control::DecideHere, "The request that this message shows; else what waits for you"),
    ];
    if has_admins {
        shortcuts.push(Shortcut {
            name: "P0 settings",
            kind: "global",
            callback_id: SettingsControl::Open.as_str(),
            description: "For admins: see and change which lengths P0 offers, and its other settings",
        });
    }
    shortcuts
}

/// What can be typed behind the command.
fn usage(app: &SlackApp) -> String {
    let linking = if app.linking.is_some() { " | link | unlink" } else { "" };
    let settings = if app.has_admins { " | settings" } else { "" };
    format!(
        "pending | approve ID 2h | deny ID because… | revoke ID | show ID | \
         away until Friday | back | whoami{linking}{settings} | help"
    )
}

fn long_description(command: &str) -> String {
    format!(
        "P0 access requests are shown here, and approvers decide them with a button, on a desk or on a phone. Each \
         request's card says what has become of it: received, forwarded, approved, refused in P0's own words. \
         {command} pending lists what waits for a decision, and {command} help says what else there is."
    )
}

/// The address of one of the bot's doors, under whatever path `public_url` has. Over a socket nothing is called.
fn door(app: &SlackApp, path: &str) -> Option<Url> {
    let Delivery::Http(public_url) = &app.delivery else { return None };
    Some(below(public_url, path))
}

fn below(public_url: &Url, path: &str) -> Url {
    let mut url = public_url.clone();
    url.set_path(&format!("{}/{path}", public_url.path().trim_end_matches('/')));
    url
}
