//! An authorization code is exchanged once, by whom it was made for, with what only they know.

use std::time::Duration;

use super::{REDIRECT, Stage, VERIFIER, error, of, redeeming, refused};
use crate::sandbox::idp::{Client, Grant, IdpSetup, RefreshTokens};

impl Stage {
    async fn code(&self) -> String {
        of(&self.idp.log_in(self.link(&[]), "alice").await.unwrap(), "code").unwrap()
    }

    /// A good exchange of a new code, except for one parameter; an empty one is left out.
    async fn redeem_with(&self, name: &str, value: &str) -> (u16, String) {
        let code = self.code().await;
        let mut form = redeeming(&code);
        form.iter_mut().filter(|(own, _)| *own == name).for_each(|pair| pair.1 = value);
        error(self.post("/token", &form).await)
    }
}

#[tokio::test]
async fn only_the_verifier_and_the_redirect_uri_of_before_fit() {
    let stage = Stage::set().await;
    let another = VERIFIER.replace('a', "b");
    for (name, value, code) in [
        ("code", "", "invalid_request"),
        ("code", "made-up", "invalid_grant"),
        ("code_verifier", "", "invalid_request"),
        ("code_verifier", "short", "invalid_grant"),
        ("code_verifier", &another, "invalid_grant"),
        ("redirect_uri", "", "invalid_request"),
        ("redirect_uri", "https://bot.example/link", "invalid_grant"),
        ("grant_type", "", "invalid_request"),
        ("grant_type", "password", "unsupported_grant_type"),
    ] {
        assert_eq!(stage.redeem_with(name, value).await, refused(400, code), "{name}={value}");
    }
    assert_eq!(stage.redeem_with("", "").await, refused(200, "no error"));
}

#[tokio::test]
async fn a_code_used_twice_takes_back_what_it_gave() {
    let stage = Stage::set().await;
    let code = stage.code().await;
    let (_, tokens) = stage.redeem(&code).await;
    assert_eq!(stage.idp.living_families("alice"), 1);
    assert_eq!(error(stage.redeem(&code).await), refused(400, "invalid_grant"));
    assert_eq!(stage.idp.living_families("alice"), 0);
    assert_eq!(error(stage.refresh(&tokens["refresh_token"]).await), refused(400, "invalid_grant"));
    assert_eq!(stage.why(), "the family was revoked");
}

#[tokio::test]
async fn a_code_ends_after_a_minute_and_with_its_account() {
    let stage = Stage::set().await;
    let (early, late) = (stage.code().await, stage.code().await);
    stage.clock.advance(Duration::from_secs(59));
    assert_eq!(stage.redeem(&early).await.0, 200);
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(error(stage.redeem(&late).await), refused(400, "invalid_grant"));
    let code = stage.code().await;
    stage.idp.disable("alice");
    assert_eq!(error(stage.redeem(&code).await), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn another_client_cannot_use_it() {
    let mut setup = IdpSetup::default();
    setup.clients.push(Client::confidential("other", "other-secret"));
    setup.clients.push(Client { grants: vec![Grant::RefreshToken], ..Client::confidential("narrow", "s") });
    let stage = Stage::set_with(setup).await;
    let code = stage.code().await;
    let as_other = stage.http.post(stage.url("/token")).basic_auth("other", Some("other-secret"));
    assert_eq!(error(stage.send(as_other.form(&redeeming(&code))).await), refused(400, "invalid_grant"));
    let as_narrow = stage.http.post(stage.url("/token")).basic_auth("narrow", Some("s"));
    assert_eq!(error(stage.send(as_narrow.form(&redeeming(&code))).await), refused(400, "unauthorized_client"));
    stage.idp.allow_redirect("narrow", REDIRECT);
    let callback = stage.idp.log_in(stage.link(&[("client_id", "narrow")]), "alice").await.unwrap();
    assert_eq!(of(&callback, "error").as_deref(), Some("unauthorized_client"));
    assert_eq!(stage.redeem(&code).await.0, 200, "and it is still good for whom it was made for");
}

#[tokio::test]
async fn a_refresh_token_is_given_to_those_who_ask_rightly() {
    let stage = Stage::set().await;
    let given = |scope: &'static str, prompt: &'static str| async {
        stage.tokens("alice", &[("scope", scope), ("prompt", prompt)]).await["refresh_token"].is_string()
    };
    assert!(given("openid offline_access", "consent").await);
    assert!(!given("openid offline_access", "").await, "OpenID Connect Core 11");
    assert!(!given("openid", "consent").await);
    stage.idp.change(|setup| setup.refresh_tokens = RefreshTokens::ForScope);
    assert!(given("openid offline_access", "").await);
    assert!(!given("openid", "").await);
    stage.idp.change(|setup| setup.refresh_tokens = RefreshTokens::Always);
    assert!(given("openid", "").await);
    stage.idp.change(|setup| setup.clients[0].grants = vec![Grant::AuthorizationCode]);
    assert!(!given("openid", "").await, "a client without the grant gets none");
}
