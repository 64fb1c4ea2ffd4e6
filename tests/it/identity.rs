//! Modes `assertion` and `service`: what P0 is shown, and what people are told of it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use crate::world::{ALICE, BOB, CHANNEL, Setup, World, write_token};
use p0_chatops::sandbox::p0::{IssuerKeys, TrustedIssuer};
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};

/// Whom the bot of [`asserting`] signs as.
pub const ISSUER: &str = "https://bot.example.com";

/// Mode `service`.
pub const SHARED: &str =
    "mode = \"service\"\nacknowledge_shared_credential = true\n[identity.service]\ntoken = \"the-shared-credential\"";

/// What it signs with.
pub fn signing_key() -> p256::SecretKey {
    p256::SecretKey::from_slice(&[7; 32]).unwrap()
}

/// The same in a file.
pub fn key_file() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let path = std::env::temp_dir().join(format!("p0-chatops-it-key-{}.pem", std::process::id()));
        std::fs::write(&path, signing_key().to_pkcs8_pem(LineEnding::LF).unwrap().as_bytes()).unwrap();
        path
    })
}

/// Mode `assertion`, for this audience.
pub fn signing_for(audience: &str) -> String {
    format!(
        "mode = \"assertion\"\nacknowledge_bot_signs_for_approvers = true\n[identity.assertion]\n\
         private_key_file = \"{}\"\nissuer = \"{ISSUER}\"\naudience = \"{audience}\"",
        key_file().display()
    )
}

pub async fn asserting() -> World {
    asserting_with(Setup::default()).await
}

/// The same where nobody has a name here until Slack is asked for their address.
pub async fn asserting_by_email(setup: Setup) -> World {
    asserting_with(setup.set("identity__people", "{ }").set("identity__email_match", "true")).await
}

async fn asserting_with(setup: Setup) -> World {
    let world = World::with(Setup { identity: signing_for("p0"), ..setup }).await;
    world.p0.trust_issuer(TrustedIssuer {
        issuer: ISSUER.into(),
        audience: "p0".into(),
        keys: IssuerKeys::Url(format!("{}/.well-known/jwks.json", world.base)),
    });
    world
}

#[tokio::test]
async fn an_assertion_is_believed_by_its_published_key_and_the_card_says_who_signed() {
    let world = asserting().await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    assert!(
        world.read(&card).contains("*Approved* by <@U01ALICE> (asserted by the bot) for 2 hours"),
        "{}",
        world.read(&card)
    );
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!(world.told()[1], "revoke req-1 {} as alice@example.com: 200", "each call has a jti of its own");
}

#[tokio::test]
async fn the_bot_asserts_nothing_about_ones_own_request() {
    let world = asserting().await;
    let card = world.usual().await;
    world.presses(BOB, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn with_a_shared_credential_the_card_says_that_p0_does_not_know_who() {
    let world = World::with(Setup { identity: SHARED.into(), ..Setup::default() }).await;
    world.p0.trust_service("the-shared-credential");
    let card = world.usual().await;
    world.slack.slash(ALICE, CHANNEL, "approve req-unseen 2h").await.unwrap();
    assert!(world.lines(ALICE)[0].contains("only requests that were shown can be decided"), "{:?}", world.lines(ALICE));
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as service: 200"#]);
    assert!(world.read(&card).contains("(with the shared credential: P0 does not know who)"), "{}", world.read(&card));
}

#[tokio::test]
async fn a_token_alone_is_enough_where_slack_or_its_claims_say_whose_requests_are_ones_own() {
    let world = World::with(Setup::default().set("identity__people", "{ }")).await;
    let card = world.usual().await;
    world.presses(BOB, &card, "approve").await;
    assert!(world.dms(BOB)[0].contains("This is your own request"), "{:?}", world.dms(BOB));
    world.slack.change_person(ALICE, |alice| alice.is_email_confirmed = false);
    world.presses(ALICE, &card, "approve").await;
    assert!(world.dms(ALICE)[0].contains("It cannot be told whether"), "an opaque token names nobody");
    world.slack.change_person(ALICE, |alice| alice.is_email_confirmed = true);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
}

/// A JWT with these claims; nobody checks its signature but P0.
fn token_saying(claims: &serde_json::Value) -> String {
    format!("{}.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode("{}"), BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[tokio::test]
async fn a_token_that_has_run_out_is_refused_before_p0_hears_of_it() {
    let world = World::new().await;
    let card = world.usual().await;
    write_token(&world.folder, ALICE, &token_saying(&json!({"email": "alice@example.com", "exp": 1_000_000_000})));
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.dms(ALICE)[0].contains("Your P0 credential has run out"), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn a_token_of_an_idp_that_sends_no_email_is_known_by_its_other_names() {
    let world = World::new().await;
    let card = world.usual().await;
    write_token(&world.folder, ALICE, &token_saying(&json!({"sub": "00u1", "upn": "carol@example.com"})));
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.dms(ALICE)[0].contains("is somebody else's"), "{:?}", world.dms(ALICE));
}
