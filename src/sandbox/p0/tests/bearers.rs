//! Whose authority counts, and what is never one.

use axum::{Json, Router, routing::get};
use http::Method;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde_json::{Value, json};

use super::{ALICE, SETTINGS_KEY, Stage, answer, unauthorized};
use crate::sandbox::keys::{KeyPair, compact};
use crate::sandbox::p0::{BearerKind, IssuerKeys, TrustedIssuer};

/// An issuer such as the bot in its mode `assertion`.
struct Issuer {
    key: KeyPair,
    now: i64,
}

impl Issuer {
    fn trusted_by(stage: &Stage) -> Self {
        let issuer = Self { key: KeyPair::generate(), now: stage.clock.now().as_second() };
        issuer.trust(stage, IssuerKeys::Set(issuer.jwks()));
        issuer
    }

    fn trust(&self, stage: &Stage, keys: IssuerKeys) {
        let (issuer, audience) = ("https://bot.example".to_owned(), "p0".to_owned());
        stage.p0.trust_issuer(TrustedIssuer { issuer, audience, keys });
    }

    fn jwks(&self) -> JwkSet {
        JwkSet { keys: vec![Jwk::from_encoding_key(&self.key.private, Algorithm::ES256).unwrap()] }
    }

    /// Good claims for Alice, except for `changes`.
    fn claims(&self, changes: Value) -> Value {
        let mut claims = json!({
            "iss": "https://bot.example", "aud": "p0", "sub": "U01ALICE", "email": "alice@example.com",
            "iat": self.now, "exp": self.now + 300, "jti": rand::random::<u64>().to_string(),
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    }

    fn token(&self, changes: Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT" });
        compact(&header, &self.claims(changes), Some((&self.key.private, Algorithm::ES256)))
    }
}

fn identity(stage: &Stage) -> (BearerKind, Option<String>) {
    let call = stage.p0.calls().pop().unwrap();
    (call.bearer, call.identity)
}

async fn refuses(stage: &Stage, token: &str, why: &str) {
    assert_eq!(stage.decide(token, "req-1", "approve").await, unauthorized(), "{why}");
    let call = stage.p0.calls().pop().unwrap();
    assert_eq!((call.identity, call.bearer_refused.as_deref()), (None, Some(why)));
}

#[tokio::test]
async fn opaque_tokens_are_somebodys_until_revoked() {
    let stage = Stage::set().await;
    assert_eq!(stage.decide(ALICE, "req-1", "approve").await.0, 200);
    assert_eq!(identity(&stage), (BearerKind::Token, Some("alice@example.com".to_owned())));
    stage.p0.trust_service("shared");
    assert_eq!(stage.decide("shared", "req-1", "revoke").await.0, 200);
    assert_eq!(identity(&stage), (BearerKind::Service, Some("service".to_owned())));
    stage.p0.revoke_token(ALICE);
    stage.p0.revoke_token("shared");
    refuses(&stage, ALICE, "unknown or revoked token").await;
    refuses(&stage, "shared", "unknown or revoked token").await;
    refuses(&stage, SETTINGS_KEY, "an API key is for settings only").await;
    let url = format!("{}/o/acme/permission-requests/req-1/deny", stage.p0.base_url());
    let naked = stage.http.post(url).header("user-agent", "test").json(&json!({}));
    assert_eq!(answer(naked).await, unauthorized());
    assert_eq!(identity(&stage), (BearerKind::None, None));
}

#[tokio::test]
async fn an_assertion_is_its_email_once() {
    let stage = Stage::set().await;
    let token = Issuer::trusted_by(&stage).token(json!({}));
    assert_eq!(stage.decide(&token, "req-1", "approve").await.0, 200);
    assert_eq!(identity(&stage), (BearerKind::Assertion, Some("alice@example.com".to_owned())));
    assert_eq!(stage.p0.calls().pop().unwrap().subject.as_deref(), Some("U01ALICE"));
    refuses(&stage, &token, "used before").await;
}

#[tokio::test]
async fn assertions_that_are_not_right_are_nobodys() {
    let stage = Stage::set().await;
    let issuer = Issuer::trusted_by(&stage);
    let now = issuer.now;
    let wrong = [
        (json!({ "iss": "https://other.example" }), "unknown issuer"),
        (json!({ "aud": "slack" }), "for another audience"),
        (json!({ "aud": ["slack", "okta"] }), "for another audience"),
        (json!({ "exp": now }), "expired"),
        (json!({ "iat": now + 1 }), "from the future"),
        (json!({ "nbf": now + 1 }), "from the future"),
        (json!({ "exp": now + 301 }), "good for more than 5 minutes"),
        (json!({ "exp": null }), "iss, aud, iat or exp is missing"),
        (json!({ "email": "" }), "no email"),
        (json!({ "sub": null }), "no sub"),
        (json!({ "jti": "" }), "no jti"),
    ];
    for (changes, why) in wrong {
        refuses(&stage, &issuer.token(changes), why).await;
    }
    assert_eq!(stage.decide(&issuer.token(json!({ "aud": ["p0", "okta"] })), "req-1", "approve").await.0, 200);
}

#[tokio::test]
async fn the_token_does_not_choose_how_it_is_checked() {
    let stage = Stage::set().await;
    let issuer = Issuer::trusted_by(&stage);
    let claims = issuer.claims(json!({}));
    let signed = |header: Value, key: &KeyPair| compact(&header, &claims, Some((&key.private, Algorithm::ES256)));
    let unsigned = "no key of the issuer made this signature";
    refuses(&stage, &signed(json!({ "alg": "ES256" }), &KeyPair::generate()), unsigned).await;
    refuses(&stage, &signed(json!({ "alg": "ES256", "kid": "other" }), &issuer.key), unsigned).await;
    refuses(&stage, &signed(json!({ "alg": "ES384" }), &issuer.key), unsigned).await;
    let none = "the header is unreadable or its algorithm unknown";
    refuses(&stage, &compact(&json!({ "alg": "none" }), &claims, None), none).await;
    let secret = jsonwebtoken::EncodingKey::from_secret(issuer.key.public_pem.as_bytes());
    let hmac = compact(&json!({ "alg": "HS256" }), &claims, Some((&secret, Algorithm::HS256)));
    refuses(&stage, &hmac, unsigned).await;
    assert_eq!(stage.decide(&signed(json!({ "alg": "ES256" }), &issuer.key), "req-1", "approve").await.0, 200);
}

#[tokio::test]
async fn an_issuers_keys_are_fetched_where_it_publishes_them() {
    let stage = Stage::set().await;
    let issuer = Issuer::trusted_by(&stage);
    let jwks = issuer.jwks();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/.well-known/jwks.json", listener.local_addr().unwrap());
    let pages = Router::new().route("/.well-known/jwks.json", get(move || async move { Json(jwks) }));
    let server = tokio::spawn(axum::serve(listener, pages).into_future());
    issuer.trust(&stage, IssuerKeys::Url(url));
    assert_eq!(stage.decide(&issuer.token(json!({})), "req-1", "approve").await.0, 200);
    issuer.trust(&stage, IssuerKeys::Url("http://127.0.0.1:9/jwks.json".to_owned()));
    refuses(&stage, &issuer.token(json!({})), "the issuer's keys cannot be fetched").await;
    server.abort();
}

#[tokio::test]
async fn a_token_is_validated_and_an_organisation_discovered() {
    let stage = Stage::set().await;
    let get = |token: &str, path: &str| answer(stage.call(Method::GET, token, path));
    assert_eq!(get(ALICE, "/o/acme/account").await.0, 200);
    assert_eq!(get("unknown", "/o/acme/account").await, unauthorized());
    let (status, organisation) = get("", "/orgs/acme").await;
    let organisation: Value = serde_json::from_str(&organisation).unwrap();
    assert_eq!((status, &organisation["auth"]["provider"]["ssoProvider"]), (200, &json!("okta")));
    assert_eq!(get("", "/orgs/other").await.0, 404);
}

#[tokio::test]
async fn no_token_is_in_the_log_or_the_snapshot() {
    let stage = Stage::set().await;
    stage.decide(ALICE, "req-1", "approve").await;
    stage.decide("guessed-token", "req-1", "approve").await;
    let everything = stage.p0.snapshot().to_string() + &format!("{:?}", stage.p0.calls());
    for token in [ALICE, "guessed-token", SETTINGS_KEY] {
        assert!(!everything.contains(token), "{token}");
    }
    assert!(everything.contains("alice@example.com"));
}
