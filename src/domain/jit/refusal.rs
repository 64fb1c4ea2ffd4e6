//! Why a change of P0's settings is not carried out. What the person reads is `notify`'s to say.

use serde::{Deserialize, Serialize};

use crate::domain::refusal::Refusal;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum SettingsRefusal {
    /// The person is no admin of this bot, or a guest.
    NotAdmin,
    /// Slack says of the person that they may do nothing here.
    Person {
        /// What.
        refusal: Refusal,
    },
    /// Slack did not say in time who the person is.
    NotKnownWho,
    /// The bot has no key for P0's settings API.
    NoApiKey,
    /// How approvals work may not be changed from here.
    ApprovalsNotAllowed,
    /// The length can be picked already: P0 has said so.
    AlreadyThere,
    /// It is as it was to become: P0 has said so.
    NothingToChange,
    /// There is nothing that could be put back.
    NothingToPutBack,
    /// There is no second admin who could agree.
    NoSecondAdmin,
    /// Whoever wants a change cannot agree to it too.
    SameAdmin,
    /// What was to be typed was not typed.
    NotTyped,
    /// What was to be changed is not as it was when the change was shown.
    Changed,
    /// The change was shown too long ago, or is not known.
    TooOld,
    /// The change was applied, withdrawn or declined already.
    Over,
    /// P0 does not take the API key.
    KeyNotTaken {
        /// P0's own words, bounded and without markup.
        words: String,
    },
    /// P0 said no.
    P0 {
        /// The HTTP status.
        status: u16,
        /// P0's own words, bounded and without markup; empty where it gave none.
        words: String,
    },
}
