//! The same way with a provider that issues the tokens itself.

use serde_json::Value;

use super::{Stage, answer};
use crate::sandbox::identity_platform::Tenant;
use crate::sandbox::idp::{Idp, IdpSetup};
use crate::sandbox::jws::IssuerKeys;
use crate::sandbox::p0::{SignOn, TrustedLogin};

/// P0's own client there, which people log in with on a device.
const CLIENT: &str = "p0-device";

async fn provider_of(stage: &Stage) -> Idp {
    let idp = Idp::start(IdpSetup { clock: stage.clock.clone(), ..IdpSetup::default() }).await.unwrap();
    let sign_on = SignOn { client_id: CLIENT.to_owned(), ..SignOn::default() };
    stage.platform.set_tenant(Tenant::of(&sign_on, &idp.issuer(), keys_of(&idp)));
    idp
}

fn keys_of(idp: &Idp) -> IssuerKeys {
    IssuerKeys::Url(format!("{}/jwks", idp.issuer()))
}

async fn ask(stage: &Stage, idp: &Idp, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let form = form.iter().chain(&[("client_id", CLIENT)]).collect::<Vec<_>>();
    answer(stage.http.post(format!("{}{path}", idp.issuer())).form(&form)).await
}

/// The tokens of Alice, who entered the code that P0's client showed her.
async fn tokens(stage: &Stage, idp: &Idp) -> Value {
    let (_, device) = ask(stage, idp, "/device_authorization", &[("scope", "openid email offline_access")]).await;
    idp.enter_code(device["user_code"].as_str().unwrap(), "alice").await.unwrap();
    let code = device["device_code"].as_str().unwrap();
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let (status, tokens) = ask(stage, idp, "/token", &[("grant_type", grant), ("device_code", code)]).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

#[tokio::test]
async fn each_kind_of_token_is_alice_at_p0_where_it_is_trusted() {
    let stage = Stage::set().await;
    let idp = provider_of(&stage).await;
    let tokens = tokens(&stage, &idp).await;
    for (kind, audience) in [("access_token", "p0"), ("id_token", CLIENT)] {
        assert_eq!(stage.account(&tokens[kind]).await, 401, "{kind}");
        let audience = audience.to_owned();
        stage.p0.trust_login(TrustedLogin { issuer: idp.issuer(), audience, keys: keys_of(&idp) });
        assert_eq!(stage.account(&tokens[kind]).await, 200, "{kind}");
    }
    let (status, session) = stage.sign_in_with(tokens["id_token"].as_str().unwrap()).await;
    assert_eq!((status, stage.account(&session["idToken"]).await), (200, 200));
    let people: Vec<Option<String>> = stage.p0.calls().into_iter().map(|call| call.identity).collect();
    let alice = Some("alice@example.com".to_owned());
    assert_eq!(people, [None, alice.clone(), None, alice.clone(), alice]);
}

#[tokio::test]
async fn a_session_goes_on_when_the_provider_has_closed_the_account() {
    let stage = Stage::set().await;
    let idp = provider_of(&stage).await;
    let tokens = tokens(&stage, &idp).await;
    let (_, session) = stage.sign_in_with(tokens["id_token"].as_str().unwrap()).await;
    idp.disable("alice");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    assert_eq!(ask(&stage, &idp, "/token", &refresh).await.1["error"], "invalid_grant");
    let (status, refreshed) = stage.refresh(session["refreshToken"].as_str().unwrap()).await;
    assert_eq!((status, stage.account(&refreshed["id_token"]).await), (200, 200));
}
