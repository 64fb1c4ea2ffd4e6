//! What a client may ask a browser to bring, and where the browser is sent.

use jiff::ToSpan;

use super::{CLIENT, REDIRECT, Stage, of};
use crate::sandbox::idp::{IdpSetup, Stuck};

#[tokio::test]
async fn discovery_names_every_door() {
    let stage = Stage::set().await;
    let (status, document) = stage.send(stage.http.get(stage.url("/.well-known/openid-configuration"))).await;
    let issuer = stage.idp.issuer();
    assert_eq!((status, document["issuer"].as_str()), (200, Some(issuer.as_str())));
    for (name, path) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("jwks_uri", "/jwks"),
        ("device_authorization_endpoint", "/device_authorization"),
        ("revocation_endpoint", "/revoke"),
    ] {
        assert_eq!(document[name], stage.url(path));
    }
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    let methods = serde_json::json!(["client_secret_basic", "client_secret_post"]);
    assert_eq!(document["token_endpoint_auth_methods_supported"], methods);
    assert_eq!(document["id_token_signing_alg_values_supported"], serde_json::json!(["ES256"]));
}

#[tokio::test]
async fn a_browser_comes_back_with_a_code_the_state_and_the_issuer() {
    let stage = Stage::set().await;
    let callback = stage.idp.log_in(stage.link(&[]), "alice").await.unwrap();
    assert!(callback.as_str().starts_with(&format!("{REDIRECT}?code=")), "{callback}");
    assert_eq!(of(&callback, "state").as_deref(), Some("a-state"));
    assert_eq!(of(&callback, "iss"), Some(stage.idp.issuer()));
    stage.idp.change(|setup| setup.iss_in_callback = false);
    let callback = stage.idp.log_in(stage.link(&[("state", "")]), "00u-alice").await.unwrap();
    assert_eq!((of(&callback, "state"), of(&callback, "iss")), (None, None));
}

#[tokio::test]
async fn who_asks_wrongly_hears_of_it_in_the_callback() {
    let stage = Stage::set().await;
    let wrong: [(&[(&str, &str)], &str); 14] = [
        (&[("response_type", "")], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge", "too-short")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "email")], "invalid_scope"),
        (&[("scope", "openid everything")], "invalid_scope"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("prompt", "none")], "login_required"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("request", "a.b.c")], "request_not_supported"),
    ];
    for (changes, code) in wrong {
        let callback = stage.idp.log_in(stage.link(changes), "alice").await.unwrap();
        assert_eq!(of(&callback, "error").as_deref(), Some(code), "{changes:?}");
        assert_eq!((of(&callback, "state").as_deref(), of(&callback, "code")), (Some("a-state"), None));
        assert_eq!(of(&callback, "iss"), Some(stage.idp.issuer()));
    }
    let mut twice = stage.link(&[]);
    twice.query_pairs_mut().append_pair("nonce", "another");
    let callback = stage.idp.log_in(twice, "alice").await.unwrap();
    assert_eq!(of(&callback, "error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn a_browser_is_never_sent_to_where_nobody_registered() {
    let stage = Stage::set().await;
    let slash = format!("{REDIRECT}/");
    let query = format!("{REDIRECT}?a=b");
    let changes = [
        ("client_id", "somebody"),
        ("client_id", ""),
        ("redirect_uri", ""),
        ("redirect_uri", slash.as_str()),
        ("redirect_uri", query.as_str()),
        ("redirect_uri", "https://bot.example/link/PROVIDER"),
    ];
    for change in changes {
        let stuck = stage.idp.log_in(stage.link(&[change]), "alice").await.unwrap_err();
        assert_eq!(stuck.status, Some(400), "{change:?}");
    }
    let mut twice = stage.link(&[]);
    twice.query_pairs_mut().append_pair("redirect_uri", "https://evil.example/");
    assert_eq!(stage.idp.log_in(twice, "alice").await.unwrap_err().status, Some(400));
    let callback = stage.idp.log_in(stage.link(&[("client_id", CLIENT)]), "alice").await.unwrap();
    assert!(of(&callback, "code").is_some());
}

#[tokio::test]
async fn people_can_cancel_and_accounts_be_off() {
    let stage = Stage::set().await;
    let callback = stage.idp.cancel(stage.link(&[])).await.unwrap();
    assert_eq!(of(&callback, "error").as_deref(), Some("access_denied"));
    stage.idp.disable("bob");
    assert_eq!(stage.idp.log_in(stage.link(&[]), "bob").await.unwrap_err().status, Some(403));
    let nobody = stage.idp.log_in(stage.link(&[]), "mallory").await.unwrap_err();
    assert_eq!(nobody, Stuck { status: None, page: "there is no account mallory".to_owned() });
}

#[tokio::test]
async fn a_page_waits_for_ten_minutes_and_is_used_once() {
    let stage = Stage::set().await;
    let page = stage.http.get(stage.link(&[])).send().await.unwrap().text().await.unwrap();
    let (_, after) = page.split_once("name=\"interaction\" value=\"").unwrap();
    let (interaction, _) = after.split_once('"').unwrap();
    let form = [("interaction", interaction), ("account", "00u-alice")];
    let press = || async { stage.send(stage.http.post(stage.url("/authorize")).form(&form)).await.0 };
    assert_eq!(press().await, 303);
    assert_eq!(press().await, 400, "used");
    let page = stage.http.get(stage.link(&[])).send().await.unwrap().text().await.unwrap();
    let (_, after) = page.split_once("name=\"interaction\" value=\"").unwrap();
    let form = [("interaction", after.split_once('"').unwrap().0), ("account", "00u-alice")];
    stage.clock.advance(std::time::Duration::from_secs(600));
    assert_eq!(stage.send(stage.http.post(stage.url("/authorize")).form(&form)).await.0, 400, "late");
}

#[tokio::test]
async fn a_fresh_and_strong_sign_in_says_so() {
    let stage = Stage::set_with(IdpSetup::default()).await;
    let now = stage.clock.now();
    let strong = [("acr_values", "urn:hardware urn:phone"), ("max_age", "0")];
    let claims = |tokens: serde_json::Value| async { stage.claims(&{ tokens }["id_token"]).await };
    let weak = claims(stage.tokens("alice", &strong).await).await;
    assert_eq!((&weak["acr"], &weak["auth_time"]), (&super::super::PASSWORD.into(), &now.as_second().into()));
    stage.idp.change_account("alice", |alice| alice.acr = vec!["urn:phone".to_owned()]);
    let good = claims(stage.tokens("alice", &strong).await).await;
    assert_eq!((good["acr"].as_str(), &good["amr"]), (Some("urn:phone"), &serde_json::json!(["pwd", "mfa"])));
    let plain = claims(stage.tokens("alice", &[]).await).await;
    assert_eq!(plain["acr"], super::super::PASSWORD, "nobody asked");
    stage.idp.change(|setup| setup.refuses_unmet_acr = true);
    let unmet = stage.idp.log_in(stage.link(&strong), "bob").await.unwrap();
    assert_eq!(of(&unmet, "error").as_deref(), Some("unmet_authentication_requirements"));
    let callback = stage.idp.log_in_as_of(stage.link(&strong), "alice", now - 1.hour()).await.unwrap();
    let stale = claims(stage.redeem(&of(&callback, "code").unwrap()).await.1).await;
    assert_eq!(stale["auth_time"], now.as_second() - 3600);
}
