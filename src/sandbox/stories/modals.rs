//! What somebody does in a modal and with what they were told in private, and what P0 heard of its settings from it.

use serde_json::Value;

use super::deeds::{Patience, Prompt, Trouble, found, microseconds, taken};
use crate::domain::control::Control;
use crate::domain::jit::control::SettingsControl;
use crate::sandbox::p0::{Call, Verb};
use crate::sandbox::slack::{Place, View};

impl Prompt {
    /// The modal on top of somebody's client.
    pub(super) fn modal(&self, who: &str) -> Result<View, Trouble> {
        self.stage.slack.modals(who).pop().ok_or_else(|| format!("{who} has no modal open"))
    }

    /// Presses a button of the modal on top, once there is one that has it.
    pub(super) async fn press_in_modal(&self, who: &str, control: SettingsControl) -> Result<(), Trouble> {
        let mut patience = Patience::of(&self.stage);
        let modal = loop {
            match self.modal(who) {
                Ok(modal) if has(modal.blocks(), control.as_str()) => break modal,
                Ok(modal) => patience.wait(format!("the modal has no {}: {}", control.as_str(), said_by(&modal))),
                Err(trouble) => patience.wait(trouble),
            }
            .await?;
        };
        taken(self.stage.slack.press_in_view(who, &modal.id, control.as_str()).await)
    }

    /// Fills in the modal on top and submits it, once there is one that has these inputs.
    pub(super) async fn submit(&self, who: &str, values: &[(&str, &str)]) -> Result<(), Trouble> {
        let mut patience = Patience::of(&self.stage);
        let modal = loop {
            match self.modal(who) {
                Ok(modal) if fits(&modal, values) => break modal,
                Ok(modal) => patience.wait(format!("the modal has no such inputs: {}", said_by(&modal))),
                Err(trouble) => patience.wait(trouble),
            }
            .await?;
        };
        taken(self.stage.slack.submit(who, &modal.id, values).await)?;
        let errors = self.modal(who).map(|modal| modal.errors).unwrap_or_default();
        found(errors.is_empty(), || format!("the form says: {}", errors.into_values().collect::<Vec<_>>().join(" / ")))
    }

    /// Presses a button of the newest message or line that has it, of those that somebody got in private since the story
    /// began.
    pub(super) async fn press_told(&self, who: &str, control: SettingsControl) -> Result<(), Trouble> {
        let action_id = Control::Settings(control).beside_a_card();
        let mut patience = Patience::of(&self.stage);
        let place = loop {
            match self.told_with(who, &action_id) {
                Some(place) => break place,
                None => patience.wait(format!("{who} was told nothing with {action_id}")).await?,
            }
        };
        taken(self.stage.slack.act(who, &place, &action_id, None).await)
    }

    fn told_with(&self, who: &str, action_id: &str) -> Option<Place> {
        let slack = &self.stage.slack;
        let messages = slack.dm_channel(who).map(|dm| slack.messages(&dm)).unwrap_or_default();
        let messages = messages.into_iter().filter(|message| has(&message.blocks, action_id));
        let messages = messages.map(|message| (Place::message(&message.channel, &message.ts), message.ts));
        let lines = slack.ephemerals(who).into_iter().filter(|line| has(&line.blocks, action_id));
        let lines = lines.map(|line| (Place::ephemeral(&line.ts), line.ts));
        let news = messages.chain(lines).filter(|(_, ts)| microseconds(ts) >= self.since);
        news.max_by_key(|(_, ts)| microseconds(ts)).map(|(place, _)| place)
    }

    /// What P0 heard of its settings since the story began, a line for each call.
    pub(super) fn heard_of_settings(&self) -> Vec<String> {
        let calls = self.stage.p0.calls().into_iter();
        let news = calls.filter(|call| call.verb == Some(Verb::Settings) && call.at.as_microsecond() >= self.since);
        news.map(|call| line(&call)).collect()
    }

    /// What P0 calls the lengths that it has.
    pub(super) fn lengths_at_p0(&self) -> Vec<String> {
        let settings = self.stage.p0.snapshot()["settings"].take();
        let options = settings["options"].as_array().into_iter().flatten();
        options.filter_map(|option| Some(option["value"].as_str()?.to_owned())).collect()
    }
}

/// All that a modal says, for people.
pub(super) fn said_by(modal: &View) -> String {
    let title = modal.view["title"]["text"].as_str().unwrap_or_default();
    let texts = modal.blocks().iter().filter_map(|block| block["text"]["text"].as_str());
    std::iter::once(title).chain(texts).collect::<Vec<_>>().join(" / ")
}

/// Whether some block has an element of this name.
fn has(blocks: &[Value], action_id: &str) -> bool {
    let elements = |block: &Value| {
        let several = block["elements"].as_array().cloned().unwrap_or_default();
        several.into_iter().chain([block["element"].clone(), block["accessory"].clone()])
    };
    blocks.iter().flat_map(elements).any(|element| element["action_id"] == action_id)
}

/// Whether a modal can be submitted with these values.
fn fits(modal: &View, values: &[(&str, &str)]) -> bool {
    !modal.view["submit"].is_null() && values.iter().all(|(name, _)| has(modal.blocks(), name))
}

/// `PUT max-access-duration 2d: 200`.
fn line(call: &Call) -> String {
    let what = call.path.split_once("/settings/").map_or(call.path.as_str(), |(_, what)| what);
    let length =
        call.body.as_ref().map(|body| format!(" {}{}", body["time"], body["unit"].as_str().unwrap_or_default()));
    let answer = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    format!("{} {what}{}: {answer}", call.method, length.unwrap_or_default())
}
