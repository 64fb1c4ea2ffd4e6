//! Sentences about P0's settings.

use std::fmt;

use crate::domain::jit::refusal::SettingsRefusal;

/// Told in a DM: an agreement does not count.
pub fn not_agreed(refusal: &SettingsRefusal) -> String {
    format!("Your agreement to a change of P0's settings does not count. {refusal}")
}

impl fmt::Display for SettingsRefusal {
    /// The sentence that the person reads; mrkdwn.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
