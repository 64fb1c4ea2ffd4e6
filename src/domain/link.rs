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

/// Which tokens of which link something was sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkVersion {
    /// The link's number in the ledger.
    pub id: i64,
    /// How often its tokens had been renewed.
    pub generation: i64,
}

/// Why a link is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkEnd {
    /// Its owner unlinked it.
    Unlinked,
    /// The provider gave nothing to renew it with, or nothing for longer.
    RanOut,
    /// The operator revoked it.
    RevokedByOperator,
    /// The provider takes its tokens no longer.
    EndedByProvider,
    /// Identity Platform takes its tokens no longer; those of the provider are good still.
    EndedByPlatform,
    /// What the provider or P0 says of it now names somebody else.
    NamesAnother,
    /// The operator's settings name the account as its owner's no longer, or another provider.
    NotInSettings,
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
            Self::RanOut => "ran_out",
            Self::RevokedByOperator => "revoked_by_operator",
            Self::EndedByProvider => "ended_by_provider",
            Self::EndedByPlatform => "ended_by_platform",
            Self::NamesAnother => "names_another",
            Self::NotInSettings => "not_in_settings",
            Self::Deactivated => "deactivated",
            Self::RevokedInSlack => "revoked_in_slack",
            Self::AppUninstalled => "app_uninstalled",
        }
    }

    /// Reads [`LinkEnd::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Unlinked,
            Self::RanOut,
            Self::RevokedByOperator,
            Self::EndedByProvider,
            Self::EndedByPlatform,
            Self::NamesAnother,
            Self::NotInSettings,
            Self::Deactivated,
            Self::RevokedInSlack,
            Self::AppUninstalled,
        ]
        .into_iter()
        .find(|end| end.as_str() == text)
    }
}

/// Why an account was not linked. The sentences are in `notify::wording`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "not_bound", rename_all = "snake_case")]
pub enum NotBound {
    /// The person has no entry in the operator's table.
    NotInTable,
    /// The table names the same account for somebody else too.
    Ambiguous,
    /// Whoever opened the page is another Slack user than the one who asked for it.
    OpenedByAnother,
    /// Somebody else's account came back.
    AnothersAccount,
    /// The provider does not say that the address is verified.
    EmailNotVerified,
    /// The provider named no address.
    NoEmail,
    /// Slack has no confirmed address of the person's to compare with.
    NoSlackEmail,
    /// The provider named nobody: it sent no ID token.
    NoIdToken,
    /// The person has linked an account already.
    HasOne {
        /// Who they are to P0.
        identity: String,
    },
    /// Another Slack user has linked it.
    Taken,
    /// Slack says that the person may not decide here.
    NotAdmitted,
    /// P0 does not take the account.
    RefusedByP0,
    /// P0 says that the token is somebody else's.
    P0NamesAnother,
    /// The provider refused; in its own word, bounded.
    RefusedByProvider {
        /// An error code of OAuth's, as `access_denied`.
        code: String,
    },
    /// What the provider sent cannot be believed.
    Untrusted,
    /// The provider, Slack or P0 did not answer.
    Unavailable,
    /// It took too long.
    TooLate,
}
