//! P0's word for where a request stands, and the order of those words.

use serde::{Deserialize, Serialize};

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Somebody said no.
    Denied,
    /// P0 could not provision it.
    Errored,
    /// Nobody decided in time.
    TimedOut,
    /// The grant was taken back.
    Revoked,
    /// The grant ran out.
    Expired,
    /// P0 cleaned the grant up.
    CleanedUp,
}

/// How a grant is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// P0 is taking it back.
    Revoking,
    /// P0 is letting it run out.
    Expiring,
    /// P0 is cleaning it up.
    CleaningUp,
    /// P0 could not take it back: it may still be there.
    Stuck,
}

/// What one of P0's statuses says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has decided.
    Pending,
    /// Approved, not yet usable.
    Approved,
    /// The access is there.
    Active,
    /// On its way out.
    Closing(Closing),
    /// Over.
    Ended(Ending),
}

impl Standing {
    /// Reads one of P0's statuses; `None` for one that is not known (P0 adds some from time to time).
    pub fn of(status: &str) -> Option<Self> {
        Some(match status {
            "DRAFT" | "TRANSLATED" | "NEW" | "PENDING_APPROVAL" | "PENDING_APPROVAL_ESCALATED" => Self::Pending,
            "APPROVED" | "APPROVED_NOTIFIED" | "STAGED" => Self::Approved,
            "DONE" | "DONE_NOTIFIED" => Self::Active,
            "REVOKE_SUBMITTED" => Self::Closing(Closing::Revoking),
            "EXPIRY_SUBMITTED" => Self::Closing(Closing::Expiring),
            "CLEANUP_ERRORED" => Self::Closing(Closing::Stuck),
            "CLEANUP_SUBMITTED" => Self::Closing(Closing::CleaningUp),
            "DENIED" | "DENIED_NOTIFIED" => Self::Ended(Ending::Denied),
            "ERRORED" | "ERRORED_ERRORED" | "ERRORED_NOTIFIED" => Self::Ended(Ending::Errored),
            "TIMED_OUT" | "TIMED_OUT_NOTIFIED" => Self::Ended(Ending::TimedOut),
            "REVOKED" | "REVOKED_NOTIFIED" => Self::Ended(Ending::Revoked),
            "EXPIRED" | "EXPIRED_NOTIFIED" => Self::Ended(Ending::Expired),
            "CLEANED_UP" => Self::Ended(Ending::CleanedUp),
            _ => return None,
        })
    }

    /// The order of standings where P0's times do not tell: pending < approved < active < closing < ended.
    pub fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Approved => 1,
            Self::Active => 2,
            Self::Closing(_) => 3,
            Self::Ended(_) => 4,
        }
    }
}
