//! What can be seen afterwards: messages, ephemeral lines, views and the calls of the bot.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::setup::SlackSetup;

/// A message in a channel or direct message.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// `C…` or `D…`.
    pub channel: String,
    /// Its id within the channel: seconds and six digits.
    pub ts: String,
    /// The message whose thread it stands in; its own `ts` where it began one.
    pub thread_ts: Option<String>,
    /// Whether this answer in a thread is shown in the channel as well.
    pub is_broadcast: bool,
    /// What notifications and screen readers say.
    pub text: String,
    /// As stored: every block and interactive element has an id.
    pub blocks: Vec<Value>,
    /// Who wrote it.
    pub user: String,
    /// Set for the bot's own messages.
    pub bot_id: Option<String>,
    /// The `ts` of the last `chat.update`.
    pub edited: Option<String>,
    /// As sent by the bot.
    pub metadata: Option<Value>,
    /// What the bot laid under the links of a person's message.
    pub unfurls: Vec<Unfurl>,
}

/// What the bot laid under a link.
#[derive(Clone, Debug, Serialize)]
pub struct Unfurl {
    /// Counted from 1 within the message.
    pub id: u32,
    /// The link, as it stands in the message.
    pub url: String,
    /// Its blocks, with ids.
    pub blocks: Vec<Value>,
}

impl Unfurl {
    /// As payloads show it.
    pub(super) fn to_api(&self, setup: &SlackSetup) -> Value {
        json!({
            "id": self.id,
            "blocks": self.blocks,
            "fallback": "[no preview available]",
            "bot_id": setup.bot_id,
            "app_unfurl_url": self.url,
            "is_app_unfurl": true,
            "app_id": setup.app_id,
        })
    }
}

impl Message {
    /// What a person said, before it has its `ts`.
    pub(super) fn said(channel: &str, user: &str, text: String) -> Self {
        Self {
            channel: channel.to_owned(),
            ts: String::new(),
            thread_ts: None,
            is_broadcast: false,
            text,
            blocks: Vec::new(),
            user: user.to_owned(),
            bot_id: None,
            edited: None,
            metadata: None,
            unfurls: Vec::new(),
        }
    }

    /// Whether it stands in the thread of another.
    pub fn is_reply(&self) -> bool {
        self.thread_ts.as_ref().is_some_and(|thread| *thread != self.ts)
    }

    /// What lies under a link of it.
    pub(super) fn unfurl(&self, url: &str) -> Option<&Unfurl> {
        self.unfurls.iter().find(|laid| laid.url == url)
    }

    /// The message as the Web API and payloads show it.
    pub(super) fn to_api(&self, setup: &SlackSetup) -> Value {
        let mut message = Map::new();
        message.insert("type".into(), json!("message"));
        message.insert("user".into(), json!(self.user));
        message.insert("ts".into(), json!(self.ts));
        message.insert("text".into(), json!(self.text));
        message.insert("team".into(), json!(setup.team_id));
        if let Some(bot_id) = &self.bot_id {
            message.insert("bot_id".into(), json!(bot_id));
            message.insert("app_id".into(), json!(setup.app_id));
        }
        if !self.blocks.is_empty() {
            message.insert("blocks".into(), json!(self.blocks));
        }
        if let Some(ts) = &self.edited {
            message.insert("edited".into(), json!({"user": self.user, "ts": ts}));
        }
        if self.is_broadcast {
            message.insert("subtype".into(), json!("thread_broadcast"));
        }
        if !self.unfurls.is_empty() {
            let attachments: Vec<Value> = self.unfurls.iter().map(|laid| laid.to_api(setup)).collect();
            message.insert("attachments".into(), json!(attachments));
        }
        for (key, value) in
            [("thread_ts", self.thread_ts.clone().map(Value::from)), ("metadata", self.metadata.clone())]
        {
            message.extend(value.map(|value| (key.to_owned(), value)));
        }
        Value::Object(message)
    }
}

/// A line only one person sees, until their client reloads.
#[derive(Clone, Debug, Serialize)]
pub struct Ephemeral {
    /// Where it stands.
    pub channel: String,
    /// Its id; the Web API cannot change it.
    pub ts: String,
    /// The message whose thread it stands in.
    pub thread_ts: Option<String>,
    /// Who sees it.
    pub user: String,
    /// Its text.
    pub text: String,
    /// Its blocks, with ids.
    pub blocks: Vec<Value>,
    /// Said by Slack itself, e.g. that the app did not respond.
    pub from_slack: bool,
}

/// A modal or a Home.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// `V…`.
    pub id: String,
    /// Who looks at it.
    pub user: String,
    /// As Slack shows it to the bot, without `state`.
    pub view: Value,
    /// What the bot's last answer to a submission complained about, by block id.
    pub errors: BTreeMap<String, String>,
}

impl View {
    /// The blocks, with ids.
    pub fn blocks(&self) -> &[Value] {
        self.view["blocks"].as_array().map_or(&[], Vec::as_slice)
    }
}

/// One call of the bot, to the Web API or (method `response_url`) to a response URL.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// E.g. `chat.postMessage`.
    pub method: String,
    /// The arguments that counted, without the token.
    pub body: Value,
    /// When it arrived.
    pub at: Timestamp,
    /// What the bot was told.
    pub answered: Answered,
}

/// How a call ended for the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// `ok: true`.
    Ok,
    /// `ok: false` with this code.
    Error(String),
    /// HTTP 429 with these seconds in `Retry-After`.
    RateLimited(u64),
    /// Another HTTP status, ordered as a fault.
    Status(u16),
    /// The work was done and the answer lost on the way.
    Lost,
    /// Neither work nor answer.
    Nothing,
}
