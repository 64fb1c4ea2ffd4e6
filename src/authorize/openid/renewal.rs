//! Refresh tokens: new tokens for an old one, and giving it back.

use std::time::Duration;

use super::id_token::Expected;
use super::{Grant, Provider, Trouble};
use crate::config::Secret;

/// How long a provider may take to answer a refresh. Whoever stops waiting has lost what it gave, and repeats a token that
/// is used up: for that, all that came of the sign-in is killed.
pub const REFRESHED_WITHIN: Duration = Duration::from_secs(20);

/// What became of a token that was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// The provider does not take it any more.
    AtProvider,
    /// The provider has no way to give it back: it runs out by itself.
    NotOffered,
}

impl Provider {
    /// New tokens for `subject`. Where no refresh token is among them the old one stays; where one is, the old one may
    /// be dead. An ID token that is not believed is left out and says why in [`Grant::doubt`], so that the new refresh
    /// token is not lost; it is [`Trouble::AnotherPerson`] where the ID token is somebody else's. The same goes for an
    /// access token that cannot be shown, in [`Grant::unfit`].
    ///
    /// # Errors
    /// Where the provider cannot be asked, refuses, or answers with what are no tokens.
    pub async fn refresh(&self, refresh_token: &Secret, subject: &str) -> Result<Grant, Trouble> {
        let discovered = self.0.discovery.get().await?;
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        let mut endpoint = self.token_endpoint(&discovered.metadata);
        endpoint.answers_within = REFRESHED_WITHIN;
        self.grant(&endpoint, &discovered.keys, &form, Expected::Renewed { subject }).await
    }

    /// Gives a refresh token back, and with it what came from it (RFC 7009).
    ///
    /// # Errors
    /// Where the provider cannot be asked or refuses.
    pub async fn revoke(&self, refresh_token: &Secret) -> Result<Revoked, Trouble> {
        self.give_back(refresh_token, "refresh_token").await
    }

    /// Gives an access token back, where no refresh token came with it.
    ///
    /// # Errors
    /// As [`Provider::revoke`].
    pub async fn revoke_access(&self, access_token: &Secret) -> Result<Revoked, Trouble> {
        self.give_back(access_token, "access_token").await
    }

    async fn give_back(&self, token: &Secret, kind: &str) -> Result<Revoked, Trouble> {
        let metadata = self.metadata().await?;
        let Some(url) = metadata.revocation_endpoint.clone() else { return Ok(Revoked::NotOffered) };
        let methods = match metadata.revocation_endpoint_auth_methods.as_slice() {
            [] => &metadata.token_endpoint_auth_methods,
            _ => &metadata.revocation_endpoint_auth_methods,
        };
        let form = [("token", token.expose()), ("token_type_hint", kind)];
        match self.endpoint(url, methods).send(&form).await {
            Ok(_) => Ok(Revoked::AtProvider),
            // Google's word for a token that is dead already.
            Err(Trouble::Refused { code, .. }) if code == "invalid_token" => Ok(Revoked::AtProvider),
            Err(Trouble::Refused { code, .. }) if code == "unsupported_token_type" => Ok(Revoked::NotOffered),
            Err(trouble) => Err(trouble),
        }
    }
}
