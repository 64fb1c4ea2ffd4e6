//! Assertions (RFC 7523) by the bot's own published key, at a server that takes each once.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p256::pkcs8::EncodePrivateKey as _;
use serde_json::{Value, json};

use super::control::http;
use super::jwt_bearer_server::JwtBearerServer;
use super::relying_party::get;
use crate::identity::{ISSUER, asserting, signing_key};

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

async fn token(server: &JwtBearerServer, assertion: &str) -> Value {
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
    http().post(&server.token_endpoint).form(&form).send().await.unwrap().json().await.unwrap()
}
