//! A relying party by hand, which has nothing of the bot's own: the providers are held by it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::control::http;
use super::oidc_provider::{OidcProvider, SECRET};

const REDIRECT_URI: &str = "http://127.0.0.1:9/link/provider";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

#[derive(Deserialize)]
pub struct Metadata {
    authorization_endpoint: Url,
    token_endpoint: String,
    jwks_uri: String,
    pub device_authorization_endpoint: String,
    pub revocation_endpoint: String,
    pub userinfo_endpoint: String,
}

#[derive(Deserialize)]
pub struct Tokens {
    pub access_token: String,
    pub id_token: String,
    pub refresh_token: String,
}

/// As whom it shows itself.
#[derive(Clone, Copy)]
pub enum Client {
    /// `p0-chatops`, by its secret.
    Confidential,
    /// `p0-device`.
    Public,
}

pub struct RelyingParty {
    issuer: String,
    pub metadata: Metadata,
}

impl RelyingParty {
    /// Learns the provider's addresses, and has its own registered.
    pub async fn of(provider: &OidcProvider) -> Self {
        provider.redirect_to(REDIRECT_URI).await;
        let issuer = provider.issuer.clone();
        let metadata = get(&format!("{issuer}/.well-known/openid-configuration")).await;
        Self { issuer, metadata }
    }

    /// The address of an authorization request, with these parameters beside the usual ones.
    pub fn asks(&self, more: &[(&str, &str)]) -> String {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let usual = [
            ("response_type", "code"),
            ("client_id", "p0-chatops"),
            ("scope", "openid email offline_access"),
            ("redirect_uri", REDIRECT_URI),
            ("state", "a-state"),
            ("nonce", "a-nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let mut url = self.metadata.authorization_endpoint.clone();
        url.query_pairs_mut().extend_pairs(usual).extend_pairs(more);
        url.into()
    }

    /// What a callback's code is good for.
    pub async fn redeem(&self, callback: &Url) -> Result<Tokens, String> {
        assert!(callback.as_str().starts_with(REDIRECT_URI), "{callback}");
        assert_eq!(parameter(callback, "state").as_deref(), Some("a-state"));
        assert_eq!(parameter(callback, "iss"), Some(self.issuer.clone()));
        let code = parameter(callback, "code").expect("a code");
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        self.token(Client::Confidential, &form).await
    }

    pub async fn refresh(&self, client: Client, refresh_token: &str) -> Result<Tokens, String> {
        self.token(client, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    /// What the token endpoint gives, or its status and error.
    pub async fn token<Answer: DeserializeOwned>(
        &self,
        client: Client,
        form: &[(&str, &str)],
    ) -> Result<Answer, String> {
        let answer = self.post(&self.metadata.token_endpoint, client, form).await;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        if status.is_success() {
            return Ok(serde_json::from_value(body).unwrap());
        }
        Err(format!("{} {}", status.as_u16(), body["error"].as_str().unwrap()))
    }

    pub async fn post(&self, url: &str, client: Client, form: &[(&str, &str)]) -> reqwest::Response {
        let request = http().post(url);
        let request = match client {
            // RFC 6749, 2.3.1: form-encoded before it is Basic.
            Client::Confidential => {
                request.basic_auth("p0-chatops", Some(byte_serialize(SECRET.as_bytes()).collect::<String>())).form(form)
            }
            Client::Public => request.form(&[form, &[("client_id", "p0-device")]].concat()),
        };
        request.send().await.unwrap()
    }

    /// The claims of a token that the provider signed for this audience.
    pub async fn claims(&self, token: &str, audience: &str) -> Value {
        let keys: JwkSet = get(&self.metadata.jwks_uri).await;
        let key = keys.find(&decode_header(token).unwrap().kid.unwrap()).expect("a published key");
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_audience(&[audience]);
        rules.set_issuer(&[&self.issuer]);
        decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &rules).unwrap().claims
    }
}

pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

pub async fn get<Answer: DeserializeOwned>(url: &str) -> Answer {
    http().get(url).send().await.unwrap().json().await.unwrap()
}
