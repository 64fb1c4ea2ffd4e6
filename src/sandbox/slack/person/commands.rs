//! Slash commands, and looking at the bot's Home.

use serde_json::{Value, json};

use super::delivery::Door;
use super::{Cannot, Delivered};
use crate::sandbox::slack::Slack;
use crate::sandbox::slack::response_url;
use crate::sandbox::slack::setup::Person;
use crate::sandbox::slack::state::{Content, Workspace};
use crate::sandbox::slack::web_api::{self, Args};

impl Slack {
    /// Types the app's slash command with this text after it. What the bot answers is shown to the person alone,
    /// or with `response_type: in_channel` to everybody.
    pub async fn slash(&self, user: &str, channel: &str, text: &str) -> Result<Delivered, Cannot> {
        let form = self.shared.change(|slack| {
            slack.heard_with("commands")?;
            let person = slack.acting(user)?;
            slack.joined(user, channel)?;
            Ok(slack.slash_form(&person, channel, text))
        })?;
        let answer = self.tell(Door::Commands, form).await;
        self.shared.change(|slack| match &answer {
            Ok(delivered) if delivered.status == 200 => slack.after_slash(user, channel, &delivered.body),
            Ok(_) | Err(Cannot::NotReached(_)) => slack.command_failed(user, channel, "dispatch_failed"),
            Err(_) => slack.command_failed(user, channel, "operation_timeout"),
        });
        answer
    }

    /// Opens the bot's Home tab (`app_home_opened`), where the app has one.
    pub async fn open_home(&self, user: &str) -> Result<Delivered, Cannot> {
        let event = self.shared.change(|slack| {
            if !slack.setup.home {
                return Err(Cannot::NotAllowed("the app has no Home".to_owned()));
            }
            let person = slack.acting(user)?;
            Ok(slack.home_opened(&person))
        })?;
        self.announce(&event).await
    }
}

impl Workspace {
    fn home_opened(&mut self, person: &Person) -> Value {
        let channel = self.open_dm(&person.id);
        let mut event = json!({
            "type": "app_home_opened", "user": person.id, "channel": channel, "tab": "home", "event_ts": self.next_ts(),
        });
        if let Some(home) = self.homes.get(&person.id) {
            event["view"] = self.view_object(home);
        }
        self.event(person, &channel, event)
    }

    /// Shows what the bot answered to a slash command: JSON with text and blocks, or bare text.
    fn after_slash(&mut self, user: &str, channel: &str, body: &str) {
        if body.trim().is_empty() {
            return;
        }
        let Ok(Value::Object(answer)) = serde_json::from_str(body) else {
            self.whisper(channel, user, Content { text: body.to_owned(), ..Content::default() }, false);
            return;
        };
        let args = Args::of(answer);
        match web_api::content(self, "slash command", &args) {
            Ok(content) => response_url::say(self, channel, user, &args, content),
            Err(refusal) => {
                for message in refusal.messages() {
                    self.violation("slash command", message);
                }
                self.command_failed(user, channel, "invalid_blocks");
            }
        }
    }

    fn command_failed(&mut self, user: &str, channel: &str, error: &str) {
        let text = format!("{} failed with the error \"{error}\"", self.setup.command);
        self.complain(channel, user, text);
    }
}
