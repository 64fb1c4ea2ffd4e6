//! A link: whose account at the provider is whose in Slack.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::person::SlackUser;

/// An account at an identity provider. Nothing else names one for good: addresses change hands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {
    /// `iss`, byte for byte.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
}

/// One link, without its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number in the ledger.
    pub id: i64,
    /// Whose it is.
    pub owner: SlackUser,
    /// The account.
    pub account: Account,
    /// Who that is to P0.
    pub identity: String,
    /// Every name that the provider gave.
    pub names: Vec<String>,
    /// Since when.
    pub linked: Timestamp,
    /// When the provider last vouched for the person.
    pub proved: Timestamp,
    /// When what P0 is shown runs out, if it is not renewed.
    pub good_until: Timestamp,
    /// The tokens, as the vault keeps them; `None` once they are forgotten.
    pub sealed: Option<String>,
    /// How often the tokens were renewed.
    pub generation: i64,
    /// What ended it, and when.
    pub ended: Option<(LinkEnd, Timestamp)>,
}

/// Why a link is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkEnd {
    /// Its owner unlinked it.
    Unlinked,
    /// The operator revoked it.
    RevokedByOperator,
    /// The provider takes its tokens no longer.
    EndedByProvider,
    /// What the provider or P0 says of it now names somebody else.
    NamesAnother,
    /// Slack says that the account of its owner is deactivated.
    Deactivated,
    /// The owner's grant to the app was taken back in Slack.
    RevokedInSlack,
    /// The app was taken out of the workspace.
    AppUninstalled,
}

impl LinkEnd {
    /// The word that the ledger and the audit keep.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unlinked => "unlinked",
            Self::RevokedByOperator => "revoked_by_operator",
            Self::EndedByProvider => "ended_by_provider",
            Self::NamesAnother => "names_another",
            Self::Deactivated => "deactivated",
            Self::RevokedInSlack => "revoked_in_slack",
            Self::AppUninstalled => "app_uninstalled",
        }
    }

    /// Reads [`LinkEnd::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Unlinked,
            Self::RevokedByOperator,
            Self::EndedByProvider,
            Self::NamesAnother,
            Self::Deactivated,
            Self::RevokedInSlack,
            Self::AppUninstalled,
        ]
        .into_iter()
        .find(|end| end.as_str() == text)
    }
}
