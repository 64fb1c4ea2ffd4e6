//! Tokens that run out, and families that die.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p0_chatops::authorize::NotAuthorized;
use p0_chatops::authorize::credentials::{Credential, Credentials};
use p0_chatops::authorize::linked::Parts;
use p0_chatops::authorize::p0_login::P0Accounts;
use p0_chatops::authorize::vault::Vault;
use p0_chatops::config::Settings;
use p0_chatops::domain::person::{SlackUser, TeamId, UserId};
use p0_chatops::ledger::Ledger;
use p0_chatops::sandbox::idp::{Endpoint, Fault, Grant, Tamper};
use p0_chatops::sandbox::p0::RequestSeed;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Browser, linking};
use crate::outside::http;
use crate::world::{ALICE, CAROL, CHANNEL, Card, Setup, World, bobs};

const HOUR: Duration = Duration::from_secs(3600);
/// Longer than any wait before another try.
const A_WHILE: Duration = Duration::from_secs(60);
const APPROVED: &str = r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#;
const NOT_TAKEN: &str = r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 401"#;

/// Alice has linked her account, an hour has passed, and Bob asks for something.
async fn run_out(setup: Setup) -> (World, Card) {
    let world = World::with(setup).await;
    world.links(ALICE, "alice").await;
    world.clock.advance(HOUR);
    let card = world.usual().await;
    (world, card)
}

impl World {
    /// What came of each renewal that the provider was asked for.
    pub fn renewals(&self) -> Vec<String> {
        let calls = self.idp().calls().into_iter().filter(|call| call.grant == Some(Grant::RefreshToken));
        calls.map(|call| call.outcome.unwrap_or_else(|| "nothing".to_owned())).collect()
    }

    /// The direct message that says so.
    pub fn dm_saying(&self, who: &str, words: &str) -> Card {
        let nth = self.dms(who).iter().position(|dm| dm.contains(words));
        let nth = nth.unwrap_or_else(|| panic!("{:?}", self.dms(who)));
        self.cards_in(&self.slack.dm_channel(who).unwrap()).swap_remove(nth)
    }

    /// Time passes, and what waited for it happens.
    async fn later(&self, time: Duration) {
        self.clock.advance(time);
        self.work().await;
    }
}

/// What a JWT says.
pub fn claims_of(token: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// A JWT that nobody signed.
pub fn saying(claims: &Value) -> String {
    format!("{}.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode("{}"), BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[tokio::test]
async fn a_token_that_has_run_out_is_renewed_once_and_the_new_one_outlives_the_bot() {
    let (mut world, card) = run_out(linking()).await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), world.renewals()), (vec![APPROVED.to_owned()], vec!["ok".to_owned()]));
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!((world.told().len(), world.renewals().len()), (2, 1), "it is good for another hour");

    world.restart().await;
    world.clock.advance(HOUR);
    let card = world.request(RequestSeed { id: Some("req-2".to_owned()), ..bobs() }).await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told()[2], r#"approve req-2 {"expirationLength":"2h"} as alice@example.com: 200"#);
    assert_eq!((world.renewals(), world.idp().living_families("alice")), (vec!["ok".to_owned(); 2], 1));
}

#[tokio::test]
async fn a_family_that_dies_of_a_lost_answer_is_linked_again_with_the_card_at_hand() {
    let (world, card) = run_out(linking()).await;
    for newer in ["req-2", "req-3", "req-4"] {
        world.request(RequestSeed { id: Some(newer.to_owned()), ..bobs() }).await;
    }
    world.idp().fail_next(1, Grant::RefreshToken, Fault::LostAnswer);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), world.renewals().len()), (Vec::<String>::new(), 1));
    world.later(A_WHILE).await;
    assert_eq!(world.renewals(), ["ok", "invalid_grant"]);
    assert_eq!((world.told(), world.idp().living_families("alice")), (Vec::<String>::new(), 0));
    world.dm_saying(ALICE, "was not sent to P0. Your link has ended");
    let ended = world.dm_saying(ALICE, "Please link again, and your decisions go out as before");
    assert!(world.read(&ended).contains("req-1"), "{}", world.read(&ended));

    world.presses(ALICE, &ended, "link_account").await;
    let page = world.page_of(ALICE);
    Browser::new().link(&world, &page, ALICE, "alice").await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn while_the_provider_is_silent_a_decision_waits_and_others_go_on() {
    let silent = Fault::error(503, "temporarily_unavailable");
    for fault in [Fault::bad_gateway(), Fault::text(200, "<html>Sign in</html>"), Fault::Drop, silent] {
        let (world, card) = run_out(linking()).await;
        world.links(CAROL, "carol").await;
        let other = world.request(RequestSeed { id: Some("req-2".to_owned()), ..bobs() }).await;
        world.idp().fail_until_cleared(Grant::RefreshToken, fault.clone());
        world.press(ALICE, &card, "approve").await;
        world.presses(CAROL, &other, "approve").await;
        assert_eq!(world.told(), [r#"approve req-2 {"expirationLength":"2h"} as carol@example.com: 200"#], "{fault:?}");
        world.idp().clear_faults();
        world.later(A_WHILE).await;
        assert_eq!((world.told()[1..].to_vec(), world.idp().living_families("alice")), (vec![APPROVED.to_owned()], 1));
    }
}

#[tokio::test]
async fn a_decision_that_waited_too_long_for_the_provider_is_dropped_and_its_person_told() {
    let (world, card) = run_out(linking()).await;
    world.idp().down().await;
    world.presses(ALICE, &card, "approve").await;
    world.later(Duration::from_secs(15 * 60)).await;
    world.later(A_WHILE).await;
    let dms = world.dms(ALICE);
    assert!(dms.last().unwrap().contains("was not sent: P0 could not be told in time"), "{dms:?}");
    world.idp().up().await.unwrap();
    world.later(A_WHILE).await;
    assert_eq!(world.told(), [""; 0]);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn a_client_whose_secret_was_changed_ends_nobodys_link() {
    let (world, card) = run_out(linking()).await;
    let secret = |secret: &str| world.idp().change(|idp| idp.clients[0].secret = Some(secret.to_owned()));
    secret("changed-by-somebody");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.renewals(), ["invalid_client"]);
    assert!(world.dms(ALICE)[1].contains("Your P0 credential cannot be used"), "{:?}", world.dms(ALICE));
    secret("sandbox-idp-secret");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn a_refresh_may_come_without_a_refresh_token_and_without_an_id_token() {
    let (world, card) = run_out(linking()).await;
    world.idp().change(|idp| (idp.rotates, idp.refreshes_id_token) = (false, false));
    world.presses(ALICE, &card, "approve").await;
    world.clock.advance(HOUR);
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!((world.told().len(), world.renewals()), (2, vec!["ok".to_owned(); 2]));
}

#[tokio::test]
async fn tokens_that_name_another_subject_or_address_are_never_sent_and_end_the_link() {
    let another: [fn(&World); 2] = [
        |world| world.idp().tamper(Tamper::Subject("00u-bob".to_owned())),
        |world| world.idp().change_account("alice", |alice| alice.email = Some("eve@example.com".to_owned())),
    ];
    for change in another {
        let (world, card) = run_out(linking()).await;
        change(&world);
        world.presses(ALICE, &card, "approve").await;
        assert_eq!(world.told(), [""; 0]);
        let dms = world.dms(ALICE);
        assert!(dms.iter().any(|dm| dm.contains("now names somebody else than")), "{dms:?}");
        // What came is kept until the provider has been told to forget it.
        assert_eq!(world.idp().living_families("00u-alice"), 0);
        world.presses(ALICE, &card, "approve").await;
        assert!(world.lines(ALICE).last().unwrap().contains("You have not linked your account yet"));
    }
}

#[tokio::test]
async fn what_comes_with_an_id_token_that_is_not_believed_is_kept_and_not_sent() {
    let (world, card) = run_out(linking()).await;
    world.idp().tamper(Tamper::ForeignKey);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), world.renewals()), (Vec::<String>::new(), vec!["ok".to_owned()]));
    assert!(world.dms(ALICE)[1].contains("Your P0 credential cannot be used"), "{:?}", world.dms(ALICE));
    // Without an ID token nobody says that it was hers after all.
    world.idp().change(|idp| idp.refreshes_id_token = false);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    world.idp().change(|idp| idp.refreshes_id_token = true);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), world.idp().living_families("alice")), (vec![APPROVED.to_owned()], 1));
}

#[tokio::test]
async fn what_comes_with_an_access_token_that_cannot_be_shown_is_kept_and_the_next_is_sent() {
    let (world, card) = run_out(linking()).await;
    let dpop = json!({ "token_type": "DPoP" });
    world.idp().change(|idp| (idp.odd_tokens, idp.refreshes_id_token) = (dpop.as_object().cloned().unwrap(), false));
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), world.renewals()), (Vec::<String>::new(), vec!["ok".to_owned()]));
    world.idp().change(|idp| idp.odd_tokens.clear());
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), world.idp().living_families("alice")), (vec![APPROVED.to_owned()], 1));
}

/// Another bot on the same ledger, as far as a credential goes.
pub async fn beside(world: &World) -> Credentials {
    beside_with(world, world.settings()).await
}

/// The same with settings of its own.
pub async fn beside_with(world: &World, settings: Settings) -> Credentials {
    let store = Ledger::open(&settings.database_url, world.clock.clone()).await.unwrap();
    let vault = Vault::open(settings.vault.as_ref().unwrap()).await.unwrap();
    let p0 = P0Accounts::new(http(), &settings.p0);
    let parts = Parts { client: http(), p0, vault, store: Arc::new(store), clock: world.clock.clone() };
    Credentials::new(settings.identity, world.clock.clone(), http(), Some(parts)).unwrap()
}

pub fn alice() -> SlackUser {
    SlackUser { team: TeamId::parse("T01ACME").unwrap(), user: UserId::parse(ALICE).unwrap() }
}

#[tokio::test]
async fn of_two_who_renew_at_once_one_asks_the_provider_and_both_have_the_new_token() {
    let (world, _) = run_out(linking()).await;
    let (here, there) = (beside(&world).await, beside(&world).await);
    let (alice, bearer) = (alice(), |credential: &Credential| credential.bearer.expose().to_owned());
    let (one, other) = tokio::join!(here.of(&alice, None), there.of(&alice, None));
    let winners: Vec<Credential> = [one, other]
        .into_iter()
        .filter_map(|raced| match raced {
            Ok(credential) => Some(credential),
            Err(NotAuthorized::Later(wait)) => {
                assert_eq!(wait, Some(Duration::from_secs(1)));
                None
            }
            Err(NotAuthorized::Refused(refusal)) => panic!("{refusal}"),
        })
        .collect();
    assert!(!winners.is_empty());
    assert_eq!(world.renewals(), ["ok"]);
    let (here, there) = (here.of(&alice, None).await.unwrap(), there.of(&alice, None).await.unwrap());
    assert_eq!(bearer(&here), bearer(&there));
    assert!(winners.iter().all(|winner| bearer(winner) == bearer(&here)));
    assert_eq!((world.renewals().len(), world.idp().living_families("alice")), (1, 1));
}

#[tokio::test]
async fn a_renewal_whose_bot_is_gone_is_taken_up_by_the_next() {
    let (mut world, card) = run_out(linking()).await;
    let ledger = Ledger::open(&world.settings().database_url, world.clock.clone()).await.unwrap();
    let link = ledger.living_link(&alice()).await.unwrap().unwrap();
    ledger.lease_renewal(link).await.unwrap().expect("the right to renew");
    world.restart().await;
    world.presses(ALICE, &card, "approve").await;
    world.later(Duration::from_secs(5)).await;
    assert_eq!((world.told(), world.renewals()), (Vec::<String>::new(), Vec::<String>::new()));
    world.later(2 * A_WHILE).await;
    assert_eq!((world.told(), world.renewals()), (vec![APPROVED.to_owned()], vec!["ok".to_owned()]));
}

#[tokio::test]
async fn no_renewal_begins_once_the_bot_is_stopping() {
    let (mut world, card) = run_out(linking()).await;
    let beside = beside(&world).await;
    beside.linked().unwrap().begin_no_more();
    assert!(matches!(beside.of(&alice(), None).await, Err(NotAuthorized::Later(None))));
    world.press(ALICE, &card, "approve").await;
    let stop = CancellationToken::new();
    stop.cancel();
    world.app().worker.clone().run(stop).await;
    assert_eq!(world.renewals(), [""; 0]);
    world.restart().await;
    world.later(A_WHILE).await;
    assert_eq!((world.told(), world.renewals()), (vec![APPROVED.to_owned()], vec!["ok".to_owned()]));
}

#[tokio::test]
async fn a_token_that_p0_does_not_take_is_renewed_and_sent_once_more_and_no_more() {
    let world = World::with(linking()).await;
    world.links(ALICE, "alice").await;
    let card = world.usual().await;
    world.p0.refuse_next_of("alice@example.com");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), world.renewals().len()), (vec![NOT_TAKEN.to_owned(), APPROVED.to_owned()], 1));

    world.p0.refuse_next_of("alice@example.com");
    world.p0.refuse_next_of("alice@example.com");
    world.presses(ALICE, &card, "revoke").await;
    let revokes = vec!["revoke req-1 {} as alice@example.com: 401".to_owned(); 2];
    assert_eq!((world.told()[2..].to_vec(), world.renewals().len()), (revokes, 2));
    assert!(world.dms(ALICE)[1].contains("did not count. P0 says: "), "{:?}", world.dms(ALICE));
    assert_eq!(world.idp().living_families("alice"), 1);
}

#[tokio::test]
async fn a_token_that_was_renewed_meanwhile_is_not_renewed_again() {
    let world = World::with(linking()).await;
    world.links(ALICE, "alice").await;
    let card = world.usual().await;
    let other = world.request(RequestSeed { id: Some("req-2".to_owned()), ..bobs() }).await;
    world.p0.refuse_next_of("alice@example.com");
    world.p0.refuse_next_of("alice@example.com");
    world.press(ALICE, &card, "approve").await;
    world.presses(ALICE, &other, "approve").await;
    world.later(A_WHILE).await;
    let statuses: Vec<bool> = world.told().iter().map(|told| told.ends_with("200")).collect();
    assert_eq!((statuses, world.renewals()), (vec![false, false, true, true], vec!["ok".to_owned()]));
}

#[tokio::test]
async fn an_opaque_token_of_which_nobody_says_how_long_it_lasts_is_used_until_p0_takes_it_no_longer() {
    let mut setup = linking();
    let odd = |token: &str| json!({ "access_token": token, "expires_in": null }).as_object().cloned().unwrap();
    setup.idp.as_mut().unwrap().odd_tokens = odd("opaque-1");
    let world = World::with(setup).await;
    world.p0.trust_token("opaque-1", "alice@example.com");
    world.links(ALICE, "alice").await;
    world.clock.advance(20 * HOUR);
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!((world.told(), world.renewals().len()), (vec![APPROVED.to_owned()], 0));

    world.p0.revoke_token("opaque-1");
    world.p0.trust_token("opaque-2", "alice@example.com");
    world.idp().change(|idp| idp.odd_tokens = odd("opaque-2"));
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!(world.told()[1..], ["revoke req-1 {} as nobody: 401", "revoke req-1 {} as alice@example.com: 200"]);
    assert_eq!(world.renewals(), ["ok"]);
}

#[tokio::test]
async fn the_id_token_is_sent_where_p0_takes_that_and_the_link_ends_where_none_comes_any_more() {
    let mut setup = linking();
    setup.identity = setup.identity.replace("access_token", "id_token");
    let (world, card) = run_out(setup).await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [APPROVED]);
    world.idp().change(|idp| idp.refreshes_id_token = false);
    world.clock.advance(HOUR);
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!(world.told().len(), 1);
    world.dm_saying(ALICE, "Your link has run out");
}

#[tokio::test]
async fn an_access_token_without_a_refresh_token_is_given_back_itself() {
    let mut setup = linking();
    setup.idp.as_mut().unwrap().clients[0].grants.retain(|grant| *grant != Grant::RefreshToken);
    let world = World::with(setup).await;
    world.links(ALICE, "alice").await;
    assert_eq!(world.slack.deactivate(ALICE).await.unwrap().status, 200);
    world.work().await;
    let given_back = world.idp().calls().into_iter().filter(|call| call.endpoint == Some(Endpoint::Revoke));
    let of: Vec<_> = given_back.map(|call| (call.subject, call.outcome)).collect();
    assert_eq!(of, [(Some("00u-alice".to_owned()), Some("ok".to_owned()))]);
    assert_eq!(world.audited("link.forgotten").await[0]["revoked_at_provider"], true);
}

#[tokio::test]
async fn a_token_that_says_it_is_somebody_elses_is_refused_before_p0_sees_it() {
    for (sub, email) in [("00u-alice", "bob@example.com"), ("00u-mallory", "alice@example.com")] {
        let (world, card) = run_out(linking()).await;
        let exp = (world.clock.now() + HOUR).as_second();
        let odd = json!({ "access_token": saying(&json!({ "sub": sub, "email": email, "exp": exp })) });
        world.idp().change(|idp| idp.odd_tokens = odd.as_object().cloned().unwrap());
        world.presses(ALICE, &card, "approve").await;
        assert_eq!((world.told(), world.renewals()), (Vec::<String>::new(), vec!["ok".to_owned()]));
        assert!(world.dms(ALICE)[1].contains("is somebody else's"), "{:?}", world.dms(ALICE));
    }
}

#[tokio::test]
async fn whoami_says_until_when_and_nothing_of_a_token_that_p0_did_not_take() {
    let world = World::with(linking()).await;
    world.links(ALICE, "alice").await;
    world.slack.slash(ALICE, CHANNEL, "whoami").await.unwrap();
    let line = |world: &World| world.lines(ALICE).pop().unwrap();
    assert!(line(&world).contains("is good until (time)"), "{}", line(&world));
    // As P0's 401 leaves it until it is renewed.
    let mut file = world.database().await;
    sqlx::query("UPDATE links SET good_until = 0").execute(&mut file).await.unwrap();
    world.slack.slash(ALICE, CHANNEL, "whoami").await.unwrap();
    assert!(!line(&world).contains("is good until"), "{}", line(&world));
}
