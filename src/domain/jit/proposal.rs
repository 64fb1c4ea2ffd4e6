//! A change that somebody wants, before it is one: it is shown first, confirmed, and perhaps agreed to by a second admin.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::author::Author;
use super::change::{Change, Said};
use super::effects::{Before, Weight};
use super::refusal::SettingsRefusal;
use crate::domain::card_key::CardKey;
use crate::domain::person::{SlackUser, UserGroupId, UserId};

/// How long a change that was shown can be applied.
pub const SHOWN_FOR: Duration = Duration::from_secs(15 * 60);
/// How long a second admin has to agree.
pub const AGREED_WITHIN: Duration = Duration::from_secs(15 * 60);

/// Who was in the admins' user groups, at the moment when that counted.
pub type Groups = BTreeMap<UserGroupId, Vec<UserId>>;

/// When a second admin has to agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondAdmin {
    /// Where a change weakens the organisation.
    #[default]
    Loosening,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl SecondAdmin {
    /// Whether a change of that weight needs one. The operator, who holds the key and this setting, never does.
    pub fn is_needed(self, by: &Author, weight: Weight) -> bool {
        match (by, self) {
            (Author::Operator, _) | (_, Self::Never) => false,
            (_, Self::Always) => true,
            (_, Self::Loosening) => weight.loosens,
        }
    }
}

/// One or several changes that are shown, and decided, together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its number in the ledger.
    pub id: i64,
    /// What buttons carry for it.
    pub key: CardKey,
    /// Who wants it.
    pub by: Author,
    /// What, in the order in which it is sent.
    pub items: Vec<Item>,
    /// What has to be typed before it is applied; `None` where a press is enough.
    pub typed: Option<String>,
    /// Whether a second admin has to agree.
    pub needs_second: bool,
    /// Who was in the admins' groups when it was shown.
    pub groups: Groups,
    /// When it was shown.
    pub shown: Timestamp,
    /// How far it is.
    pub stage: ProposalStage,
    /// The second admin, once there is one.
    pub second: Option<SlackUser>,
    /// Grows with everything that people see of it.
    pub revision: i64,
}

/// One change of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What is changed.
    pub change: Change,
    /// How that was when the change was shown.
    pub before: Before,
}

/// How far a proposal is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum ProposalStage {
    /// Shown to whoever wants it, and to nobody else.
    Shown,
    /// Withdrawn before it was applied, or while it waited.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// Applied; waits for a second admin.
    Waiting {
        /// Since when.
        since: Timestamp,
        /// Until when.
        until: Timestamp,
    },
    /// No second admin agreed in time.
    Lapsed {
        /// When.
        at: Timestamp,
    },
    /// Another admin said no.
    Declined {
        /// Who.
        by: SlackUser,
        /// When.
        at: Timestamp,
    },
    /// On its way: each of its changes is a decision of its own.
    Decided {
        /// Since when.
        at: Timestamp,
    },
}

impl ProposalStage {
    /// The name that the ledger keeps beside the evidence, to search by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Waiting { .. } => "waiting",
            Self::Lapsed { .. } => "lapsed",
            Self::Declined { .. } => "declined",
            Self::Decided { .. } => "decided",
        }
    }
}

/// One change that was decided: on disk before Slack heard 200, sent to P0 at most once by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsDecision {
    /// Its number in the ledger.
    pub id: i64,
    /// Of which proposal.
    pub proposal: i64,
    /// What is changed, and how that was when it was shown.
    pub item: Item,
    /// After this it is not sent.
    pub deadline: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// The names under which P0 was asked to remove a length, and did not know it.
    pub tried: Vec<Tried>,
    /// How far it is.
    pub stage: SettingsStage,
}

/// A name that P0 did not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The name.
    pub key: String,
    /// The HTTP status of P0's answer.
    pub status: u16,
    /// P0's words; empty where it gave none.
    pub words: String,
}

/// What became of one change. Each variant carries its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum SettingsStage {
    /// On disk; waits for its turn.
    Recorded,
    /// Marked before the first byte went out.
    Sending {
        /// Since when.
        since: Timestamp,
        /// The name under which a length is removed.
        key: Option<String>,
    },
    /// P0 took it.
    Done {
        /// In which words.
        said: Said,
        /// The name under which a length was removed.
        key: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// It was not carried out.
    Refused {
        /// Why.
        refusal: SettingsRefusal,
        /// When.
        at: Timestamp,
    },
    /// It could not be sent in time.
    Dropped {
        /// When.
        at: Timestamp,
    },
    /// It may have counted: the answer was lost or made no sense.
    Unknown {
        /// What P0 or the way to it said; empty where nothing came.
        words: String,
        /// Since when.
        at: Timestamp,
    },
    /// Was unknown until P0 took a later change of the same thing: it does not matter any more.
    Settled {
        /// When.
        at: Timestamp,
    },
}

impl SettingsStage {
    /// The name that the ledger keeps beside the evidence, to search by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Sending { .. } => "sending",
            Self::Done { .. } => "done",
            Self::Refused { .. } => "refused",
            Self::Dropped { .. } => "dropped",
            Self::Unknown { .. } => "unknown",
            Self::Settled { .. } => "settled",
        }
    }

    /// Whether nothing more becomes of it by itself.
    pub fn is_over(&self) -> bool {
        !matches!(self, Self::Recorded | Self::Sending { .. })
    }
}
