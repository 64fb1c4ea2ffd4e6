//! Somebody on their way through a sign-in: to link their account, or to prove a risky choice.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::person::SlackUser;

/// How long a sign-in may take: after that its address, its states and its codes are worth nothing.
pub const SIGN_IN_WITHIN: Duration = Duration::from_secs(5 * 60);

/// What a sign-in is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To link the account of whoever signs in.
    Link,
    /// To prove one choice, by its number in the ledger.
    Proof {
        /// The decision.
        decision: i64,
    },
}

/// A sign-in, without what is sealed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Its number in the ledger.
    pub id: i64,
    /// Who asked for it: nobody else's account may come of it.
    pub asker: SlackUser,
    /// What it is for.
    pub purpose: Purpose,
    /// How far it is.
    pub stage: SignInStage,
    /// A device code, or the tokens that came back, as the vault keeps them.
    pub sealed: Option<String>,
    /// When it is over.
    pub expires: Timestamp,
}

/// How far a sign-in is. Browsers and states are known by digests: the ledger holds nothing that a browser could use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum SignInStage {
    /// Its address was given out. Opening that changes nothing.
    Offered,
    /// A browser was sent to Slack.
    AtSlack {
        /// Which.
        browser: Fingerprint,
    },
    /// Slack vouched for the person, and the same browser was sent to the provider.
    AtProvider {
        /// Which.
        browser: Fingerprint,
    },
    /// The provider is to be asked for a code.
    DeviceWanted,
    /// The person has a code, and the provider is asked whether it was entered.
    DeviceShown {
        /// Between two questions, in milliseconds.
        interval_ms: u64,
    },
    /// Tokens came back and are on disk; whose account it is has yet to be checked.
    Answered,
    /// It is over.
    Ended {
        /// In a word, for the audit.
        how: String,
    },
}

impl SignInStage {
    /// The name that the ledger keeps beside the evidence, to search by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::AtSlack { .. } => "at_slack",
            Self::AtProvider { .. } => "at_provider",
            Self::DeviceWanted => "device_wanted",
            Self::DeviceShown { .. } => "device_shown",
            Self::Answered => "answered",
            Self::Ended { .. } => "ended",
        }
    }
}

/// What the address of a sign-in's page holds. It opens the page, which changes nothing; no `Debug` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket(String);

impl Ticket {
    const CHARACTERS: usize = 32;

    /// A new one, which nobody can guess.
    #[must_use]
    pub fn random() -> Self {
        Self(Alphanumeric.sample_string(&mut rand::rng(), Self::CHARACTERS))
    }

    /// Reads one from an address.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == Self::CHARACTERS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| Self(text.to_owned()))
    }

    /// As the address has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the ledger knows it.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(…)")
    }
}

/// What is kept of something that a browser holds: enough to know it again, and no use to whoever reads it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of a secret with enough chance in it: it is not salted.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// As it is kept, 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
