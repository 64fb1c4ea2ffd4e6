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
}

impl Lengths {
    /// The presets that are not longer than `most`, where that is set.
    pub fn up_to(&self, most: Option<ExpirationLength>) -> impl Iterator<Item = &Preset> {
        self.presets.iter().filter(move |preset| most.is_none_or(|most| preset.length <= most))
    }

    /// Whether the length is one of the presets.
    pub fn offers(&self, length: ExpirationLength) -> bool {
        self.presets.iter().any(|preset| preset.length == length)
    }
}
