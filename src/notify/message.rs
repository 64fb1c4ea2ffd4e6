//! A message of ours, before it is anywhere.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use slack_morphism::prelude::{
    SlackActionBlockElement, SlackActionsBlock, SlackBlock, SlackBlockMarkDownText, SlackBlockPlainText,
    SlackContextBlock, SlackContextBlockElement, SlackHeaderBlock, SlackSectionBlock,
};

/// A message: blocks to read, and a sentence that says the same for push notifications and screen readers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// A full sentence, at most 4000 characters.
    pub text: String,
    /// At most 50.
    pub blocks: Vec<SlackBlock>,
}

impl Message {
    /// A message of one sentence.
    pub fn sentence(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { blocks: vec![section(&text)], text }
    }

    /// The message with a row of controls under it.
    pub fn with_controls(mut self, elements: Vec<SlackActionBlockElement>) -> Self {
        if !elements.is_empty() {
            self.blocks.push(SlackActionsBlock::new(elements).into());
        }
        self
    }

    /// The message as the answer to a `response_url` that takes the place of what was pressed.
    pub fn into_replacement(self) -> Value {
        json!({ "replace_original": true, "text": self.text, "blocks": self.blocks })
    }

    /// The message as the answer to a slash command, or to a `response_url`: seen by one person.
    pub fn into_private(self) -> Value {
        json!({ "response_type": "ephemeral", "replace_original": false, "text": self.text, "blocks": self.blocks })
    }
}

/// A paragraph of our own words. Foreign text in it has to have gone through [`super::foreign`].
pub(super) fn section(mrkdwn: &str) -> SlackBlock {
    SlackSectionBlock::new().with_text(SlackBlockMarkDownText::new(mrkdwn.to_owned()).with_verbatim(true).into()).into()
}

/// A paragraph in which nothing formats: for what strangers wrote.
pub(super) fn plain_section(text: &str) -> SlackBlock {
    SlackSectionBlock::new().with_text(plain(text).into()).into()
}

/// A small line under the rest.
pub(super) fn context(mrkdwn: &str) -> SlackBlock {
    let text = SlackBlockMarkDownText::new(mrkdwn.to_owned()).with_verbatim(true);
    SlackContextBlock::new(vec![SlackContextBlockElement::MarkDown(text)]).into()
}

/// A title.
pub(super) fn header(text: &str) -> SlackBlock {
    SlackHeaderBlock::new(plain(text).into()).into()
}

/// Plain text that no emoji name in it changes.
pub(super) fn plain(text: &str) -> SlackBlockPlainText {
    SlackBlockPlainText::new(text.to_owned()).with_emoji(false)
}
