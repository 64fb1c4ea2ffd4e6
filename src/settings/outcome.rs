//! What became of one change, for people and for programs.

use serde_json::{Value, json};

use super::words;
use crate::beside::time;
use crate::domain::jit::change::{Change, Said};
use crate::domain::jit::length::SettingLength;
use crate::domain::jit::proposal::{SettingsDecision, SettingsStage, Tried};
use crate::domain::jit::told::ToldLength;
use crate::domain::text::plain;
use crate::ledger::jit::cards::SettingsCard;

/// What of a proposal still is to be sent, or answered.
pub(super) fn under_way(card: &SettingsCard) -> impl Iterator<Item = &SettingsDecision> {
    card.decisions.iter().filter(|decision| !decision.stage.is_over())
}

/// Whether P0 has taken it, as it was asked to.
pub(super) fn is_done(decision: &SettingsDecision) -> bool {
    matches!(&decision.stage, SettingsStage::Done { said, .. } if another(decision, said).is_none())
}

/// What P0 set, where that is another length than was asked for.
fn another<'s>(decision: &SettingsDecision, said: &'s Said) -> Option<(&'s ToldLength, SettingLength)> {
    match (&decision.item.change, said) {
        (
            Change::Maximum { length } | Change::Standing { length } | Change::Approvable { length },
            Said::Length { told },
        ) if told.length() != length.length() || !told.is_whole() => Some((told, *length)),
        _ => None,
    }
}

/// A sentence's end; `None` while there is nothing to tell.
pub(super) fn text(decision: &SettingsDecision) -> Option<String> {
    let deadline = time(decision.deadline);
    Some(match &decision.stage {
        SettingsStage::Recorded if decision.attempts > 0 => format!("not sent yet, and tried until {deadline}"),
        SettingsStage::Recorded | SettingsStage::Sending { .. } => return None,
        SettingsStage::Done { said, key, .. } => match (another(decision, said), said, key) {
            (Some((told, length)), ..) => {
                format!("P0 made it {}, not {}", words::p0s_name(told.value()), length.length())
            }
            (_, Said::Nothing, _) => "sent; P0's answer does not confirm it".to_owned(),
            (_, Said::Length { told }, _) => format!("done; {}", words::p0s_name(told.value())),
            (.., Some(key)) => format!("done; {}", words::p0s_name(key)),
            _ => "done".to_owned(),
        },
        SettingsStage::Refused { refusal, .. } => {
            let tried: Vec<String> = decision.tried.iter().map(|Tried { key, .. }| words::p0s_name(key)).collect();
            let tried = if tried.len() > 1 { format!("; tried were {}", tried.join(" and ")) } else { String::new() };
            format!("not done: {}{tried}", words::refusal(refusal))
        }
        SettingsStage::Dropped { .. } => format!("not sent: it could not be until {deadline}"),
        SettingsStage::Unknown { words, .. } => {
            let words = if words.is_empty() { String::new() } else { format!(" ({})", plain(words)) };
            format!("outcome unknown: P0 may have applied it{words}; run this again to settle it")
        }
        SettingsStage::Settled { .. } => "outcome unknown, and settled by a later change of the same".to_owned(),
    })
}

/// For programs: how far it is, what P0 says the length is, and P0's words.
pub(super) fn json(decision: &SettingsDecision) -> Value {
    let (told, said) = match &decision.stage {
        SettingsStage::Done { said: Said::Length { told }, .. } => (Some(told.length().to_string()), None),
        SettingsStage::Refused { refusal, .. } => (None, Some(words::refusal(refusal))),
        SettingsStage::Unknown { words, .. } => (None, Some(plain(words))),
        _ => (None, None),
    };
    let is_confirmed = matches!(&decision.stage, SettingsStage::Done { said, .. } if *said != Said::Nothing);
    json!({ "stage": decision.stage.name(), "confirmed": is_confirmed, "told": told, "words": said })
}
