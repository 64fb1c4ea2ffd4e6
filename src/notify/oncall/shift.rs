//! What a source says: who is on call, on which level, from when to when.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::person::{Email, UserId};

/// A time on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// On which level; the first is 1.
    pub level: u32,
    /// Whose.
    pub who: Who,
    /// The first moment within; `None`: it has always been.
    pub start: Option<Timestamp>,
    /// The first moment that is not; `None`: it has no end.
    pub end: Option<Timestamp>,
}

impl Shift {
    /// Whether the moment is within.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= at) && self.end.is_none_or(|end| at < end)
    }
}

/// Somebody, as a source names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// By their id in Slack.
    Slack(UserId),
    /// In the source's own way. What it says is foreign text.
    Named {
        /// The id there, or what a calendar's event is called.
        id: Option<String>,
        /// What people call them.
        name: String,
        /// Their e-mail address.
        email: Option<Email>,
    },
}

impl Who {
    /// As people would know them: foreign text.
    pub fn name(&self) -> &str {
        match self {
            Self::Slack(user) => user.as_str(),
            Self::Named { name, .. } => name,
        }
    }
}
