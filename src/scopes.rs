//! The scopes of the app's bot token, and what each is for: the one table by which the app is made and checked.

use OfUse::{InChannel, WithUnfurls, WithUserGroups};
use Opens::{Command, Event, Method, PersonEvent};

/// One scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// As Slack writes it.
    pub name: &'static str,
    /// Whether the bot does its work without it.
    pub need: Need,
    /// What does not work without it: the end of a sentence that begins with "without it".
    pub without: &'static str,
    /// What it opens, of the things that the bot uses.
    pub opens: &'static [Opens],
    /// Where it is of use.
    pub of_use: OfUse,
}

/// Where a scope is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfUse {
    /// Everywhere.
    Always,
    /// Where requests are shown in a channel, be it under links.
    InChannel,
    /// Where user groups say who is an admin, who is told or who is on call.
    WithUserGroups,
    /// Where links to requests become cards.
    WithUnfurls,
}

/// What the settings make of the bot, as far as scopes go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uses {
    /// Whether requests are shown in a channel; else only to people.
    pub in_channel: bool,
    /// Whether user groups say who is an admin, who is told or who is on call.
    pub user_groups: bool,
    /// Whether links to requests become cards in some channels.
    pub unfurls: bool,
}

/// How much a scope is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The bot cannot do what it promises without it.
    Required,
    /// The bot works, and something is missing.
    Optional,
}

/// Something of Slack's that a scope opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// A method of the Web API.
    Method(&'static str),
    /// An event that the app subscribes to; Slack takes no manifest that has it without its scope.
    Event(&'static str),
    /// An event that tells of everybody whatever changes about them, so that the app only subscribes to it where it
    /// holds something of people's: past 30 000 events an hour Slack sends a workspace's app none at all.
    PersonEvent(&'static str),
    /// The slash command.
    Command,
}

const fn required(name: &'static str, without: &'static str, opens: &'static [Opens]) -> Scope {
    Scope { name, need: Need::Required, without, opens, of_use: OfUse::Always }
}

const fn optional(name: &'static str, without: &'static str, opens: &'static [Opens]) -> Scope {
    Scope { need: Need::Optional, ..required(name, without, opens) }
}

const fn only(of_use: OfUse, scope: Scope) -> Scope {
    Scope { of_use, ..scope }
}

/// Every scope that the bot makes use of. `auth.test` and `views.*` need none.
pub const SCOPES: [Scope; 12] = [
    required(
        "chat:write",
        "no card and no message can be posted",
        &[Method("chat.postMessage"), Method("chat.update"), Method("chat.postEphemeral")],
    ),
    required("commands", "the slash command does not exist", &[Command]),
    required(
        "users:read",
        "nobody can decide: Slack does not tell who a person is now",
        &[Method("users.info"), PersonEvent("user_change")],
    ),
    required(
        "users:read.email",
        "requesters are not told, and own requests are recognised by identity.people alone",
        &[Method("users.info"), Method("users.lookupByEmail")],
    ),
    required("im:write", "nobody gets a direct message", &[Method("conversations.open")]),
    only(
        InChannel,
        optional(
            "channels:read",
            "a public channel that another company reads cannot be told from others",
            &[Method("conversations.info")],
        ),
    ),
    only(
        InChannel,
        optional(
            "groups:read",
            "a private channel that another company reads cannot be told from others",
            &[Method("conversations.info")],
        ),
    ),
    only(
        WithUserGroups,
        optional(
            "usergroups:read",
            "nobody is an admin, is told or is on call as a member of a user group",
            &[Method("usergroups.users.list")],
        ),
    ),
    only(WithUnfurls, optional("links:read", "the bot does not hear of links to requests", &[Event("link_shared")])),
    only(WithUnfurls, optional("links:write", "no link to a request becomes its card", &[Method("chat.unfurl")])),
    optional("app_mentions:read", "the bot does not hear mentions", &[Event("app_mention")]),
    optional("im:history", "the bot does not hear direct messages", &[Event("message.im")]),
];

/// Events that need no scope: that the bot may act there no longer, that a person took back what they had allowed, and
/// that somebody looks at the bot's Home.
pub const EVENTS_OF_ALL: [&str; 3] = ["app_uninstalled", "tokens_revoked", "app_home_opened"];

/// What a person allows the app who signs in with Slack. It is of no use to the bot's own token.
pub const SIGN_IN: Scope =
    required("openid", "nobody can link an account: Slack does not tell who opens the page", &[]);

/// The scopes that are of use to a bot with these settings.
pub fn of_use(uses: Uses) -> impl Iterator<Item = Scope> {
    SCOPES.into_iter().filter(move |scope| match scope.of_use {
        OfUse::Always => true,
        OfUse::InChannel => uses.in_channel || uses.unfurls,
        OfUse::WithUserGroups => uses.user_groups,
        OfUse::WithUnfurls => uses.unfurls,
    })
}
