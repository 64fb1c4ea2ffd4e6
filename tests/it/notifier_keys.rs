//! P0's public keys behind an address (`notifier.jwks_url`): asked when a token needs them, and not by strangers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use p0_chatops::sandbox::p0::{NotifierSetup, SignedBy, TokenSpec};

use crate::world::{Setup, World, bobs};

/// An address that answers with keys once it is given some, and counts who asks.
#[derive(Clone, Default)]
struct Address {
    keys: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
}

async fn answer(State(address): State<Address>) -> (StatusCode, String) {
    address.asked.fetch_add(1, Ordering::SeqCst);
    match address.keys.lock().unwrap().clone() {
        Some(keys) => (StatusCode::OK, keys),
        None => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
    }
}

async fn with_address() -> (World, Address) {
    let address = Address::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let router = Router::new().route("/keys", get(answer)).with_state(address.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let setup = Setup::default();
    let NotifierSetup { issuer, audience, .. } = &setup.p0.notifier;
    let table = format!("{{ jwks_url = \"{url}\", issuer = \"{issuer}\", audience = \"{audience}\" }}");
    (World::with(setup.set("notifier", &table)).await, address)
}

impl Address {
    fn publish(&self, world: &World) {
        let key = DecodingKey::from_ec_pem(world.p0.notifier_public_key_pem().as_bytes()).unwrap();
        let keys = vec![Jwk::from_decoding_key(&key, Some(Algorithm::ES256)).unwrap()];
        *self.keys.lock().unwrap() = Some(serde_json::to_string(&JwkSet { keys }).unwrap());
    }
}

#[tokio::test]
async fn a_start_asks_nobody_and_a_push_is_believed_by_the_published_key() {
    let (world, address) = with_address().await;
    assert_eq!(address.asked.load(Ordering::SeqCst), 0);
    address.publish(&world);
    world.usual().await;
    let stranger = world.p0.mint(&TokenSpec { signed_by: SignedBy::Stranger, ..TokenSpec::default() });
    assert_eq!(world.p0.push_raw("{}", Some(&stranger)).await, Some(401));
}

#[tokio::test]
async fn while_there_are_no_keys_p0_is_asked_to_come_again_and_nobody_makes_us_ask_on() {
    let (world, address) = with_address().await;
    world.p0.add(bobs());
    for _ in 0..20 {
        assert_eq!(world.p0.push("req-1").await, Some(503));
    }
    assert_eq!(address.asked.load(Ordering::SeqCst), 1);
    address.publish(&world);
    world.clock.advance(Duration::from_secs(31));
    assert_eq!(world.p0.push("req-1").await, Some(200));
}
