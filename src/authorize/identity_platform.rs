//! Identity Platform: a token for P0 in return for the provider's, got exactly as P0's own client gets it.
//!
//! Source: P0's public client, and Google's reference of `accounts:signInWithIdp` and of `securetoken`'s `token`.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::claims;
use super::linked::tokens::exposed;
use super::openid::Trouble;
use super::p0_login::Login;
use crate::clock::Clock;
use crate::config::Secret;
use crate::inbound::bounded;

const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
const MOST_BYTES: usize = 256 * 1024;
/// Bytes for what is sent beside tokens: names, a nonce.
const MOST_BESIDE: usize = 1024;
/// How long a token is good where the answer does not say; Google's are good for an hour.
const LIFE: Duration = Duration::from_secs(55 * 60);

/// Its errors that say that a session, or the account behind it, is over.
const OVER: [&str; 4] = ["USER_DISABLED", "USER_NOT_FOUND", "TOKEN_EXPIRED", "INVALID_REFRESH_TOKEN"];

/// What it gave.
#[derive(Clone, Deserialize, Serialize)]
pub struct PlatformTokens {
    /// The ID token that P0 is shown.
    #[serde(serialize_with = "exposed")]
    pub(super) id: Secret,
    /// Until when it is good.
    pub(super) expires: Timestamp,
    /// Renews it, even for a person whose account at the provider is gone.
    #[serde(serialize_with = "exposed")]
    pub(super) refresh: Secret,
}

/// Where it is, and as whose client it is asked.
pub(super) struct IdentityPlatform {
    pub(super) toolkit: Url,
    pub(super) secure_token: Url,
    pub(super) client: reqwest::Client,
    pub(super) clock: Clock,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignIn<'a> {
    post_body: &'a str,
    request_uri: &'static str,
    return_idp_credential: bool,
    return_secure_token: bool,
    tenant_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignedIn {
    id_token: Secret,
    refresh_token: Secret,
    expires_in: Option<Value>,
}

#[derive(Deserialize)]
struct Renewed {
    id_token: Secret,
    refresh_token: Secret,
    expires_in: Option<Value>,
}

impl IdentityPlatform {
    /// Signs in with the provider's tokens.
    pub(super) async fn sign_in(
        &self,
        login: &Login,
        access: &Secret,
        id: Option<&Secret>,
        raw_nonce: Option<&str>,
    ) -> Result<PlatformTokens, Trouble> {
        let body = SignIn {
            post_body: &post_body(login, access, id, raw_nonce),
            request_uri: "http://localhost",
            return_idp_credential: true,
            return_secure_token: true,
            tenant_id: &login.tenant_id,
        };
        let url = address(&self.toolkit, "v1/accounts:signInWithIdp", &login.api_key)?;
        let asked = self.clock.now();
        let answer: SignedIn = self.ask(self.client.post(url).json(&body)).await?;
        Ok(tokens(answer.id_token, answer.refresh_token, answer.expires_in.as_ref(), asked))
    }

    /// Renews by itself, without a word of the provider's.
    pub(super) async fn renew(&self, login: &Login, refresh: &Secret) -> Result<PlatformTokens, Trouble> {
        let url = address(&self.secure_token, "v1/token", &login.api_key)?;
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose())];
        let asked = self.clock.now();
        let answer: Renewed = self.ask(self.client.post(url).form(&form)).await?;
        Ok(tokens(answer.id_token, answer.refresh_token, answer.expires_in.as_ref(), asked))
    }

    async fn ask<T: for<'de> Deserialize<'de>>(&self, request: reqwest::RequestBuilder) -> Result<T, Trouble> {
        let unheard = |error: reqwest::Error| Trouble::Unavailable(error.without_url().to_string());
        let answer = request.timeout(ANSWERS_WITHIN).send().await.map_err(unheard)?;
        let status = answer.status();
        if status.is_server_error() || status.as_u16() == 429 {
            return Err(Trouble::Unavailable(format!("HTTP {}", status.as_u16())));
        }
        let body = bounded::read(answer, MOST_BYTES).await.map(Zeroizing::new).map_err(Trouble::Unavailable)?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|_| Trouble::Untrusted("Identity Platform's answer lacks what has to be in it"));
        }
        let said: Value = serde_json::from_slice(&body)
            .map_err(|_| Trouble::Unavailable(format!("HTTP {} without JSON", status.as_u16())))?;
        // "INVALID_IDP_RESPONSE : …": what follows the colon may quote the token.
        let code = said["error"]["message"].as_str().unwrap_or("no error message");
        let code = code.split(|c: char| !(c.is_ascii_uppercase() || c == '_')).next().unwrap_or_default();
        Err(Trouble::refused(code, ""))
    }
}

/// Whether Identity Platform says that a session, or the account behind it, is over.
pub(super) fn is_over(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Refused { code, .. } if OVER.contains(&code.as_str()))
}

fn post_body(login: &Login, access: &Secret, id: Option<&Secret>, raw_nonce: Option<&str>) -> Zeroizing<String> {
    // What grows is moved, and leaves what it held behind: encoded, a token is three times as long at most.
    let tokens = access.expose().len() + id.map_or(0, |id| id.expose().len());
    let mut form = form_urlencoded::Serializer::new(String::with_capacity(3 * tokens + MOST_BESIDE));
    if let Some(id) = id {
        form.append_pair("id_token", id.expose());
    }
    // Where the ID token has no nonce there is nothing to compare it with.
    let has_nonce = id.and_then(|id| claims::readable(id.expose())).is_some_and(|claims| claims["nonce"].is_string());
    if let Some(nonce) = raw_nonce.filter(|_| has_nonce) {
        form.append_pair("nonce", nonce);
    }
    Zeroizing::new(
        form.append_pair("access_token", access.expose()).append_pair("providerId", &login.provider_id).finish(),
    )
}

fn tokens(id: Secret, refresh: Secret, expires_in: Option<&Value>, asked: Timestamp) -> PlatformTokens {
    let seconds = expires_in.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    let life = seconds.map_or(LIFE, Duration::from_secs).min(Duration::from_secs(24 * 60 * 60));
    PlatformTokens { id, expires: asked.checked_add(life).unwrap_or(Timestamp::MAX), refresh }
}

fn address(base: &Url, path: &str, key: &str) -> Result<Url, Trouble> {
    let text = format!("{}/{path}", base.as_str().trim_end_matches('/'));
    let mut url = Url::parse(&text).map_err(|_| Trouble::Untrusted("Identity Platform's address is none"))?;
    url.query_pairs_mut().append_pair("key", key);
    Ok(url)
}
