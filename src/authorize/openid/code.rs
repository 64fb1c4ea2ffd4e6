//! The authorization code flow: where a browser is sent, and what its code is redeemed for.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::Url;

use super::id_token::Expected;
use super::{Grant, OFFLINE_ACCESS, Provider, Trouble};
use crate::config::Fresh;

/// It wants a parameter for a refresh token, and does not know the scope.
const GOOGLE: &str = "https://accounts.google.com";
/// There `prompt=consent` asks people who may not consent, although an administrator has ("Need admin approval").
const ENTRA: [&str; 3] = ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];

/// What a browser is to ask of the provider.
#[derive(Clone)]
pub struct Ask<'a> {
    /// Where the provider sends the browser afterwards.
    pub redirect_uri: &'a Url,
    /// Comes back with the browser.
    pub state: &'a str,
    /// Comes back within the ID token.
    pub nonce: &'a str,
    /// The PKCE verifier; only its digest is sent.
    pub verifier: &'a str,
    /// Who is expected, as the provider may know them.
    pub login_hint: Option<&'a str>,
    /// Slack's parameter: the workspace.
    pub team: Option<&'a str>,
    /// Where an earlier sign-in is not enough.
    pub fresh: Option<Fresh>,
}

impl Provider {
    /// The address to which the person's browser is sent.
    ///
    /// # Errors
    /// Where the provider's description cannot be had, or names no such address.
    pub async fn authorization_url(&self, ask: &Ask<'_>) -> Result<Url, Trouble> {
        let metadata = self.metadata().await?;
        let mut url = metadata
            .authorization_endpoint
            .clone()
            .ok_or(Trouble::Untrusted("the discovery document names no authorization_endpoint"))?;
        let registration = &self.0.registration;
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code").append_pair("client_id", &registration.client_id);
        query.append_pair("redirect_uri", ask.redirect_uri.as_str());
        query.append_pair("state", ask.state).append_pair("nonce", ask.nonce);
        if registration.pkce {
            let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(ask.verifier));
            query.append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
        }
        for (name, value) in [("login_hint", ask.login_hint), ("team", ask.team)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let mut scopes = self.scopes();
        match &ask.fresh {
            // A proof is looked at once: nothing is kept that could be refreshed.
            Some(fresh) => {
                scopes.retain(|scope| *scope != OFFLINE_ACCESS);
                query.append_pair("max_age", &fresh.max_age.as_secs().to_string());
                if !fresh.acr_values.is_empty() {
                    query.append_pair("acr_values", &fresh.acr_values.join(" "));
                }
                if fresh.max_age.is_zero() {
                    query.append_pair("prompt", "login");
                }
            }
            None if self.issuer() == GOOGLE && scopes.contains(&OFFLINE_ACCESS) => {
                scopes.retain(|scope| *scope != OFFLINE_ACCESS);
                query.append_pair("access_type", "offline").append_pair("prompt", "consent");
            }
            // OpenID Connect Core, 11: without it the scope is to be ignored.
            None if scopes.contains(&OFFLINE_ACCESS) && !self.is_entra() => {
                query.append_pair("prompt", "consent");
            }
            None => {}
        }
        query.append_pair("scope", &scopes.join(" "));
        drop(query);
        Ok(url)
    }

    /// Redeems a code that a browser brought back. `iss` is what the callback said beside it (RFC 9207).
    ///
    /// # Errors
    /// Also where the ID token or `iss` is not this provider's, or the nonce not this sign-in's.
    pub async fn redeem(
        &self,
        code: &str,
        redirect_uri: &Url,
        verifier: &str,
        nonce: &str,
        iss: Option<&str>,
    ) -> Result<Grant, Trouble> {
        let discovered = self.0.discovery.get().await?;
        match iss {
            Some(iss) if iss != self.issuer() => {
                return Err(Trouble::Untrusted("the callback names another issuer"));
            }
            None if discovered.metadata.iss_in_callback => {
                return Err(Trouble::Untrusted(
                    "the callback does not name its issuer, though the provider says it does",
                ));
            }
            _ => {}
        }
        let mut form =
            vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri.as_str())];
        if self.0.registration.pkce {
            form.push(("code_verifier", verifier));
        }
        let endpoint = self.token_endpoint(&discovered.metadata);
        self.grant(&endpoint, &discovered.keys, &form, Expected::Code { nonce }).await
    }

    fn is_entra(&self) -> bool {
        Url::parse(self.issuer()).is_ok_and(|issuer| issuer.host_str().is_some_and(|host| ENTRA.contains(&host)))
    }
}
