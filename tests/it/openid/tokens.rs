//! ID tokens that are not to be believed, each by its own rule.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey};
use p0_chatops::authorize::openid::{Claims, Grant, Provider, Trouble, Verified};
use p0_chatops::config::Secret;
use serde_json::{Value, json};

use super::says::{CLIENT, NONCE, Says, Signer, message, redirect};

async fn redeem(provider: &Provider) -> Result<Grant, Trouble> {
    provider.redeem("code-1", &redirect(), "verifier-1", NONCE, None).await
}

/// What is said of a token whose header and claims are changed so, and which its own key signs.
async fn said_of(header: Value, claims: Value) -> Result<Claims, Trouble> {
    let signer = Signer::es256("key-1");
    let says = Says::start(&signer).await;
    let mut whole = signer.header();
    whole.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
    says.grants(&signer.sign(&whole, &says.claims(&claims)));
    redeem(&says.provider()).await.map(|grant| grant.claims.unwrap())
}

async fn refused(claims: Value, rule: &'static str) {
    assert_eq!(said_of(json!({}), claims).await, Err(Trouble::Untrusted(rule)));
}

async fn believed(claims: Value) -> Claims {
    said_of(json!({}), claims).await.unwrap()
}

fn now() -> i64 {
    p0_chatops::clock::Clock::system().now().as_second()
}

#[tokio::test]
async fn a_token_as_it_should_be_says_who_signed_in() {
    let claims = believed(json!({ "auth_time": 1_700_000_000, "acr": "phr", "upn": "a@corp.example" })).await;
    assert_eq!((claims.subject.as_str(), claims.email.as_deref()), ("00u-alice", Some("alice@example.com")));
    assert_eq!(claims.names, ["00u-alice", "a@corp.example", "alice@example.com"]);
    assert_eq!(claims.auth_time.unwrap().as_second(), 1_700_000_000);
    assert_eq!(claims.acr.as_deref(), Some("phr"));
    assert_eq!((claims.slack_team, claims.slack_user), (None, None));
    let slack = json!({ "https://slack.com/team_id": "T01ACME", "https://slack.com/user_id": "U01ALICE" });
    let claims = believed(slack).await;
    assert_eq!((claims.slack_team.as_deref(), claims.slack_user.as_deref()), (Some("T01ACME"), Some("U01ALICE")));
}

#[tokio::test]
async fn another_issuers_token_is_refused_however_alike_the_name() {
    const RULE: &str = "the ID token is another issuer's";
    refused(json!({ "iss": "https://idp.example.com" }), RULE).await;
    let signer = Signer::es256("key-1");
    let says = Says::start(&signer).await;
    for alike in [format!("{}/", says.issuer), says.issuer.to_uppercase(), format!(" {}", says.issuer)] {
        says.grants(&signer.sign(&signer.header(), &says.claims(&json!({ "iss": alike }))));
        assert_eq!(redeem(&says.provider()).await.unwrap_err(), Trouble::Untrusted(RULE), "{alike}");
    }
}

#[tokio::test]
async fn a_token_for_another_client_is_refused() {
    const AUD: &str = "the ID token is for another client (aud)";
    const AZP: &str = "the ID token was made for another client (azp)";
    refused(json!({ "aud": "another" }), AUD).await;
    refused(json!({ "aud": ["another"] }), AUD).await;
    refused(json!({ "aud": [] }), AUD).await;
    refused(json!({ "azp": "another" }), AZP).await;
    refused(json!({ "aud": [CLIENT, "another"], "azp": "another" }), AZP).await;
    let unsaid = "the ID token is for several clients and does not say for whom (azp)";
    refused(json!({ "aud": [CLIENT, "another"] }), unsaid).await;
    believed(json!({ "aud": [CLIENT] })).await;
    believed(json!({ "aud": [CLIENT, "another"], "azp": CLIENT })).await;
}

#[tokio::test]
async fn a_token_of_another_sign_in_is_refused() {
    const RULE: &str = "the ID token is of another sign-in (nonce)";
    refused(json!({ "nonce": "nonce-2" }), RULE).await;
    refused(json!({ "nonce": "" }), RULE).await;
    refused(json!({ "nonce": null }), RULE).await;
}

#[tokio::test]
async fn a_token_out_of_its_time_is_refused() {
    const OVER: &str = "the ID token has run out";
    const EARLY: &str = "the ID token is from the future";
    // A minute each way is the clocks' own affair.
    refused(json!({ "exp": now() - 62 }), OVER).await;
    believed(json!({ "exp": now() - 50 })).await;
    refused(json!({ "iat": now() + 70 }), EARLY).await;
    refused(json!({ "nbf": now() + 70 }), EARLY).await;
    believed(json!({ "iat": now() + 50, "nbf": now() + 50 })).await;
    refused(json!({ "iat": now() - 610 }), "the ID token was made long ago").await;
    believed(json!({ "iat": now() - 590 })).await;
}

#[tokio::test]
async fn a_token_without_what_has_to_be_in_it_is_refused() {
    const RULE: &str = "the ID token lacks a claim, or one has another form";
    for lacking in ["iss", "aud", "sub", "exp", "iat"] {
        refused(json!({ lacking: null }), RULE).await;
    }
    refused(json!({ "exp": "tomorrow" }), RULE).await;
    refused(json!({ "iss": ["a", "b"] }), RULE).await;
}

#[tokio::test]
async fn a_subject_is_short_and_plain() {
    const RULE: &str = "the ID token's subject is none";
    refused(json!({ "sub": "" }), RULE).await;
    refused(json!({ "sub": "a".repeat(256) }), RULE).await;
    refused(json!({ "sub": "a\u{0}b" }), RULE).await;
    believed(json!({ "sub": "a".repeat(255) })).await;
}

#[tokio::test]
async fn only_a_boolean_vouches_for_an_address() {
    for (stated, read) in [
        (json!(true), Some(Verified::Yes)),
        (json!(false), Some(Verified::No)),
        (json!("true"), Some(Verified::Unclear)),
        (json!(1), Some(Verified::Unclear)),
        (Value::Null, None),
    ] {
        assert_eq!(believed(json!({ "email_verified": stated })).await.email_verified, read, "{stated}");
    }
    assert_eq!(believed(json!({ "email": null })).await.email, None);
    assert_eq!(believed(json!({ "email": ["a@example.com"] })).await.email, None);
    assert_eq!(believed(json!({ "email": "a@example.com\n" })).await.email, None);
}

#[tokio::test]
async fn a_token_that_nobody_signed_is_refused() {
    let signer = Signer::es256("key-1");
    let says = Says::start(&signer).await;
    let claims = says.claims(&json!({}));
    let none = |kid: Value| message(&json!({ "alg": "none", "kid": kid }), &claims);
    for unsigned in [format!("{}.", none(json!("key-1"))), format!("{}.AAAA", none(Value::Null))] {
        says.grants(&unsigned);
        let rule = "the ID token's algorithm is not its key's";
        assert_eq!(redeem(&says.provider()).await.unwrap_err(), Trouble::Untrusted(rule));
    }
    for broken in ["", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30"] {
        says.grants(broken);
        let rule = "the ID token is no signed token";
        assert_eq!(redeem(&says.provider()).await.unwrap_err(), Trouble::Untrusted(rule), "{broken}");
    }
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let signer = Signer::es256("key-1");
    let says = Says::start(&signer).await;
    let jwk = signer.jwk().to_string();
    let forger = Signer { kid: "key-1", algorithm: Algorithm::HS256, key: EncodingKey::from_secret(jwk.as_bytes()) };
    says.grants(&forger.sign(&forger.header(), &says.claims(&json!({}))));
    let rule = "the ID token's algorithm is not its key's";
    assert_eq!(redeem(&says.provider()).await.unwrap_err(), Trouble::Untrusted(rule));
}

#[tokio::test]
async fn a_foreign_key_signs_nothing_whatever_the_header_says_of_it() {
    let (signer, stranger) = (Signer::es256("key-1"), Signer::es256("key-1"));
    let says = Says::start(&signer).await;
    let mut header = stranger.header();
    header["jwk"] = stranger.jwk();
    header["jku"] = json!(format!("{}/strangers-keys", says.issuer));
    header["x5u"] = header["jku"].clone();
    says.grants(&stranger.sign(&header, &says.claims(&json!({}))));
    let rule = "the ID token's signature is wrong";
    assert_eq!(redeem(&says.provider()).await.unwrap_err(), Trouble::Untrusted(rule));
    assert_eq!(says.times("/strangers-keys"), 0);
}

#[tokio::test]
async fn extensions_that_have_to_be_understood_are_not() {
    let said = said_of(json!({ "crit": ["b64"], "b64": true }), json!({})).await;
    assert_eq!(said, Err(Trouble::Untrusted("the ID token has extensions that have to be understood")));
}

#[tokio::test]
async fn each_kind_of_key_signs_by_its_own_algorithm() {
    for signer in [
        Signer::es256("key-1"),
        Signer::ed25519("key-1"),
        Signer::rsa("key-1", Algorithm::RS256),
        Signer::rsa("key-1", Algorithm::PS256),
    ] {
        let says = Says::start(&signer).await;
        says.grants(&signer.sign(&signer.header(), &says.claims(&json!({}))));
        assert_eq!(redeem(&says.provider()).await.unwrap().claims.unwrap().subject, "00u-alice");
    }
    // An RSA key that is published for one padding does not sign with the other.
    let published = Signer::rsa("key-1", Algorithm::RS256);
    let says = Says::start(&published).await;
    let other = Signer::rsa("key-1", Algorithm::PS256);
    says.grants(&other.sign(&other.header(), &says.claims(&json!({}))));
    let rule = "the ID token's algorithm is not its key's";
    assert_eq!(redeem(&says.provider()).await.unwrap_err(), Trouble::Untrusted(rule));
}

#[tokio::test]
async fn a_token_that_names_no_key_is_held_against_every_one() {
    let (first, second) = (Signer::es256("key-1"), Signer::es256("key-2"));
    let says = Says::start(&first).await;
    says.publishes(&[&first, &second]);
    says.grants(&second.sign(&json!({ "alg": "ES256" }), &says.claims(&json!({}))));
    assert!(redeem(&says.provider()).await.is_ok());
}

#[tokio::test]
async fn a_new_key_is_asked_for_once_and_no_stranger_makes_us_ask_on() {
    let (old, new) = (Signer::es256("key-1"), Signer::es256("key-2"));
    let says = Says::start(&old).await;
    let provider = says.provider();
    says.grants(&new.sign(&new.header(), &says.claims(&json!({}))));
    let rule = Trouble::Untrusted("the provider does not publish the key that the ID token names");
    for _ in 0..5 {
        assert_eq!(redeem(&provider).await.unwrap_err(), rule);
    }
    assert_eq!(says.times("/keys"), 1);
    says.publishes(&[&old, &new]);
    says.clock.advance(Duration::from_secs(30));
    assert!(redeem(&provider).await.is_ok());
    assert_eq!(says.times("/keys"), 2);
}

#[tokio::test]
async fn without_keys_nothing_is_redeemed() {
    let signer = Signer::es256("key-1");
    let says = Says::start(&signer).await;
    says.on("/keys", 503, "");
    let unavailable = Trouble::Unavailable("its keys cannot be had: HTTP 503".to_owned());
    assert_eq!(redeem(&says.provider()).await.unwrap_err(), unavailable);
    assert_eq!(says.times("/token"), 0);
}

#[tokio::test]
async fn a_renewed_token_is_the_same_persons() {
    let signer = Signer::es256("key-1");
    let says = Says::start(&signer).await;
    let provider = says.provider();
    let refresh = async || provider.refresh(&Secret::new("refresh-1"), "00u-alice").await;
    // Neither a nonce nor its absence means anything here, and a token may be made early.
    for claims in [json!({ "nonce": null }), json!({ "nonce": "another" }), json!({ "iat": now() - 3600 })] {
        says.grants(&signer.sign(&signer.header(), &says.claims(&claims)));
        assert_eq!(refresh().await.unwrap().claims.unwrap().subject, "00u-alice");
    }
    says.grants(&signer.sign(&signer.header(), &says.claims(&json!({ "sub": "00u-mallory" }))));
    assert_eq!(refresh().await.unwrap().doubt, Some(Trouble::AnotherPerson));
    says.grants(&signer.sign(&signer.header(), &says.claims(&json!({ "iss": "https://idp.example.com" }))));
    let grant = refresh().await.unwrap();
    assert_eq!(grant.doubt, Some(Trouble::Untrusted("the ID token is another issuer's")));
    assert!(grant.id_token.is_none() && grant.claims.is_none());
}
