//! Submitting and closing modals, and what the bot's answer does to them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Cannot, Delivered, Place};
use crate::sandbox::slack::Slack;
use crate::sandbox::slack::blocks::{self, Surface};
use crate::sandbox::slack::inputs;
use crate::sandbox::slack::records::View;
use crate::sandbox::slack::state::Workspace;
use crate::sandbox::slack::web_api;

/// How Slack names the answers to a submission in the record of violations.
const ANSWER: &str = "view_submission";

impl Slack {
    /// Fills in inputs by action id and submits a person's topmost modal. Options go by value or text; what is not
    /// named keeps what it holds. An input that must be filled and is not is an error, as Slack's client has it.
    pub async fn submit(&self, user: &str, view_id: &str, values: &[(&str, &str)]) -> Result<Delivered, Cannot> {
        let payload = self.shared.change(|slack| slack.submitted(user, view_id, values))?;
        let answer = self.interact(&payload).await;
        self.shared.change(|slack| match &answer {
            Ok(delivered) if delivered.status == 200 => slack.after_submission(user, view_id, &delivered.body),
            _ => slack.complain("", user, "We had some trouble connecting. Try again?".into()),
        });
        answer
    }

    /// Closes a modal without submitting, and with `clear_on_close` all that lie below it; the bot hears of it only if
    /// the view has `notify_on_close`.
    pub async fn close(&self, view_id: &str) -> Result<Option<Delivered>, Cannot> {
        let payload = self.shared.change(|slack| {
            let view = slack.view(view_id).cloned().ok_or_else(|| Cannot::NotThere(format!("view {view_id}")))?;
            let person = slack.acting(&view.user)?;
            let clears = view.view["clear_on_close"] == true;
            let payload = (view.view["notify_on_close"] == true).then(|| {
                let mut payload = slack.view_event("view_closed", &person, &view);
                payload["is_cleared"] = clears.into();
                payload
            });
            match clears {
                true => slack.take_all_away(&view.user),
                false => slack.take_away(&view.user, view_id),
            }
            Ok(payload)
        })?;
        match payload {
            Some(payload) => self.interact(&payload).await.map(Some),
            None => Ok(None),
        }
    }
}

impl Workspace {
    fn submitted(&mut self, user: &str, view_id: &str, values: &[(&str, &str)]) -> Result<Value, Cannot> {
        let person = self.acting(user)?;
        let top = self.modals.get(user).and_then(|stack| stack.last()).filter(|view| view.id == view_id);
        let view = top.cloned().ok_or_else(|| Cannot::NotThere(format!("modal {view_id} on top")))?;
        if view.view["submit"].is_null() {
            return Err(Cannot::NotThere("submit button in this modal".into()));
        }
        let place = Place::view(view_id);
        for (action_id, value) in values {
            let placed = inputs::find(view.blocks(), action_id)?;
            let state = inputs::enter(placed.element, value)?;
            self.enter(user, &place, placed, state);
        }
        let object = self.view_object(&view);
        for placed in inputs::elements(view.blocks()) {
            let must = placed.block["type"] == "input" && placed.block["optional"] != true;
            let state = &object["state"]["values"][placed.block_id()][placed.action_id()];
            if must && inputs::is_empty(state) {
                return Err(Cannot::NotAllowed(format!("{} must be filled in", placed.action_id())));
            }
        }
        Ok(self.view_event("view_submission", &person, &view))
    }

    /// An empty answer closes the modal; others say what to do in `response_action`.
    fn after_submission(&mut self, user: &str, view_id: &str, body: &str) {
        if body.trim().is_empty() {
            return self.take_away(user, view_id);
        }
        let answer: Value = serde_json::from_str(body).unwrap_or_default();
        match answer["response_action"].as_str() {
            Some("clear") => self.take_all_away(user),
            Some("errors") => self.show_errors(view_id, &answer["errors"]),
            Some("update") => {
                if let Some(old) = self.view(view_id).cloned()
                    && let Some(view) = self.answered_view(user, &answer["view"], Some(&old))
                {
                    web_api::replace(self, view);
                }
            }
            Some("push") => {
                if let Some(view) = self.answered_view(user, &answer["view"], None) {
                    self.modals.entry(user.to_owned()).or_default().push(view);
                }
            }
            _ => self.violation(ANSWER, &format!("an answer that is no response_action: {body}")),
        }
    }

    fn answered_view(&mut self, user: &str, view: &Value, old: Option<&View>) -> Option<View> {
        let faults = blocks::check_view(view, Surface::Modal);
        for fault in &faults {
            self.violation(ANSWER, fault);
        }
        faults.is_empty().then(|| web_api::fill(self, user, view, old))
    }

    /// Errors stand under inputs: those that name other blocks are shown to nobody.
    fn show_errors(&mut self, view_id: &str, errors: &Value) {
        let errors: BTreeMap<String, String> = serde_json::from_value(errors.clone()).unwrap_or_default();
        let Some(view) = self.view_mut(view_id) else { return };
        let known = |id: &str| view.blocks().iter().any(|block| block["type"] == "input" && block["block_id"] == id);
        let strays: Vec<String> = errors.keys().filter(|id| !known(id)).cloned().collect();
        let is_empty = errors.is_empty();
        view.errors = errors;
        if is_empty {
            self.violation(ANSWER, "response_action errors without errors");
        }
        for id in strays {
            self.violation(ANSWER, &format!("an error for {id}, which is no input block"));
        }
    }

    fn take_all_away(&mut self, user: &str) {
        for view in self.modals.remove(user).unwrap_or_default() {
            self.entered.remove(&(user.to_owned(), view.id));
        }
    }

    fn take_away(&mut self, user: &str, view_id: &str) {
        if let Some(stack) = self.modals.get_mut(user) {
            stack.retain(|view| view.id != view_id);
        }
        self.modals.retain(|_, stack| !stack.is_empty());
        self.entered.remove(&(user.to_owned(), view_id.to_owned()));
    }
}
