//! One choice of one person about one request, and what became of it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::card_key::CardKey;
use super::expiration::ExpirationLength;
use super::facts::Digest;
use super::person::{Authority, SlackUser};
use super::refusal::Refusal;
use super::request::RequestId;
use super::route::risk::Fresh;

/// How long deny and revoke are tried: they make things safer, however late.
pub const SAFER_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// After this long the card says that P0 has not heard a waiting deny or revoke.
pub const UNHEARD_AFTER: Duration = Duration::from_secs(15 * 60);

/// What can be done about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Grant it.
    Approve,
    /// Refuse it.
    Deny,
    /// Take it back.
    Revoke,
}

impl Verb {
    /// The verb as commands and P0's paths write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Revoke => "revoke",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A verb with what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Choice {
    /// Grant it for so long.
    Approve {
        /// For how long.
        length: ExpirationLength,
    },
    /// Refuse it.
    Deny {
        /// For the requester to read; P0 does not record it.
        reason: Option<String>,
    },
    /// Take it back.
    Revoke,
}

impl Choice {
    /// The verb alone.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Approve { .. } => Verb::Approve,
            Self::Deny { .. } => Verb::Deny,
            Self::Revoke => Verb::Revoke,
        }
    }

    /// For how long access would be granted.
    pub fn length(&self) -> Option<ExpirationLength> {
        match self {
            Self::Approve { length } => Some(*length),
            Self::Deny { .. } | Self::Revoke => None,
        }
    }

    /// Until when it may go out. An approve that comes late would surprise; the others make things safer.
    pub fn deadline(&self, chosen: Timestamp, forward_within: Duration) -> Timestamp {
        let within = match self.verb() {
            Verb::Approve => forward_within,
            Verb::Deny | Verb::Revoke => SAFER_FOR,
        };
        chosen.checked_add(within).unwrap_or(Timestamp::MAX)
    }
}

/// What people had been shown when they chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A card with these facts.
    Shown {
        /// Which card.
        key: CardKey,
        /// The digest of its facts.
        digest: Digest,
    },
    /// A typed id, with what the ledger knew of it at that moment.
    Typed {
        /// The digest of the facts, where the request was known.
        digest: Option<Digest>,
    },
}

impl Basis {
    /// The digest of what the person could know.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Shown { digest, .. } => Some(digest),
            Self::Typed { digest } => digest.as_ref(),
        }
    }
}

/// A sign-in of the person for this one choice. It stands in the row of the decision, and so is bound to the person, the
/// request, the choice and what the card showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// When it came.
    pub at: Timestamp,
    /// When the person signed in, by the provider's clock.
    pub signed_in: Timestamp,
    /// The class that the provider names, where it does.
    pub acr: Option<String>,
}

impl Proof {
    /// Whether the sign-in is as recent as is asked for: of a choice that was made at `chosen`, where it has to come
    /// after it.
    pub fn is_recent(&self, fresh: &Fresh, chosen: Timestamp) -> bool {
        let since = match fresh.max_age {
            Duration::ZERO => chosen,
            max_age => self.at.checked_sub(max_age).unwrap_or(Timestamp::MIN),
        };
        // The provider's time is in whole seconds.
        (self.signed_in + PROVIDERS_CLOCK).as_second() >= since.as_second()
    }

    /// Whether the provider named one of the classes that are asked for.
    pub fn is_of(&self, fresh: &Fresh) -> bool {
        let classes = &fresh.acr_values;
        classes.is_empty() || self.acr.as_ref().is_some_and(|acr| classes.contains(acr))
    }
}

/// How far the provider's clock may be from ours where it says when somebody signed in.
pub const PROVIDERS_CLOCK: Duration = Duration::from_secs(10);

/// How long a proof is good for.
pub const PROOF_IS_GOOD_FOR: Duration = Duration::from_secs(5 * 60);

/// What became of a decision. Each variant carries its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// On disk; waits for the person to sign in for it.
    Held {
        /// Until when.
        until: Timestamp,
    },
    /// On disk; waits for its turn.
    Recorded,
    /// Marked before the first byte went out.
    Sending {
        /// As whom.
        identity: String,
        /// How that identity was shown to be the person's.
        authority: Authority,
        /// Since when.
        since: Timestamp,
    },
    /// P0 took it.
    Done {
        /// As whom.
        identity: String,
        /// How that identity was shown to be the person's.
        authority: Authority,
        /// When.
        at: Timestamp,
    },
    /// It was not carried out.
    Refused {
        /// Why.
        refusal: Refusal,
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
    /// Was unknown until P0 told where the request stands.
    Settled {
        /// When.
        at: Timestamp,
    },
}

impl Stage {
    /// The name that the ledger keeps beside the evidence, to search by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Held { .. } => "held",
            Self::Recorded => "recorded",
            Self::Sending { .. } => "sending",
            Self::Done { .. } => "done",
            Self::Refused { .. } => "refused",
            Self::Dropped { .. } => "dropped",
            Self::Unknown { .. } => "unknown",
            Self::Settled { .. } => "settled",
        }
    }
}

/// A decision as the ledger holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its number in the ledger.
    pub id: i64,
    /// About which request.
    pub request: RequestId,
    /// Who chose.
    pub by: SlackUser,
    /// What they chose.
    pub choice: Choice,
    /// What they had been shown.
    pub basis: Basis,
    /// Whether its length was chosen from a list: then it still has to stand in it.
    pub picked: bool,
    /// Whether it was chosen in the form that restates everything.
    pub restated: bool,
    /// "Try again": the newest decision whose unknown outcome they knew of.
    pub again: Option<i64>,
    /// Whether no card was in view: then the person is told of a success too.
    pub aloud: bool,
    /// Slack's own time of the choice.
    pub chosen: Timestamp,
    /// After this it is not sent.
    pub deadline: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// The link that the person had when they chose, by its number in the ledger.
    pub link: Option<i64>,
    /// Whether P0's 401 was answered with a new token already.
    pub renewed: bool,
    /// What the provider vouched for, where the choice asked for it.
    pub proof: Option<Proof>,
    /// What became of it so far.
    pub stage: Stage,
}
