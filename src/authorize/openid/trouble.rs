//! What can go wrong between the bot and a provider.

use crate::domain::text::{cut, on_one_line, without_controls, without_tricks};
use crate::inbound::keys::NoKeys;
use crate::inbound::published::Unpublished;

/// Longest error code that is kept, in characters.
const MOST_CODE: usize = 64;
/// Longest description of an error that is kept, in characters.
const MOST_WORDS: usize = 200;

/// Why a provider did not give what it was asked for. No variant holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No answer, or none that says anything (5xx, 429, a page): it may be tried again.
    #[error("the provider cannot be asked: {0}")]
    Unavailable(String),
    /// The provider refused. `invalid_grant`: what was to be redeemed is spent, ended or was never good; `invalid_client`
    /// and `unauthorized_client`: the registration is at fault, and nobody's tokens are dead for that.
    #[error("the provider refused: {code}{}{words}", if words.is_empty() { "" } else { ": " })]
    Refused {
        /// The OAuth error code, or Slack's.
        code: String,
        /// What it said beside it; often nothing.
        words: String,
    },
    /// An ID token, an answer or a document that must not be believed: which rule it breaks.
    #[error("the provider's answer is not to be believed: {0}")]
    Untrusted(&'static str),
    /// An ID token that came for a refresh token names somebody else than whose that was.
    #[error("the provider's answer is not to be believed: the ID token is another person's (sub)")]
    AnotherPerson,
}

impl Trouble {
    /// A refusal, in words that are bounded and hide nothing.
    pub fn refused(code: &str, words: &str) -> Self {
        Self::Refused { code: tame(code, MOST_CODE), words: tame(words, MOST_WORDS) }
    }
}

impl From<Unpublished> for Trouble {
    fn from(unpublished: Unpublished) -> Self {
        match unpublished {
            Unpublished::Silent(reason) => Self::Unavailable(reason),
            Unpublished::Untrusted(rule) => Self::Untrusted(rule),
        }
    }
}

impl From<NoKeys> for Trouble {
    fn from(NoKeys(reason): NoKeys) -> Self {
        Self::Unavailable(format!("its keys cannot be had: {reason}"))
    }
}

fn tame(text: &str, most: usize) -> String {
    cut(&on_one_line(&without_tricks(&without_controls(text))), most)
}
