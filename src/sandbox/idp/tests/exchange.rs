//! Tokens for tokens: a person's own with an actor, and assertions of a trusted issuer.

use axum::{Json, Router, routing::get};
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde_json::{Value, json};

use super::{CLIENT, SECRET, Stage, error, refused};
use crate::sandbox::idp::{Grant, IssuerKeys, TrustedIssuer};
use crate::sandbox::keys::{KeyPair, compact};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ASSERT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const BOT: &str = "https://bot.example";

/// The bot as an issuer of tokens.
struct Bot {
    key: KeyPair,
    claims: Value,
}

impl Bot {
    fn trusted_by(stage: &Stage) -> Self {
        let now = stage.clock.now().as_second();
        let claims = json!({
            "iss": BOT, "sub": "p0-chatops", "aud": stage.idp.issuer(), "iat": now, "exp": now + 300,
        });
        let bot = Self { key: KeyPair::generate(), claims };
        stage.idp.trust_issuer(TrustedIssuer { issuer: BOT.to_owned(), keys: IssuerKeys::Set(bot.keys()) });
        bot
    }

    fn keys(&self) -> JwkSet {
        JwkSet { keys: vec![Jwk::from_encoding_key(&self.key.private, Algorithm::ES256).unwrap()] }
    }

    /// A good token with a new `jti`, except for `changes`.
    fn token(&self, changes: Value) -> String {
        let mut claims = self.claims.clone();
        claims["jti"] = json!(rand::random::<u64>().to_string());
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let header = json!({ "alg": "ES256", "typ": "JWT" });
        compact(&header, &claims, Some((&self.key.private, Algorithm::ES256)))
    }
}

impl Stage {
    /// An exchange with good types, except for `changes`; an empty one leaves its parameter out.
    async fn exchange(&self, subject: &Value, actor: &str, changes: &[(&str, &str)]) -> (u16, Value) {
        let good = [
            ("grant_type", EXCHANGE),
            ("subject_token", subject.as_str().unwrap()),
            ("subject_token_type", ACCESS_TOKEN),
            ("actor_token", actor),
            ("actor_token_type", JWT),
        ];
        let kept = good.into_iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        let form: Vec<_> = kept.chain(changes.iter().copied()).collect();
        self.post("/token", &form).await
    }

    async fn assert(&self, assertion: &str) -> (u16, Value) {
        self.post("/token", &[("grant_type", ASSERT), ("assertion", assertion)]).await
    }
}

#[tokio::test]
async fn an_exchanged_token_names_the_person_and_who_acts_for_them() {
    let stage = Stage::set().await;
    let bot = Bot::trusted_by(&stage);
    let tokens = stage.tokens("alice", &[]).await;
    for (name, kind) in [("access_token", ACCESS_TOKEN), ("id_token", ID_TOKEN), ("id_token", JWT)] {
        let changes = [("subject_token_type", kind)];
        let (status, answer) = stage.exchange(&tokens[name], &bot.token(json!({})), &changes).await;
        assert_eq!((status, &answer["issued_token_type"]), (200, &json!(ACCESS_TOKEN)), "{answer}");
        assert_eq!((&answer["token_type"], &answer["refresh_token"]), (&json!("Bearer"), &Value::Null));
        let claims = stage.claims(&answer["access_token"]).await;
        let who = json!([claims["sub"], claims["email"], claims["aud"], claims["client_id"], claims["act"]]);
        let act = json!({ "iss": BOT, "sub": "p0-chatops" });
        assert_eq!(who, json!(["00u-alice", "alice@example.com", "p0", CLIENT, act]));
    }
    let calls = stage.idp.calls();
    let exchange = calls.iter().find(|call| call.grant == Some(Grant::TokenExchange)).unwrap();
    assert_eq!(exchange.subject.as_deref(), Some("00u-alice"));
}

#[tokio::test]
async fn subjects_and_actors_that_are_not_right_are_invalid_requests() {
    let stage = Stage::set().await;
    let bot = Bot::trusted_by(&stage);
    let now = stage.clock.now().as_second();
    let tokens = stage.tokens("alice", &[]).await;
    let own = &tokens["access_token"];
    let malformed = refused(400, "invalid_request");
    for changes in [
        [("subject_token_type", ID_TOKEN)],
        [("subject_token_type", "")],
        [("subject_token_type", "urn:ietf:params:oauth:token-type:saml2")],
        [("subject_token", "")],
        [("actor_token", "")],
        [("actor_token_type", "")],
        [("actor_token_type", ACCESS_TOKEN)],
        [("requested_token_type", ID_TOKEN)],
    ] {
        let answer = stage.exchange(own, &bot.token(json!({})), &changes).await;
        assert_eq!(error(answer), malformed, "{changes:?}");
    }
    for (changes, why) in [
        (json!({ "iss": "https://other.example" }), "unknown issuer"),
        (json!({ "aud": "https://other.example" }), "for another audience"),
        (json!({ "exp": now }), "expired"),
        (json!({ "exp": now + 3601 }), "good for more than an hour"),
        (json!({ "iat": now + 1 }), "from the future"),
        (json!({ "sub": null }), "iss, sub, aud or exp is missing"),
    ] {
        assert_eq!(error(stage.exchange(own, &bot.token(changes), &[]).await), malformed, "{why}");
        assert_eq!(stage.why(), format!("the actor_token is not taken: {why}"));
    }
    let actor = bot.token(json!({ "aud": [stage.url("/token")] }));
    assert_eq!(stage.exchange(own, &actor, &[]).await.0, 200, "the endpoint is an audience too");
    assert_eq!(error(stage.exchange(own, &actor, &[]).await), malformed, "used before");
    let forged = json!(bot.token(json!({ "iss": stage.idp.issuer() })));
    assert_eq!(error(stage.exchange(&forged, &bot.token(json!({})), &[]).await), malformed, "not signed here");
}

#[tokio::test]
async fn what_is_exchanged_has_to_live() {
    let stage = Stage::set().await;
    let bot = Bot::trusted_by(&stage);
    let malformed = refused(400, "invalid_request");
    let alices = stage.tokens("alice", &[]).await;
    stage.idp.revoke_families_of("alice");
    let answer = stage.exchange(&alices["access_token"], &bot.token(json!({})), &[]).await;
    assert_eq!((error(answer), stage.why().as_str()), (malformed.clone(), "the subject_token is revoked"));
    let bobs = stage.tokens("bob", &[]).await;
    stage.idp.change_account("bob", |bob| bob.disabled = true);
    assert_eq!(error(stage.exchange(&bobs["access_token"], &bot.token(json!({})), &[]).await), malformed);
    let carols = stage.tokens("carol", &[]).await;
    stage.clock.advance(std::time::Duration::from_secs(3600));
    stage.exchange(&carols["access_token"], "unread", &[]).await;
    assert_eq!(stage.why(), "the subject_token is expired");
}

#[tokio::test]
async fn audiences_and_scopes_are_those_that_may_be_had() {
    let stage = Stage::set().await;
    let bot = Bot::trusted_by(&stage);
    stage.idp.change(|setup| {
        setup.exchange_audiences = vec!["https://api.p0.example".to_owned()];
        setup.actor_required = false;
    });
    let tokens = stage.tokens("alice", &[("scope", "openid email")]).await;
    let own = &tokens["access_token"];
    let ask = |changes: &'static [(&str, &str)]| stage.exchange(own, "", changes);
    const NO_ACTOR: [(&str, &str); 2] = [("actor_token", ""), ("actor_token_type", "")];
    let (_, answer) =
        ask(&[NO_ACTOR[0], NO_ACTOR[1], ("audience", "https://api.p0.example"), ("scope", "email")]).await;
    let claims = stage.claims(&answer["access_token"]).await;
    let got = json!([claims["aud"], claims["scope"], claims["act"]]);
    assert_eq!(got, json!(["https://api.p0.example", "email", null]));
    let elsewhere = ask(&[NO_ACTOR[0], NO_ACTOR[1], ("resource", "https://other.example")]).await;
    assert_eq!(error(elsewhere), refused(400, "invalid_target"));
    assert_eq!(error(ask(&[NO_ACTOR[0], NO_ACTOR[1], ("scope", "profile")]).await), refused(400, "invalid_scope"));
    let half = stage.exchange(own, &bot.token(json!({})), &[("actor_token", "")]).await;
    assert_eq!(error(half), refused(400, "invalid_request"), "a type without a token");
}

#[tokio::test]
async fn an_assertion_is_good_for_one_access_token() {
    let stage = Stage::set().await;
    let bot = Bot::trusted_by(&stage);
    let assertion = bot.token(json!({ "sub": "alice@example.com" }));
    let (status, answer) = stage.assert(&assertion).await;
    assert_eq!((status, &answer["refresh_token"], &answer["id_token"]), (200, &Value::Null, &Value::Null));
    let claims = stage.claims(&answer["access_token"]).await;
    assert_eq!(json!([claims["sub"], claims["email"]]), json!(["00u-alice", "alice@example.com"]));
    assert_eq!(error(stage.assert(&assertion).await), refused(400, "invalid_grant"));
    assert_eq!(stage.why(), "used before");
    let form = [("grant_type", ASSERT), ("assertion", &bot.token(json!({ "sub": "00u-bob" })))];
    assert_eq!(stage.send(stage.http.post(stage.url("/token")).form(&form)).await.0, 200, "no client is needed");
    stage.idp.disable("carol");
    for sub in ["00u-carol", "mallory"] {
        let answer = stage.assert(&bot.token(json!({ "sub": sub }))).await;
        assert_eq!(error(answer), refused(400, "invalid_grant"), "{sub}");
    }
    assert_eq!(error(stage.assert("no.jwt.here").await), refused(400, "invalid_grant"));
    assert_eq!(error(stage.assert("").await), refused(400, "invalid_request"));
}

#[tokio::test]
async fn an_issuers_keys_are_fetched_where_it_publishes_them() {
    let stage = Stage::set().await;
    let bot = Bot::trusted_by(&stage);
    let keys = json!(bot.keys());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    let app = Router::new().route("/jwks.json", get(move || async { Json(keys) }));
    let server = tokio::spawn(async { axum::serve(listener, app).await });
    stage.idp.trust_issuer(TrustedIssuer { issuer: BOT.to_owned(), keys: IssuerKeys::Url(url) });
    let alice = || bot.token(json!({ "sub": "00u-alice" }));
    assert_eq!(stage.assert(&alice()).await.0, 200);
    server.abort();
    let _ = server.await;
    assert_eq!(error(stage.assert(&alice()).await), refused(400, "invalid_grant"));
    assert_eq!(stage.why(), "the issuer's keys cannot be fetched");
}

#[tokio::test]
async fn a_public_client_exchanges_nothing() {
    let stage = Stage::set().await;
    stage.idp.change(|setup| setup.clients[0].secret = None);
    let form = [("grant_type", EXCHANGE), ("client_id", CLIENT)];
    assert_eq!(
        error(stage.send(stage.http.post(stage.url("/token")).form(&form)).await),
        refused(400, "unauthorized_client")
    );
    stage.idp.change(|setup| setup.clients[0].secret = Some(SECRET.to_owned()));
    assert_eq!(error(stage.post("/token", &form).await), refused(400, "invalid_request"));
}
