//! What goes wrong on purpose, and what the log and the snapshot tell of it all.

use std::time::Duration;

use serde_json::json;

use super::{CLIENT, SECRET, Stage, error, of};
use crate::sandbox::idp::{Endpoint, Fault, Grant, Stuck, Target};

/// Long enough to send a call on a busy machine, short enough to wait for in a test.
const IMPATIENT: Duration = Duration::from_millis(500);

impl Stage {
    /// How a refresh fails on the way, or its status.
    async fn try_refresh(&self, token: &serde_json::Value) -> Result<u16, &'static str> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())];
        let call = self.http.post(self.url("/token")).basic_auth(CLIENT, Some(SECRET)).form(&form);
        match call.timeout(IMPATIENT).send().await {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) if error.is_connect() => Err("not connected"),
            Err(error) if error.is_timeout() => Err("timeout"),
            Err(_) => Err("no answer"),
        }
    }
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_has_spent_its_token() {
    let stage = Stage::set().await;
    let tokens = stage.tokens("alice", &[]).await;
    stage.idp.fail_next(1, Grant::RefreshToken, Fault::LostAnswer);
    assert_eq!(stage.try_refresh(&tokens["refresh_token"]).await, Err("no answer"));
    let call = stage.idp.calls().pop().unwrap();
    assert_eq!((call.status, call.outcome.as_deref(), call.grant), (None, Some("ok"), Some(Grant::RefreshToken)));
    assert_eq!(stage.idp.living_families("alice"), 1);
    assert_eq!(stage.try_refresh(&tokens["refresh_token"]).await, Ok(400));
    assert_eq!(stage.idp.living_families("alice"), 0);
}

#[tokio::test]
async fn a_refresh_that_was_not_worked_on_has_not() {
    let stage = Stage::set().await;
    let tokens = stage.tokens("alice", &[]).await;
    for (fault, heard) in [
        (Fault::bad_gateway(), Ok(502)),
        (Fault::too_many(Some(3)), Ok(429)),
        (Fault::ErrorAt200("not today".to_owned()), Ok(200)),
        (Fault::Hang, Err("timeout")),
        (Fault::Drop, Err("no answer")),
    ] {
        stage.idp.fail_next(1, Grant::RefreshToken, fault);
        assert_eq!(stage.try_refresh(&tokens["refresh_token"]).await, heard);
        assert_eq!(stage.idp.calls().pop().unwrap().outcome, None);
    }
    assert_eq!(stage.try_refresh(&tokens["refresh_token"]).await, Ok(200));
}

#[tokio::test]
async fn faults_meet_what_they_were_scripted_for() {
    let stage = Stage::set().await;
    let tokens = stage.tokens("alice", &[]).await;
    stage.idp.fail_until_cleared(Endpoint::Token, Fault::bad_gateway());
    stage.idp.fail_next(1, Endpoint::Jwks, Fault::text(500, "boom"));
    assert_eq!(stage.try_refresh(&tokens["refresh_token"]).await, Ok(502));
    assert_eq!(stage.send(stage.http.get(stage.url("/jwks"))).await, (500, json!("boom")));
    assert_eq!(stage.send(stage.http.get(stage.url("/jwks"))).await.0, 200);
    assert_eq!(stage.try_refresh(&tokens["refresh_token"]).await, Ok(502));
    stage.idp.clear_faults();
    stage.idp.fail_next(1, Grant::DeviceCode, Fault::bad_gateway());
    assert_eq!(stage.try_refresh(&tokens["refresh_token"]).await, Ok(200), "another grant");
    stage.idp.fail_next(1, Target::Any, Fault::bad_gateway());
    assert_eq!(stage.idp.log_in(stage.link(&[]), "alice").await.unwrap_err().status, Some(502));
}

#[tokio::test]
async fn down_refuses_connections_and_up_has_forgotten_nothing() {
    let stage = Stage::set().await;
    let tokens = stage.tokens("alice", &[]).await;
    let issuer = stage.idp.issuer();
    stage.idp.down().await;
    assert_eq!(stage.try_refresh(&tokens["refresh_token"]).await, Err("not connected"));
    assert!(matches!(stage.idp.log_in(stage.link(&[]), "alice").await, Err(Stuck { status: None, .. })));
    stage.idp.up().await.unwrap();
    assert_eq!(stage.idp.issuer(), issuer);
    assert_eq!(stage.try_refresh(&tokens["refresh_token"]).await, Ok(200));
    stage.idp.stop().await;
    assert!(stage.idp.up().await.is_err(), "stopped for good");
}

#[tokio::test]
async fn the_log_says_who_asked_for_whom_and_what_came_of_it() {
    let stage = Stage::set().await;
    let mut changed = stage.idp.changed();
    let tokens = stage.tokens("alice", &[]).await;
    stage.refresh(&tokens["refresh_token"]).await;
    stage.refresh(&tokens["refresh_token"]).await;
    assert!(changed.has_changed().unwrap());
    changed.borrow_and_update();
    let told: Vec<_> = stage
        .idp
        .calls()
        .into_iter()
        .map(|call| {
            assert_eq!(call.client.as_deref(), Some(CLIENT));
            (call.endpoint.unwrap(), call.grant, call.subject, call.outcome.unwrap(), call.status.unwrap())
        })
        .collect();
    let alice = || Some("00u-alice".to_owned());
    let ok = || "ok".to_owned();
    assert_eq!(
        told,
        [
            (Endpoint::Authorize, None, None, ok(), 200),
            (Endpoint::Authorize, None, alice(), ok(), 303),
            (Endpoint::Token, Some(Grant::AuthorizationCode), alice(), ok(), 200),
            (Endpoint::Token, Some(Grant::RefreshToken), alice(), ok(), 200),
            (Endpoint::Token, Some(Grant::RefreshToken), alice(), "invalid_grant".to_owned(), 400),
        ]
    );
}

#[tokio::test]
async fn no_secret_is_shown() {
    let stage = Stage::set().await;
    let callback = stage.idp.log_in(stage.link(&[]), "alice").await.unwrap();
    let code = of(&callback, "code").unwrap();
    let (_, tokens) = stage.redeem(&code).await;
    let form = [("client_id", "p0-device"), ("scope", "openid")];
    let (_, device) = stage.send(stage.http.post(stage.url("/device_authorization")).form(&form)).await;
    stage.http.get(stage.link(&[])).send().await.unwrap();
    assert_eq!(error(stage.post("/token", &[("grant_type", "x"), ("code", &code)]).await).1, "unsupported_grant_type");
    assert_eq!(stage.redeem(&code).await.0, 400);
    let shown = stage.idp.snapshot();
    assert_eq!(shown["families"][0]["client"], CLIENT);
    assert_eq!(shown["devices"][0]["decision"], "pending");
    let shown = format!("{shown} {:?}", stage.idp.calls());
    let secret = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let codes = ["device_code", "user_code"].map(|name| secret(&device[name]));
    let given = ["access_token", "id_token", "refresh_token"].map(|name| secret(&tokens[name]));
    for secret in codes.iter().chain(&given).chain([&code, &SECRET.to_owned()]) {
        assert!(!shown.contains(secret.as_str()), "{secret}");
    }
}
