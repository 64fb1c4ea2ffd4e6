//! What the tokens say, and how they lie when they are told to.

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use super::{CLIENT, Stage};
use crate::sandbox::idp::{PASSWORD, Tamper};
use crate::sandbox::jws::Jws;

impl Stage {
    async fn keys(&self) -> JwkSet {
        serde_json::from_value(self.send(self.http.get(self.url("/jwks"))).await.1).unwrap()
    }

    /// The next ID token, its claims not checked.
    async fn told(&self, tamper: Tamper) -> (String, Value) {
        self.idp.tamper(tamper);
        let token = self.tokens("alice", &[]).await["id_token"].as_str().unwrap().to_owned();
        let payload = token.split('.').nth(1).unwrap();
        let payload = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
        (token, serde_json::from_slice(&payload).unwrap())
    }
}

#[tokio::test]
async fn tokens_say_who_for_whom_and_until_when() {
    let stage = Stage::set().await;
    let tokens = stage.tokens("alice", &[]).await;
    let shape = json!([tokens["token_type"], tokens["expires_in"], tokens["scope"]]);
    assert_eq!(shape, json!(["Bearer", 3600, "openid email profile offline_access"]));
    let (issuer, now) = (stage.idp.issuer(), stage.clock.now().as_second());
    let mut id = stage.claims(&tokens["id_token"]).await;
    let differing = |claims: &mut Value, names: &[&str]| {
        for name in names {
            assert!(claims[*name].as_str().is_some_and(|value| value.len() >= 22), "{name}");
            claims.as_object_mut().unwrap().remove(*name);
        }
    };
    differing(&mut id, &["jti", "at_hash"]);
    let expected = json!({
        "iss": issuer, "sub": "00u-alice", "aud": CLIENT, "iat": now, "exp": now + 3600, "nonce": "a-nonce",
        "auth_time": now, "acr": PASSWORD, "amr": ["pwd"],
        "email": "alice@example.com", "email_verified": true, "name": "Alice",
    });
    assert_eq!(id, expected);
    let mut access = stage.claims(&tokens["access_token"]).await;
    differing(&mut access, &["jti"]);
    let expected = json!({
        "iss": issuer, "sub": "00u-alice", "aud": "p0", "iat": now, "exp": now + 3600, "client_id": CLIENT,
        "scope": "openid email profile offline_access", "email": "alice@example.com",
    });
    assert_eq!(access, expected);
}

#[tokio::test]
async fn claims_follow_the_scope_the_account_and_the_setup() {
    let stage = Stage::set().await;
    let bare = stage.claims(&stage.tokens("alice", &[("scope", "openid")]).await["id_token"]).await;
    assert_eq!(json!([bare["email"], bare["email_verified"], bare["name"]]), json!([null, null, null]));
    stage.idp.change_account("bob@example.com", |bob| bob.email_verified = None);
    let entra = stage.claims(&stage.tokens("bob", &[]).await["id_token"]).await;
    assert_eq!(json!([entra["email"], entra["email_verified"]]), json!(["bob@example.com", null]));
    stage.idp.change(|setup| {
        setup.audience = "https://api.p0.example".to_owned();
        setup.access_life = Duration::from_secs(3);
        setup.id_life = Duration::from_secs(7);
    });
    let tokens = stage.tokens("carol", &[]).await;
    let (access, id) = (stage.claims(&tokens["access_token"]).await, stage.claims(&tokens["id_token"]).await);
    let life = |claims: &Value| claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!((access["aud"].as_str(), life(&access), life(&id)), (Some("https://api.p0.example"), 3, 7));
    assert_eq!(tokens["expires_in"], 3);
}

#[tokio::test]
async fn a_lie_is_told_once_and_only_in_what_was_ordered() {
    let stage = Stage::set().await;
    let now = stage.clock.now().as_second();
    let honest = stage.claims(&stage.tokens("alice", &[]).await["id_token"]).await;
    let lies = [
        (Tamper::Audience, json!({ "aud": "another-client" })),
        (Tamper::Issuer, json!({ "iss": "https://idp.example" })),
        (Tamper::Nonce, json!({ "nonce": "another-nonce" })),
        (Tamper::Expired, json!({ "iat": now - 7200, "exp": now - 3600 })),
        (Tamper::NoEmail, json!({ "email": null })),
        (Tamper::EmailVerifiedAsText, json!({ "email_verified": "true" })),
        (Tamper::Subject("00u-bob".to_owned()), json!({ "sub": "00u-bob" })),
        (Tamper::Claim("azp".to_owned(), json!("x")), json!({ "azp": "x" })),
        (Tamper::Claim("nonce".to_owned(), Value::Null), json!({ "nonce": null })),
    ];
    for (tamper, lie) in lies {
        let (token, claims) = stage.told(tamper.clone()).await;
        let jws = Jws::read(&token).unwrap();
        assert!(jws.is_signed_by_one_of(&stage.keys().await), "{tamper:?} is signed as ever");
        let names: Vec<&String> = honest.as_object().unwrap().keys().chain(lie.as_object().unwrap().keys()).collect();
        for name in names.into_iter().filter(|name| !["jti", "at_hash"].contains(&name.as_str())) {
            assert_eq!(claims[name], *lie.get(name).unwrap_or(&honest[name]), "{tamper:?} {name}");
        }
    }
    let after = stage.claims(&stage.tokens("alice", &[]).await["id_token"]).await;
    assert_eq!((&after["aud"], &after["sub"]), (&honest["aud"], &honest["sub"]));
}

#[tokio::test]
async fn signatures_can_be_wrong_in_four_ways() {
    let stage = Stage::set().await;
    let keys = stage.keys().await;
    let published = keys.keys[0].common.key_id.clone();
    for (tamper, algorithm, named) in [
        (Tamper::ForeignKey, "ES256", true),
        (Tamper::UnknownKey, "ES256", false),
        (Tamper::Unsigned, "none", true),
        (Tamper::PublicKeyAsSecret, "HS256", true),
    ] {
        let (token, claims) = stage.told(tamper.clone()).await;
        let header = token.split('.').next().unwrap();
        let header = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, header).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header["alg"], algorithm);
        assert_eq!(header["kid"].as_str() == published.as_deref(), named, "{tamper:?}");
        assert_eq!(claims["aud"], CLIENT, "nothing else is wrong");
        assert!(!Jws::read(&token).is_ok_and(|jws| jws.is_signed_by_one_of(&keys)), "{tamper:?}");
    }
}

#[tokio::test]
async fn a_refresh_can_answer_for_somebody_else() {
    let stage = Stage::set().await;
    let first = stage.tokens("alice", &[]).await;
    stage.idp.tamper(Tamper::Subject("00u-bob".to_owned()));
    let (_, second) = stage.refresh(&first["refresh_token"]).await;
    assert_eq!(stage.claims(&second["id_token"]).await["sub"], "00u-bob");
}

#[tokio::test]
async fn keys_are_rotated_with_and_without_an_overlap() {
    let stage = Stage::set().await;
    let first = stage.tokens("alice", &[]).await["id_token"].as_str().unwrap().to_owned();
    let counts = |token: String, keys: JwkSet| Jws::read(&token).unwrap().is_signed_by_one_of(&keys);
    stage.idp.rotate_keys(true);
    assert_eq!(stage.keys().await.keys.len(), 2);
    assert!(counts(first.clone(), stage.keys().await));
    let second = stage.tokens("alice", &[]).await;
    stage.claims(&second["id_token"]).await;
    stage.idp.rotate_keys(false);
    assert_eq!(stage.keys().await.keys.len(), 1);
    assert!(!counts(first, stage.keys().await));
    stage.claims(&stage.refresh(&second["refresh_token"]).await.1["id_token"]).await;
}

#[tokio::test]
async fn providers_differ_in_what_they_repeat_and_volunteer() {
    let stage = Stage::set().await;
    stage.idp.change(|setup| (setup.repeats_nonce, setup.auth_time_unasked) = (true, false));
    let tokens = stage.tokens("alice", &[]).await;
    assert_eq!(stage.claims(&tokens["id_token"]).await["auth_time"], Value::Null);
    let again = stage.refresh(&tokens["refresh_token"]).await.1;
    assert_eq!(stage.claims(&again["id_token"]).await["nonce"], "a-nonce");
    let asked = stage.tokens("alice", &[("max_age", "300")]).await;
    let now = stage.clock.now().as_second();
    assert_eq!(stage.claims(&asked["id_token"]).await["auth_time"], now);
}

#[tokio::test]
async fn answers_can_be_odd() {
    let stage = Stage::set().await;
    stage.idp.change(|setup| {
        setup.odd_metadata.insert("issuer".to_owned(), json!("https://{tenantid}.example"));
        setup.odd_metadata.insert("revocation_endpoint".to_owned(), Value::Null);
        setup.odd_tokens.insert("expires_in".to_owned(), json!("3600"));
        setup.odd_tokens.insert("id_token".to_owned(), Value::Null);
        setup.odd_device.insert("interval".to_owned(), json!(0));
    });
    let (_, document) = stage.send(stage.http.get(stage.url("/.well-known/openid-configuration"))).await;
    assert_eq!(
        (&document["issuer"], document.get("revocation_endpoint")),
        (&json!("https://{tenantid}.example"), None)
    );
    let tokens = stage.tokens("alice", &[]).await;
    assert_eq!((&tokens["expires_in"], tokens.get("id_token")), (&json!("3600"), None));
    let form = [("client_id", "p0-device"), ("scope", "openid")];
    let (_, device) = stage.send(stage.http.post(stage.url("/device_authorization")).form(&form)).await;
    assert_eq!(device["interval"], 0);
}
