//! What the evidence keeps of a click itself; also of one that was not carried out.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::entry::Entry;
use crate::domain::card_key::ControlValue;
use crate::domain::control::Control;
use crate::domain::decision::Choice;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::door::Door;
use crate::domain::person::SlackUser;
use crate::domain::request::RequestId;
use crate::inbound::slack::{Act, Deed};
use crate::ledger::database::Connection;
use crate::ledger::{Ledger, LedgerError, cards, deliveries};

/// What somebody did, as the delivery that told of it says.
#[derive(Clone, Debug)]
pub struct Click {
    by: SlackUser,
    door: Door,
    at: Timestamp,
    act: &'static str,
    control: Option<&'static str>,
    value: Option<ControlValue>,
    typed: Option<String>,
    choice: Option<Choice>,
}

impl Click {
    /// What the evidence keeps of a deed.
    pub fn of(deed: &Deed) -> Self {
        let (act, control, value, typed) = match &deed.act {
            Act::Press(press) => ("press", press.control, press.value.clone(), None),
            Act::Submit(submission) => ("submit", submission.control, submission.value.clone(), None),
            Act::Shortcut(shortcut) => ("shortcut", Some(shortcut.control), None, None),
            Act::Slash { text } => ("slash", None, None, Some(text.clone())),
            Act::Message { text, .. } => ("message", None, None, Some(text.clone())),
            Act::Links { .. } => ("links", None, None, None),
            Act::Home { .. } => ("home", None, None, None),
        };
        let control = control.map(Control::as_str);
        Self { by: deed.by.clone(), door: deed.door, at: deed.at, act, control, value, typed, choice: None }
    }

    /// The same where it is known what was chosen by it.
    pub fn choosing(self, choice: Choice) -> Self {
        Self { choice: Some(choice), ..self }
    }

    /// Which door it came through, when by Slack's own time, and what was pressed, chosen or typed.
    pub(super) fn detail(&self) -> Value {
        let length = self.value.as_ref().and_then(|value| value.length);
        json!({
            "door": self.door, "chosen_at": self.at, "act": self.act, "control": self.control,
            "length": length, "typed": self.typed,
        })
    }
}

impl Ledger {
    /// Notes a click that was not carried out, and the rule that refused it; once for each delivery. `request` where the
    /// click does not name it by a card.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn note_refused(
        &self,
        keys: DeliveryKeys,
        click: Click,
        request: Option<RequestId>,
        refusal: Value,
    ) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                if !deliveries::remember(c, keys.of_effect("refused"), now).await? {
                    return Ok(());
                }
                refused(c, &click, request.as_ref(), refusal, now).await
            })
        })
        .await
    }
}

/// The name of the rule in a refusal: of a change of settings it is the reason why, which may hold another refusal.
pub fn rule(refusal: &Value) -> Option<&Value> {
    refusal.get("why").or(refusal.get("refusal"))
}

/// The same as a piece of somebody else's transaction.
pub(in crate::ledger) async fn refused(
    c: &mut Connection,
    click: &Click,
    request: Option<&RequestId>,
    refusal: Value,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let shown = match &click.value {
        Some(value) => cards::shown(c, &value.key).await?,
        None => None,
    };
    let request = request.or(shown.as_ref().map(|shown| &shown.request)).map(RequestId::as_str);
    let seen = shown.as_ref().map(|shown| &shown.digest);
    let rule = rule(&refusal);
    let detail =
        json!({ "click": click.detail(), "choice": click.choice, "seen": seen, "rule": rule, "refusal": refusal });
    Entry { event: "click.refused", request, decision: None, by: Some(&click.by), detail }.write(c, now).await
}
