//! Why a choice was not carried out. The sentences are in `notify::wording`.

use serde::{Deserialize, Serialize};

use super::expiration::ExpirationLength;
use super::phase::Phase;

/// A choice that was not carried out, with all that its sentence needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// The click came from a workspace that is not allowed.
    ForeignWorkspace,
    /// The person belongs to another company (Slack Connect).
    Stranger,
    /// The person is a guest, and guests may not decide here.
    Guest,
    /// The account is deactivated.
    Deactivated,
    /// A bot pressed.
    Bot,
    /// Slack does not know the person.
    NobodyKnown,
    /// The control is of a card that the ledger does not know.
    OldCard,
    /// What was asked has changed since the card was drawn.
    Changed,
    /// Somebody has decided.
    AlreadyDecided {
        /// Where the request stands.
        phase: Box<Phase>,
    },
    /// It is over.
    AlreadyEnded {
        /// Where the request stands.
        phase: Box<Phase>,
    },
    /// Longer than what is allowed.
    TooLong {
        /// What was chosen.
        asked: ExpirationLength,
        /// What is allowed.
        most: ExpirationLength,
    },
    /// The length can be chosen no longer: P0's settings have changed since it was shown.
    NotOffered {
        /// What was chosen.
        asked: ExpirationLength,
    },
    /// P0 may already have applied an approve whose answer was lost.
    ApproveOutcomeOpen,
    /// Nobody asked P0 through this bot for it, and this setup forwards only what it has shown.
    NeverSeen,
    /// The person asked for it themselves, or would get it.
    OwnRequest,
    /// It cannot be ruled out that the person asked for it themselves.
    MaybeOwnRequest,
    /// The person has linked no account.
    NotLinked,
    /// The person's link ended after they chose, or is another one now.
    LinkChanged,
    /// The provider takes the person's link no longer.
    LinkEnded,
    /// The operator's table names one P0 identity for several people, this one among them.
    AmbiguousIdentity,
    /// The person did not sign in for the choice in time.
    NotProved,
    /// It asks for the form that restates everything, and was chosen elsewhere.
    NotRestated,
    /// Only people may decide whom the request's route names.
    NotNamed,
    /// Requests of this kind are decided in P0 itself.
    NotFromChat,
    /// No P0 identity is configured for the person.
    NoIdentity,
    /// No credential is configured for the person.
    NoCredential,
    /// The person's credential cannot be used; the operator's log says why.
    CredentialUnusable,
    /// The person's credential belongs to somebody else.
    CredentialOfAnother,
    /// The person's credential has run out.
    CredentialExpired,
    /// P0 said no.
    P0 {
        /// The HTTP status.
        status: u16,
        /// P0's own words, bounded and without markup; empty where it gave none.
        words: String,
    },
}
