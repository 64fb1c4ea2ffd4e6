//! Sign in with Slack, as a bot and a browser go through it.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::World;
use crate::sandbox::slack::{Answered, Cannot, Fault, SlackSetup, Tamper, Times};

const BACK: &str = "http://127.0.0.1:9/link/slack?from=slack";
const CLIENT: &str = "1234567890.9876543210";
const SECRET: &str = "sandbox-client-secret";

impl World {
    async fn with_sign_in() -> Self {
        let world = Self::new().await;
        world.slack.set_redirect_urls(&[BACK]);
        world
    }

    /// The address at which the app asks who somebody is, with some fields said otherwise.
    fn asks(&self, changes: &[(&str, &str)]) -> Url {
        let mut fields = vec![
            ("response_type", "code"),
            ("scope", "openid email profile"),
            ("client_id", CLIENT),
            ("redirect_uri", BACK),
            ("state", "st&te"),
            ("nonce", "n-1"),
        ];
        fields.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        let base = format!("{}/openid/connect/authorize", self.slack.issuer());
        Url::parse_with_params(&base, fields.iter().chain(changes)).unwrap()
    }

    /// Changes the code of a callback as the app does, with some fields said otherwise.
    async fn exchange(&self, callback: &Url, changes: &[(&str, &str)]) -> Value {
        let code = field(callback, "code");
        let mut fields = vec![
            ("client_id", CLIENT),
            ("client_secret", SECRET),
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", BACK),
        ];
        fields.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        fields.extend(changes);
        let request = self.http.post(self.url("openid.connect.token")).form(&fields);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The ID token of somebody who signs in.
    async fn id_token(&self, user: &str) -> String {
        let callback = self.slack.sign_in(self.asks(&[]), user).await.unwrap();
        self.exchange(&callback, &[]).await["id_token"].as_str().unwrap().to_owned()
    }

    async fn document(&self, url: &str) -> Value {
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// The claims, if Slack signed them for the app.
    async fn claims(&self, token: &str) -> Option<Value> {
        let found = self.document(&format!("{}/.well-known/openid-configuration", self.slack.issuer())).await;
        let keys: JwkSet = serde_json::from_value(self.document(found["jwks_uri"].as_str()?).await).ok()?;
        let key = keys.find(&jsonwebtoken::decode_header(token).ok()?.kid?)?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&[CLIENT]);
        validation.set_issuer(&[found["issuer"].as_str()?]);
        Some(jsonwebtoken::decode(token, &DecodingKey::from_jwk(key).ok()?, &validation).ok()?.claims)
    }
}

fn field(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[tokio::test]
async fn whoever_presses_their_button_is_who_the_app_hears_of() {
    let world = World::with_sign_in().await;
    let callback = world.slack.sign_in(world.asks(&[("team", "T01ACME")]), "U01ALICE").await.unwrap();
    assert!(callback.as_str().starts_with(BACK), "{callback}");
    assert_eq!(field(&callback, "state"), "st&te");
    let answer = world.exchange(&callback, &[]).await;
    assert_eq!((&answer["ok"], &answer["token_type"]), (&json!(true), &json!("Bearer")));
    let claims = world.claims(answer["id_token"].as_str().unwrap()).await.unwrap();
    let told = |name: &str| claims[name].clone();
    assert_eq!((told("sub"), told("nonce")), (json!("U01ALICE"), json!("n-1")));
    assert_eq!(
        (told("https://slack.com/team_id"), told("https://slack.com/user_id")),
        (json!("T01ACME"), json!("U01ALICE"))
    );
    assert_eq!((told("email"), told("email_verified")), (json!("alice@example.com"), json!(true)));
    assert_eq!(told("exp").as_i64().unwrap() - told("iat").as_i64().unwrap(), 300);
    let digest = Sha256::digest(answer["access_token"].as_str().unwrap());
    assert_eq!(told("at_hash"), json!(URL_SAFE_NO_PAD.encode(&digest[..16])));
    let spare = world.slack.sign_in(world.asks(&[("scope", "openid")]), "U01ALICE").await.unwrap();
    let answer = world.exchange(&spare, &[]).await;
    let claims = world.claims(answer["id_token"].as_str().unwrap()).await.unwrap();
    assert_eq!((claims.get("email"), claims.get("name")), (None, None), "what was not asked for");
}

#[tokio::test]
async fn a_code_is_good_once_for_ten_minutes_and_for_who_asked() {
    let world = World::with_sign_in().await;
    let callback = async || world.slack.sign_in(world.asks(&[]), "U01ALICE").await.unwrap();
    let used = callback().await;
    let wrong = [
        (("client_id", "other"), "invalid_client_id"),
        (("client_secret", "guessed"), "bad_client_secret"),
        (("grant_type", "client_credentials"), "invalid_grant_type"),
        (("code", "guessed"), "invalid_code"),
    ];
    for (change, error) in wrong {
        assert_eq!(world.exchange(&used, &[change]).await, json!({ "ok": false, "error": error }));
    }
    assert_eq!(world.exchange(&used, &[]).await["ok"], true);
    assert_eq!(world.exchange(&used, &[]).await["error"], "invalid_code", "used");
    let elsewhere = [("redirect_uri", "http://127.0.0.1:9/other")];
    assert_eq!(world.exchange(&callback().await, &elsewhere).await["error"], "bad_redirect_uri");
    let late = callback().await;
    world.clock.advance(Duration::from_secs(601));
    assert_eq!(world.exchange(&late, &[]).await["error"], "invalid_code", "old");
}

#[tokio::test]
async fn the_client_may_be_named_in_the_header() {
    let world = World::with_sign_in().await;
    let callback = world.slack.sign_in(world.asks(&[]), "U01ALICE").await.unwrap();
    let code = field(&callback, "code");
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)];
    let exchange = async |secret: &str| -> Value {
        let request = world.http.post(world.url("openid.connect.token")).basic_auth(CLIENT, Some(secret)).form(&form);
        request.send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(exchange("guessed").await["error"], "bad_client_secret");
    assert_eq!(exchange("sandbox%2Dclient%2Dsecret").await["ok"], true);
}

#[tokio::test]
async fn the_page_is_only_for_the_apps_own_addresses() {
    let world = World::with_sign_in().await;
    let wrong = [
        (("client_id", "other"), "invalid_client_id"),
        (("redirect_uri", "http://127.0.0.1:9/link/slack"), "bad_redirect_uri"),
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "email"), "invalid_scope"),
        (("scope", "openid chat:write"), "invalid_scope"),
    ];
    for (change, error) in wrong {
        match world.slack.sign_in(world.asks(&[change]), "U01ALICE").await {
            Err(Cannot::NotAllowed(page)) => assert!(page.contains(error), "{page}"),
            other => panic!("{other:?}"),
        }
    }
    let cancelled = world.slack.cancel_sign_in(world.asks(&[])).await.unwrap();
    assert_eq!((field(&cancelled, "error"), field(&cancelled, "state")), ("access_denied".into(), "st&te".into()));
    let page = world.http.get(world.asks(&[])).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("width=device-width") && page.contains("Alice <small>T01ACME</small>"), "{page}");
}

#[tokio::test]
async fn guests_can_sign_in_and_who_left_cannot() {
    let world = World::with_sign_in().await;
    assert!(world.claims(&world.id_token("U04GUEST").await).await.is_some());
    for nobody in ["U06GONE", "U07ROBOT", "U99NOBODY"] {
        assert!(world.slack.sign_in(world.asks(&[]), nobody).await.is_err(), "{nobody}");
        let forced = world.slack.sign_in_from(world.asks(&[]), nobody, "T01ACME").await;
        assert!(matches!(forced, Err(Cannot::NotAllowed(_))), "{nobody}");
    }
    assert!(world.slack.sign_in(world.asks(&[("team", "T01ACME")]), "U05STRANGER").await.is_err(), "another team's");
}

#[tokio::test]
async fn an_account_of_another_workspace_says_so_even_where_its_id_is_the_same() {
    let world = World::with_sign_in().await;
    for user in ["U01ALICE", "U05STRANGER", "U99MALLORY"] {
        let callback = world.slack.sign_in_from(world.asks(&[]), user, "T09OTHER").await.unwrap();
        let answer = world.exchange(&callback, &[]).await;
        let claims = world.claims(answer["id_token"].as_str().unwrap()).await.unwrap();
        assert_eq!((&claims["https://slack.com/team_id"], &claims["sub"]), (&json!("T09OTHER"), &json!(user)));
    }
}

#[tokio::test]
async fn the_next_id_token_can_be_wrong_in_every_way() {
    let world = World::with_sign_in().await;
    let claim = |name: &str| Tamper::Claim(name.to_owned(), json!("another"));
    let tampered = async |tamper| {
        world.slack.tamper(tamper);
        let callback = world.slack.sign_in(world.asks(&[]), "U01ALICE").await.unwrap();
        world.exchange(&callback, &[]).await
    };
    let nonce = tampered(claim("nonce")).await;
    assert_eq!(world.claims(nonce["id_token"].as_str().unwrap()).await.unwrap()["nonce"], "another");
    for tamper in [claim("aud"), Tamper::ForeignKey, Tamper::Unsigned] {
        let wrong = tampered(tamper.clone()).await;
        assert_eq!(world.claims(wrong["id_token"].as_str().unwrap()).await, None, "{tamper:?}");
    }
    assert_eq!(tampered(Tamper::Missing).await.get("id_token"), None);
    assert!(world.claims(&world.id_token("U01ALICE").await).await.is_some(), "only the next one");
}

#[tokio::test]
async fn signing_in_fails_like_every_other_call_and_leaves_no_secret_behind() {
    let world = World::with_sign_in().await;
    let callback = world.slack.sign_in(world.asks(&[]), "U01ALICE").await.unwrap();
    for call in ["openid-configuration", "openid.connect.keys", "openid.connect.token"] {
        world.slack.fail(call, Fault::Status(503, "<html>".to_owned()), Times::Count(1));
    }
    for path in ["/.well-known/openid-configuration", "/openid/connect/keys"] {
        let answer = world.http.get(format!("{}{path}", world.slack.issuer())).send().await.unwrap();
        assert_eq!(answer.status(), 503, "{path}");
    }
    let post = world.http.post(world.url("openid.connect.token")).form(&[("code", "x")]);
    assert_eq!(post.send().await.unwrap().status(), 503);
    assert_eq!(world.exchange(&callback, &[]).await["ok"], true);
    let answered: Vec<Answered> = world.slack.calls().into_iter().map(|call| call.answered).collect();
    assert_eq!(answered, [Answered::Status(503), Answered::Status(503), Answered::Status(503), Answered::Ok]);
    let everything = world.slack.snapshot().to_string() + &format!("{:?}", world.slack.calls());
    for secret in [SECRET, &field(&callback, "code"), &SlackSetup::default().bot_token] {
        assert!(!everything.contains(secret), "{secret}");
    }
    assert!(everything.contains("authorization_code"));
}
