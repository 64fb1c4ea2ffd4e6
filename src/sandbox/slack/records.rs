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
    /// The message whose thread it stands in.
    pub thread_ts: Option<String>,
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
}

impl Message {
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
