//! P0's settings, changed from Slack: the second API.

mod admins;
mod changed;
mod client;
mod contract;
mod kept;
mod known;
mod outside;
mod regressions;
mod second;
mod secrecy;
mod unsure;
mod worker;

use std::collections::BTreeMap;

use p0_chatops::sandbox::p0::Verb;
use p0_chatops::sandbox::slack::{Ephemeral, Person, Shortcut, ShortcutKind, Usergroup};
use serde_json::Value;

use crate::world::{CHANNEL, Setup, World, readable};

/// Where changes are announced.
const ANNOUNCED: &str = "C02PRIVATE";
/// An admin by a user group.
const DAVE: &str = "U08DAVE";

/// A company in which Alice and Bob are admins, and Dave is one as a member of a user group.
fn administered() -> Setup {
    let mut setup = Setup::default()
        .set("slack__admins", r#"["U01ALICE", "U02BOB", "S02ADMINS"]"#)
        .set("p0__settings_api_key", "sandbox-settings-key")
        .set("settings__announce_channel", ANNOUNCED);
    setup.slack.people.push(Person::new(DAVE, "dave"));
    let admins = Usergroup { id: "S02ADMINS".into(), handle: "p0-admins".into(), users: vec![DAVE.into()] };
    setup.slack.usergroups.push(admins);
    for channel in &mut setup.slack.channels {
        if channel.id == CHANNEL {
            channel.members.push(DAVE.into());
        }
    }
    setup.slack.home = true;
    setup.slack.shortcuts = vec![Shortcut {
        kind: ShortcutKind::Global,
        name: "P0 settings".into(),
        callback_id: "settings".into(),
        description: "See P0's settings".into(),
    }];
    setup.slack = setup.slack.with_scope("usergroups:read");
    setup
}

/// A modal, as a story reads it.
struct Modal {
    id: String,
    readable: String,
    errors: BTreeMap<String, String>,
}

impl World {
    /// Somebody types the command, and all that follows from it happens; answers the private line that it brings.
    async fn types(&self, who: &str, text: &str) -> Ephemeral {
        self.slack.slash(who, CHANNEL, text).await.unwrap();
        self.work().await;
        self.last_line(who)
    }

    fn last_line(&self, who: &str) -> Ephemeral {
        self.slack.ephemerals(who).pop().expect("a private line")
    }

    /// The line as it reads now.
    fn read_line(&self, who: &str, line: &Ephemeral) -> String {
        let now = self.slack.ephemerals(who).into_iter().find(|other| other.ts == line.ts);
        readable(&now.expect("the line is there").blocks)
    }

    fn line_element(&self, who: &str, line: &Ephemeral, action: &str) -> Value {
        let lines = self.slack.ephemerals(who);
        let blocks = lines.iter().find(|other| other.ts == line.ts).expect("the line").blocks.clone();
        let elements = blocks.iter().flat_map(|block| block["elements"].as_array().into_iter().flatten());
        elements.into_iter().find(|element| element["action_id"] == action).expect("the element").clone()
    }

    async fn press_line(&self, who: &str, line: &Ephemeral, action: &str) {
        self.slack.press_ephemeral(who, &line.ts, action).await.unwrap();
    }

    async fn presses_line(&self, who: &str, line: &Ephemeral, action: &str) {
        self.press_line(who, line, action).await;
        self.work().await;
    }

    /// Somebody wants a change and applies it, whatever has to be typed for that.
    async fn applies(&self, who: &str, command: &str) {
        let line = self.types(who, command).await;
        self.press_line(who, &line, "settings_apply:notice").await;
        if let Some(modal) = self.slack.modals(who).pop() {
            let typed = command.rsplit(' ').next().unwrap_or_default();
            self.slack.submit(who, &modal.id, &[("settings_typed", typed)]).await.unwrap();
            self.slack.close(&modal.id).await.unwrap();
        }
        self.work().await;
    }

    /// The topmost modal that somebody sees.
    fn modal(&self, who: &str) -> Modal {
        let view = self.slack.modals(who).pop().expect("a modal");
        let title = view.view["title"]["text"].as_str().unwrap_or_default().to_owned();
        Modal { readable: format!("# {title}\n{}", readable(view.blocks())), id: view.id, errors: view.errors }
    }

    /// What P0's settings API was told, a line for each call.
    fn settings_calls(&self) -> Vec<String> {
        let ours = |call: &p0_chatops::sandbox::p0::Call| {
            call.verb == Some(Verb::Settings)
                && call.user_agent.as_deref().is_some_and(|agent| agent.starts_with("p0-chatops"))
        };
        let calls = self.p0.calls().into_iter().filter(ours);
        calls
            .map(|call| {
                let path = call.path.split_once("/settings/").map_or("", |(_, path)| path);
                let body = call.body.map(|body| format!(" {body}")).unwrap_or_default();
                let status = call.status.map_or("no answer".to_owned(), |status| status.to_string());
                format!("{} {path}{body}: {status}", call.method)
            })
            .collect()
    }

    /// The lengths that P0 has, by its own names.
    fn p0_lengths(&self) -> Vec<String> {
        let settings = self.p0.snapshot()["settings"].clone();
        let options = settings["options"].as_array().cloned().unwrap_or_default();
        options.iter().map(|option| option["value"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Somebody does this to P0's settings by other means.
    async fn elsewhere(&self, method: reqwest::Method, path: &str, body: Option<Value>) {
        let request = reqwest::Client::new()
            .request(method, format!("{}/o/acme/settings/{path}", self.p0.base_url()))
            .header("User-Agent", "curl/8")
            .bearer_auth("sandbox-settings-key");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{status}: {}", answer.text().await.unwrap());
    }
}
