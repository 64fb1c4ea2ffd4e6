//! The lengths that an approver may choose from.

use serde::{Deserialize, Serialize};

use crate::domain::expiration::ExpirationLength;

/// One length that is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preset {
    /// As the operator wrote it, else its short form: that is what people read.
    pub text: String,
    /// What it means.
    pub length: ExpirationLength,
}

/// What may be granted, as far as this bot knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// The presets that are not longer than the maximum, in the order in which they are shown.
    pub presets: Vec<Preset>,
    /// The longest grant.
    pub maximum: ExpirationLength,
    /// What stood in the list and was taken out of it.
    pub withdrawn: Vec<ExpirationLength>,
}

impl Lengths {
    /// The presets that are not longer than `most`, where that is set.
    pub fn up_to(&self, most: Option<ExpirationLength>) -> impl Iterator<Item = &Preset> {
        self.presets.iter().filter(move |preset| most.is_none_or(|most| preset.length <= most))
    }

    /// What is offered where nothing was asked for: the operator's choice, or what comes next to it where that was taken
    /// out of the list.
    pub fn usual(&self, default: ExpirationLength) -> ExpirationLength {
        if !self.withdrawn.contains(&default) {
            return default.min(self.maximum);
        }
        let lengths = || self.presets.iter().map(|preset| preset.length);
        let next = lengths().filter(|length| *length <= default).max().or_else(|| lengths().min());
        next.unwrap_or(default).min(self.maximum)
    }

    /// Whether the length is one of the presets.
    pub fn offers(&self, length: ExpirationLength) -> bool {
        self.presets.iter().any(|preset| preset.length == length)
    }
}
