//! What a button carries: a name for what was shown, and perhaps a length. Never a fact.

use std::fmt;
use std::str::FromStr;

use rand::distr::{Alphanumeric, SampleString};
use serde::{Deserialize, Serialize};

use super::expiration::ExpirationLength;

/// Characters of a key: 22 of 62 letters are 130 bits, too many to guess.
const KEY_CHARACTERS: usize = 22;

/// Names one row of the ledger: a request together with the digest of what people were shown of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CardKey(String);

impl CardKey {
    /// A new key that nobody can guess.
    pub fn random() -> Self {
        Self(Alphanumeric.sample_string(&mut rand::rng(), KEY_CHARACTERS))
    }

    /// The key, if the text has the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == KEY_CHARACTERS && text.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| Self(text.to_owned()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The value of a button, an option or a modal's `private_metadata`: `v1.<card key>.<length>`.
///
/// Slack takes 75 characters for an option's value; this form needs fewer than 40.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlValue {
    /// Which card was pressed.
    pub key: CardKey,
    /// The length that the control stands for, where it stands for one.
    pub length: Option<ExpirationLength>,
}

/// The value is of another version, or was never ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a control of this version")]
pub struct UnknownControl;

impl fmt::Display for ControlValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.length.map_or_else(|| "-".to_owned(), ExpirationLength::for_p0);
        write!(f, "v1.{}.{length}", self.key.as_str())
    }
}

impl FromStr for ControlValue {
    type Err = UnknownControl;

    fn from_str(text: &str) -> Result<Self, UnknownControl> {
        let mut parts = text.split('.');
        let (Some("v1"), Some(key), Some(length), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(UnknownControl);
        };
        let length = match length {
            "-" => None,
            text => Some(text.parse().map_err(|_| UnknownControl)?),
        };
        Ok(Self { key: CardKey::parse(key).ok_or(UnknownControl)?, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_survives_the_way_to_slack_and_back() {
        for length in [None, "720h".parse().ok(), "90m".parse().ok()] {
            let value = ControlValue { key: CardKey::random(), length };
            let text = value.to_string();
            assert!(text.len() <= 75, "{text}");
            assert_eq!(text.parse(), Ok(value));
        }
    }

    #[test]
    fn anything_else_is_an_unknown_control() {
        for text in ["", "v1", "v2.abcdefghijklmnopqrstuv.-", "v1.short.2h", "v1.abcdefghijklmnopqrstuv.0h", "approve"]
        {
            assert_eq!(text.parse::<ControlValue>(), Err(UnknownControl), "{text}");
        }
    }
}
