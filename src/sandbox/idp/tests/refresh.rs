//! Refreshing: what rotates, what stays, and what ends a family.

use std::time::Duration;

use serde_json::Value;

use super::{CLIENT, SECRET, Stage, error, refused};
use crate::sandbox::idp::{Client, IdpSetup};

#[tokio::test]
async fn an_old_refresh_token_that_comes_back_ends_the_family() {
    let stage = Stage::set().await;
    let first = stage.tokens("alice", &[]).await;
    let (status, second) = stage.refresh(&first["refresh_token"]).await;
    assert_eq!(status, 200);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(stage.idp.living_families("alice"), 1);
    assert_eq!(error(stage.refresh(&first["refresh_token"]).await), refused(400, "invalid_grant"));
    assert_eq!(stage.why(), "used before: the family counts no more");
    assert_eq!(error(stage.refresh(&second["refresh_token"]).await), refused(400, "invalid_grant"));
    assert_eq!(stage.idp.living_families("alice"), 0);
}

#[tokio::test]
async fn a_family_is_one_sign_in_and_no_other() {
    let stage = Stage::set().await;
    let (mine, other) = (stage.tokens("alice", &[]).await, stage.tokens("alice", &[]).await);
    stage.refresh(&mine["refresh_token"]).await;
    stage.refresh(&mine["refresh_token"]).await;
    assert_eq!(stage.idp.living_families("alice"), 1);
    assert_eq!(stage.refresh(&other["refresh_token"]).await.0, 200);
    stage.idp.revoke_families_of("alice");
    assert_eq!(stage.idp.living_families("alice"), 0);
    assert_eq!(stage.tokens("alice", &[]).await["token_type"], "Bearer", "she can sign in anew");
}

#[tokio::test]
async fn a_refreshed_id_token_is_of_the_same_sign_in() {
    let stage = Stage::set().await;
    let first = stage.tokens("alice", &[]).await;
    let before = stage.claims(&first["id_token"]).await;
    stage.clock.advance(Duration::from_secs(100));
    let (_, second) = stage.refresh(&first["refresh_token"]).await;
    let after = stage.claims(&second["id_token"]).await;
    for name in ["iss", "sub", "aud", "auth_time", "acr", "email"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    assert_eq!((&before["nonce"], &after["nonce"]), (&Value::from("a-nonce"), &Value::Null));
    assert_eq!(after["iat"].as_i64(), before["iat"].as_i64().map(|iat| iat + 100));
    stage.idp.change(|setup| setup.refreshes_id_token = false);
    assert_eq!(stage.refresh(&second["refresh_token"]).await.1["id_token"], Value::Null);
}

#[tokio::test]
async fn where_nothing_rotates_the_first_one_stays() {
    let stage = Stage::set_with(IdpSetup { rotates: false, ..IdpSetup::default() }).await;
    let first = stage.tokens("alice", &[]).await;
    for _ in 0..2 {
        let (status, answer) = stage.refresh(&first["refresh_token"]).await;
        assert_eq!((status, &answer["refresh_token"]), (200, &Value::Null));
    }
}

#[tokio::test]
async fn in_the_grace_a_missed_answer_is_given_again() {
    let grace = Duration::from_secs(30);
    let stage = Stage::set_with(IdpSetup { rotation_grace: grace, ..IdpSetup::default() }).await;
    let first = stage.tokens("alice", &[]).await;
    assert_eq!(stage.refresh(&first["refresh_token"]).await.0, 200);
    stage.clock.advance(Duration::from_secs(29));
    let (status, again) = stage.refresh(&first["refresh_token"]).await;
    assert_eq!(status, 200);
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(error(stage.refresh(&first["refresh_token"]).await), refused(400, "invalid_grant"));
    assert_eq!(error(stage.refresh(&again["refresh_token"]).await), refused(400, "invalid_grant"));
}

#[tokio::test]
async fn it_ends_with_its_time_its_account_and_is_its_clients() {
    let mut setup = IdpSetup { refresh_life: Duration::from_secs(60), ..IdpSetup::default() };
    setup.clients.push(Client::confidential("other", "other-secret"));
    let stage = Stage::set_with(setup).await;
    let first = stage.tokens("alice", &[]).await;
    let token = first["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let as_other = stage.http.post(stage.url("/token")).basic_auth("other", Some("other-secret")).form(&form);
    assert_eq!(error(stage.send(as_other).await), refused(400, "invalid_grant"));
    stage.clock.advance(Duration::from_secs(59));
    let (_, second) = stage.refresh(&first["refresh_token"]).await;
    stage.clock.advance(Duration::from_secs(60));
    assert_eq!(stage.idp.living_families("alice"), 0);
    assert_eq!(error(stage.refresh(&second["refresh_token"]).await), refused(400, "invalid_grant"));
    let bobs = stage.tokens("bob", &[]).await;
    stage.idp.change_account("bob", |bob| bob.disabled = true);
    assert_eq!(error(stage.refresh(&bobs["refresh_token"]).await), refused(400, "invalid_grant"));
    assert_eq!(stage.why(), "the account is switched off");
}

#[tokio::test]
async fn a_scope_can_be_made_narrower_and_never_wider() {
    let stage = Stage::set().await;
    let first = stage.tokens("alice", &[("scope", "openid email offline_access")]).await;
    let asking = |token: &Value, scope: &'static str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap()), ("scope", scope)];
        stage.send(stage.http.post(stage.url("/token")).basic_auth(CLIENT, Some(SECRET)).form(&form))
    };
    assert_eq!(error(asking(&first["refresh_token"], "openid profile").await), refused(400, "invalid_scope"));
    let (status, narrow) = asking(&first["refresh_token"], "openid").await;
    assert_eq!((status, narrow["scope"].as_str()), (200, Some("openid")), "the refusal has spent nothing");
    assert_eq!(stage.claims(&narrow["id_token"]).await["email"], Value::Null);
}

#[tokio::test]
async fn a_token_given_back_ends_its_family() {
    let stage = Stage::set().await;
    for name in ["refresh_token", "access_token", "id_token"] {
        let tokens = stage.tokens("alice", &[]).await;
        assert_eq!(stage.idp.living_families("alice"), 1);
        let given = [("token", tokens[name].as_str().unwrap()), ("token_type_hint", name)];
        assert_eq!(stage.post("/revoke", &given).await.0, 200);
        assert_eq!(stage.idp.living_families("alice"), 0, "{name}");
    }
    assert_eq!(stage.post("/revoke", &[("token", "unknown")]).await.0, 200, "RFC 7009 2.2");
    assert_eq!(error(stage.post("/revoke", &[]).await), refused(400, "invalid_request"));
    let tokens = stage.tokens("alice", &[]).await;
    let form = [("token", tokens["refresh_token"].as_str().unwrap()), ("client_id", "p0-device")];
    let stranger = stage.http.post(stage.url("/revoke")).form(&form);
    assert_eq!(error(stage.send(stranger).await), refused(400, "invalid_grant"));
    assert_eq!(stage.idp.living_families("alice"), 1);
}
