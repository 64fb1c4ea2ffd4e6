//! What the bot may do in Slack: each scope, why it is asked for, and what it opens.

/// Something of Slack's that a scope opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// A method of the Web API.
    Method(&'static str),
    /// An event that the app subscribes to.
    Event(&'static str),
    /// The slash command.
    Command,
}

/// A scope of the bot's token.
#[derive(Debug)]
pub struct Scope {
    /// Its name in Slack.
    pub name: &'static str,
    /// Why the bot asks for it: said to whoever approves the app.
    pub because: &'static str,
    /// What it opens, of the things that the bot uses.
    pub opens: &'static [Opens],
    /// Whether only cards in a channel need it.
    channel_only: bool,
}

/// Every scope, as Slack's reference of each method and event names it. `auth.test` and `views.open` need none.
const SCOPES: [Scope; 9] = [
    Scope {
        name: "chat:write",
        because: "post requests, keep them true, answer privately",
        opens: &[Opens::Method("chat.postMessage"), Opens::Method("chat.update"), Opens::Method("chat.postEphemeral")],
        channel_only: false,
    },
    Scope { name: "commands", because: "the slash command", opens: &[Opens::Command], channel_only: false },
    Scope {
        name: "users:read",
        because: "ask who a person is now, before each decision",
        opens: &[Opens::Method("users.info")],
        channel_only: false,
    },
    Scope {
        name: "users:read.email",
        because: "know people's own requests, find the requester",
        opens: &[Opens::Method("users.info"), Opens::Method("users.lookupByEmail")],
        channel_only: false,
    },
    Scope {
        name: "im:write",
        because: "tell people in a direct message",
        opens: &[Opens::Method("conversations.open")],
        channel_only: false,
    },
    Scope {
        name: "channels:read",
        because: "keep requests out of public channels that another company reads",
        opens: &[Opens::Method("conversations.info")],
        channel_only: true,
    },
    Scope {
        name: "groups:read",
        because: "the same for private channels",
        opens: &[Opens::Method("conversations.info")],
        channel_only: true,
    },
    Scope {
        name: "app_mentions:read",
        because: "hear messages that mention the bot",
        opens: &[Opens::Event("app_mention")],
        channel_only: false,
    },
    Scope {
        name: "im:history",
        because: "hear messages that are written to the bot",
        opens: &[Opens::Event("message.im")],
        channel_only: false,
    },
];

/// The scopes that the bot needs where it shows requests in a channel, or only to people.
pub fn needed(in_channel: bool) -> impl Iterator<Item = &'static Scope> {
    SCOPES.iter().filter(move |scope| in_channel || !scope.channel_only)
}
