//! Whose word a change of P0's settings is.

use serde::{Deserialize, Serialize};

use crate::domain::person::{SlackUser, UserId};

/// Who wanted a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// An admin, in Slack.
    Admin(SlackUser),
    /// Whoever runs the bot, at its command line: they hold the API key anyway.
    Operator,
}

impl Author {
    /// The admin's id in Slack.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::Admin(by) => Some(&by.user),
            Self::Operator => None,
        }
    }
}
