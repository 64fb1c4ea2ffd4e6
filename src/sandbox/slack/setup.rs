//! What a workspace looks like before anything happens in it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rates::Rates;
use crate::clock::Clock;
use crate::scopes::{self, Uses};

/// Everything the stand-in must know at its start. [`SlackSetup::new`] gives a
/// small working company; change what a story needs.
#[derive(Clone, Debug)]
pub struct SlackSetup {
    /// The only source of time: triggers, response URLs, rates and signatures follow it.
    pub clock: Clock,
    /// The workspace in which the app is installed (`T…`).
    pub team_id: String,
    /// The workspace's name in its own URL, `<team_domain>.slack.com`.
    pub team_domain: String,
    /// The Enterprise Grid organisation (`E…`) the workspace belongs to, if any.
    pub enterprise_id: Option<String>,
    /// Installed for the whole organisation: payloads carry `team: null`. Needs `enterprise_id`.
    pub org_wide: bool,
    /// The app (`A…`).
    pub app_id: String,
    /// The user the bot posts as (`U…`).
    pub bot_user_id: String,
    /// The bot itself (`B…`), which stands in its messages as `bot_id`.
    pub bot_id: String,
    /// The slash command, with its slash.
    pub command: String,
    /// Signs what is sent to the bot; used as text, never hex-decoded.
    pub signing_secret: String,
    /// Whether what people do goes out over sockets, and nobody's door is called.
    pub socket_mode: bool,
    /// The app-level token, with which sockets are opened (`xapp-…`).
    pub app_token: String,
    /// The token the Web API accepts (`xoxb-…`).
    pub bot_token: String,
    /// The app's client id, with which it signs people in.
    pub client_id: String,
    /// The secret of that client.
    pub client_secret: String,
    /// Where people may be sent back to after signing in, exactly; [`Slack::set_redirect_urls`] changes them.
    ///
    /// [`Slack::set_redirect_urls`]: super::Slack::set_redirect_urls
    pub redirect_urls: Vec<String>,
    /// The scopes the app was granted: by itself those that its manifest asks for.
    pub scopes: Vec<String>,
    /// Whether the app has a Home tab, and is told when somebody opens it: `home_tab_enabled` and `app_home_opened` of
    /// its manifest.
    pub home: bool,
    /// The app's shortcuts.
    pub shortcuts: Vec<Shortcut>,
    /// The domains of whose links the app is told when somebody posts one; [`Slack::set_unfurl_domains`] changes them.
    ///
    /// [`Slack::set_unfurl_domains`]: super::Slack::set_unfurl_domains
    pub unfurl_domains: Vec<String>,
    /// Everybody who can be acted as or looked up. The bot's own user is added at the start.
    pub people: Vec<Person>,
    /// Channels; direct messages come into being by themselves.
    pub channels: Vec<Channel>,
    /// Groups of people (`S…`).
    pub usergroups: Vec<Usergroup>,
    /// How much of each method is allowed.
    pub rates: Rates,
    /// How long a person's client waits for the bot, in wall time; Slack's own limit is 3 s.
    pub answer_within: Duration,
    /// After how long, in wall time, an event that the bot did not take comes again, each counted from the last;
    /// empty: only when it is told to.
    pub event_retries: Vec<Duration>,
}

impl SlackSetup {
    /// A company of three ordinary people, a guest, a stranger from another company, somebody who left
    /// and a robot; a public channel with the bot, a private one with it, one shared with the other company,
    /// and one the bot was never invited to.
    pub fn new(clock: Clock) -> Self {
        let uses = Uses { in_channel: true, user_groups: false, unfurls: false };
        let everybody = ["U01ALICE", "U02BOB", "U03CAROL", "U04GUEST", "U06GONE"];
        Self {
            clock,
            team_id: "T01ACME".into(),
            team_domain: "acme".into(),
            enterprise_id: None,
            org_wide: false,
            app_id: "A01CHATOPS".into(),
            bot_user_id: "U0BOT".into(),
            bot_id: "B0BOT".into(),
            command: "/p0".into(),
            signing_secret: "5f0c1a7be2d94386a1f7c03d9b64e852".into(),
            socket_mode: false,
            app_token: "xapp-sandbox-token".into(),
            bot_token: "xoxb-sandbox-token".into(),
            client_id: "1234567890.9876543210".into(),
            client_secret: "sandbox-client-secret".into(),
            redirect_urls: Vec::new(),
            scopes: scopes::of_use(uses).map(|scope| scope.name.to_owned()).collect(),
            home: false,
            shortcuts: Vec::new(),
            unfurl_domains: Vec::new(),
            people: vec![
                Person::new("U01ALICE", "alice"),
                Person::new("U02BOB", "bob"),
                Person::new("U03CAROL", "carol"),
                Person { is_restricted: true, ..Person::new("U04GUEST", "guest") },
                Person { team_id: Some("T09OTHER".into()), email: None, ..Person::new("U05STRANGER", "stranger") },
                Person { deleted: true, ..Person::new("U06GONE", "gone") },
                Person { is_bot: true, email: None, ..Person::new("U07ROBOT", "robot") },
            ],
            channels: vec![
                Channel::new("C01ACCESS", "access-requests").with_members(&everybody),
                Channel { is_private: true, ..Channel::new("C02PRIVATE", "prod-access") }
                    .with_members(&["U01ALICE", "U02BOB"]),
                Channel { is_ext_shared: true, ..Channel::new("C03SHARED", "with-other") }.with_members(&[
                    "U01ALICE",
                    "U02BOB",
                    "U05STRANGER",
                ]),
                Channel { bot_is_member: false, ..Channel::new("C04RANDOM", "random") }.with_members(&everybody),
            ],
            usergroups: vec![Usergroup {
                id: "S01ONCALL".into(),
                handle: "oncall".into(),
                users: vec!["U01ALICE".into(), "U02BOB".into()],
            }],
            rates: Rates::default(),
            answer_within: Duration::from_secs(3),
            event_retries: Vec::new(),
        }
    }

    /// The same company with the app that this manifest makes: its scopes, its Home, its shortcuts, its domains.
    pub fn with_app(mut self, manifest: &Value) -> Self {
        let texts = |list: &Value, read: fn(&Value) -> &Value| -> Vec<String> {
            let texts = list.as_array().into_iter().flatten().filter_map(|one| read(one).as_str());
            texts.map(str::to_owned).collect()
        };
        let features = &manifest["features"];
        self.scopes = texts(&manifest["oauth_config"]["scopes"]["bot"], |scope| scope);
        let events = texts(&manifest["settings"]["event_subscriptions"]["bot_events"], |event| event);
        self.home =
            features["app_home"]["home_tab_enabled"] == true && events.iter().any(|event| event == "app_home_opened");
        let shortcuts = features["shortcuts"].as_array().into_iter().flatten();
        self.shortcuts = shortcuts.filter_map(|shortcut| Shortcut::deserialize(shortcut).ok()).collect();
        self.unfurl_domains = texts(&features["unfurl_domains"], |domain| domain);
        if !events.iter().any(|event| event == "link_shared") {
            self.unfurl_domains.clear();
        }
        self
    }

    /// The same company on an organisation-wide install of Enterprise Grid.
    pub fn on_grid(mut self) -> Self {
        self.enterprise_id = Some("E01ACME".into());
        self.org_wide = true;
        self
    }

    /// The same company with another scope, for stories about what the bot itself never calls.
    pub fn with_scope(mut self, scope: &str) -> Self {
        self.scopes.push(scope.to_owned());
        self
    }

    /// The same company without a scope, for stories about `missing_scope`.
    pub fn without_scope(mut self, scope: &str) -> Self {
        self.scopes.retain(|granted| granted != scope);
        self
    }
}

impl Default for SlackSetup {
    /// [`SlackSetup::new`] on the machine's own clock.
    fn default() -> Self {
        Self::new(Clock::system())
    }
}

/// When Slack sends an event again that was not taken: at once, after a minute, and five minutes after that.
pub const SLACKS_EVENT_RETRIES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(60), Duration::from_secs(5 * 60)];

/// Where people find a shortcut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShortcutKind {
    /// Beside the box to write in, and in Slack's search.
    Global,
    /// In the menu of a message.
    Message,
}

/// A shortcut, in the words of the app's manifest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Shortcut {
    /// Where people find it.
    #[serde(rename = "type")]
    pub kind: ShortcutKind,
    /// As people find it.
    pub name: String,
    /// What the app is told.
    pub callback_id: String,
    /// What it is for.
    pub description: String,
}

/// Somebody in Slack, in the words of `users.info`.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// `U…` or `W…`; opaque.
    pub id: String,
    /// The short name; changeable, never an identity.
    pub name: String,
    /// The name people see.
    pub real_name: String,
    /// Shown only to apps with `users:read.email`.
    pub email: Option<String>,
    /// Whether the address was proved to be theirs.
    pub is_email_confirmed: bool,
    /// The home workspace, where it is another one than the app's: a Slack Connect stranger.
    pub team_id: Option<String>,
    /// Deactivated.
    pub deleted: bool,
    /// An app's user.
    pub is_bot: bool,
    /// A guest of several channels.
    pub is_restricted: bool,
    /// A guest of a single channel.
    pub is_ultra_restricted: bool,
    /// The user's id on Enterprise Grid, where it differs.
    pub enterprise_user_id: Option<String>,
    /// An IANA time zone.
    pub tz: String,
    /// Whether a client is open: ephemeral messages reach only active people.
    pub active: bool,
}

impl Person {
    /// An ordinary member with the address `<name>@example.com`, active.
    pub fn new(id: &str, name: &str) -> Self {
        let mut real_name = name.to_owned();
        if let Some(first) = real_name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            real_name,
            email: Some(format!("{name}@example.com")),
            is_email_confirmed: true,
            team_id: None,
            deleted: false,
            is_bot: false,
            is_restricted: false,
            is_ultra_restricted: false,
            enterprise_user_id: None,
            tz: "Europe/Berlin".into(),
            active: true,
        }
    }
}

/// A channel and who is in it.
#[derive(Clone, Debug, Serialize)]
pub struct Channel {
    /// `C…`, or `D…` for a direct message.
    pub id: String,
    /// Without the `#`.
    pub name: String,
    /// Seen only by its members.
    pub is_private: bool,
    /// Closed for posting.
    pub is_archived: bool,
    /// Shared with another company by Slack Connect.
    pub is_ext_shared: bool,
    /// Whether the bot was invited.
    pub bot_is_member: bool,
    /// The people in it, by id.
    pub members: Vec<String>,
    /// The one person a direct message is with; `None` for a channel.
    pub im_with: Option<String>,
}

impl Channel {
    /// A public channel with the bot and nobody else in it.
    pub fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            is_private: false,
            is_archived: false,
            is_ext_shared: false,
            bot_is_member: true,
            members: Vec::new(),
            im_with: None,
        }
    }

    /// Adds people by their ids.
    pub fn with_members(mut self, ids: &[&str]) -> Self {
        self.members.extend(ids.iter().map(ToString::to_string));
        self
    }

    /// The direct message between the bot and one person.
    pub(super) fn direct(id: String, user: &str) -> Self {
        let mut channel = Self::new(&id, "directmessage").with_members(&[user]);
        channel.im_with = Some(user.to_owned());
        channel
    }
}

/// A group of people that can be named in settings (`S…`).
#[derive(Clone, Debug, Serialize)]
pub struct Usergroup {
    /// `S…`.
    pub id: String,
    /// Without the `@`.
    pub handle: String,
    /// Its members, by id.
    pub users: Vec<String>,
}
