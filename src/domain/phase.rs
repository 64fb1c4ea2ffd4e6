//! Where a request stands, with what is known of how it got there.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::expiration::ExpirationLength;
use super::person::{Authority, SlackUser};
use super::status::{Closing, Ending, Standing};

/// Who moved a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Somebody decided here, and P0 took it.
    Here {
        /// The person in Slack.
        user: SlackUser,
        /// The P0 identity it was forwarded as.
        identity: String,
        /// How that identity was shown to be theirs.
        authority: Authority,
    },
    /// P0 names somebody.
    InP0 {
        /// As P0 wrote it.
        name: Option<String>,
        /// As P0 wrote it.
        email: Option<String>,
    },
    /// Nobody is named.
    Unnamed,
}

/// An approval that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who approved.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// For how long, where that is known.
    pub length: Option<ExpirationLength>,
}

/// Where a request stands, with what is known of how it got there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nobody has decided.
    Pending,
    /// Approved; P0 is provisioning.
    Approved(Approval),
    /// The access is there.
    Active(Approval),
    /// On its way out.
    Closing {
        /// In which way.
        how: Closing,
        /// When it began.
        at: Timestamp,
        /// The approval that it ends, where there was one.
        of: Option<Approval>,
    },
    /// Over.
    Ended {
        /// In which way.
        how: Ending,
        /// Who ended it.
        by: Actor,
        /// When.
        at: Timestamp,
        /// What the person wrote, where they did.
        reason: Option<String>,
        /// The approval that it ended, where there was one.
        of: Option<Approval>,
    },
}

impl Phase {
    /// Whether somebody is known to have decided.
    pub fn is_decided(&self) -> bool {
        !matches!(self, Self::Pending)
    }

    /// Whether it is known to be over.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Ended { .. })
    }

    /// The order of phases, as of the standings that they come from.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Pending => Standing::Pending.rank(),
            Self::Approved(_) => Standing::Approved.rank(),
            Self::Active(_) => Standing::Active.rank(),
            Self::Closing { how, .. } => Standing::Closing(*how).rank(),
            Self::Ended { how, .. } => Standing::Ended(*how).rank(),
        }
    }

    /// The approval that holds, or that held.
    pub fn approval(&self) -> Option<&Approval> {
        match self {
            Self::Approved(approval) | Self::Active(approval) => Some(approval),
            Self::Closing { of, .. } | Self::Ended { of, .. } => of.as_ref(),
            Self::Pending => None,
        }
    }
}
