//! What is known, and how.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::author::Author;

/// How something is known of P0's settings, which nobody can read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Source {
    /// Nobody has said: it is what this bot does by itself.
    Assumed,
    /// The settings file states it.
    Stated {
        /// Since when, as far as the bot has seen.
        at: Timestamp,
    },
    /// The operator stated it with `settings import`.
    Imported {
        /// When.
        at: Timestamp,
    },
    /// It was set from here, and P0 took that without saying the value.
    Taken {
        /// By whom.
        by: Author,
        /// When.
        at: Timestamp,
    },
    /// It was sent from here, and P0's answer neither confirmed nor refused it.
    Sent {
        /// By whom.
        by: Author,
        /// When.
        at: Timestamp,
    },
    /// P0 said it, in its answer to a change.
    Told {
        /// Whose change.
        by: Author,
        /// When.
        at: Timestamp,
    },
}

impl Source {
    /// Whether P0 itself has confirmed it.
    pub fn is_p0s(&self) -> bool {
        matches!(self, Self::Taken { .. } | Self::Told { .. })
    }
}

/// Something that is known of P0's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known<T> {
    /// What.
    pub value: T,
    /// How.
    pub source: Source,
    /// P0 was to say it, here, and did not: then the old value stays.
    pub not_said: Option<Timestamp>,
}

impl<T> Known<T> {
    /// Something with how it is known.
    pub fn new(value: T, source: Source) -> Self {
        Self { value, source, not_said: None }
    }
}
