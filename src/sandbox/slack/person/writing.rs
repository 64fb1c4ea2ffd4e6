//! Writing messages: in channels, in threads and to the bot. The app hears of a message what its scopes cover: that it
//! was named, that it was written to, and that a link of its domains was posted.

use serde_json::{Value, json};

use super::{Cannot, Delivered};
use crate::sandbox::slack::Slack;
use crate::sandbox::slack::links;
use crate::sandbox::slack::records::Message;
use crate::sandbox::slack::setup::Person;
use crate::sandbox::slack::state::{Workspace, new_secret};

/// A message that stands there, and what the bot answered to each event about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its `ts`.
    pub ts: String,
    /// Empty where the app heard nothing of it.
    pub answers: Vec<Delivered>,
}

impl Slack {
    /// Writes a message in a channel or in the direct message with the bot, or with `thread_ts` in the thread of that
    /// message. Links may be typed bare.
    pub async fn write(
        &self,
        user: &str,
        channel: &str,
        thread_ts: Option<&str>,
        text: &str,
    ) -> Result<Written, Cannot> {
        let (ts, events) = self.shared.change(|slack| slack.written(user, channel, thread_ts, text))?;
        let mut answers = Vec::with_capacity(events.len());
        for event in &events {
            answers.push(self.announce(event).await?);
        }
        Ok(Written { ts, answers })
    }

    /// How the bot is named in a text.
    pub fn mention_text(&self) -> String {
        self.shared.look(Workspace::mention)
    }

    /// Writes a message that mentions the bot (which is put in front if the text does not).
    pub async fn mention(&self, user: &str, channel: &str, text: &str) -> Result<Delivered, Cannot> {
        self.mention_in(user, channel, None, text).await
    }

    /// The same as an answer in a thread, where slash commands do not work.
    pub async fn mention_in_thread(
        &self,
        user: &str,
        channel: &str,
        thread_ts: &str,
        text: &str,
    ) -> Result<Delivered, Cannot> {
        self.mention_in(user, channel, Some(thread_ts), text).await
    }

    async fn mention_in(
        &self,
        user: &str,
        channel: &str,
        thread_ts: Option<&str>,
        text: &str,
    ) -> Result<Delivered, Cannot> {
        let text = self.shared.look(|slack| {
            slack.heard_with("app_mentions:read")?;
            if !slack.joined(user, channel)?.bot_is_member {
                return Err(Cannot::NotAllowed(format!("the bot is not in {channel}")));
            }
            let bot = slack.mention();
            Ok(if text.contains(&bot) { text.to_owned() } else { format!("{bot} {text}") })
        })?;
        first(self.write(user, channel, thread_ts, &text).await?)
    }

    /// Writes the bot a direct message.
    pub async fn dm(&self, user: &str, text: &str) -> Result<Delivered, Cannot> {
        let channel = self.shared.change(|slack| {
            slack.heard_with("im:history")?;
            slack.acting(user)?;
            Ok(slack.open_dm(user))
        })?;
        first(self.write(user, &channel, None, text).await?)
    }
}

fn first(written: Written) -> Result<Delivered, Cannot> {
    written.answers.into_iter().next().ok_or_else(|| Cannot::NotThere("event of this message".into()))
}

impl Workspace {
    /// Puts what a person wrote into a channel; gives its `ts` and the events that tell of it.
    fn written(
        &mut self,
        user: &str,
        channel: &str,
        thread_ts: Option<&str>,
        text: &str,
    ) -> Result<(String, Vec<Value>), Cannot> {
        let person = self.acting(user)?;
        let place = self.joined(user, channel)?;
        if place.is_archived {
            return Err(Cannot::NotAllowed(format!("{channel} is archived")));
        }
        let (is_direct, has_bot) = (place.im_with.is_some(), place.bot_is_member);
        if let Some(root) = thread_ts {
            let found = self.message(channel, root).ok_or_else(|| Cannot::NotThere(format!("message {root}")))?;
            if found.is_reply() {
                return Err(Cannot::NotAllowed(format!("{root} is an answer in a thread itself")));
            }
        }
        let message =
            Message { thread_ts: thread_ts.map(str::to_owned), ..Message::said(channel, user, links::marked(text)) };
        let message = self.keep(message);
        let mut events = Vec::new();
        if is_direct && self.has_scope("im:history") {
            let mut event = self.said("message", &person, &message);
            event["channel_type"] = json!("im");
            events.push(self.event(&person, channel, event));
        } else if has_bot && message.text.contains(&self.mention()) && self.has_scope("app_mentions:read") {
            let event = self.said("app_mention", &person, &message);
            events.push(self.event(&person, channel, event));
        }
        events.extend(self.link_shared(&person, &message, has_bot));
        Ok((message.ts, events))
    }

    /// `link_shared`, of every channel whether the bot is in it or not; `None` without a link of the app's domains.
    fn link_shared(&self, person: &Person, message: &Message, has_bot: bool) -> Option<Value> {
        if !self.has_scope("links:read") {
            return None;
        }
        let links = links::links_of(&message.text).into_iter().filter_map(|url| {
            let domain = links::domain_of(&url, &self.setup.unfurl_domains)?;
            Some(json!({"domain": domain, "url": url}))
        });
        let links: Vec<Value> = links.collect();
        let mut event = json!({
            "type": "link_shared",
            "user": person.id,
            "channel": message.channel,
            "message_ts": message.ts,
            "links": links,
            "source": "conversations_history",
            "unfurl_id": format!("{}.{}.{}", message.channel, message.ts, new_secret()),
            "is_bot_user_member": has_bot,
            "event_ts": message.ts,
        });
        if let Some(thread) = &message.thread_ts {
            event["thread_ts"] = json!(thread);
        }
        (!links.is_empty()).then(|| self.event(person, &message.channel, event))
    }

    /// How the bot is named in a text.
    fn mention(&self) -> String {
        format!("<@{}>", self.setup.bot_user_id)
    }
}
