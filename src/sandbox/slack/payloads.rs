//! The shapes in which Slack tells an app what happened.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::inputs::state_values;
use super::person::Place;
use super::records::{Message, View};
use super::setup::Person;
use super::state::Workspace;

/// Sent in every payload since long before signatures; apps should not rely on it.
pub(super) const VERIFICATION_TOKEN: &str = "sandbox-verification-token";

impl Workspace {
    /// What every interaction says: who, in which team, on which install. A trigger comes with it.
    fn interaction(&mut self, kind: &str, user: &Person, view: Option<&str>) -> Map<String, Value> {
        let trigger = self.new_trigger(&user.id, view);
        let fields = [
            ("type", json!(kind)),
            ("user", self.user_of(user)),
            ("api_app_id", json!(self.setup.app_id)),
            ("token", json!(VERIFICATION_TOKEN)),
            ("trigger_id", json!(trigger)),
            ("team", self.team()),
            ("enterprise", self.enterprise()),
            ("is_enterprise_install", json!(self.setup.org_wide)),
        ];
        fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// `shortcut`: no conversation, no address to answer to, and of the person not even the name that others tell.
    pub(super) fn shortcut_used(&mut self, user: &Person, callback_id: &str) -> Value {
        json!({
            "type": "shortcut",
            "token": VERIFICATION_TOKEN,
            "action_ts": self.next_ts(),
            "team": self.team(),
            "user": {"id": user.id, "username": user.name, "team_id": self.home_team(user)},
            "is_enterprise_install": self.setup.org_wide,
            "enterprise": self.enterprise(),
            "callback_id": callback_id,
            "trigger_id": self.new_trigger(&user.id, None),
        })
    }

    /// `message_action`: the whole message, where it stands, and an address to answer to.
    pub(super) fn message_shortcut_used(&mut self, user: &Person, message: &Message, callback_id: &str) -> Value {
        let (channel, ts) = (&message.channel, &message.ts);
        json!({
            "type": "message_action",
            "token": VERIFICATION_TOKEN,
            "action_ts": self.next_ts(),
            "team": self.team(),
            "user": self.user_of(user),
            "channel": {"id": channel, "name": self.shown_name(channel)},
            "is_enterprise_install": self.setup.org_wide,
            "enterprise": self.enterprise(),
            "callback_id": callback_id,
            "trigger_id": self.new_trigger(&user.id, None),
            "response_url": self.new_response_url(&user.id, channel, None),
            "message_ts": ts,
            "message": message.to_api(&self.setup),
        })
    }

    fn user_of(&self, user: &Person) -> Value {
        json!({"id": user.id, "username": user.name, "name": user.name, "team_id": self.home_team(user)})
    }

    /// Where the app is installed; null if that is the whole organisation.
    fn team(&self) -> Value {
        if self.setup.org_wide {
            return Value::Null;
        }
        let mut team = json!({"id": self.setup.team_id, "domain": self.setup.team_domain});
        if let Some(enterprise) = &self.setup.enterprise_id {
            team["enterprise_id"] = json!(enterprise);
            team["enterprise_name"] = json!(self.setup.team_domain);
        }
        team
    }

    fn enterprise(&self) -> Value {
        self.setup.enterprise_id.as_ref().map_or(Value::Null, |id| json!({"id": id, "name": self.setup.team_domain}))
    }

    /// `block_actions` for one action at a place.
    pub(super) fn block_actions(&mut self, user: &Person, place: &Place, action: Value) -> Value {
        let view = match place {
            Place::View { view_id } => Some(view_id.as_str()),
            Place::Message { .. } | Place::Unfurl { .. } | Place::Ephemeral { .. } => None,
        };
        let mut payload = self.interaction("block_actions", user, view);
        payload.insert("actions".into(), json!([action]));
        match place {
            Place::View { view_id } => {
                payload.insert("container".into(), json!({"type": "view", "view_id": view_id}));
                payload.insert("view".into(), self.view(view_id).map_or(Value::Null, |view| self.view_object(view)));
            }
            Place::Message { channel, ts } => {
                let thread = self.message(channel, ts).and_then(|message| message.thread_ts.clone());
                let container = json!({"type": "message", "message_ts": ts, "is_ephemeral": false});
                self.put_place(&mut payload, &user.id, channel, thread.as_deref(), container);
                if let Some(message) = self.message(channel, ts) {
                    payload.insert("message".into(), message.to_api(&self.setup));
                    let entered = self.entered.get(&(user.id.clone(), place.key()));
                    payload.insert("state".into(), json!({"values": state_values(&message.blocks, entered)}));
                }
            }
            Place::Unfurl { channel, ts, url } => {
                // The message is not told, only what the app itself laid there.
                let laid = self.message(channel, ts).and_then(|message| message.unfurl(url)).cloned();
                let Some(laid) = laid else { return Value::Object(payload) };
                let container = json!({
                    "type": "message_attachment", "message_ts": ts, "attachment_id": laid.id, "is_ephemeral": false,
                    "is_app_unfurl": true, "app_unfurl_url": url,
                });
                payload.insert("app_unfurl".into(), laid.to_api(&self.setup));
                self.put_place(&mut payload, &user.id, channel, None, container);
            }
            Place::Ephemeral { ts } => {
                // An ephemeral line is not told again: there is no `message`.
                let line = self.ephemerals.iter().find(|line| line.user == user.id && &line.ts == ts).cloned();
                let Some(line) = line else { return Value::Object(payload) };
                let container = json!({"type": "message", "message_ts": ts, "is_ephemeral": true});
                self.put_place(&mut payload, &user.id, &line.channel, line.thread_ts.as_deref(), container);
                let entered = self.entered.get(&(user.id.clone(), place.key()));
                payload.insert("state".into(), json!({"values": state_values(&line.blocks, entered)}));
            }
        }
        Value::Object(payload)
    }

    /// Where a message or a line stands, and an address by which it can be changed.
    fn put_place(&mut self, to: &mut Map<String, Value>, user: &str, channel: &str, thread: Option<&str>, of: Value) {
        let mut container = of;
        container["channel_id"] = json!(channel);
        if let Some(thread) = thread {
            container["thread_ts"] = json!(thread);
        }
        let original = container["message_ts"].as_str().filter(|_| container["type"] == "message");
        let response_url = self.new_response_url(user, channel, original);
        to.insert("container".into(), container);
        to.insert("channel".into(), json!({"id": channel, "name": self.shown_name(channel)}));
        to.insert("response_url".into(), json!(response_url));
    }

    /// Payloads do not tell the names of private channels.
    fn shown_name(&self, channel: &str) -> &str {
        match self.channel(channel) {
            Some(channel) if channel.is_private => "privategroup",
            Some(channel) => &channel.name,
            None => "",
        }
    }

    /// `view_submission` or `view_closed`.
    pub(super) fn view_event(&mut self, kind: &str, user: &Person, view: &View) -> Value {
        let mut payload = self.interaction(kind, user, Some(&view.id));
        payload.insert("view".into(), self.view_object(view));
        if kind == "view_closed" {
            payload.remove("trigger_id");
            payload.insert("is_cleared".into(), json!(false));
        } else {
            payload.insert("response_urls".into(), json!([]));
        }
        Value::Object(payload)
    }

    /// A view as the bot sees it, with what was entered.
    pub(super) fn view_object(&self, view: &View) -> Value {
        let entered = self.entered.get(&(view.user.clone(), view.id.clone()));
        let mut object = view.view.clone();
        object["state"] = json!({"values": state_values(view.blocks(), entered)});
        object
    }

    /// The form of a slash command.
    pub(super) fn slash_form(&mut self, user: &Person, channel: &str, text: &str) -> Vec<u8> {
        let trigger = self.new_trigger(&user.id, None);
        let response_url = self.new_response_url(&user.id, channel, None);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", VERIFICATION_TOKEN)
            .append_pair("team_id", self.home_team(user))
            .append_pair("team_domain", &self.setup.team_domain)
            .append_pair("channel_id", channel)
            .append_pair("channel_name", self.shown_name(channel))
            .append_pair("user_id", &user.id)
            .append_pair("user_name", &user.name)
            .append_pair("command", &self.setup.command)
            .append_pair("text", text)
            .append_pair("api_app_id", &self.setup.app_id)
            .append_pair("is_enterprise_install", if self.setup.org_wide { "true" } else { "false" });
        if let Some(enterprise) = &self.setup.enterprise_id {
            form.append_pair("enterprise_id", enterprise).append_pair("enterprise_name", &self.setup.team_domain);
        }
        form.append_pair("response_url", &response_url).append_pair("trigger_id", &trigger);
        form.finish().into_bytes()
    }

    /// The envelope of an event that somebody caused in a channel.
    pub(super) fn event(&self, user: &Person, channel: &str, event: Value) -> Value {
        let is_shared = self.channel(channel).is_some_and(|channel| channel.is_ext_shared);
        let mut envelope = self.event_of_app(event);
        envelope["context_team_id"] = json!(self.setup.team_id);
        envelope["context_enterprise_id"] = json!(self.setup.enterprise_id);
        envelope["authorizations"] = self.authorizations();
        envelope["is_ext_shared_channel"] = json!(user.team_id.is_some() || is_shared);
        envelope["event_context"] = json!(format!("4-{:032x}", rand::random::<u128>()));
        envelope
    }

    /// The envelope of an event that the app is told of for its own sake: just what Slack documents for these.
    pub(super) fn event_of_app(&self, event: Value) -> Value {
        json!({
            "token": VERIFICATION_TOKEN,
            "team_id": self.setup.team_id,
            "api_app_id": self.setup.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": format!("Ev{:010X}", rand::random::<u64>() & 0xff_ffff_ffff),
            "event_time": self.setup.clock.now().as_second(),
        })
    }

    /// For whom the app hears of an event: itself, where it is installed.
    fn authorizations(&self) -> Value {
        let installed_in = if self.setup.org_wide { Value::Null } else { json!(self.setup.team_id) };
        json!([{
            "enterprise_id": self.setup.enterprise_id,
            "team_id": installed_in,
            "user_id": self.setup.bot_user_id,
            "is_bot": true,
            "is_enterprise_install": self.setup.org_wide,
        }])
    }

    /// The part of `message` and `app_mention` events they share.
    pub(super) fn said(&self, kind: &str, user: &Person, message: &Message) -> Value {
        let mut event = json!({
            "type": kind,
            "user": user.id,
            "ts": message.ts,
            "client_msg_id": format!("{:032x}", rand::random::<u128>()),
            "text": message.text,
            "team": self.home_team(user),
            "blocks": [{"type": "rich_text", "block_id": "typed", "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": message.text}]},
            ]}],
            "channel": message.channel,
            "event_ts": message.ts,
        });
        if let Some(thread) = &message.thread_ts {
            event["thread_ts"] = json!(thread);
        }
        event
    }
}
