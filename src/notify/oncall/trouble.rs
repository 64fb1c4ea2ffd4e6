//! Why a source does not say who is on call.

use std::time::Duration;

/// Why a source does not say who is on call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It was not reached, or the answer broke off.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("no answer in time")]
    Slow,
    /// It was asked too often.
    #[error("it asks to wait (HTTP 429)")]
    Busy {
        /// For how long, where it said.
        retry_after: Option<Duration>,
    },
    /// It does not take the key, or not the question.
    #[error("it refuses (HTTP {0})")]
    Refused(u16),
    /// It has troubles of its own.
    #[error("it is not well (HTTP {0})")]
    Unwell(u16),
    /// Its answer is none.
    #[error("its answer cannot be read: {0}")]
    Unreadable(String),
    /// Slack does not say who is in a user group.
    #[error("Slack does not say who is in the user group")]
    Slack,
    /// The file cannot be used.
    #[error("{0}")]
    File(String),
}

impl Trouble {
    /// In one word, for the metrics.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::Slow => "slow",
            Self::Busy { .. } => "busy",
            Self::Refused(_) => "refused",
            Self::Unwell(_) => "unwell",
            Self::Unreadable(_) => "unreadable",
            Self::Slack => "slack",
            Self::File(_) => "file",
        }
    }
}
