//! The device flow: who polls, how often, and what they hear.

use std::time::Duration;

use serde_json::Value;

use super::{Stage, error, refused};
use crate::sandbox::idp::IdpSetup;

const POLLING: &str = "urn:ietf:params:oauth:grant-type:device_code";

impl Stage {
    async fn begin(&self) -> Value {
        let form = [("client_id", "p0-device"), ("scope", "openid email offline_access")];
        let (status, answer) = self.send(self.http.post(self.url("/device_authorization")).form(&form)).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn poll(&self, device: &Value) -> (u16, Value) {
        let code = device["device_code"].as_str().unwrap();
        let form = [("grant_type", POLLING), ("device_code", code), ("client_id", "p0-device")];
        self.send(self.http.post(self.url("/token")).form(&form)).await
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn user_code(device: &Value) -> &str {
    device["user_code"].as_str().unwrap()
}

fn pending() -> (u16, String) {
    refused(400, "authorization_pending")
}

#[tokio::test]
async fn a_device_polls_until_its_person_allows_it_and_hears_it_once() {
    let stage = Stage::set().await;
    let device = stage.begin().await;
    assert_eq!(error(stage.poll(&device).await), pending());
    stage.pass(5);
    assert_eq!(error(stage.poll(&device).await), pending());
    stage.idp.enter_code(&user_code(&device).replace('-', "").to_lowercase(), "carol").await.unwrap();
    stage.pass(5);
    let (status, tokens) = stage.poll(&device).await;
    assert_eq!((status, stage.idp.polls(user_code(&device))), (200, 3));
    let claims = stage.claims(&tokens["id_token"]).await;
    assert_eq!(
        (&claims["sub"], &claims["aud"], &claims["nonce"]),
        (&"00u-carol".into(), &"p0-device".into(), &Value::Null)
    );
    assert_eq!(stage.idp.living_families("carol"), 1);
    stage.pass(5);
    assert_eq!(error(stage.poll(&device).await), refused(400, "invalid_grant"));
    assert_eq!(stage.idp.living_families("carol"), 0, "as oidc-provider does it");
}

#[tokio::test]
async fn who_polls_too_fast_has_to_slow_down() {
    let stage = Stage::set().await;
    let device = stage.begin().await;
    assert_eq!(error(stage.poll(&device).await), pending());
    stage.pass(4);
    assert_eq!(error(stage.poll(&device).await), refused(400, "slow_down"));
    stage.pass(9);
    assert_eq!(error(stage.poll(&device).await), refused(400, "slow_down"), "the interval is 10 s by now");
    stage.pass(15);
    assert_eq!(error(stage.poll(&device).await), pending(), "and 15 s now");
    stage.idp.enter_code(user_code(&device), "carol").await.unwrap();
    assert_eq!(stage.poll(&device).await.0, 200, "there is nothing to wait for any more");
}

#[tokio::test]
async fn a_denial_and_the_end_are_said() {
    let stage = Stage::set().await;
    let denied = stage.begin().await;
    stage.idp.deny_code(user_code(&denied)).await.unwrap();
    assert_eq!(error(stage.poll(&denied).await), refused(400, "access_denied"));
    assert_eq!(error(stage.poll(&denied).await), refused(400, "invalid_grant"));
    let late = stage.begin().await;
    stage.pass(300);
    assert_eq!(error(stage.poll(&late).await), refused(400, "expired_token"));
    assert_eq!(stage.idp.enter_code(user_code(&late), "carol").await.unwrap_err().status, Some(404));
    let decided = stage.begin().await;
    stage.idp.enter_code(user_code(&decided), "carol").await.unwrap();
    assert_eq!(stage.idp.enter_code(user_code(&decided), "bob").await.unwrap_err().status, Some(404), "decided");
    stage.idp.disable("carol");
    assert_eq!(error(stage.poll(&decided).await), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn a_device_code_is_its_clients() {
    let stage = Stage::set().await;
    let device = stage.begin().await;
    let code = device["device_code"].as_str().unwrap();
    let other = stage.post("/token", &[("grant_type", POLLING), ("device_code", code)]).await;
    assert_eq!(error(other), refused(400, "unauthorized_client"));
    let form = [("grant_type", POLLING), ("device_code", "made-up"), ("client_id", "p0-device")];
    let guess = stage.send(stage.http.post(stage.url("/token")).form(&form)).await;
    assert_eq!(error(guess), refused(400, "invalid_grant"));
    let not_for_it = stage.post("/device_authorization", &[("scope", "openid")]).await;
    assert_eq!(error(not_for_it), refused(400, "unauthorized_client"));
}

#[tokio::test]
async fn providers_differ_in_what_they_tell_a_device() {
    let stage = Stage::set().await;
    let device = stage.begin().await;
    let complete = format!("{}/device?user_code={}", stage.idp.issuer(), user_code(&device));
    assert_eq!(device["verification_uri_complete"], complete);
    assert_eq!((&device["interval"], &device["expires_in"]), (&5.into(), &300.into()));
    let bare = IdpSetup { interval: None, complete_uri: false, ..IdpSetup::default() };
    let stage = Stage::set_with(bare).await;
    let device = stage.begin().await;
    assert_eq!((&device["interval"], &device["verification_uri_complete"]), (&Value::Null, &Value::Null));
    stage.poll(&device).await;
    stage.pass(4);
    assert_eq!(error(stage.poll(&device).await), refused(400, "slow_down"), "it is 5 s all the same");
}
