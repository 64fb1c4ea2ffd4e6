//! A change of P0's settings, and what P0 says to it.

use serde::{Deserialize, Serialize};

use super::length::SettingLength;
use super::told::ToldLength;

/// One call of P0's settings API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// `POST /expiry-options`
    Add {
        /// What can be picked from then on.
        length: SettingLength,
    },
    /// `DELETE /expiry-options/{key}`
    Remove {
        /// What can be picked no longer.
        length: SettingLength,
    },
    /// `POST /expiry-options/_reset`: P0 forgets every custom length, and tells its own.
    Reset,
    /// `PUT /max-access-duration`
    Maximum {
        /// The longest grant.
        length: SettingLength,
    },
    /// `PUT /standing-access-duration`
    Standing {
        /// The longest persistent access before a new approval.
        length: SettingLength,
    },
    /// `PUT /approvable-duration`: not in P0's published document, but in its own clients.
    Approvable {
        /// The longest time between a request and its approval.
        length: SettingLength,
    },
    /// `PUT /default-approvals`: not in P0's published document, but in its own clients.
    Approvals(Approvals),
}

impl Change {
    /// As metrics, logs and the audit name it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add",
            Self::Remove { .. } => "remove",
            Self::Reset => "reset",
            Self::Maximum { .. } => "maximum",
            Self::Standing { .. } => "standing",
            Self::Approvable { .. } => "approvable",
            Self::Approvals(_) => "approvals",
        }
    }

    /// Whether P0's published document has it.
    pub fn is_documented(&self) -> bool {
        !matches!(self, Self::Approvable { .. } | Self::Approvals(_))
    }
}

/// What approvals ask for, by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvals {
    /// Whether people may approve their own requests.
    pub one_party: bool,
    /// Whether a request needs a reason.
    pub require_reason: bool,
}

/// What P0 said when it took a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum Said {
    /// That it is done, and no more.
    Taken,
    /// Neither that it is done nor that it is not: `200 {}`, which the document allows.
    Nothing,
    /// The length that counts from now on.
    Length {
        /// Which.
        told: ToldLength,
    },
    /// What the settings are after a reset.
    Settings(Settings),
}

/// `DurationSettings` of `jit-settings.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The lengths that can be picked.
    pub options: Vec<ToldLength>,
    /// Options that could not be read.
    pub unread: u32,
    /// The longest grant, where P0 says it.
    pub maximum: Option<ToldLength>,
    /// The longest persistent access, where P0 says it.
    pub standing: Option<ToldLength>,
}
