//! Who people are to P0: by the table, or by the address that Slack has confirmed, and never by a guess.

use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use serde_json::Value;

use crate::world::{ALICE, BOB, CAROL, CHANNEL, Setup, World, bobs};
use p0_chatops::sandbox::p0::{IssuerKeys, RequestSeed, TrustedIssuer};

const ISSUER: &str = "https://bot.example.com";

/// The files of three keys, to which the settings can point before there is a folder.
struct Keys(std::path::PathBuf);

impl Keys {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("p0-chatops-signing-{:x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        for (name, seed) in [("a", 7), ("b", 8), ("c", 9)] {
            let key = p256::SecretKey::from_slice(&[seed; 32]).unwrap();
            std::fs::write(folder.join(name), key.to_pkcs8_pem(LineEnding::LF).unwrap().as_bytes()).unwrap();
            let public = key.public_key().to_public_key_pem(LineEnding::LF).unwrap();
            std::fs::write(folder.join(format!("{name}.pub")), public).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn setup(&self) -> Setup {
        let identity = format!(
            "mode = \"assertion\"\nacknowledge_bot_signs_for_approvers = true\n[identity.assertion]\n\
             private_key_file = \"{}\"\nissuer = \"{ISSUER}\"\naudience = \"p0\"",
            self.path("a")
        );
        Setup { identity, ..Setup::default() }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn published(world: &World) -> Value {
    reqwest::get(format!("{}/.well-known/jwks.json", world.base)).await.unwrap().json().await.unwrap()
}

/// P0 fetches the bot's keys, and keeps them until it does so again.
async fn p0_fetches(world: &World) {
    let keys = IssuerKeys::Set(serde_json::from_value(published(world).await).unwrap());
    world.p0.trust_issuer(TrustedIssuer { issuer: ISSUER.into(), audience: "p0".into(), keys });
}

fn by_email(keys: &Keys) -> Setup {
    keys.setup().set("identity__people", "{ }").set("identity__email_match", "true")
}

#[tokio::test]
async fn without_a_table_people_are_known_by_the_address_that_slack_has_confirmed_when_it_is_sent() {
    let keys = Keys::new();
    let world = World::with(by_email(&keys)).await;
    p0_fetches(&world).await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.slack.change_person(ALICE, |alice| alice.email = Some("Alice.New@Example.com".to_owned()));
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice.new@example.com: 200"#]);
}

#[tokio::test]
async fn an_address_that_slack_has_not_confirmed_is_nobodys() {
    let keys = Keys::new();
    let world = World::with(by_email(&keys)).await;
    p0_fetches(&world).await;
    let card = world.usual().await;
    world.slack.change_person(ALICE, |alice| alice.is_email_confirmed = false);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.dms(ALICE)[0].contains("You have no P0 identity"), "{:?}", world.dms(ALICE));
    world.presses(BOB, &card, "approve").await;
    assert!(world.dms(BOB)[0].contains("This is your own request"), "{:?}", world.dms(BOB));
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn where_there_is_a_table_nobody_is_looked_up_by_address() {
    let keys = Keys::new();
    let table = format!("{{ {ALICE} = \"alice@example.com\" }}");
    let world = World::with(keys.setup().set("identity__people", &table)).await;
    p0_fetches(&world).await;
    let card = world.usual().await;
    world.presses(CAROL, &card, "approve").await;
    assert!(world.lines(CAROL)[0].contains("You have no P0 identity"), "{:?}", world.lines(CAROL));
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn two_people_with_one_identity_are_told_apart_by_nobody_at_the_press_and_when_it_is_sent() {
    let ambiguous = format!("{{ {ALICE} = \"alice@example.com\", {CAROL} = \"ALICE@example.com\" }}");
    let mut world = World::new().await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.restart_with("identity__people", &ambiguous).await;
    world.work().await;
    let refusal = "settings name one P0 identity for you and for somebody else";
    assert!(world.dms(ALICE)[0].contains(refusal), "{:?}", world.dms(ALICE));
    for who in [ALICE, CAROL] {
        world.presses(who, &card, "approve").await;
        assert!(world.lines(who).last().unwrap().contains(refusal), "{:?}", world.lines(who));
        world.slack.slash(who, CHANNEL, "whoami").await.unwrap();
        assert!(world.lines(who).last().unwrap().contains(refusal), "{:?}", world.lines(who));
    }
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_key_is_changed_for_another_without_a_refused_decision() {
    let keys = Keys::new();
    let mut world = World::with(keys.setup()).await;
    p0_fetches(&world).await;
    let card = world.usual().await;
    let private = "identity__assertion__private_key_file";
    let beside = "identity__assertion__also_publish";

    // What P0 has fetched by each step is what it believes during the next.
    world.restart_with(beside, &format!("[{:?}]", keys.path("b.pub"))).await;
    world.presses(ALICE, &card, "approve").await;
    p0_fetches(&world).await;
    world.restart_with(private, &keys.path("b")).await;
    world.restart_with(beside, &format!("[{:?}, {:?}]", keys.path("a.pub"), keys.path("b"))).await;
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!(published(&world).await["keys"].as_array().unwrap().len(), 2, "two with the same id are one");
    p0_fetches(&world).await;
    world.restart_with(beside, "[]").await;
    let another = world.request(RequestSeed { id: Some("req-2".to_owned()), ..bobs() }).await;
    world.presses(ALICE, &another, "approve").await;
    assert_eq!(
        world.told(),
        [
            r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#,
            "revoke req-1 {} as alice@example.com: 200",
            r#"approve req-2 {"expirationLength":"2h"} as alice@example.com: 200"#,
        ],
    );
}

#[tokio::test]
async fn the_keys_may_be_kept_for_five_minutes_and_hold_no_private_half() {
    let keys = Keys::new();
    let beside = format!("[{:?}, {:?}]", keys.path("b"), keys.path("c.pub"));
    let world = World::with(keys.setup().set("identity__assertion__also_publish", &beside)).await;
    let answer = reqwest::get(format!("{}/.well-known/jwks.json", world.base)).await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "public, max-age=300");
    let set: Value = answer.json().await.unwrap();
    let rows = set["keys"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let mut names: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "x", "y"]);
    }
}
