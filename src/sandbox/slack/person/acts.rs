//! Pressing and choosing, in messages, under links, in ephemeral lines, modals and Homes.

use serde_json::{Map, Value, json};

use super::{Cannot, Delivered, Place};
use crate::sandbox::slack::Slack;
use crate::sandbox::slack::inputs::{self, Placed};
use crate::sandbox::slack::setup::Person;
use crate::sandbox::slack::state::Workspace;

/// What of an element an action tells.
const TOLD: [&str; 9] =
    ["type", "action_id", "text", "value", "style", "url", "placeholder", "initial_option", "confirm"];

impl Slack {
    /// Presses a button of a message; where it has a confirm, the person agrees.
    pub async fn press(&self, user: &str, channel: &str, ts: &str, action_id: &str) -> Result<Delivered, Cannot> {
        self.act(user, &Place::message(channel, ts), action_id, None).await
    }

    /// Picks an option, by value or text, of a select, overflow or radio group of a message.
    pub async fn choose(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        action_id: &str,
        option: &str,
    ) -> Result<Delivered, Cannot> {
        self.act(user, &Place::message(channel, ts), action_id, Some(option)).await
    }

    /// Presses a button of an ephemeral line.
    pub async fn press_ephemeral(&self, user: &str, ts: &str, action_id: &str) -> Result<Delivered, Cannot> {
        self.act(user, &Place::ephemeral(ts), action_id, None).await
    }

    /// Presses a button of a modal or Home.
    pub async fn press_in_view(&self, user: &str, view_id: &str, action_id: &str) -> Result<Delivered, Cannot> {
        self.act(user, &Place::view(view_id), action_id, None).await
    }

    /// Presses a button of what lies under a link of a message.
    pub async fn press_unfurl(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        url: &str,
        action_id: &str,
    ) -> Result<Delivered, Cannot> {
        self.act(user, &Place::unfurl(channel, ts, url), action_id, None).await
    }

    /// Acts on an element anywhere: presses a button (`option` is `None`) or enters something.
    pub async fn act(
        &self,
        user: &str,
        place: &Place,
        action_id: &str,
        option: Option<&str>,
    ) -> Result<Delivered, Cannot> {
        let payload = self.shared.change(|slack| {
            let person = slack.acting(user)?;
            let blocks = slack.blocks_at(user, place)?;
            let placed = inputs::find(&blocks, action_id)?;
            slack.acted(&person, place, placed, option)
        })?;
        self.told(user, place.conversation(), &payload).await
    }

    /// Presses an element of an older rendering that is no longer in the message, as a client that has not yet
    /// drawn the change does. [`Slack::element`] gives one to keep; `option` picks from a select.
    pub async fn press_stale(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        element: &Value,
        option: Option<&str>,
    ) -> Result<Delivered, Cannot> {
        let place = Place::message(channel, ts);
        let payload = self.shared.change(|slack| {
            let person = slack.acting(user)?;
            slack.blocks_at(user, &place)?;
            let block = json!({"type": "actions", "block_id": element["block_id"]});
            slack.acted(&person, &place, Placed { block: &block, element }, option)
        })?;
        self.told(user, place.conversation(), &payload).await
    }

    /// Tells the bot of it; where it does not take it, Slack complains to the person in that conversation.
    pub(super) async fn told(&self, user: &str, channel: &str, payload: &Value) -> Result<Delivered, Cannot> {
        let answer = self.interact(payload).await;
        if !matches!(&answer, Ok(delivered) if (200..300).contains(&delivered.status)) {
            self.shared.change(|slack| slack.complain(channel, user, "⚠️ This app did not respond.".into()));
        }
        answer
    }
}

impl Workspace {
    /// The blocks a person sees at a place.
    pub(super) fn blocks_at(&self, user: &str, place: &Place) -> Result<Vec<Value>, Cannot> {
        let blocks = match place {
            Place::Message { channel, ts } => {
                self.joined(user, channel)?;
                self.message(channel, ts).map(|message| message.blocks.clone())
            }
            Place::Unfurl { channel, ts, url } => {
                self.joined(user, channel)?;
                let message = self.message(channel, ts);
                message.and_then(|message| message.unfurl(url)).map(|laid| laid.blocks.clone())
            }
            Place::Ephemeral { ts } => {
                let line = self.ephemerals.iter().find(|line| line.user == user && &line.ts == ts);
                line.map(|line| line.blocks.clone())
            }
            // A modal covers what lies below it.
            Place::View { view_id } => {
                let top = self.modals.get(user).and_then(|stack| stack.last());
                let view = top.into_iter().chain(self.homes.get(user)).find(|view| &view.id == view_id);
                view.map(|view| view.blocks().to_vec())
            }
        };
        blocks.ok_or_else(|| Cannot::NotThere(format!("{place:?}")))
    }

    /// Notes what was entered and gives the payload that tells of it.
    fn acted(
        &mut self,
        person: &Person,
        place: &Place,
        placed: Placed<'_>,
        option: Option<&str>,
    ) -> Result<Value, Cannot> {
        if !placed.acts() {
            return Err(Cannot::NotAllowed(
                "an input without dispatch_action tells nothing before it is submitted".into(),
            ));
        }
        let mut action = Map::new();
        for key in TOLD {
            action.extend(placed.element.get(key).map(|value| (key.to_owned(), value.clone())));
        }
        action.insert("block_id".into(), json!(placed.block_id()));
        action.insert("action_ts".into(), json!(self.next_ts()));
        match (placed.element["type"] == "button", option) {
            (true, None) => {}
            (true, Some(_)) => return Err(Cannot::NotAllowed("a button has no options".into())),
            (false, None) => return Err(Cannot::NotAllowed("only a button is pressed without an option".into())),
            (false, Some(option)) => {
                let state = inputs::enter(placed.element, option)?;
                if let Value::Object(fields) = &state {
                    action.extend(fields.clone());
                }
                self.enter(&person.id, place, placed, state);
            }
        }
        Ok(self.block_actions(person, place, Value::Object(action)))
    }

    /// Keeps what a person's client now shows in an element.
    pub(super) fn enter(&mut self, user: &str, place: &Place, placed: Placed<'_>, state: Value) {
        if placed.element["type"] == "overflow" {
            return;
        }
        let entered = self.entered.entry((user.to_owned(), place.key())).or_default();
        let block = entered.entry(placed.block_id()).or_insert_with(|| json!({}));
        block[placed.action_id()] = state;
    }
}
