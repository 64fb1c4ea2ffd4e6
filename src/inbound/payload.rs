//! What Slack sends, read leniently: an unknown field, a missing one or one of another type costs that field, never
//! the click. Facts about requests are not among what is read: those come from the ledger.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A field that is of another type than expected is a field that is not there.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

/// A list without those of its entries that do not read.
fn lenient_list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let Value::Array(entries) = value else { return Ok(Vec::new()) };
    Ok(entries.into_iter().filter_map(|entry| serde_json::from_value(entry).ok()).collect())
}

/// Inputs by block and action, without those that do not read.
fn lenient_values<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, BTreeMap<String, Input>>, D::Error> {
    let Value::Object(blocks) = Value::deserialize(deserializer)? else { return Ok(BTreeMap::new()) };
    let inputs = |block: Value| -> BTreeMap<String, Input> {
        let Value::Object(inputs) = block else { return BTreeMap::new() };
        inputs.into_iter().filter_map(|(action, input)| Some((action, serde_json::from_value(input).ok()?))).collect()
    };
    Ok(blocks.into_iter().map(|(id, block)| (id, inputs(block))).collect())
}

/// Anything with an id: a team, an enterprise, a channel.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Named {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) id: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct Person {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) team_id: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct Container {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) channel_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) message_ts: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) is_ephemeral: Option<bool>,
    /// Whether it is what the app laid under a link in somebody's message.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) is_app_unfurl: Option<bool>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct Chosen {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) value: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct Action {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) action_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) value: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) selected_option: Option<Chosen>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct Input {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) value: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) selected_option: Option<Chosen>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct ViewState {
    /// By block id, then by action id.
    #[serde(default, deserialize_with = "lenient_values")]
    pub(super) values: BTreeMap<String, BTreeMap<String, Input>>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct View {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) callback_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) private_metadata: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    /// The modal at the bottom of those that lie upon each other.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) root_view_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) state: Option<ViewState>,
}

/// Of a message only where it is: what it says is no fact.
#[derive(Clone, Default, Deserialize)]
pub(super) struct MessagePlace {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) ts: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) thread_ts: Option<String>,
}

/// `block_actions`, `view_submission`, `shortcut` and their siblings.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Interaction {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) user: Option<Person>,
    /// Where the app is installed; null on an org-wide install, at least for controls and modals.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) team: Option<Named>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) enterprise: Option<Named>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) is_enterprise_install: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) trigger_id: Option<String>,
    /// Which shortcut.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) callback_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) response_url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) container: Option<Container>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) channel: Option<Named>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) message: Option<MessagePlace>,
    #[serde(default, deserialize_with = "lenient_list")]
    pub(super) actions: Vec<Action>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) view: Option<View>,
}

/// A slash command's form.
#[derive(Clone, Default)]
pub(super) struct SlashForm(BTreeMap<String, String>);

impl SlashForm {
    pub(super) fn new<T: Into<String>>(fields: impl IntoIterator<Item = (T, T)>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    pub(super) fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str).filter(|text| !text.is_empty())
    }
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct Authorization {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) enterprise_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) team_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) is_enterprise_install: Option<bool>,
}

/// The outside of an event. Those of the app itself (`app_uninstalled`, `tokens_revoked`) have no `authorizations`.
#[derive(Clone, Default, Deserialize)]
pub(super) struct EventEnvelope {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) challenge: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) event_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) team_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) enterprise_id: Option<String>,
    #[serde(default, deserialize_with = "lenient_list")]
    pub(super) authorizations: Vec<Authorization>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) event: Option<Event>,
}

/// Who an event is of: an id, or in `user_change` the person as `users.info` shows them.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum EventUser {
    Id(String),
    Whole(Profile),
}

impl EventUser {
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Id(id) => Some(id),
            Self::Whole(profile) => profile.id.as_deref(),
        }
    }
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct Profile {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) team_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) deleted: Option<bool>,
}

/// The ids of those who had the tokens.
#[derive(Clone, Default, Deserialize)]
pub(super) struct RevokedTokens {
    #[serde(default, deserialize_with = "lenient_list")]
    pub(super) oauth: Vec<String>,
    #[serde(default, deserialize_with = "lenient_list")]
    pub(super) bot: Vec<String>,
}

/// A link that somebody posted.
#[derive(Clone, Default, Deserialize)]
pub(super) struct SharedLink {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) url: Option<String>,
}

/// The inside of an event.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Event {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) subtype: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) bot_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) user: Option<EventUser>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) tokens: Option<RevokedTokens>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) user_team: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) team: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) channel: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) channel_type: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) text: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) thread_ts: Option<String>,
    /// In which message links were posted.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) message_ts: Option<String>,
    #[serde(default, deserialize_with = "lenient_list")]
    pub(super) links: Vec<SharedLink>,
    /// Which tab of the App Home was opened.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) tab: Option<String>,
    /// The Home that Slack shows, where one was ever published.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) view: Option<View>,
}
