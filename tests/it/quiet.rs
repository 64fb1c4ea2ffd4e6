//! A bot with nothing to do does nothing, and whatever it does its log holds nothing that anybody could use.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use p0_chatops::authorize::vault::{Owner, Vault};
use p0_chatops::config::{VaultKey, VaultKeys};
use p0_chatops::sandbox::idp::{Answer, Endpoint, Fault, Tamper};
use p0_chatops::sandbox::p0::{Fault as P0Fault, Verb};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;
use zeroize::Zeroizing;

use crate::linked::{Browser, linking};
use crate::world::{ALICE, BOB, CHANNEL, World};

const LOOKS: u32 = 5;

#[tokio::test]
async fn looking_for_work_writes_nothing_and_wakes_nobody() {
    for world in [World::new().await, World::with(linking()).await] {
        does_nothing(&world).await;
    }
}

async fn does_nothing(world: &World) {
    world.usual().await;
    let mut changes = world.app().ledger.changes();
    // What a server tells of the work before may come while nothing is done; what looking itself did would come each time.
    for _ in 0..LOOKS {
        changes.mark_unchanged();
        let keeper = world.app().keeper.clone();
        let settings = world.app().settings_worker.step().await;
        assert_eq!(world.app().worker.step().await + settings + world.app().courier.step().await, 0);
        assert!(keeper.is_none() || keeper.unwrap().step().await == 0);
        if !changes.has_changed().unwrap() {
            return;
        }
    }
    panic!("looking for work wakes those who look");
}

#[tokio::test]
async fn what_is_remembered_against_replays_is_forgotten_in_time() {
    let world = World::new().await;
    let card = world.usual().await;
    world.press(crate::world::ALICE, &card, "approve").await;
    world.work().await;
    world.clock.advance(Duration::from_secs(17 * 60));
    world.work().await;
    assert_eq!(world.rows("deliveries").await, 0);
}

/// All that is logged in a story, at every level and of every crate.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// What a subscriber is made of that writes everything into it.
    pub fn everything(&self) -> tracing::Dispatch {
        let all = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        tracing::Dispatch::new(all.with_writer(self.clone()).finish())
    }

    /// What was written so far.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// What travels and is kept while people link accounts, each with a name.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, name: &'static str, secret: &str) {
        assert!(secret.len() > 7, "{name} is too short to be told from other text: {secret}");
        self.0.push((name, secret.to_owned()));
    }

    /// Whatever stands in an address that a browser is sent to, and in its cookie.
    fn add_all_of(&mut self, address: &str, browser: &Browser) {
        let url: url::Url = address.parse().unwrap();
        for (name, value) in url.query_pairs() {
            let known = ["state", "nonce", "code", "code_challenge"].into_iter().find(|known| *known == name);
            if let Some(known) = known {
                self.add(known, &value);
            }
        }
        let cookie = browser.cookie().unwrap();
        self.add("the cookie", cookie.split_once('=').unwrap().1);
    }

    /// The tokens of every link, which the story opens with the vault's key.
    async fn add_tokens(&mut self, world: &World) {
        let key: [u8; 32] = std::array::from_fn(|nth| u8::try_from(nth).unwrap());
        let vault = Vault::open(&VaultKeys::Stated(vec![VaultKey::new(Zeroizing::new(key)).unwrap()])).await.unwrap();
        for link in world.app().ledger.links().await.unwrap() {
            let owner = Owner::link(link.id, &link.account.issuer, &link.account.subject, &link.owner);
            let Some(sealed) = &link.sealed else { continue };
            let tokens: Value = serde_json::from_slice(&vault.unseal(&owner, sealed).unwrap()).unwrap();
            for name in ["access", "id", "refresh"] {
                let token = tokens[name].as_str().unwrap_or_else(|| panic!("{name}"));
                // A signature alone would be as bad, and so would a part of it.
                self.add(name, token.rsplit('.').next().unwrap());
            }
            self.add("what is sealed", sealed);
        }
    }
}

/// One way to the provider and back, with everything that could be used remembered.
async fn remembered(world: &World, secrets: &mut Secrets, who: &str, account: &str) -> StatusCode {
    let (page, browser) = (world.ask_to_link(who).await, Browser::new());
    secrets.add("the ticket", page.rsplit('/').next().unwrap());
    let mut way = vec![browser.press(&page).await.location.unwrap()];
    way.push(world.slack.sign_in(&way[0], who).await.unwrap().into());
    way.push(browser.get(&way[1]).await.location.unwrap());
    way.push(world.idp().log_in(&way[2], account).await.unwrap().into());
    way.iter().for_each(|address| secrets.add_all_of(address, &browser));
    let elsewhere = Browser::new().get(&way[1]).await;
    assert_eq!(elsewhere.status, StatusCode::GONE);
    let shown = browser.get(&way[3]).await;
    world.work().await;
    shown.status
}

#[tokio::test]
async fn no_line_of_the_log_holds_what_browsers_providers_and_p0_are_shown() {
    let (log, mut secrets) = (Log::default(), Secrets::default());
    // Where there is one subscriber only, lines that stories on other threads come to first are switched off for all.
    let _another = log.everything();
    let _logging = tracing::dispatcher::set_default(&log.everything());
    let world = World::with(linking()).await;

    // What comes back is wrong, quotes what was sent, or is not taken by P0.
    world.idp().tamper(Tamper::ForeignKey);
    assert_eq!(remembered(&world, &mut secrets, ALICE, "alice").await, StatusCode::FORBIDDEN);
    let (code, content_type, headers) = (400, "application/json".to_owned(), vec![]);
    let body = r#"{"error":"invalid_grant","error_description":"no"}"#.to_owned();
    world.idp().fail_next(1, Endpoint::Token, Fault::Status(Answer { code, content_type, body, headers }));
    assert_eq!(remembered(&world, &mut secrets, ALICE, "alice").await, StatusCode::FORBIDDEN);
    assert_eq!(remembered(&world, &mut secrets, BOB, "alice").await, StatusCode::FORBIDDEN);
    world.p0.fail_next(1, Verb::Account, P0Fault::error(401, "Unauthorized"));
    assert_eq!(remembered(&world, &mut secrets, ALICE, "alice").await, StatusCode::FORBIDDEN);
    world.p0.fail_next(1, Verb::Account, P0Fault::bad_gateway());
    assert_eq!(remembered(&world, &mut secrets, ALICE, "alice").await, StatusCode::BAD_GATEWAY);

    // It works, is used, renewed, refused once, and given back.
    assert_eq!(remembered(&world, &mut secrets, ALICE, "alice").await, StatusCode::OK);
    secrets.add_tokens(&world).await;
    let card = world.usual().await;
    world.clock.advance(Duration::from_secs(2 * 60 * 60));
    world.p0.refuse_next_of("alice@example.com");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told().len(), 2, "once with a 401, once more with a new token");
    secrets.add_tokens(&world).await;
    let living = world.idp().living_families("alice");
    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    world.work().await;
    assert_eq!(world.idp().living_families("alice"), living - 1, "it was given back");

    secrets.add("the provider's client secret", "sandbox-idp-secret");
    secrets.add("Slack's client secret", "sandbox-client-secret");
    secrets.add("the vault's key", "0001020304050607");
    secrets.add("the beginning of a token", "eyJhbGciOi");
    let metrics = world.metrics().await;
    let said = log.text() + &metrics;
    assert!(said.contains("TRACE") && said.contains("somebody linked their account"), "the log was read");
    for (name, secret) in &secrets.0 {
        let line = said.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{name}");
    }
}
