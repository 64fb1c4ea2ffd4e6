//! The way of a login through Identity Platform to P0, over real sockets and with a clock that stands still.

mod provider;
mod refresh;
mod sign_in;

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::{IdentityPlatform, IdentityPlatformSetup, Tenant};
use crate::clock::Clock;
use crate::sandbox::jws::IssuerKeys;
use crate::sandbox::keys::{KeyPair, compact, overrule};
use crate::sandbox::p0::{P0, P0Setup, SignOn};
use crate::sandbox::wire::http_client;

const ISSUER: &str = "https://sso.example.com";
const KEY: &str = "not-a-secret";

/// An organisation at P0, its tenant, and the provider where its people log in.
struct Stage {
    p0: P0,
    platform: IdentityPlatform,
    provider: KeyPair,
    clock: Clock,
    http: reqwest::Client,
}

impl Stage {
    async fn set() -> Self {
        let (clock, provider) = (Clock::stepped(), KeyPair::generate());
        let p0 = P0::start(P0Setup { clock: clock.clone(), ..P0Setup::default() }).await.unwrap();
        let setup = IdentityPlatformSetup { clock: clock.clone(), ..IdentityPlatformSetup::default() };
        let platform = IdentityPlatform::start(setup).await.unwrap();
        platform.set_tenant(Tenant::of(&SignOn::default(), ISSUER, keys_of(&provider)));
        p0.trust_login(platform.login());
        Self { p0, platform, provider, clock, http: http_client() }
    }

    /// The provider's ID token of Alice for P0's client, with some claims said otherwise.
    fn id_token(&self, changes: Value) -> String {
        let now = self.clock.now().as_second();
        let mut claims = json!({
            "iss": ISSUER, "aud": "p0-stand-in", "sub": "00u-alice", "iat": now, "exp": now + 300,
            "email": "alice@example.com", "email_verified": true,
        });
        overrule(&mut claims, changes.as_object().unwrap());
        compact(&json!({ "alg": "ES256" }), &claims, Some((&self.provider.private, Algorithm::ES256)))
    }

    /// Signs in as P0's own client does, with some fields of the body said otherwise.
    async fn sign_in(&self, post_body: &[(&str, &str)], changes: Value) -> (u16, Value) {
        let mut body = json!({
            "postBody": form_urlencoded::Serializer::new(String::new()).extend_pairs(post_body).finish(),
            "requestUri": "http://localhost",
            "returnIdpCredential": true,
            "returnSecureToken": true,
            "tenantId": "acme-tenant",
        });
        overrule(&mut body, changes.as_object().unwrap());
        let url = format!("{}/v1/accounts:signInWithIdp?key={KEY}", self.platform.identity_toolkit_url());
        answer(self.http.post(url).json(&body)).await
    }

    async fn sign_in_with(&self, id_token: &str) -> (u16, Value) {
        let post_body = [("id_token", id_token), ("access_token", "opaque"), ("providerId", "oidc.okta")];
        self.sign_in(&post_body, json!({})).await
    }

    /// The session of Alice, who has just logged in.
    async fn session(&self) -> Value {
        let (status, session) = self.sign_in_with(&self.id_token(json!({}))).await;
        assert_eq!(status, 200, "{session}");
        session
    }

    async fn refresh(&self, refresh_token: &str) -> (u16, Value) {
        let url = format!("{}/v1/token?key={KEY}", self.platform.secure_token_url());
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        answer(self.http.post(url).form(&form)).await
    }

    /// What P0 says of a bearer.
    async fn account(&self, token: &Value) -> u16 {
        let url = format!("{}/o/acme/account", self.p0.base_url());
        let call = self.http.get(url).bearer_auth(token.as_str().unwrap()).header("user-agent", "test");
        call.send().await.unwrap().status().as_u16()
    }
}

fn keys_of(key: &KeyPair) -> IssuerKeys {
    let key = Jwk::from_encoding_key(&key.private, Algorithm::ES256).unwrap();
    IssuerKeys::Set(JwkSet { keys: vec![key] })
}

fn hashed(nonce: &str) -> String {
    Sha256::digest(nonce).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn answer(call: reqwest::RequestBuilder) -> (u16, Value) {
    let response = call.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The code of a refusal, which is what comes before its explanation.
fn refused((status, answer): (u16, Value)) -> String {
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(400)));
    answer["error"]["message"].as_str().unwrap().split(" : ").next().unwrap().to_owned()
}
