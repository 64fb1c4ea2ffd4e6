//! What P0 says when it takes a change of its settings.

use serde_json::{Map, Value};

use super::answer::Answer;
use super::outcome::Outcome;
use crate::domain::jit::change::{Change, Said, Settings};
use crate::domain::jit::told::ToldLength;

/// What an answer that is no refusal by its form says of the change that was asked for.
pub(super) fn said(change: &Change, answer: Answer) -> Outcome<Said> {
    let Answer { status, fields, words } = answer;
    let ok = fields.get("ok").filter(|ok| !ok.is_null());
    let has_body = !words.is_empty();
    match (change, ok) {
        (_, Some(Value::Bool(false))) => Outcome::Refused { status, words },
        (_, Some(ok)) if !ok.is_boolean() => Outcome::Unknown { words },
        // P0 may have reset them, but what they are by now is lost.
        (Change::Reset, _) => settings(&fields).map_or(Outcome::Unknown { words }, Outcome::Done),
        (Change::Maximum { .. }, _) => Outcome::Done(length(&fields, "maxAccessDuration", status, ok)),
        (Change::Standing { .. }, _) => Outcome::Done(length(&fields, "standingAccessDuration", status, ok)),
        // These are to answer 204: a status of success without a body is all that they say.
        (Change::Add { .. } | Change::Remove { .. } | Change::Approvable { .. } | Change::Approvals(_), _) => {
            Outcome::Done(if has_body && ok.is_none() { Said::Nothing } else { Said::Taken })
        }
    }
}

/// `_reset` is to answer `DurationSettings`.
fn settings(fields: &Map<String, Value>) -> Option<Said> {
    let listed = fields.get("options")?.as_array()?;
    let options: Vec<ToldLength> = listed.iter().filter_map(ToldLength::read).collect();
    let told = |key: &str| fields.get(key).and_then(ToldLength::read);
    Some(Said::Settings(Settings {
        unread: u32::try_from(listed.len() - options.len()).unwrap_or(u32::MAX),
        options,
        maximum: told("maxAccessDuration"),
        standing: told("standingAccessDuration"),
    }))
}

/// The two documented PUTs are to answer 200 with `ok` and the length, and may leave either out.
fn length(fields: &Map<String, Value>, key: &str, status: u16, ok: Option<&Value>) -> Said {
    match fields.get(key).filter(|length| !length.is_null()) {
        // A length that cannot be read is not the one that was asked for.
        Some(length) => ToldLength::read(length).map_or(Said::Nothing, |told| Said::Length { told }),
        None if ok.is_some() || status == 204 => Said::Taken,
        None => Said::Nothing,
    }
}
