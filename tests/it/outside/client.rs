//! The bot's own client at the providers that nobody here wrote.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p0_chatops::authorize::openid::exchange::jwt_bearer;
use p0_chatops::authorize::openid::token_endpoint::{Authentication, TokenEndpoint};
use p0_chatops::authorize::openid::{Ask, Grant, Poll, Provider, Registration, Revoked, Trouble, Verified};
use p0_chatops::clock::Clock;
use p0_chatops::config::Secret;
use p0_chatops::domain::route::risk::Fresh;
use p256::pkcs8::EncodePrivateKey as _;
use serde_json::json;
use url::Url;

use super::control::http;
use super::jwt_bearer_server::JwtBearerServer;
use super::oidc_provider::{AccessTokens, Account, OidcProvider, SECRET, Setup};
use super::relying_party::parameter;
use crate::identity::{ISSUER, asserting, signing_key};

const ALICE: &str = "00u-alice";

/// The client as `p0-chatops`, and where its callbacks go.
struct Confidential {
    client: Provider,
    redirect_uri: Url,
}

impl Confidential {
    async fn of(provider: &OidcProvider) -> Self {
        let redirect_uri: Url = "http://127.0.0.1:9/link/provider".parse().unwrap();
        provider.redirect_to(redirect_uri.as_str()).await;
        Self { client: client(provider, "p0-chatops", Some(SECRET)), redirect_uri }
    }

    async fn signs_in(&self, provider: &OidcProvider, fresh: Option<Fresh>) -> Result<Grant, Trouble> {
        let (redirect_uri, verifier) = (&self.redirect_uri, "a-verifier-of-at-least-forty-three-characters");
        let ask =
            Ask { redirect_uri, state: "a-state", nonce: "a-nonce", verifier, login_hint: None, team: None, fresh };
        let url = self.client.authorization_url(&ask).await?;
        let callback = provider.log_in_with("at home", url.as_str(), ALICE).await.unwrap();
        let (code, iss) = (parameter(&callback, "code").unwrap(), parameter(&callback, "iss"));
        self.client.redeem(&code, redirect_uri, verifier, "a-nonce", iss.as_deref()).await
    }
}

fn client(provider: &OidcProvider, id: &str, secret: Option<&str>) -> Provider {
    let registration = Registration {
        issuer: provider.issuer.clone(),
        client_id: id.to_owned(),
        client_secret: secret.map(Secret::new),
        scopes: ["email", "offline_access"].map(str::to_owned).into(),
        pkce: true,
    };
    Provider::new(registration, http(), Clock::system())
}

fn invalid_grant<T>(result: Result<T, Trouble>) -> bool {
    matches!(result, Err(Trouble::Refused { code, .. }) if code == "invalid_grant")
}

#[tokio::test]
async fn a_sign_in_is_believed_and_renewed_until_an_old_token_ends_its_family() {
    let Some(provider) = OidcProvider::start(&Setup::default()) else { return };
    let bot = Confidential::of(&provider).await;
    let first = bot.signs_in(&provider, None).await.unwrap();
    let who = first.claims.unwrap();
    assert_eq!((who.subject.as_str(), who.email.as_deref()), (ALICE, Some("alice@example.com")));
    assert_eq!(who.email_verified, Some(Verified::Yes));

    let old = first.refresh_token.unwrap();
    let second = bot.client.refresh(&old, ALICE).await.unwrap();
    assert_eq!(second.claims.unwrap().subject, ALICE);
    assert!(invalid_grant(bot.client.refresh(&old, ALICE).await));
    assert!(invalid_grant(bot.client.refresh(&second.refresh_token.unwrap(), ALICE).await));
}

#[tokio::test]
async fn a_fresh_sign_in_says_when_and_how() {
    let high = Account { acr: vec!["phr".into()], ..Account::of("alice") };
    let Some(provider) = OidcProvider::start(&Setup { accounts: vec![high], ..Setup::default() }) else { return };
    let bot = Confidential::of(&provider).await;
    let usual = bot.signs_in(&provider, None).await.unwrap();
    assert_eq!(usual.claims.unwrap().auth_time, None);
    let asked = Clock::system().now();
    let fresh = Fresh { max_age: Duration::ZERO, acr_values: vec!["phr".into()] };
    let proof = bot.signs_in(&provider, Some(fresh)).await.unwrap().claims.unwrap();
    assert_eq!(proof.acr.as_deref(), Some("phr"));
    assert!(proof.auth_time.unwrap().as_second() >= asked.as_second());
}

#[tokio::test]
async fn what_is_given_back_is_dead_and_who_has_left_gets_nothing() {
    let Some(provider) = OidcProvider::start(&Setup::default()) else { return };
    let bot = Confidential::of(&provider).await;
    let token = bot.signs_in(&provider, None).await.unwrap().refresh_token.unwrap();
    assert_eq!(bot.client.revoke(&token).await, Ok(Revoked::AtProvider));
    assert!(invalid_grant(bot.client.refresh(&token, ALICE).await));
    // Whoever gives a token back twice is told the same.
    assert_eq!(bot.client.revoke(&token).await, Ok(Revoked::AtProvider));

    let token = bot.signs_in(&provider, None).await.unwrap().refresh_token.unwrap();
    provider.disable(ALICE).await;
    assert!(invalid_grant(bot.client.refresh(&token, ALICE).await));
}

#[tokio::test]
async fn a_device_code_is_asked_about_until_the_person_has_answered() {
    let erin = Account { email_verified: None, ..Account::of("erin") };
    let setup = Setup { accounts: vec![erin], access_tokens: AccessTokens::Opaque, token_life: 60 };
    let Some(provider) = OidcProvider::start(&setup) else { return };
    let bot = client(&provider, "p0-device", None);
    let code = bot.device_code().await.unwrap();
    // This provider does not say how often it may be asked.
    assert_eq!(code.interval, Duration::from_secs(5));
    assert!(matches!(bot.poll(&code.device_code).await, Ok(Poll::Pending)));
    provider.enter_code(&code.user_code, "00u-erin").await.unwrap();
    let Ok(Poll::Granted(grant)) = bot.poll(&code.device_code).await else { panic!("nothing was granted") };
    let who = grant.claims.unwrap();
    assert_eq!((who.subject.as_str(), who.email_verified), ("00u-erin", None));
    assert!(bot.refresh(&grant.refresh_token.unwrap(), "00u-erin").await.is_ok());

    let denied = bot.device_code().await.unwrap();
    provider.deny_code(&denied.user_code).await.unwrap();
    assert!(matches!(bot.poll(&denied.device_code).await, Ok(Poll::Denied)));
}

#[tokio::test]
async fn an_assertion_is_exchanged_for_a_token_of_its_subject() {
    let Some(server) = JwtBearerServer::start(&["alice@example.com"], 60) else { return };
    let world = asserting().await;
    let jwks_url = format!("{}/.well-known/jwks.json", world.base);
    server.trust(ISSUER, &jwks_url).await;
    let url = server.token_endpoint.parse().unwrap();
    let endpoint = TokenEndpoint::new(url, Authentication::None, http(), Clock::system());
    let key = EncodingKey::from_ec_der(signing_key().to_pkcs8_der().unwrap().as_bytes());
    let exp = world.clock.now().as_second() + 60;
    let claims = json!({
        "iss": ISSUER, "sub": "alice@example.com", "aud": server.token_endpoint, "exp": exp, "jti": "1",
    });
    let assertion = Secret::new(encode(&Header::new(Algorithm::ES256), &claims, &key).unwrap());
    let token = jwt_bearer(&endpoint, &assertion, None).await.unwrap();
    assert!(token.expires.is_some());
    assert_eq!(server.subject_of(token.access_token.expose()).await.as_deref(), Some("alice@example.com"));
    assert!(invalid_grant(jwt_bearer(&endpoint, &assertion, None).await));
}
