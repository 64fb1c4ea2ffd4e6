//! What people and testers see of the workspace.

use serde_json::{Value, json};
use tokio::sync::watch;

use super::records::{Answered, Call, Ephemeral, Message, Unfurl, View};
use super::{Slack, inputs};

/// How many calls a snapshot shows.
const CALLS_SHOWN: usize = 50;

impl Slack {
    /// The messages of a channel or direct message, oldest first.
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        self.shared.look(|slack| slack.messages.iter().filter(|message| message.channel == channel).cloned().collect())
    }

    /// One message as it stands now.
    pub fn message(&self, channel: &str, ts: &str) -> Option<Message> {
        self.shared.look(|slack| slack.message(channel, ts).cloned())
    }

    /// The answers in the thread of a message, oldest first.
    pub fn thread(&self, channel: &str, ts: &str) -> Vec<Message> {
        let is_answer = |message: &&Message| {
            message.channel == channel && message.is_reply() && message.thread_ts.as_deref() == Some(ts)
        };
        self.shared.look(|slack| slack.messages.iter().filter(is_answer).cloned().collect())
    }

    /// What the bot laid under a link of a message.
    pub fn unfurl(&self, channel: &str, ts: &str, url: &str) -> Option<Unfurl> {
        self.shared.look(|slack| slack.message(channel, ts)?.unfurl(url).cloned())
    }

    /// An element of a message with the `block_id` of its block, to be pressed later with
    /// [`Slack::press_stale`].
    pub fn element(&self, channel: &str, ts: &str, action_id: &str) -> Option<Value> {
        self.shared.look(|slack| {
            let placed = inputs::find(&slack.message(channel, ts)?.blocks, action_id).ok()?;
            let mut element = placed.element.clone();
            element["block_id"] = json!(placed.block_id());
            Some(element)
        })
    }

    /// The direct message between the bot and a person, if one was ever opened.
    pub fn dm_channel(&self, user: &str) -> Option<String> {
        self.shared.look(|slack| slack.dm_of(user).map(|channel| channel.id.clone()))
    }

    /// The ephemeral lines a person sees, oldest first, Slack's own complaints among them.
    pub fn ephemerals(&self, user: &str) -> Vec<Ephemeral> {
        self.shared.look(|slack| slack.ephemerals.iter().filter(|line| line.user == user).cloned().collect())
    }

    /// A person's open modals, the topmost last.
    pub fn modals(&self, user: &str) -> Vec<View> {
        self.shared.look(|slack| slack.modals.get(user).cloned().unwrap_or_default())
    }

    /// The bot's Home as published to a person.
    pub fn home(&self, user: &str) -> Option<View> {
        self.shared.look(|slack| slack.homes.get(user).cloned())
    }

    /// How often the bot drew a person's Home, of the last 10 000 calls.
    pub fn home_draws(&self, user: &str) -> usize {
        let is_draw = |call: &&Call| {
            call.method == "views.publish"
                && call.body["user_id"] == user
                && matches!(call.answered, Answered::Ok | Answered::Lost)
        };
        self.shared.look(|slack| slack.calls.iter().filter(is_draw).count())
    }

    /// The bot's calls, oldest first; the last 10 000 are kept.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.look(|slack| slack.calls.iter().cloned().collect())
    }

    /// The bot's calls of one method (`response_url` for response URLs), oldest first.
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        self.shared.look(|slack| slack.calls.iter().filter(|call| call.method == method).cloned().collect())
    }

    /// What the bot did that no bot should: blocks Slack refuses, messages without text or with too much of it,
    /// answers Slack does not understand. Empty after every good story.
    pub fn violations(&self) -> Vec<String> {
        self.shared.look(|slack| slack.violations.clone())
    }

    /// The whole workspace as a page can draw it. Secrets and response URLs are left out.
    pub fn snapshot(&self) -> Value {
        let version = *self.shared.version.borrow();
        self.shared.look(|slack| {
            let setup = &slack.setup;
            let calls: Vec<&Call> = slack.calls.iter().rev().take(CALLS_SHOWN).collect();
            json!({
                "version": version,
                "now": setup.clock.now().to_string(),
                "team": {"id": setup.team_id, "domain": setup.team_domain, "enterprise_id": setup.enterprise_id},
                "bot": {
                    "user_id": setup.bot_user_id,
                    "command": setup.command,
                    "home": setup.home,
                    "shortcuts": setup.shortcuts,
                },
                "people": setup.people,
                "channels": setup.channels,
                "usergroups": setup.usergroups,
                "messages": slack.messages,
                "ephemerals": slack.ephemerals,
                "modals": slack.modals,
                "homes": slack.homes,
                "calls": calls,
                "violations": slack.violations,
            })
        })
    }

    /// A number that grows with every change, for pages that want to know when to draw anew.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.version.subscribe()
    }
}
