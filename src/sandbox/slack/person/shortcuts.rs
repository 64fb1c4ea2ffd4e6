//! The app's shortcuts: global ones, which belong to no conversation, and those in the menu of a message.

use super::{Cannot, Delivered};
use crate::sandbox::slack::Slack;
use crate::sandbox::slack::setup::ShortcutKind;
use crate::sandbox::slack::state::Workspace;

impl Slack {
    /// Uses a global shortcut of the app's, by its callback id. There is nothing to answer to but the trigger.
    pub async fn shortcut(&self, user: &str, callback_id: &str) -> Result<Delivered, Cannot> {
        let payload = self.shared.change(|slack| {
            slack.offers(ShortcutKind::Global, callback_id)?;
            let person = slack.acting(user)?;
            Ok(slack.shortcut_used(&person, callback_id))
        })?;
        self.told(user, "", &payload).await
    }

    /// Uses a message shortcut of the app's, by its callback id, in the menu of a message, whoever wrote it.
    pub async fn message_shortcut(
        &self,
        user: &str,
        channel: &str,
        ts: &str,
        callback_id: &str,
    ) -> Result<Delivered, Cannot> {
        let payload = self.shared.change(|slack| {
            slack.offers(ShortcutKind::Message, callback_id)?;
            let person = slack.acting(user)?;
            slack.joined(user, channel)?;
            let message = slack.message(channel, ts).ok_or_else(|| Cannot::NotThere(format!("message {ts}")))?.clone();
            Ok(slack.message_shortcut_used(&person, &message, callback_id))
        })?;
        self.told(user, channel, &payload).await
    }
}

impl Workspace {
    fn offers(&self, kind: ShortcutKind, callback_id: &str) -> Result<(), Cannot> {
        self.heard_with("commands")?;
        let mut offered = self.setup.shortcuts.iter().filter(|shortcut| shortcut.kind == kind);
        if offered.any(|shortcut| shortcut.callback_id == callback_id) {
            return Ok(());
        }
        let kind = match kind {
            ShortcutKind::Global => "global",
            ShortcutKind::Message => "message",
        };
        Err(Cannot::NotThere(format!("{kind} shortcut {callback_id} of the app")))
    }
}
