//! The log of calls: what was asked, for whom, what was answered. Never a token.

use jiff::Timestamp;
use serde::Serialize;

use super::state::Account;

/// What can be asked of Identity Platform here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `accounts:signInWithIdp`: a provider's ID token for a session.
    SignIn,
    /// `token`: another ID token for a session.
    Refresh,
}

/// One call as it arrived and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// When it arrived, by the stand-in's clock.
    pub at: Timestamp,
    /// What was asked.
    pub endpoint: Endpoint,
    /// Of which tenant the account is; `None` where none was found.
    pub tenant: Option<String>,
    /// The account's e-mail.
    pub email: Option<String>,
    /// The account's `sub` at the provider.
    pub provider_subject: Option<String>,
    /// The status answered; `None` where none was sent.
    pub status: Option<u16>,
    /// The error's message, where the work was done and refused.
    pub refused: Option<String>,
}

impl Call {
    /// What is known before the work is done.
    pub(super) fn arrived(at: Timestamp, endpoint: Endpoint) -> Self {
        Self { at, endpoint, tenant: None, email: None, provider_subject: None, status: None, refused: None }
    }

    /// Adds for whom it was.
    pub(super) fn was_for(&mut self, account: &Account) {
        self.tenant = Some(account.tenant.clone());
        self.email.clone_from(&account.email);
        self.provider_subject = Some(account.provider_subject.clone());
    }
}
