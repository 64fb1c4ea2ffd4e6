//! What is submitted about P0's settings: the forms, and the confirmation of what has to be typed.

use axum::Json;
use axum::response::IntoResponse as _;
use serde_json::json;
use slack_morphism::prelude::SlackView;

use super::Considered;
use crate::answer::{Answer, ok};
use crate::decide::Tools;
use crate::domain::expiration::LengthError;
use crate::domain::jit::change::{Approvals, Change};
use crate::domain::jit::control::{SettingsControl, input};
use crate::domain::jit::length::SettingLength;
use crate::domain::jit::refusal::SettingsRefusal;
use crate::inbound::slack::{Deed, Submission};
use crate::ledger::jit::proposals::Applied;
use crate::notify::jit::{preview, said};
use crate::notify::wording::jit::said as words;

/// What of a form cannot be read: its input, and what is wrong with it.
struct Unreadable {
    input: &'static str,
    problem: String,
}

impl Tools {
    /// Answers a submitted modal.
    pub(crate) async fn settings_submitted(
        &self,
        deed: &Deed,
        control: SettingsControl,
        submission: &Submission,
    ) -> Answer {
        if control == SettingsControl::Apply {
            return self.apply_submitted(deed, submission).await;
        }
        let change = match read(control, submission) {
            Ok(Some(change)) => change,
            Ok(None) => return self.too_old(deed).await,
            Err(unreadable) => return at_input(unreadable.input, &unreadable.problem),
        };
        match self.want(deed, vec![change]).await? {
            Considered::Shown(card) => update(&preview::modal(&card, &self.settings.policy)),
            Considered::Repeated => ok(),
            Considered::Refused(refusal @ (SettingsRefusal::AlreadyThere | SettingsRefusal::NothingToChange)) => {
                match control {
                    SettingsControl::Approvals => at_input(input::REASON, &refusal.to_string()),
                    _ => at_input(input::LENGTH, &refusal.to_string()),
                }
            }
            Considered::Refused(refusal) => update(&said::view(&refusal.to_string())),
        }
    }

    async fn too_old(&self, deed: &Deed) -> Answer {
        self.note_refused(deed, None, json!(SettingsRefusal::TooOld)).await;
        update(&said::view(&SettingsRefusal::TooOld.to_string()))
    }

    async fn apply_submitted(&self, deed: &Deed, submission: &Submission) -> Answer {
        let Some(value) = &submission.value else {
            return self.too_old(deed).await;
        };
        let typed = submission.field(input::TYPED).map(str::to_owned);
        match self.apply(deed, value.key.clone(), typed).await? {
            Applied::Recorded => update(&said::view(words::RECORDED)),
            Applied::Waiting { until, asked } => update(&said::view(&words::waiting(until, &asked))),
            Applied::Repeated => ok(),
            Applied::Refused(refusal @ SettingsRefusal::NotTyped) => at_input(input::TYPED, &refusal.to_string()),
            Applied::Refused(refusal) => update(&said::view(&refusal.to_string())),
        }
    }
}

/// What a form asks for; `None` where it is no form.
fn read(control: SettingsControl, submission: &Submission) -> Result<Option<Change>, Unreadable> {
    let length = || {
        let typed = submission.field(input::LENGTH).unwrap_or_default();
        let length = typed.parse::<SettingLength>();
        length.map_err(|error: LengthError| Unreadable { input: input::LENGTH, problem: words::bad_length(error) })
    };
    let switch = |name: &'static str| match submission.field(name) {
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        _ => Err(Unreadable { input: name, problem: words::BAD_SWITCH.to_owned() }),
    };
    Ok(Some(match control {
        SettingsControl::Add => Change::Add { length: length()? },
        SettingsControl::Remove => Change::Remove { length: length()? },
        SettingsControl::Maximum => Change::Maximum { length: length()? },
        SettingsControl::Standing => Change::Standing { length: length()? },
        SettingsControl::Approvable => Change::Approvable { length: length()? },
        SettingsControl::Approvals => {
            let (one_party, require_reason) = (switch(input::ONE_PARTY)?, switch(input::REASON)?);
            Change::Approvals(Approvals { one_party, require_reason })
        }
        _ => return Ok(None),
    }))
}

/// Shows another view in the modal's place.
fn update(view: &SlackView) -> Answer {
    Ok(Json(json!({ "response_action": "update", "view": view })).into_response())
}

/// Says what is wrong where it was entered.
fn at_input(input: &str, problem: &str) -> Answer {
    Ok(Json(json!({ "response_action": "errors", "errors": { input: problem } })).into_response())
}
