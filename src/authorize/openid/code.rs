//! The authorization code flow: where a browser is sent, and what its code is redeemed for.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::Url;

use super::id_token::Expected;
use super::{Grant, OFFLINE_ACCESS, Provider, Trouble};
use crate::domain::route::risk::Fresh;

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
        url.query_pairs_mut().extend_pairs(self.parameters(ask));
        Ok(url)
    }

    fn parameters(&self, ask: &Ask<'_>) -> Vec<(&'static str, String)> {
        let registration = &self.0.registration;
        let mut parameters = vec![
            ("response_type", "code".to_owned()),
            ("client_id", registration.client_id.clone()),
            ("redirect_uri", ask.redirect_uri.to_string()),
            ("state", ask.state.to_owned()),
            ("nonce", ask.nonce.to_owned()),
        ];
        if registration.pkce {
            let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(ask.verifier));
            parameters.extend([("code_challenge", challenge), ("code_challenge_method", "S256".to_owned())]);
        }
        parameters.extend(ask.login_hint.map(|hint| ("login_hint", hint.to_owned())));
        parameters.extend(ask.team.map(|team| ("team", team.to_owned())));
        let mut scopes = self.scopes();
        match &ask.fresh {
            Some(fresh) => {
                // A proof is looked at once: nothing is kept that could be refreshed.
                scopes.retain(|scope| *scope != OFFLINE_ACCESS);
                parameters.extend(fresh.parameters());
            }
            None if scopes.contains(&OFFLINE_ACCESS) => match self.issuer() {
                GOOGLE => {
                    scopes.retain(|scope| *scope != OFFLINE_ACCESS);
                    parameters.extend([("access_type", "offline".to_owned()), ("prompt", "consent".to_owned())]);
                }
                issuer if is_entra(issuer) => {}
                // OpenID Connect Core, 11: without it the scope is to be ignored.
                _ => parameters.push(("prompt", "consent".to_owned())),
            },
            None => {}
        }
        parameters.push(("scope", scopes.join(" ")));
        parameters
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
}

impl Fresh {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("max_age", self.max_age.as_secs().to_string())];
        if !self.acr_values.is_empty() {
            parameters.push(("acr_values", self.acr_values.join(" ")));
        }
        if self.max_age.is_zero() {
            parameters.push(("prompt", "login".to_owned()));
        }
        parameters
    }
}

fn is_entra(issuer: &str) -> bool {
    Url::parse(issuer).is_ok_and(|issuer| issuer.host_str().is_some_and(|host| ENTRA.contains(&host)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::openid::Registration;
    use crate::clock::Clock;

    /// Scope, prompt and access type that a provider is asked with.
    fn asked(issuer: &str, scopes: &[&str]) -> [Option<String>; 3] {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let registration = Registration {
            issuer: issuer.to_owned(),
            client_id: "p0-chatops".to_owned(),
            client_secret: None,
            scopes: scopes.iter().map(ToString::to_string).collect(),
            pkce: true,
        };
        let provider = Provider::new(registration, reqwest::Client::new(), Clock::stepped());
        let redirect_uri = &Url::parse("https://bot.example.com/link").unwrap();
        let (state, nonce, verifier) = ("state", "nonce", "verifier");
        let ask = Ask { redirect_uri, state, nonce, verifier, login_hint: None, team: None, fresh: None };
        let parameters = provider.parameters(&ask);
        ["scope", "prompt", "access_type"]
            .map(|name| Some(parameters.iter().find(|(known, _)| *known == name)?.1.clone()))
    }

    #[test]
    fn each_provider_is_asked_for_a_refresh_token_in_its_own_way() {
        let text = |text: &str| Some(text.to_owned());
        let scopes = ["email", OFFLINE_ACCESS];
        let consent = [text("openid email offline_access"), text("consent"), None];
        assert_eq!(asked("https://acme.okta.com", &scopes), consent);
        assert_eq!(asked(GOOGLE, &scopes), [text("openid email"), text("consent"), text("offline")]);
        let tenant = "https://login.microsoftonline.com/9a0c5a5e-0000-4000-8000-000000000000/v2.0";
        assert_eq!(asked(tenant, &scopes), [text("openid email offline_access"), None, None]);
        for issuer in ["https://acme.okta.com", GOOGLE, tenant] {
            assert_eq!(asked(issuer, &["openid", "email"]), [text("openid email"), None, None]);
        }
    }
}
