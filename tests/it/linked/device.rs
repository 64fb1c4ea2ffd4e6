//! The way with a code: it comes in a direct message, is entered at the provider, and the bot asks until it was.

use std::time::Duration;

use insta::assert_snapshot;
use p0_chatops::domain::link::NotBound;
use p0_chatops::ledger::Ledger;
use p0_chatops::ledger::notices::Notice;
use p0_chatops::link::keeper::Keeper;
use p0_chatops::sandbox::idp::{Endpoint, Fault, Grant};
use p0_chatops::sandbox::p0::SignOn;
use p0_chatops::sandbox::slack;
use p0_chatops::sandbox::slack::Times;

use super::by_device;
use crate::world::{ALICE, BOB, CHANNEL, Setup, World};

const POLL: Grant = Grant::DeviceCode;

#[tokio::test]
async fn a_code_from_the_refusal_links_the_account_that_decides_from_then_on() {
    let world = World::with(by_device()).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    let line = world.slack.ephemerals(ALICE).pop().unwrap();
    assert!(line.text.contains("You have not linked your account yet"), "{}", line.text);
    world.slack.press_ephemeral(ALICE, &line.ts, "link_account").await.unwrap();
    world.work().await;
    let page = world.idp().issuer() + "/device";
    assert_snapshot!(world.read(&world.last_dm(ALICE)).replace(&world.code_of(ALICE), "ABCD-EFGH").replace(&page, "(page)"), @r"
    To link your account, enter the code `ABCD-EFGH` at (page) and sign in. It is good until (time). Enter it only if you asked for it just now: whoever asked for a code gets the account of whoever enters it, so nobody else may give you one.
    [Enter the code]
    ");
    assert_eq!(world.dms(BOB), [""; 0]);

    world.is_polled().await;
    assert_eq!(world.dms(ALICE).len(), 1, "{:?}", world.dms(ALICE));
    world.idp().enter_code(&world.code_of(ALICE), "alice").await.unwrap();
    world.is_polled().await;
    assert_snapshot!(world.read(&world.last_dm(ALICE)), @r"
    Your account is linked: you are alice@example.com to P0, and your decisions go out with your own authority. `/p0 whoami` says so, `/p0 unlink` ends it. If this was not you, unlink it and tell your security team.
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 2h
    Request req-1
    [Show]
    ");

    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    assert_eq!(world.p0.calls().pop().unwrap().subject.as_deref(), Some("00u-alice"));
}

/// A company whose settings name no client: P0 says which of its own to use at the provider.
fn by_p0s_client() -> Setup {
    let setup = by_device();
    Setup { identity: setup.identity.replace("client_id = \"p0-device\"\n", ""), ..setup }
}

fn p0_names(world: &World, client: &str, domain: &str) {
    let (client_id, provider_domain) = (client.to_owned(), Some(domain.to_owned()));
    world.p0.behave(|p0| p0.sign_on = SignOn { client_id, provider_domain, ..SignOn::default() });
}

#[tokio::test]
async fn p0s_own_client_is_asked_for_once_and_stays_what_it_was() {
    let mut world = World::with(by_p0s_client()).await;
    p0_names(&world, "p0-device", "127.0.0.1");
    world.links_by_code(ALICE, "alice").await;
    assert!(world.dms(ALICE)[1].contains("you are alice@example.com to P0"), "{:?}", world.dms(ALICE));
    let asked = world.idp().calls().into_iter().filter_map(|call| call.client);
    assert!(asked.into_iter().all(|client| client == "p0-device"));

    p0_names(&world, "somebody-elses", "127.0.0.1");
    world.restart().await;
    world.links_by_code(BOB, "bob").await;
    assert!(world.dms(BOB)[1].contains("you are bob@example.com to P0"), "{:?}", world.dms(BOB));
}

#[tokio::test]
async fn a_client_at_another_provider_is_not_used() {
    let world = World::with(by_p0s_client()).await;
    p0_names(&world, "p0-device", "login.example.net");
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    world.work().await;
    assert_snapshot!(world.read(&world.last_dm(ALICE)), @r"
    What came back cannot be believed; the bot's log tells its operator why. Nothing was linked.
    [Try again]
    ");
    assert!(world.idp().calls().is_empty());
}

#[tokio::test]
async fn whoever_denies_the_code_has_linked_nothing_and_can_try_again() {
    let world = World::with(by_device()).await;
    let code = world.ask_for_code(ALICE).await;
    world.idp().deny_code(&code).await.unwrap();
    world.is_polled().await;
    let dm = world.last_dm(ALICE);
    assert_snapshot!(world.read(&dm), @r"
    It was refused where you signed in (access_denied).
    [Try again]
    ");
    world.presses(ALICE, &dm, "link_account").await;
    let again = world.code_of(ALICE);
    assert_ne!(again, code);
    world.idp().enter_code(&again, "alice").await.unwrap();
    world.is_polled().await;
    assert!(world.dms(ALICE).pop().unwrap().contains("Your account is linked"));
}

#[tokio::test]
async fn a_code_runs_out_where_it_was_entered_by_nobody() {
    let mut setup = by_device();
    setup.idp.as_mut().unwrap().device_life = Duration::from_secs(3600);
    let world = World::with(setup).await;
    let code = world.ask_for_code(ALICE).await;
    world.clock.advance(Duration::from_secs(5 * 60));
    world.work().await;
    assert!(world.dms(ALICE)[1].starts_with("It took too long: the code has run out"), "{:?}", world.dms(ALICE));
    // The provider still takes it; nobody asks any more.
    world.idp().enter_code(&code, "alice").await.unwrap();
    world.is_polled().await;
    assert_eq!((world.idp().polls(&code), world.dms(ALICE).len()), (0, 2));
}

#[tokio::test]
async fn a_code_that_the_provider_ends_sooner_is_over_sooner() {
    let mut setup = by_device();
    setup.idp.as_mut().unwrap().device_life = Duration::from_secs(60);
    let world = World::with(setup).await;
    world.ask_for_code(ALICE).await;
    world.clock.advance(Duration::from_secs(61));
    world.work().await;
    assert!(world.dms(ALICE)[1].starts_with("It took too long: the code has run out"), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn a_provider_that_wants_to_be_asked_less_often_is() {
    let world = World::with(by_device()).await;
    let code = world.ask_for_code(ALICE).await;
    world.idp().fail_next(1, POLL, Fault::error(400, "slow_down"));
    world.is_polled().await;
    world.idp().enter_code(&code, "alice").await.unwrap();
    world.is_polled().await;
    assert_eq!(world.dms(ALICE).len(), 1, "10 seconds lie between two questions now");
    world.is_polled().await;
    assert!(world.dms(ALICE)[1].contains("Your account is linked"), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn a_provider_that_is_down_between_two_questions_is_asked_again() {
    let world = World::with(by_device()).await;
    let code = world.ask_for_code(ALICE).await;
    world.idp().fail_next(1, POLL, Fault::bad_gateway());
    world.idp().fail_next(1, POLL, Fault::Drop);
    world.idp().enter_code(&code, "alice").await.unwrap();
    world.is_polled().await;
    world.is_polled().await;
    assert_eq!(world.dms(ALICE).len(), 1, "{:?}", world.dms(ALICE));
    world.is_polled().await;
    assert!(world.dms(ALICE)[1].contains("Your account is linked"), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn a_provider_that_gives_no_code_is_asked_until_it_is_too_late() {
    let world = World::with(by_device()).await;
    world.idp().fail_until_cleared(Endpoint::DeviceAuthorization, Fault::bad_gateway());
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    world.work().await;
    assert_eq!(world.dms(ALICE), [""; 0]);
    world.clock.advance(Duration::from_secs(5 * 60));
    world.work().await;
    assert!(world.dms(ALICE)[0].starts_with("Somebody who had to be asked did not answer"), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn an_answer_that_was_lost_cannot_be_had_twice() {
    let world = World::with(by_device()).await;
    let code = world.ask_for_code(ALICE).await;
    world.idp().enter_code(&code, "alice").await.unwrap();
    world.idp().fail_next(1, POLL, Fault::LostAnswer);
    world.is_polled().await;
    world.is_polled().await;
    assert_eq!(world.idp().polls(&code), 2);
    assert_snapshot!(world.read(&world.last_dm(ALICE)), @r"
    It was refused where you signed in (invalid_grant).
    [Try again]
    ");
    world.links_by_code(ALICE, "alice").await;
    assert!(world.dms(ALICE).pop().unwrap().contains("Your account is linked"));
}

#[tokio::test]
async fn two_keepers_on_one_ledger_ask_about_a_code_once() {
    let world = World::with(by_device()).await;
    let code = world.ask_for_code(ALICE).await;
    world.idp().enter_code(&code, "alice").await.unwrap();
    let keeper = world.app().keeper.clone().unwrap();
    let ledger = Ledger::open(&world.settings().database_url, world.clock.clone()).await.unwrap();
    let other = Keeper { ledger, ..keeper.clone() };
    world.clock.advance(Duration::from_secs(5));
    tokio::join!(keeper.step(), other.step());
    world.work().await;
    assert_eq!(world.idp().polls(&code), 1);
    assert_eq!(world.app().ledger.links().await.unwrap().len(), 1);
    other.ledger.close().await;
}

#[tokio::test]
async fn a_restart_between_the_code_and_its_entry_changes_nothing() {
    let mut world = World::with(by_device()).await;
    let code = world.ask_for_code(ALICE).await;
    world.restart().await;
    world.idp().enter_code(&code, "alice").await.unwrap();
    world.is_polled().await;
    assert!(world.dms(ALICE)[1].contains("Your account is linked"), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn what_the_provider_gave_is_on_disk_before_it_is_asked_again() {
    let mut world = World::with(by_device()).await;
    let code = world.ask_for_code(ALICE).await;
    world.idp().enter_code(&code, "alice").await.unwrap();
    // Slack does not say who Alice is now, so nothing can be bound yet.
    world.slack.fail("users.info", slack::Fault::Status(503, String::new()), Times::UntilCleared);
    world.is_polled().await;
    assert_eq!(world.idp().polls(&code), 1);
    assert!(world.app().ledger.links().await.unwrap().is_empty());
    world.restart().await;
    world.slack.clear_faults();
    world.is_polled().await;
    assert_eq!(world.idp().polls(&code), 1);
    assert!(world.dms(ALICE)[1].contains("Your account is linked"), "{:?}", world.dms(ALICE));
    // And with the link the code is forgotten: nobody polls with it after its success.
    world.is_polled().await;
    assert_eq!(world.idp().polls(&code), 1);
}

/// A provider gives for a code once.
#[tokio::test]
async fn what_the_provider_gave_outlasts_a_ledger_that_is_busy_for_a_moment() {
    // Its trigger is SQLite's.
    let world = World::with(Setup { database: Some("sqlite://p0-chatops.db".to_owned()), ..by_device() }).await;
    let code = world.ask_for_code(ALICE).await;
    world.idp().enter_code(&code, "alice").await.unwrap();
    let mut file = world.database().await;
    let until: f64 = sqlx::query_scalar("SELECT julianday('now', '+0.7 seconds')").fetch_one(&mut file).await.unwrap();
    let trigger = format!(
        "CREATE TRIGGER busy BEFORE UPDATE ON sign_ins WHEN NEW.stage_name = 'answered' AND julianday('now') < {until:?}
         BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    );
    sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(&mut file).await.unwrap();
    world.is_polled().await;
    assert!(world.dms(ALICE)[1].contains("Your account is linked"), "{:?}", world.dms(ALICE));
    assert_eq!(world.idp().polls(&code), 1);
}

#[tokio::test]
async fn the_account_of_whoever_enters_a_strangers_code_is_not_the_strangers() {
    let world = World::with(by_device()).await;
    let card = world.usual().await;
    let code = world.ask_for_code(BOB).await;
    world.idp().enter_code(&code, "alice").await.unwrap();
    world.is_polled().await;
    assert!(world.dms(BOB)[1].starts_with("The account that you signed in with is not yours"), "{:?}", world.dms(BOB));
    assert!(world.app().ledger.links().await.unwrap().is_empty());
    assert_eq!(world.audited("sign_in.failed").await[0]["how"], "not_bound");
    world.presses(BOB, &card, "deny").await;
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.dms(ALICE), [""; 0]);
}

/// A double press on a phone is two: the code that somebody is about to enter has to count.
#[tokio::test]
async fn whoever_asks_twice_keeps_the_code_that_they_have() {
    let world = World::with(by_device()).await;
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    let said = world.lines(ALICE);
    assert!(
        said[0].starts_with("A code comes") && said[1].starts_with("You have asked for a code already"),
        "{said:?}"
    );
    world.work().await;
    let code = world.code_of(ALICE);
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    assert!(world.lines(ALICE)[2].starts_with("You have asked for a code already"), "{:?}", world.lines(ALICE));
    world.idp().enter_code(&code, "alice").await.unwrap();
    // Slack does not say who Alice is now: what came of the code is not given up for another either.
    world.slack.fail("users.info", slack::Fault::Status(503, String::new()), Times::UntilCleared);
    world.is_polled().await;
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    world.slack.clear_faults();
    world.is_polled().await;
    assert!(world.dms(ALICE)[1].contains("Your account is linked"), "{:?}", world.dms(ALICE));
    assert_eq!((world.dms(ALICE).len(), world.audited("sign_in.begun").await.len()), (2, 1));
}

#[tokio::test]
async fn a_code_that_has_run_out_makes_way_for_another() {
    let world = World::with(by_device()).await;
    let first = world.ask_for_code(ALICE).await;
    world.clock.advance(Duration::from_secs(5 * 60));
    // Nobody has looked since.
    let second = world.ask_for_code(ALICE).await;
    assert_ne!(first, second);
    world.idp().enter_code(&second, "alice").await.unwrap();
    world.is_polled().await;
    assert!(world.dms(ALICE).pop().unwrap().contains("Your account is linked"), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn a_question_that_is_out_while_another_code_is_asked_for_comes_to_nothing_quietly() {
    let world = World::with(by_device()).await;
    let first = world.ask_for_code(ALICE).await;
    world.idp().deny_code(&first).await.unwrap();
    world.clock.advance(Duration::from_secs(5 * 60));
    let lease = world.app().ledger.claim_sign_in().await.unwrap().unwrap();
    world.ask_for_code(ALICE).await;
    let not_linked = Notice::NotLinked { user: lease.sign_in().asker.user.clone(), why: NotBound::TooLate };
    world.app().ledger.step_failed(lease, "denied", not_linked).await.unwrap();
    world.work().await;
    assert_eq!(world.dms(ALICE).len(), 2, "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn whoever_has_linked_an_account_is_given_no_code() {
    let world = World::with(by_device()).await;
    world.links_by_code(ALICE, "alice").await;
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    world.work().await;
    let line = world.lines(ALICE).pop().unwrap();
    assert!(line.starts_with("You have linked an account already: alice@example.com."), "{line}");
    assert_eq!(world.dms(ALICE).len(), 2);
}

#[tokio::test]
async fn a_link_that_was_made_meanwhile_is_not_made_anew() {
    let world = World::with(by_device()).await;
    let code = world.ask_for_code(ALICE).await;
    world.idp().enter_code(&code, "alice").await.unwrap();
    world.has_link(ALICE).await;
    world.is_polled().await;
    assert!(world.dms(ALICE)[1].starts_with("You have linked an account already"), "{:?}", world.dms(ALICE));
    world.is_polled().await;
    assert_eq!((world.dms(ALICE).len(), world.app().ledger.links().await.unwrap().len()), (2, 1));
}

#[tokio::test]
async fn a_code_that_could_not_be_told_in_time_is_not_told() {
    let world = World::with(by_device()).await;
    world.slack.fail("chat.postMessage", slack::Fault::Status(503, String::new()), Times::UntilCleared);
    world.slack.slash(ALICE, CHANNEL, "link").await.unwrap();
    world.work().await;
    world.clock.advance(Duration::from_secs(5 * 60));
    world.slack.clear_faults();
    world.work().await;
    assert_eq!(world.dms(ALICE), ["It took too long: the code has run out, and nothing was linked. Try again."]);
}
