//! A session outlives the login that it came from, until somebody ends it.

use std::time::Duration;

use serde_json::json;

use super::{KEY, Stage, answer, keys_of, refused};
use crate::sandbox::identity_platform::{Endpoint, Tenant};
use crate::sandbox::jws::IssuerKeys;
use crate::sandbox::keys::KeyPair;
use crate::sandbox::p0::SignOn;
use crate::sandbox::wire::Fault;

#[tokio::test]
async fn it_is_refreshed_although_the_provider_knows_the_person_no_longer() {
    let stage = Stage::set().await;
    let session = stage.session().await;
    stage.clock.advance(Duration::from_secs(3600));
    assert_eq!(stage.account(&session["idToken"]).await, 401);
    let gone = IssuerKeys::Url("http://127.0.0.1:9/jwks.json".to_owned());
    stage.platform.set_tenant(Tenant::of(&SignOn::default(), "https://sso.example.com", gone));
    assert_eq!(refused(stage.sign_in_with(&stage.id_token(json!({}))).await), "INVALID_IDP_RESPONSE");
    let (status, refreshed) = stage.refresh(session["refreshToken"].as_str().unwrap()).await;
    assert_eq!((status, &refreshed["expires_in"]), (200, &json!("3600")));
    assert_eq!(refreshed["refresh_token"], session["refreshToken"]);
    assert_eq!(stage.account(&refreshed["id_token"]).await, 200);
    let call = stage.platform.calls().pop().unwrap();
    assert_eq!((call.endpoint, call.email.as_deref()), (Endpoint::Refresh, Some("alice@example.com")));
}

#[tokio::test]
async fn it_ends_when_it_is_expired_or_the_account_closed() {
    let stage = Stage::set().await;
    let first = stage.session().await;
    stage.platform.expire("alice@example.com");
    assert_eq!(refused(stage.refresh(first["refreshToken"].as_str().unwrap()).await), "TOKEN_EXPIRED");
    let second = stage.session().await;
    assert_eq!(stage.refresh(second["refreshToken"].as_str().unwrap()).await.0, 200, "a new login opens a new one");
    stage.platform.disable("alice@example.com");
    assert_eq!(refused(stage.refresh(second["refreshToken"].as_str().unwrap()).await), "USER_DISABLED");
    assert_eq!(refused(stage.sign_in_with(&stage.id_token(json!({}))).await), "USER_DISABLED");
    assert_eq!(stage.platform.calls().pop().unwrap().refused.as_deref(), Some("USER_DISABLED"));
}

#[tokio::test]
async fn what_is_not_asked_rightly_is_refused_by_name() {
    let stage = Stage::set().await;
    assert_eq!(refused(stage.refresh("guessed").await), "INVALID_REFRESH_TOKEN");
    let url = format!("{}/v1/token?key={KEY}", stage.platform.secure_token_url());
    let form = |form: &[(&str, &str)]| answer(stage.http.post(&url).form(form));
    assert_eq!(refused(form(&[("refresh_token", "x")]).await), "INVALID_GRANT_TYPE");
    assert_eq!(refused(form(&[("grant_type", "refresh_token")]).await), "MISSING_REFRESH_TOKEN");
    let json = stage.http.post(&url).json(&json!({ "grant_type": "refresh_token" }));
    assert_eq!(refused(answer(json).await), "Invalid JSON payload received.");
    let keyless = stage.http.post(url.replace(KEY, "guessed"));
    assert!(refused(answer(keyless).await).starts_with("API key not valid"));
}

#[tokio::test]
async fn a_lost_answer_has_done_no_harm() {
    let stage = Stage::set().await;
    let session = stage.session().await;
    let refresh_token = session["refreshToken"].as_str().unwrap();
    stage.platform.fail_next(1, Endpoint::Refresh, Fault::LostAnswer);
    let url = format!("{}/v1/token?key={KEY}", stage.platform.secure_token_url());
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    assert!(stage.http.post(url).form(&form).send().await.is_err());
    let lost = stage.platform.calls().pop().unwrap();
    assert_eq!((lost.status, lost.email.as_deref()), (None, Some("alice@example.com")));
    stage.platform.set_tenant(Tenant::of(&SignOn::default(), "https://new.example.com", keys_of(&KeyPair::generate())));
    assert_eq!(stage.refresh(refresh_token).await.0, 200);
}
