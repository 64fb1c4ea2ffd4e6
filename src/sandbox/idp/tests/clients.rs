//! Who calls: secrets in the header or the body, in one way only, and nothing in the URL.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded::byte_serialize;

use super::{CLIENT, SECRET, Stage, error, of, redeeming, refused};
use crate::sandbox::idp::{AuthMethod, IdpSetup};

/// A secret of which every character but the letters has a meaning somewhere on the way.
const AWKWARD: &str = "a:b%41+c&d=e/ü";

impl Stage {
    /// A refresh, which says `invalid_grant` to every client that is let in.
    fn knock(&self) -> reqwest::RequestBuilder {
        self.http.post(self.url("/token"))
    }

    async fn heard(&self, request: reqwest::RequestBuilder) -> (u16, String) {
        error(self.send(request).await)
    }
}

const REFRESH: [(&str, &str); 2] = [("grant_type", "refresh_token"), ("refresh_token", "made-up")];

fn refresh_and<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    REFRESH.iter().chain(more).copied().collect()
}

fn let_in() -> (u16, String) {
    refused(400, "invalid_grant")
}

fn shut_out() -> (u16, String) {
    refused(401, "invalid_client")
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

#[tokio::test]
async fn the_header_is_form_encoded_before_it_is_base64() {
    let stage = Stage::set().await;
    stage.idp.change(|setup| setup.clients[0].secret = Some(AWKWARD.to_owned()));
    let knock = |header: String| stage.heard(stage.knock().header("authorization", header).form(&REFRESH));
    let encoded: String = byte_serialize(AWKWARD.as_bytes()).collect();
    assert_eq!(knock(basic(CLIENT, &encoded)).await, let_in());
    assert_eq!(knock(basic(CLIENT, &encoded).replacen("Basic", "basic", 1)).await, let_in());
    assert_eq!(knock(basic(CLIENT, AWKWARD)).await, shut_out(), "as it stands in the settings");
    assert_eq!(knock("Basic !".to_owned()).await, shut_out());
    assert_eq!(knock(format!("Bearer {encoded}")).await, shut_out());
    let posted = refresh_and(&[("client_id", CLIENT), ("client_secret", AWKWARD)]);
    assert_eq!(stage.heard(stage.knock().form(&posted)).await, let_in());
}

#[tokio::test]
async fn a_secret_is_shown_once_and_is_the_right_one() {
    let stage = Stage::set().await;
    let wrong = [
        vec![],
        vec![("client_id", CLIENT)],
        vec![("client_id", CLIENT), ("client_secret", "wrong")],
        vec![("client_id", "somebody"), ("client_secret", SECRET)],
        vec![("client_secret", SECRET)],
        vec![("client_id", "p0-device"), ("client_secret", SECRET)],
    ];
    for more in wrong {
        assert_eq!(stage.heard(stage.knock().form(&refresh_and(&more))).await, shut_out(), "{more:?}");
    }
    assert_eq!(stage.heard(stage.knock().form(&refresh_and(&[("client_id", "p0-device")]))).await, let_in());
    let known = || stage.knock().basic_auth(CLIENT, Some(SECRET));
    assert_eq!(stage.heard(known().form(&refresh_and(&[("client_id", CLIENT)]))).await, let_in());
    let twice = refused(400, "invalid_request");
    assert_eq!(stage.heard(known().form(&refresh_and(&[("client_secret", SECRET)]))).await, twice);
    assert_eq!(stage.heard(known().form(&refresh_and(&[("client_id", "p0-device")]))).await, twice);
    let response = stage.knock().form(&REFRESH).send().await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], "Basic realm=\"sandbox\"");
    assert_eq!(response.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn a_provider_may_take_one_way_only() {
    let only = |method| IdpSetup { auth_methods: vec![method], ..IdpSetup::default() };
    let stage = Stage::set_with(only(AuthMethod::ClientSecretPost)).await;
    let in_header = |stage: &Stage| stage.knock().basic_auth(CLIENT, Some(SECRET)).form(&REFRESH);
    let posted = refresh_and(&[("client_id", CLIENT), ("client_secret", SECRET)]);
    let (_, document) = stage.send(stage.http.get(stage.url("/.well-known/openid-configuration"))).await;
    assert_eq!(document["token_endpoint_auth_methods_supported"], serde_json::json!(["client_secret_post"]));
    assert_eq!(stage.heard(in_header(&stage)).await, shut_out());
    assert_eq!(stage.heard(stage.knock().form(&posted)).await, let_in());
    let stage = Stage::set_with(only(AuthMethod::ClientSecretBasic)).await;
    assert_eq!(stage.heard(in_header(&stage)).await, let_in());
    assert_eq!(stage.heard(stage.knock().form(&posted)).await, shut_out());
}

#[tokio::test]
async fn parameters_stand_once_in_a_form_and_nowhere_else() {
    let stage = Stage::set().await;
    let malformed = refused(400, "invalid_request");
    let known = |path: &str| stage.http.post(stage.url(path)).basic_auth(CLIENT, Some(SECRET));
    assert_eq!(stage.heard(known("/token?resource=p0").form(&REFRESH)).await, malformed);
    let twice = refresh_and(&[("grant_type", "refresh_token")]);
    assert_eq!(stage.heard(known("/token").form(&twice)).await, malformed);
    assert_eq!(
        stage.heard(known("/token").json(&serde_json::json!({ "grant_type": "refresh_token" }))).await,
        malformed
    );
    assert_eq!(stage.heard(known("/token").form(&refresh_and(&[("scope", "")]))).await, let_in(), "empty: left out");
    let get = stage.http.get(stage.url("/token")).send().await.unwrap();
    assert_eq!((get.status().as_u16(), get.headers()["allow"].to_str().unwrap()), (405, "POST"));
    assert_eq!(stage.send(stage.http.get(stage.url("/token/"))).await.0, 404);
    assert_eq!(stage.send(stage.http.get(stage.url("/userinfo"))).await.0, 404);
}

#[tokio::test]
async fn a_public_client_needs_the_verifier_all_the_same() {
    let mut setup = IdpSetup::default();
    setup.clients[0].secret = None;
    let stage = Stage::set_with(setup).await;
    let code = of(&stage.idp.log_in(stage.link(&[]), "alice").await.unwrap(), "code").unwrap();
    let mut form = redeeming(&code).to_vec();
    form.push(("client_id", CLIENT));
    assert_eq!(stage.heard(stage.knock().form(&redeeming(&code))).await, shut_out());
    assert_eq!(stage.send(stage.knock().form(&form)).await.0, 200);
}
