//! The Custom Notifier against a door that writes down what comes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::Stage;
use crate::sandbox::p0::{NotifierSetup, P0Setup, SignedBy, TokenSpec};

/// What came through the door: the whole `Authorization` header and the body.
type Came = (Option<String>, Value);

/// A bot that only has the door, and refuses the first few pushes.
#[derive(Clone, Default)]
struct Bot {
    came: Arc<Mutex<Vec<Came>>>,
    refuse: Arc<Mutex<u32>>,
}

impl Bot {
    async fn connected_to(stage: &Stage, refuse: u32) -> Self {
        let bot = Self { refuse: Arc::new(Mutex::new(refuse)), ..Self::default() };
        let door = bot.clone();
        let take = post(move |headers: HeaderMap, body: Bytes| async move { door.take(&headers, &body) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        stage.p0.connect(&format!("http://{}/", listener.local_addr().unwrap()));
        let pages = Router::new().route("/p0/notifications", take);
        tokio::spawn(axum::serve(listener, pages).into_future());
        bot
    }

    fn take(&self, headers: &HeaderMap, body: &[u8]) -> StatusCode {
        let mut refuse = self.refuse.lock().unwrap();
        if *refuse > 0 {
            *refuse -= 1;
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
        self.came.lock().unwrap().push((authorization, serde_json::from_slice(body).unwrap()));
        StatusCode::OK
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }

    fn statuses(&self) -> Vec<Value> {
        self.came().into_iter().map(|(_, body)| body["data"]["status"].clone()).collect()
    }
}

/// The claims, if the install's key signed the token.
fn claims(stage: &Stage, token: &str) -> Option<Value> {
    let key = DecodingKey::from_ec_pem(stage.p0.notifier_public_key_pem().as_bytes()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<Value>(token, &key, &validation).ok().map(|token| token.claims)
}

#[tokio::test]
async fn a_push_carries_the_request_and_a_signed_origin() {
    let subject = Some("install-1".to_owned());
    let notifier = NotifierSetup { subject, ..NotifierSetup::default() };
    let stage = Stage::set_with(P0Setup { notifier, ..P0Setup::default() }).await;
    let bot = Bot::connected_to(&stage, 0).await;
    assert_eq!(stage.p0.push("req-1").await, Some(200));
    assert_eq!(stage.p0.push("req-2").await, None, "there is no such request");
    let (authorization, body) = bot.came().remove(0);
    let now = stage.clock.now().as_second();
    let expected = json!({
        "iss": "https://api.p0.app", "aud": "p0-chatops", "sub": "install-1", "iat": now, "exp": now + 300,
    });
    let authorization = authorization.unwrap();
    assert_eq!(claims(&stage, authorization.strip_prefix("Bearer ").unwrap()), Some(expected));
    assert_eq!(body["eventType"], "request-updated");
    assert_eq!(body["data"], stage.p0.request("req-1").unwrap());
    assert_eq!(body, stage.p0.push_body("req-1").unwrap());
    assert_eq!(stage.p0.pushes()[0].status, Some(200));
}

#[tokio::test]
async fn a_preapproval_is_the_documented_body() {
    let notifier = NotifierSetup { bearer_prefix: false, ..NotifierSetup::default() };
    let stage = Stage::set_with(P0Setup { notifier, ..P0Setup::default() }).await;
    assert_eq!(stage.p0.push_preapproval("on call").await, None, "not connected");
    let bot = Bot::connected_to(&stage, 0).await;
    assert_eq!(stage.p0.push_preapproval("on call").await, Some(200));
    let (authorization, body) = bot.came().remove(0);
    assert_eq!(body, json!({ "eventType": "preapproval-created", "data": { "reason": "on call" } }));
    assert!(claims(&stage, &authorization.unwrap()).is_some(), "the bare token, without a scheme");
}

#[tokio::test]
async fn hostile_tokens_are_what_they_claim_to_be() {
    let stage = Stage::set().await;
    let object = |value: Value| value.as_object().unwrap().clone();
    let expired = TokenSpec { claims: object(json!({ "exp": 1, "aud": null })), ..TokenSpec::default() };
    let read = claims(&stage, &stage.p0.mint(&expired)).unwrap();
    assert_eq!((&read["exp"], read.get("aud")), (&json!(1), None));
    for signed_by in [SignedBy::Stranger, SignedBy::PublicKeyAsSecret, SignedBy::Nobody] {
        let header = object(json!({ "jku": "https://evil.example/jwks.json" }));
        let token = stage.p0.mint(&TokenSpec { signed_by, header, ..TokenSpec::default() });
        assert_eq!(claims(&stage, &token), None, "{signed_by:?}");
        assert_eq!(token.ends_with('.'), signed_by == SignedBy::Nobody);
    }
    let token = stage.p0.mint(&TokenSpec { signed_by: SignedBy::PublicKeyAsSecret, ..TokenSpec::default() });
    let secret = DecodingKey::from_secret(stage.p0.notifier_public_key_pem().as_bytes());
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_aud = false;
    assert!(jsonwebtoken::decode::<Value>(&token, &secret, &validation).is_ok(), "it would fool a naive verifier");
}

#[tokio::test]
async fn raw_pushes_send_exactly_what_is_given() {
    let stage = Stage::set().await;
    let bot = Bot::connected_to(&stage, 0).await;
    assert_eq!(stage.p0.push_raw("{}", None).await, Some(200));
    assert_eq!(stage.p0.push_raw("[]", Some("Basic x")).await, Some(200));
    assert_eq!(bot.came(), [(None, json!({})), (Some("Basic x".to_owned()), json!([]))]);
}

#[tokio::test]
async fn each_move_is_pushed_in_order_and_again_until_it_arrives() {
    let stage = Stage::set().await;
    let bot = Bot::connected_to(&stage, 1).await;
    stage.p0.auto_push(true);
    let mut changed = stage.p0.changed();
    stage.decide(super::ALICE, "req-1", "approve").await;
    stage.p0.provision("req-1");
    stage.p0.move_to("req-1", "SOMETHING_NEW");
    let arrived = changed.wait_for(|_| stage.p0.pushes().len() == 4);
    tokio::time::timeout(Duration::from_secs(10), arrived).await.unwrap().unwrap();
    assert_eq!(bot.statuses(), ["APPROVED", "DONE", "SOMETHING_NEW"]);
    let answered: Vec<_> = stage.p0.pushes().iter().map(|attempt| attempt.status).collect();
    assert_eq!(answered, [Some(503), Some(200), Some(200), Some(200)]);
}

#[tokio::test]
async fn a_patient_notifier_goes_on_until_somebody_hears_and_what_is_held_comes_later() {
    let notifier = NotifierSetup { patient: true, ..NotifierSetup::default() };
    let stage = Stage::set_with(P0Setup { notifier, ..P0Setup::default() }).await;
    stage.p0.connect("http://127.0.0.1:1");
    stage.p0.auto_push(true);
    stage.p0.hold_pushes(true);
    stage.p0.move_to("req-1", "SOMETHING_NEW");
    assert!(stage.p0.pushes().is_empty());
    let mut changed = stage.p0.changed();
    stage.p0.hold_pushes(false);
    changed.wait_for(|_| stage.p0.pushes().len() == 1).await.unwrap();
    let bot = Bot::connected_to(&stage, 0).await;
    let arrived = changed.wait_for(|_| stage.p0.pushes().last().is_some_and(|push| push.status == Some(200)));
    tokio::time::timeout(Duration::from_secs(10), arrived).await.unwrap().unwrap();
    assert_eq!((bot.statuses(), stage.p0.pushes().len()), (vec![json!("SOMETHING_NEW")], 1));
}
