//! Assertions (RFC 7523) by the bot's own published key, at a server that takes each once.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p0_chatops::sandbox::p0::BearerKind;
use p256::pkcs8::EncodePrivateKey as _;
use serde_json::{Value, json};

use super::control::http;
use super::jwt_bearer_server::JwtBearerServer;
use super::relying_party::get;
use crate::identity::{ISSUER, asserting, signing_for, signing_key};
use crate::world::{ALICE, CAROL, Setup, World};

#[tokio::test]
async fn an_assertion_by_the_bots_published_key_is_good_for_a_token_once() {
    let Some(server) = JwtBearerServer::start(&["alice@example.com"], 60) else { return };
    let world = asserting().await;
    let jwks_url = format!("{}/.well-known/jwks.json", world.base);
    let keys: JwkSet = get(&jwks_url).await;
    let header = Header { kid: keys.keys[0].common.key_id.clone(), ..Header::new(Algorithm::ES256) };
    let key = EncodingKey::from_ec_der(signing_key().to_pkcs8_der().unwrap().as_bytes());
    let assertion = |subject: &str, jti: &str| {
        let exp = world.clock.now().as_second() + 60;
        let claims = json!({ "iss": ISSUER, "sub": subject, "aud": server.token_endpoint, "exp": exp, "jti": jti });
        encode(&header, &claims, &key).unwrap()
    };
    let alices = assertion("alice@example.com", "1");
    assert_eq!(token(&server, &alices).await["error"], "invalid_grant");

    server.trust(ISSUER, &jwks_url).await;
    let given = token(&server, &alices).await;
    assert_eq!(server.subject_of(given["access_token"].as_str().unwrap()).await.as_deref(), Some("alice@example.com"));
    assert_eq!(server.subject_of("another").await, None);
    token(&server, &alices).await;
    token(&server, &assertion("mallory@example.com", "2")).await;
    assert_eq!(
        server.log().await,
        [
            "for nobody: invalid_grant: The client does not exist on this server.",
            "for alice@example.com: given",
            "for nobody: invalid_grant: The assertion was used before.",
            "for nobody: invalid_grant: Invalid 'sub' value in assertion",
        ]
    );
}

#[tokio::test]
async fn the_bot_redeems_what_it_signs_there_for_the_token_that_p0_is_sent() {
    let Some(server) = JwtBearerServer::start(&["alice@example.com"], 60) else { return };
    let endpoint = &server.token_endpoint;
    let identity = format!("{}\ntoken_endpoint = \"{endpoint}\"\ngrant = \"jwt-bearer\"", signing_for(endpoint));
    let world = World::with(Setup { identity, ..Setup::default() }).await;
    server.trust(ISSUER, &format!("{}/.well-known/jwks.json", world.base)).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(server.log().await, ["for alice@example.com: given"]);
    // This P0 knows nobody by the server's tokens; what it was sent is one of them.
    assert_eq!(world.p0.calls().pop().unwrap().bearer, BearerKind::Unknown);
    world.presses(CAROL, &card, "approve").await;
    assert_eq!(server.log().await[1..], ["for nobody: invalid_grant: Invalid 'sub' value in assertion"]);
    assert!(world.dms(CAROL)[0].contains("Your P0 credential cannot be used"), "{:?}", world.dms(CAROL));
    assert_eq!(world.told().len(), 1);
}

async fn token(server: &JwtBearerServer, assertion: &str) -> Value {
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
    http().post(&server.token_endpoint).form(&form).send().await.unwrap().json().await.unwrap()
}
