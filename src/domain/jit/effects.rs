//! What a change would do: asked before anything is sent, and again when it is.

use serde::{Deserialize, Serialize};

use super::change::{Approvals, Change};
use super::mirror::{Mirror, settles};
use super::refusal::SettingsRefusal;
use crate::domain::expiration::ExpirationLength;

/// What has to be typed before the settings are reset.
pub const RESET: &str = "reset";

/// How much a change matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// It may allow more than what is allowed now: it weakens the organisation.
    pub loosens: bool,
    /// It may take away what P0 cannot give back: it is typed, not only pressed.
    pub takes_away: bool,
}

/// How that which is changed was when the change was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// Whether a length could be picked.
    Listed(bool),
    /// What could be picked.
    List(Vec<ExpirationLength>),
    /// A length, where one was known.
    Length(Option<ExpirationLength>),
    /// What approvals asked for, where that was known.
    Approvals(Option<Approvals>),
}

impl Mirror {
    /// How that which the change is about is now.
    pub fn before(&self, change: &Change) -> Before {
        match change {
            Change::Add { length } | Change::Remove { length } => {
                Before::Listed(self.preset(length.length()).is_some())
            }
            Change::Reset => Before::List(self.presets.iter().map(|entry| entry.value.length).collect()),
            Change::Maximum { .. } => Before::Length(Some(self.maximum.value.length)),
            Change::Standing { .. } => Before::Length(self.standing.as_ref().map(|known| known.value.length)),
            Change::Approvable { .. } => Before::Length(self.approvable.as_ref().map(|known| known.value.length)),
            Change::Approvals(_) => Before::Approvals(self.approvals.as_ref().map(|known| known.value)),
        }
    }

    /// Whether there is anything to change, by what P0 itself has confirmed. What is only stated may be otherwise at P0,
    /// and so may what a change in doubt was about: then the change is sent.
    ///
    /// # Errors
    /// Why there is not.
    pub fn check(&self, change: &Change) -> Result<(), SettingsRefusal> {
        if self.doubts.iter().any(|doubt| doubt.change == Change::Reset || settles(change, &doubt.change)) {
            return Ok(());
        }
        let same = |known: Option<&super::known::Known<super::mirror::Span>>, length: ExpirationLength| {
            known.is_some_and(|known| known.source.is_p0s() && known.value.length == length)
        };
        match change {
            Change::Add { length } if same(self.preset(length.length()), length.length()) => {
                Err(SettingsRefusal::AlreadyThere)
            }
            // Where less is granted than what P0 has, to agree to that is a change.
            Change::Maximum { length } if self.cap.is_none() && same(Some(&self.maximum), length.length()) => {
                Err(SettingsRefusal::NothingToChange)
            }
            Change::Standing { length } if same(self.standing.as_ref(), length.length()) => {
                Err(SettingsRefusal::NothingToChange)
            }
            Change::Approvable { length } if same(self.approvable.as_ref(), length.length()) => {
                Err(SettingsRefusal::NothingToChange)
            }
            Change::Approvals(approvals)
                if self.approvals.as_ref().is_some_and(|known| known.source.is_p0s() && known.value == *approvals) =>
            {
                Err(SettingsRefusal::NothingToChange)
            }
            _ => Ok(()),
        }
    }

    /// How much the change matters. What is not known, or in doubt, counts as what makes it matter more.
    pub fn weight(&self, change: &Change) -> Weight {
        let longer =
            |known: Option<ExpirationLength>, length: ExpirationLength| known.is_none_or(|known| length > known);
        match change {
            // Within the maximum it only names what could be granted anyway.
            Change::Add { length } => Weight { loosens: length.length() > self.least_maximum(), takes_away: false },
            Change::Remove { .. } => Weight::default(),
            Change::Reset => Weight { loosens: false, takes_away: true },
            Change::Maximum { length } => Weight {
                loosens: length.length() > self.least_maximum() || self.may_be_reset(),
                takes_away: length.length() < self.most_maximum() || self.may_be_reset(),
            },
            Change::Standing { length } => {
                let doubted = self.doubts.iter().filter_map(|doubt| match doubt.change {
                    Change::Standing { length } => Some(length.length()),
                    _ => None,
                });
                let least = self.standing.as_ref().map(|known| doubted.fold(known.value.length, ExpirationLength::min));
                Weight { loosens: longer(least, length.length()) || self.may_be_reset(), takes_away: false }
            }
            Change::Approvable { length } => {
                let doubted = self.doubts.iter().filter_map(|doubt| match doubt.change {
                    Change::Approvable { length } => Some(length.length()),
                    _ => None,
                });
                let least =
                    self.approvable.as_ref().map(|known| doubted.fold(known.value.length, ExpirationLength::min));
                Weight { loosens: longer(least, length.length()), takes_away: false }
            }
            Change::Approvals(wanted) => {
                let doubted = self.doubts.iter().filter_map(|doubt| match doubt.change {
                    Change::Approvals(approvals) => Some(approvals),
                    _ => None,
                });
                // Each by itself: what may be the stricter counts.
                let known = self.approvals.as_ref().map(|known| {
                    doubted.fold(known.value, |one, other| Approvals {
                        one_party: one.one_party && other.one_party,
                        require_reason: one.require_reason || other.require_reason,
                    })
                });
                let one_party = wanted.one_party && known.is_none_or(|known| !known.one_party);
                let no_reason = !wanted.require_reason && known.is_none_or(|known| known.require_reason);
                Weight { loosens: one_party || no_reason, takes_away: false }
            }
        }
    }

    /// Whether P0 may have reset its settings, and so have any maximum by now.
    fn may_be_reset(&self) -> bool {
        self.doubts.iter().any(|doubt| doubt.change == Change::Reset)
    }

    /// What has to be typed before these are applied; `None` where a press is enough.
    pub fn typed(&self, changes: &[Change]) -> Option<String> {
        let matters = changes.iter().filter(|change| self.weight(change).takes_away);
        let words = matters.map(|change| match change {
            Change::Maximum { length } => length.to_string(),
            _ => RESET.to_owned(),
        });
        words.min_by_key(|word| word != RESET)
    }
}
