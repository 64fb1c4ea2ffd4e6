//! What an admin of the workspace does to its people and to the app, and the app hears of.

use serde_json::json;

use super::{Cannot, Delivered};
use crate::sandbox::slack::Slack;

impl Slack {
    /// Takes the app out of the workspace (`app_uninstalled`): the Web API knows its token no longer.
    pub async fn uninstall(&self) -> Result<Delivered, Cannot> {
        let event = self.shared.change(|slack| {
            slack.uninstalled = true;
            slack.event_of_app(json!({ "type": "app_uninstalled" }))
        });
        self.announce(&event).await
    }

    /// Tells that tokens were revoked (`tokens_revoked`), by the ids of those who had them: people who had signed in,
    /// and the bot's own user. The bot's token goes on working; [`Slack::uninstall`] ends it.
    pub async fn revoke_tokens(&self, people: &[&str], bots: &[&str]) -> Result<Delivered, Cannot> {
        let event = json!({ "type": "tokens_revoked", "tokens": { "oauth": people, "bot": bots } });
        let event = self.shared.look(|slack| slack.event_of_app(event));
        self.announce(&event).await
    }

    /// Deactivates somebody and tells of it (`user_change`).
    pub async fn deactivate(&self, user: &str) -> Result<Delivered, Cannot> {
        self.change_person(user, |person| person.deleted = true);
        self.tell_user_change(user).await
    }

    /// Tells of a person as they are now (`user_change`), e.g. after [`Slack::change_person`].
    pub async fn tell_user_change(&self, user: &str) -> Result<Delivered, Cannot> {
        let event = self.shared.change(|slack| {
            slack.heard_with("users:read")?;
            let now = slack.setup.clock.now().as_second();
            let event_ts = slack.next_ts();
            let person = slack.person(user).ok_or_else(|| Cannot::NotThere(format!("person {user}")))?;
            let user = slack.user_object(person);
            let event = json!({ "type": "user_change", "user": user, "cache_ts": now, "event_ts": event_ts });
            Ok(slack.event(person, "", event))
        })?;
        self.announce(&event).await
    }
}
