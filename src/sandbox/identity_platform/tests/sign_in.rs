//! A provider's ID token for a bearer of P0.

use std::time::Duration;

use serde_json::json;

use super::{ISSUER, KEY, Stage, answer, hashed, keys_of, refused};
use crate::sandbox::identity_platform::{Endpoint, Tenant};
use crate::sandbox::keys::KeyPair;
use crate::sandbox::p0::SignOn;
use crate::sandbox::wire::Fault;

#[tokio::test]
async fn a_login_becomes_a_bearer_that_p0_takes_for_an_hour() {
    let stage = Stage::set().await;
    let session = stage.session().await;
    assert_eq!((&session["expiresIn"], &session["email"]), (&json!("3600"), &json!("alice@example.com")));
    assert_eq!(stage.account(&session["idToken"]).await, 200);
    let call = stage.p0.calls().pop().unwrap();
    assert_eq!((call.identity.as_deref(), call.subject), (Some("alice@example.com"), as_text(&session["localId"])));
    let asked = stage.platform.calls().pop().unwrap();
    assert_eq!((asked.endpoint, asked.provider_subject.as_deref()), (Endpoint::SignIn, Some("00u-alice")));
    stage.clock.advance(Duration::from_secs(3600));
    assert_eq!(stage.account(&session["idToken"]).await, 401);
    assert_eq!(stage.session().await["localId"], session["localId"], "the same account as before");
}

fn as_text(value: &serde_json::Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[tokio::test]
async fn only_the_tenants_provider_vouches_and_only_for_its_client() {
    let stage = Stage::set().await;
    let now = stage.clock.now().as_second();
    let wrong = [
        json!({ "aud": "the-bots-own-client" }),
        json!({ "iss": "https://other.example.com" }),
        json!({ "exp": now }),
        json!({ "sub": null }),
    ];
    for changes in wrong {
        let answer = stage.sign_in_with(&stage.id_token(changes.clone())).await;
        assert_eq!(refused(answer), "INVALID_IDP_RESPONSE", "{changes}");
    }
    let honest = stage.id_token(json!({}));
    let forged = Stage { provider: KeyPair::generate(), ..stage };
    assert_eq!(refused(forged.sign_in_with(&forged.id_token(json!({}))).await), "INVALID_IDP_RESPONSE");
    assert_eq!(refused(forged.sign_in_with("no-jwt").await), "INVALID_IDP_RESPONSE");
    assert_eq!(forged.sign_in_with(&honest).await.0, 200);
}

#[tokio::test]
async fn what_is_not_asked_rightly_is_refused_by_name() {
    let stage = Stage::set().await;
    let id_token = stage.id_token(json!({}));
    let right = [("id_token", id_token.as_str()), ("providerId", "oidc.okta")];
    for (changes, code) in [
        (json!({ "tenantId": "other-tenant" }), "INVALID_TENANT_ID"),
        (json!({ "tenantId": null }), "INVALID_TENANT_ID"),
        (json!({ "postBody": null }), "MISSING_POST_BODY"),
        (json!({ "requestUri": null }), "INVALID_ARGUMENT"),
    ] {
        assert_eq!(refused(stage.sign_in(&right, changes.clone()).await), code, "{changes}");
    }
    let other = [("id_token", id_token.as_str()), ("providerId", "google.com")];
    assert_eq!(refused(stage.sign_in(&other, json!({})).await), "OPERATION_NOT_ALLOWED");
    assert_eq!(refused(stage.sign_in(&right[1..], json!({})).await), "INVALID_IDP_RESPONSE");
    let url = format!("{}/v1/accounts:signInWithIdp?key=guessed", stage.platform.identity_toolkit_url());
    assert!(refused(answer(stage.http.post(&url).json(&json!({}))).await).starts_with("API key not valid"));
    let form = stage.http.post(url.replace("guessed", KEY)).form(&[("postBody", "x")]);
    assert_eq!(refused(answer(form).await), "Invalid JSON payload received.");
    let (_, bare) = stage.sign_in(&right, json!({ "returnSecureToken": false })).await;
    assert_eq!((bare.get("idToken"), bare.get("refreshToken")), (None, None));
}

#[tokio::test]
async fn an_id_token_with_a_nonce_needs_the_raw_one() {
    let stage = Stage::set().await;
    let sign_in = async |id_token: &str, raw: &[(&str, &str)]| {
        let post_body = [&[("id_token", id_token), ("providerId", "oidc.okta")], raw].concat();
        stage.sign_in(&post_body, json!({})).await
    };
    let bound = stage.id_token(json!({ "nonce": hashed("n-1") }));
    assert_eq!(refused(sign_in(&bound, &[]).await), "MISSING_OR_INVALID_NONCE");
    assert_eq!(refused(sign_in(&bound, &[("nonce", "n-2")]).await), "MISSING_OR_INVALID_NONCE");
    assert_eq!(sign_in(&bound, &[("nonce", "n-1")]).await.0, 200);
    let unhashed = stage.id_token(json!({ "nonce": "n-1" }));
    assert_eq!(refused(sign_in(&unhashed, &[("nonce", "n-1")]).await), "MISSING_OR_INVALID_NONCE");
}

#[tokio::test]
async fn a_session_of_another_organisations_tenant_is_nobody_at_p0() {
    let stage = Stage::set().await;
    let globex = SignOn { tenant_id: "globex-tenant".to_owned(), ..SignOn::default() };
    stage.platform.set_tenant(Tenant::of(&globex, ISSUER, keys_of(&stage.provider)));
    let id_token = stage.id_token(json!({}));
    let post_body = [("id_token", id_token.as_str()), ("providerId", "oidc.okta")];
    let (status, session) = stage.sign_in(&post_body, json!({ "tenantId": "globex-tenant" })).await;
    assert_eq!((status, stage.account(&session["idToken"]).await), (200, 401));
    assert_eq!(stage.p0.calls().pop().unwrap().bearer_refused.as_deref(), Some("of another organisation"));
}

#[tokio::test]
async fn it_fails_as_ordered_and_leaves_no_secret_in_the_log() {
    let stage = Stage::set().await;
    let session = stage.session().await;
    stage.platform.fail_next(1, Endpoint::SignIn, Fault::bad_gateway());
    let url = format!("{}/v1/accounts:signInWithIdp?key={KEY}", stage.platform.identity_toolkit_url());
    assert_eq!(stage.http.post(&url).json(&json!({})).send().await.unwrap().status(), 502);
    stage.platform.fail_until_cleared(None, Fault::Drop);
    assert!(stage.http.post(&url).json(&json!({})).send().await.is_err());
    stage.platform.clear_faults();
    stage.platform.down().await;
    assert!(stage.http.post(&url).send().await.unwrap_err().is_connect());
    stage.platform.up().await.unwrap();
    let id_token = stage.id_token(json!({}));
    assert_eq!(stage.sign_in_with(&id_token).await.0, 200);
    let calls = stage.platform.calls();
    let answered: Vec<Option<u16>> = calls.iter().map(|call| call.status).collect();
    assert_eq!(answered, [Some(200), Some(502), None, Some(200)]);
    let log = format!("{calls:?}");
    for secret in [&id_token, session["idToken"].as_str().unwrap(), session["refreshToken"].as_str().unwrap(), KEY] {
        assert!(!log.contains(secret), "{secret}");
    }
}
