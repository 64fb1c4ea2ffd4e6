//! Tokens with which people have logged in: whose they are, how long, and in which organisation.

use std::time::Duration;

use http::Method;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde_json::{Value, json};

use super::{ALICE, Stage, answer, unauthorized};
use crate::sandbox::keys::{KeyPair, compact, overrule};
use crate::sandbox::p0::{BearerKind, Fault, IssuerKeys, SignOn, TrustedLogin, Verb};

/// An organisation's own provider.
struct Provider {
    key: KeyPair,
    now: i64,
}

impl Provider {
    fn of(stage: &Stage) -> Self {
        let provider = Self::trusted_nowhere(stage);
        stage.p0.trust_login(provider.login("p0"));
        provider
    }

    fn trusted_nowhere(stage: &Stage) -> Self {
        Self { key: KeyPair::generate(), now: stage.clock.now().as_second() }
    }

    fn login(&self, audience: &str) -> TrustedLogin {
        let key = Jwk::from_encoding_key(&self.key.private, Algorithm::ES256).unwrap();
        let keys = IssuerKeys::Set(JwkSet { keys: vec![key] });
        TrustedLogin { issuer: "https://sso.example.com".to_owned(), audience: audience.to_owned(), keys }
    }

    /// Alice's access token, with some claims said otherwise.
    fn token(&self, changes: Value) -> String {
        let mut claims = json!({
            "iss": "https://sso.example.com", "aud": ["p0", "account"], "sub": "00u-alice",
            "email": "alice@example.com", "iat": self.now, "exp": self.now + 3600,
        });
        overrule(&mut claims, changes.as_object().unwrap());
        compact(&json!({ "alg": "ES256" }), &claims, Some((&self.key.private, Algorithm::ES256)))
    }
}

impl Stage {
    async fn account(&self, token: &str) -> (u16, String) {
        answer(self.call(Method::GET, token, "/o/acme/account")).await
    }

    async fn refuses(&self, token: &str, why: &str) {
        assert_eq!(self.account(token).await, unauthorized(), "{why}");
        let call = self.p0.calls().pop().unwrap();
        assert_eq!((call.identity, call.subject, call.bearer_refused.as_deref()), (None, None, Some(why)));
    }
}

#[tokio::test]
async fn a_login_is_its_person_as_often_as_it_is_used_until_it_expires() {
    let stage = Stage::set().await;
    let token = Provider::of(&stage).token(json!({}));
    assert_eq!(stage.account(&token).await.0, 200);
    assert_eq!(stage.decide(&token, "req-1", "approve").await.0, 200);
    let call = stage.p0.calls().pop().unwrap();
    let carried = (call.bearer, call.identity.as_deref(), call.subject.as_deref());
    assert_eq!(carried, (BearerKind::Login, Some("alice@example.com"), Some("00u-alice")));
    stage.clock.advance(Duration::from_secs(3599));
    assert_eq!(stage.decide(&token, "req-1", "revoke").await.0, 200);
    stage.clock.advance(Duration::from_secs(1));
    stage.refuses(&token, "expired").await;
    assert!(!format!("{:?}{}", stage.p0.calls(), stage.p0.snapshot()).contains(&token));
}

#[tokio::test]
async fn logins_that_are_not_right_are_nobodys() {
    let stage = Stage::set().await;
    let provider = Provider::of(&stage);
    let wrong = [
        (json!({ "aud": "the-bots-own-client" }), "for another audience"),
        (json!({ "iat": provider.now + 61 }), "from the future"),
        (json!({ "nbf": provider.now + 61 }), "from the future"),
        (json!({ "sub": null }), "sub, aud, iat or exp is missing"),
        (json!({ "email": null }), "no email"),
        (json!({ "iss": "https://other.example.com" }), "unknown issuer"),
    ];
    for (changes, why) in wrong {
        stage.refuses(&provider.token(changes), why).await;
    }
    let foreign = Provider::trusted_nowhere(&stage).token(json!({}));
    stage.refuses(&foreign, "no key of the issuer made this signature").await;
}

#[tokio::test]
async fn a_login_of_another_organisation_is_refused_here() {
    let stage = Stage::set().await;
    let provider = Provider::of(&stage);
    stage.p0.trust_login_of("globex", provider.login("p0-globex"));
    stage.refuses(&provider.token(json!({ "aud": "p0-globex" })), "of another organisation").await;
    let tenant = |tenant: &str| provider.token(json!({ "firebase": { "tenant": tenant } }));
    stage.refuses(&tenant("globex-tenant"), "of another organisation").await;
    assert_eq!(stage.account(&tenant("acme-tenant")).await.0, 200);
    stage.p0.trust_login_of("globex", provider.login("p0"));
    stage.refuses(&provider.token(json!({})), "of another organisation").await;
}

#[tokio::test]
async fn the_next_call_of_one_person_is_refused_and_no_other() {
    let stage = Stage::set().await;
    stage.p0.trust_token("bob", "bob@example.com");
    stage.p0.refuse_next_of("alice@example.com");
    assert_eq!(stage.account("bob").await.0, 200);
    assert_eq!(stage.decide(ALICE, "req-1", "approve").await, unauthorized());
    let call = stage.p0.calls().pop().unwrap();
    assert_eq!((call.identity.as_deref(), call.effect), (Some("alice@example.com"), false), "the log still says who");
    assert_eq!(stage.decide(ALICE, "req-1", "approve").await.0, 200);
    stage.p0.fail_next(1, Verb::Account, Fault::bad_gateway());
    assert_eq!(stage.account(ALICE).await.0, 502, "other faults go on as before");
}

#[tokio::test]
async fn discovery_says_what_was_set() {
    let stage = Stage::set().await;
    let discover = async || -> Value {
        let (status, organisation) = answer(stage.call(Method::GET, "", "/orgs/acme")).await;
        assert_eq!(status, 200);
        serde_json::from_str(&organisation).unwrap()
    };
    let usual = json!({
        "tenantId": "acme-tenant",
        "auth": { "type": "sso", "provider": {
            "ssoProvider": "okta", "providerId": "oidc.okta", "providerDomain": "sso.example.com",
            "clientId": "p0-stand-in",
        } },
        "config": { "fs": { "apiKey": "not-a-secret" } },
    });
    assert_eq!(discover().await, usual);
    stage.p0.behave(|behaviour| {
        behaviour.sign_on = SignOn {
            sso_provider: "google-oidc".to_owned(),
            provider_domain: None,
            use_provider_token: true,
            ..SignOn::default()
        };
    });
    let found = discover().await;
    assert_eq!(found["useProviderToken"], true);
    assert_eq!(found["auth"]["provider"].get("providerDomain"), None);
}
