//! What the person picked on the page does in Slack.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use super::answer::{Body, Done, Refused};
use crate::sandbox::slack::{Cannot, Delivered, Place, Slack};

/// One deed of one person.
#[derive(Debug, Deserialize)]
pub(super) struct Act {
    /// Their Slack id.
    person: String,
    #[serde(flatten)]
    deed: Deed,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Deed {
    /// Presses a button, which looked like this.
    Press { place: Spot, action_id: String, shown: Value },
    /// Picks an option of what looked like this, by its value.
    Choose { place: Spot, action_id: String, option: String, shown: Value },
    /// Submits a modal, with what was filled in by action id.
    Submit { view_id: String, values: BTreeMap<String, String> },
    /// Closes a modal.
    Close { view_id: String },
    /// Types the slash command with this text after it.
    Slash { channel: String, text: String },
    /// Writes the bot a direct message.
    Dm { text: String },
    /// Writes in a channel or in the thread of a message; `@p0` names the bot.
    Write {
        channel: String,
        #[serde(default)]
        thread_ts: Option<String>,
        text: String,
    },
    /// Uses a global shortcut of the app's.
    Shortcut { callback_id: String },
    /// Uses a shortcut of the app's at a message.
    MessageShortcut { channel: String, ts: String, callback_id: String },
    /// Looks at the bot's Home, where it has one.
    OpenHome,
    /// Loads their client anew.
    Reload,
}

/// Where an element stands.
#[derive(Debug, Deserialize)]
#[serde(tag = "in", rename_all = "snake_case")]
enum Spot {
    Message { channel: String, ts: String },
    Unfurl { channel: String, ts: String, url: String },
    Ephemeral { ts: String },
    View { view_id: String },
}

impl From<Spot> for Place {
    fn from(spot: Spot) -> Self {
        match spot {
            Spot::Message { channel, ts } => Self::Message { channel, ts },
            Spot::Unfurl { channel, ts, url } => Self::Unfurl { channel, ts, url },
            Spot::Ephemeral { ts } => Self::Ephemeral { ts },
            Spot::View { view_id } => Self::View { view_id },
        }
    }
}

/// Does it, and answers what the bot's door said (`status`; `null` where it had not to be told) or why it could not be
/// done (`error`).
pub(super) async fn act(State(Desk { stage, .. }): State<Desk>, Body(act): Body<Act>) -> Done {
    match act.deed.done_by(&act.person, &stage.slack).await {
        Ok(delivered) => Ok(Json(json!({ "status": delivered.map(|delivered| delivered.status) }))),
        Err(cannot) => {
            let status = match cannot {
                Cannot::NotConnected | Cannot::NotReached(_) | Cannot::NoAnswer(_) => StatusCode::BAD_GATEWAY,
                Cannot::NothingToRepeat | Cannot::NotThere(_) | Cannot::NotAllowed(_) => StatusCode::CONFLICT,
            };
            Err(Refused(status, cannot.to_string()))
        }
    }
}

impl Spot {
    /// What is acted on is what the person saw: a message may have been drawn anew while they were being asked.
    async fn acted_on(
        self,
        slack: &Slack,
        person: &str,
        action_id: &str,
        option: Option<&str>,
        shown: Value,
    ) -> Result<Delivered, Cannot> {
        if let Self::Message { channel, ts } = &self {
            let now = slack.element(channel, ts, action_id);
            if now.is_none_or(|now| without_block(now) != without_block(shown.clone())) {
                return slack.press_stale(person, channel, ts, &shown, option).await;
            }
        }
        slack.act(person, &self.into(), action_id, option).await
    }
}

/// An element by itself: its block has another id after each change.
fn without_block(mut element: Value) -> Value {
    if let Some(fields) = element.as_object_mut() {
        fields.remove("block_id");
    }
    element
}

impl Deed {
    async fn done_by(self, person: &str, slack: &Slack) -> Result<Option<Delivered>, Cannot> {
        let delivered = match self {
            Self::Press { place, action_id, shown } => place.acted_on(slack, person, &action_id, None, shown).await?,
            Self::Choose { place, action_id, option, shown } => {
                place.acted_on(slack, person, &action_id, Some(&option), shown).await?
            }
            Self::Submit { view_id, values } => {
                let values: Vec<_> = values.iter().map(|(id, value)| (id.as_str(), value.as_str())).collect();
                slack.submit(person, &view_id, &values).await?
            }
            Self::Close { view_id } => {
                // The stand-in closes anybody's view.
                if !slack.modals(person).iter().any(|view| view.id == view_id) {
                    return Err(Cannot::NotThere(format!("open modal {view_id} of theirs")));
                }
                return slack.close(&view_id).await;
            }
            Self::Slash { channel, text } => slack.slash(person, &channel, &text).await?,
            Self::Dm { text } => slack.dm(person, &text).await?,
            Self::Write { channel, thread_ts, text } => {
                let text = with_mention(&text, &slack.mention_text());
                let written = slack.write(person, &channel, thread_ts.as_deref(), &text).await?;
                return Ok(written.answers.into_iter().next());
            }
            Self::Shortcut { callback_id } => slack.shortcut(person, &callback_id).await?,
            Self::MessageShortcut { channel, ts, callback_id } => {
                slack.message_shortcut(person, &channel, &ts, &callback_id).await?
            }
            Self::OpenHome => slack.open_home(person).await?,
            Self::Reload => {
                slack.reload(person);
                return Ok(None);
            }
        };
        Ok(Some(delivered))
    }
}

/// In Slack a typed name becomes the mention, wherever it stands.
fn with_mention(text: &str, mention: &str) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    for word in words.iter_mut().filter(|word| word.trim_end_matches([',', ':', '?']).eq_ignore_ascii_case(NAME)) {
        *word = mention;
    }
    words.join(" ")
}

/// The bot's name, as people type it.
const NAME: &str = "@p0";
