//! Risky approves wait until their author has signed in once more, for that very choice.

mod proofs;
mod routes;

use std::time::Duration;

use http::StatusCode;
use p0_chatops::sandbox::p0::{Fault, RequestSeed, Verb};

use crate::linked::{Browser, Shown, linking};
use crate::world::{ALICE, BOB, CAROL, CHANNEL, Card, Setup, World, bobs, readable, timeless};

const APPROVED: &str = r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#;

/// A company in which approvers sign in for each approve; `more` are further keys of the route.
fn stepping_up(more: &str) -> Setup {
    Setup { route: format!("risk = \"step-up\"\n{more}"), ..linking() }
}

/// Alice and Carol have linked their accounts, and Bob asks for a role.
async fn with_a_card() -> (World, Card) {
    with_a_card_under("").await
}

async fn with_a_card_under(more: &str) -> (World, Card) {
    let world = World::with(stepping_up(more)).await;
    world.links(ALICE, "alice").await;
    world.links(CAROL, "carol").await;
    let card = world.usual().await;
    (world, card)
}

impl World {
    /// Somebody presses, and gets the address of the page on which they sign in.
    async fn is_held(&self, who: &str, card: &Card, control: &str) -> String {
        self.presses(who, card, control).await;
        self.page_of(who)
    }

    /// Somebody signs in at the page, in a browser of their own and without a hitch.
    async fn proves(&self, page: &str, account: &str) -> Shown {
        let shown = Browser::new().prove(self, page, account).await;
        self.work().await;
        shown
    }

    async fn events(&self, which: &str) -> Vec<serde_json::Value> {
        let rows = sqlx::query_scalar("SELECT detail FROM audit WHERE event = $1 ORDER BY id").bind(which);
        let rows: Vec<String> = rows.fetch_all(&mut self.database().await).await.unwrap();
        rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
    }
}

impl Browser {
    /// From the page's button to the provider; answers the address at which somebody signs in there.
    async fn to_provider(&self, page: &str) -> String {
        let sent = self.press(page).await;
        sent.location.unwrap_or_else(|| panic!("{}: {}", sent.status, sent.text))
    }

    async fn prove(&self, world: &World, page: &str, account: &str) -> Shown {
        let back = world.idp().log_in(self.to_provider(page).await, account).await.unwrap();
        self.get(back.as_str()).await
    }
}

/// The address behind the one button of the page, which leads to another page of ours.
fn again(world: &World, shown: &Shown) -> String {
    let rest = shown.text.split_once("action=\"").unwrap_or_else(|| panic!("no button: {}", shown.text)).1;
    format!("{}{}", world.base, rest.split_once('"').unwrap().0)
}

#[tokio::test]
async fn a_risky_approve_goes_out_once_its_author_has_signed_in() {
    let (world, card) = with_a_card().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    let line = world.slack.ephemerals(ALICE).pop().unwrap();
    insta::assert_snapshot!(readable(&line.blocks), @r"
    Approve for 2 hours asks for a fresh sign-in. Press the button and sign in within 5 minutes; nothing is sent to P0 before, and others can still decide.
    [Sign in]
    ");
    let opened = Browser::new().get(&page).await;
    assert_eq!((opened.status, opened.title()), (StatusCode::OK, "Sign in for your choice"));
    for fact in ["Approve for 2 hours", "bob@example.com", "Role: ReadOnly", "U01ALICE in "] {
        assert!(opened.text.contains(fact), "{fact}: {}", opened.text);
    }
    assert_eq!(world.told(), [""; 0]);
    let shown = world.proves(&page, "alice").await;
    assert_eq!((shown.status, shown.title()), (StatusCode::OK, "You have signed in"));
    assert_eq!(world.told(), [APPROVED]);
    assert!(world.read(&card).contains("*Approved* by <@U01ALICE> for 2 hours"), "{}", world.read(&card));
    assert_eq!(world.dms(ALICE).len(), 1, "the card says it: {:?}", world.dms(ALICE));
}

#[tokio::test]
async fn the_card_says_who_is_signing_in_and_keeps_its_buttons() {
    let (world, card) = with_a_card().await;
    world.is_held(ALICE, &card, "approve").await;
    insta::assert_snapshot!(world.read(&card), @r"
    # Access request: aws role
    For bob@example.com
    Asked by bob@example.com
    Role: ReadOnly
    Account: staging (111122223333)
    How long: 2 hours
    Request req-1
    Why: Look at a bill
    :hourglass_flowing_sand: *Waiting for a decision.*
    :key: <@U01ALICE> chose *Approve for 2 hours* and has until (time) to sign in for it. Nothing goes to P0 before they have, and others can decide.
    Asked (time)
    [Approve 2h] [Approve for…: 30m, 1h, 2h] [Deny] [I'm on it] [More]
    ");
    let message = world.slack.message(CHANNEL, &card.ts).unwrap();
    assert!(timeless(&message.text).ends_with("The request is waiting for a decision."), "{}", message.text);
    world.press(CAROL, &card, "more").await;
    let modal = world.slack.modals(CAROL).pop().unwrap();
    assert!(readable(modal.blocks()).contains("Approve for 2 hours (time): waits for a sign-in"));
}

#[tokio::test]
async fn what_p0_refused_stays_news_while_the_next_choice_waits() {
    let (world, card) = with_a_card().await;
    world.p0.fail_next(1, Verb::Approve, Fault::error(400, "Ask security first"));
    let page = world.is_held(ALICE, &card, "approve").await;
    world.proves(&page, "alice").await;
    assert!(world.read(&card).contains("P0 says: Ask security first"), "{}", world.read(&card));
    world.is_held(CAROL, &card, "approve").await;
    assert!(world.read(&card).contains("P0 says: Ask security first"), "{}", world.read(&card));
}

#[tokio::test]
async fn after_five_minutes_the_choice_is_over_and_its_author_hears_so() {
    let (world, card) = with_a_card().await;
    let before = world.read(&card);
    let page = world.is_held(ALICE, &card, "approve").await;
    world.clock.advance(Duration::from_secs(5 * 60 + 1));
    world.work().await;
    assert_eq!(world.read(&card), before);
    insta::assert_snapshot!(world.read(&world.last_dm(ALICE)), @r"
    Your choice (Approve for 2 hours) on request `req-1` was not sent to P0. It asks for a fresh sign-in, and there was none within the last 5 minutes. Choose again if it is still right.
    [Show]
    ");
    let shown = Browser::new().get(&page).await;
    assert_eq!((shown.status, shown.title()), (StatusCode::GONE, "This page is over"));
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn nobody_signs_in_for_a_choice_that_is_too_old_to_be_sent() {
    let world = World::with(stepping_up("").set("forward_within", "2m")).await;
    world.links(ALICE, "alice").await;
    let card = world.usual().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    world.clock.advance(Duration::from_secs(3 * 60));
    world.work().await;
    assert!(!world.read(&card).contains(":key:"), "{}", world.read(&card));
    assert_eq!(Browser::new().get(&page).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn somebody_may_sign_in_for_two_requests_at_once() {
    let (world, card) = with_a_card().await;
    let other = world.request(RequestSeed { id: Some("req-2".into()), ..bobs() }).await;
    let first = world.is_held(ALICE, &card, "approve").await;
    let second = world.is_held(ALICE, &other, "approve").await;
    world.proves(&second, "alice").await;
    world.proves(&first, "alice").await;
    assert_eq!(world.told(), [APPROVED.replace("req-1", "req-2"), APPROVED.to_owned()]);
}

#[tokio::test]
async fn whoever_comes_back_from_the_provider_too_late_sends_nothing() {
    let (world, card) = with_a_card().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    let browser = Browser::new();
    let to_provider = browser.to_provider(&page).await;
    world.clock.advance(Duration::from_secs(5 * 60 + 1));
    let back = world.idp().log_in(to_provider, "alice").await.unwrap();
    // The sweep has not been here yet: the time alone ends it.
    assert_eq!(browser.get(back.as_str()).await.title(), "This page is over");
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_second_press_brings_a_new_page_and_the_older_is_worth_nothing() {
    let (world, card) = with_a_card().await;
    let first = world.is_held(ALICE, &card, "approve").await;
    let browser = Browser::new();
    let to_provider = browser.to_provider(&first).await;
    world.slack.choose(ALICE, CHANNEL, &card.ts, "approve_for", "30m").await.unwrap();
    world.work().await;
    let second = world.page_of(ALICE);
    assert_ne!(first, second);
    assert_eq!(Browser::new().get(&first).await.status, StatusCode::GONE);
    let back = world.idp().log_in(to_provider, "alice").await.unwrap();
    assert_eq!(browser.get(back.as_str()).await.status, StatusCode::GONE, "nor is a way that was begun there");
    let shown = world.read(&card);
    assert!(shown.contains("*Approve for 30 minutes*") && !shown.contains("*Approve for 2 hours*"), "{shown}");
    world.proves(&second, "alice").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"30m"} as alice@example.com: 200"#]);
    assert_eq!(world.dms(ALICE).len(), 1, "what one chose anew needs no word: {:?}", world.dms(ALICE));
}

#[tokio::test]
async fn a_page_is_used_once() {
    let (world, card) = with_a_card().await;
    world.p0.fail_until_cleared(Verb::Approve, Fault::too_many(Some(20)));
    let page = world.is_held(ALICE, &card, "approve").await;
    world.proves(&page, "alice").await;
    assert_eq!(Browser::new().get(&page).await.status, StatusCode::GONE);
    assert!(world.read(&card).contains("*Received*"), "{}", world.read(&card));
    world.slack.slash(ALICE, CHANNEL, "approve req-1 2h").await.unwrap();
    assert!(world.lines(ALICE).pop().unwrap().contains("is already on its way"), "{:?}", world.lines(ALICE));
}

#[tokio::test]
async fn facts_that_change_meanwhile_refuse_the_choice_at_once() {
    let (world, card) = with_a_card().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    world.p0.add(RequestSeed { principal: "mallory@example.com".into(), ..bobs() });
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(world.p0.push("req-1").await, Some(200));
    world.work().await;
    assert!(
        world.dms(ALICE).pop().unwrap().contains("was not sent to P0. What was asked has changed"),
        "{:?}",
        world.dms(ALICE)
    );
    assert!(!world.read(&card).contains(":key:"), "{}", world.read(&card));
    assert_eq!(Browser::new().get(&page).await.status, StatusCode::GONE);
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_link_that_ends_meanwhile_takes_the_choice_with_it() {
    let (world, card) = with_a_card().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    let browser = Browser::new();
    let to_provider = browser.to_provider(&page).await;
    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    world.links(ALICE, "alice").await;
    let back = world.idp().log_in(to_provider, "alice").await.unwrap();
    assert_eq!(browser.get(back.as_str()).await.status, StatusCode::GONE);
    world.work().await;
    let told = world.dms(ALICE);
    assert!(told.iter().any(|told| told.contains("unlinked or changed after you chose. Choose again.")), "{told:?}");
    assert!(!world.read(&card).contains(":key:"), "{}", world.read(&card));
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn others_decide_while_somebody_signs_in_and_that_one_hears_who_was_first() {
    let (world, card) = with_a_card().await;
    let alices = world.is_held(ALICE, &card, "approve").await;
    let carols = world.is_held(CAROL, &card, "approve").await;
    let shown = world.read(&card);
    assert!(shown.contains(":key: <@U01ALICE>") && shown.contains(":key: <@U03CAROL>"), "{shown}");
    world.proves(&carols, "carol").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as carol@example.com: 200"#]);
    assert_eq!(
        world.dms(ALICE).pop().unwrap(),
        "Your choice (Approve for 2 hours) on request `req-1` was not sent to P0. Somebody was first: the request was \
         approved by <@U03CAROL> for 2 hours; P0 is provisioning it."
    );
    assert!(!world.read(&card).contains(":key:"), "{}", world.read(&card));
    assert_eq!(Browser::new().get(&alices).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn a_decision_in_p0_itself_ends_the_wait_too() {
    let (world, card) = with_a_card().await;
    world.is_held(ALICE, &card, "approve").await;
    assert!(world.p0.approve_elsewhere("req-1", "Dora", "dora@example.com"));
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(world.p0.push("req-1").await, Some(200));
    world.work().await;
    assert!(world.dms(ALICE).pop().unwrap().contains("Somebody was first"), "{:?}", world.dms(ALICE));
    assert!(!world.read(&card).contains(":key:"), "{}", world.read(&card));
}

#[tokio::test]
async fn what_makes_things_safer_asks_for_no_sign_in() {
    let (world, card) = with_a_card().await;
    world.is_held(ALICE, &card, "approve").await;
    world.press(ALICE, &card, "deny").await;
    let modal = world.slack.modals(ALICE).pop().unwrap();
    world.slack.submit(ALICE, &modal.id, &[]).await.unwrap();
    world.work().await;
    assert_eq!(world.told(), ["deny req-1 {} as alice@example.com: 200"]);
    assert_eq!(world.dms(ALICE).len(), 1, "their own approve was put aside without a word: {:?}", world.dms(ALICE));

    let other = world.request(RequestSeed { id: Some("req-2".into()), ..bobs() }).await;
    let page = world.is_held(ALICE, &other, "approve").await;
    world.proves(&page, "alice").await;
    world.presses(CAROL, &other, "revoke").await;
    assert_eq!(world.told().last().unwrap(), "revoke req-2 {} as carol@example.com: 200");
}

#[tokio::test]
async fn a_held_choice_outlives_a_restart() {
    let (mut world, card) = with_a_card().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    world.restart().await;
    world.proves(&page, "alice").await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn a_choice_of_before_the_route_asked_for_more_is_not_sent_without_it() {
    let mut world = World::with(linking()).await;
    world.links(ALICE, "alice").await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    world.restart_with_route("risk = \"step-up\"\n").await;
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.dms(ALICE).pop().unwrap().contains("It asks for a fresh sign-in"), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn where_the_route_asks_for_less_by_now_a_press_is_enough() {
    let (mut world, card) = with_a_card().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    world.restart_with_route("").await;
    assert_eq!(Browser::new().get(&page).await.status, StatusCode::GONE, "there is nothing to prove");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [APPROVED]);
    assert!(!world.read(&card).contains(":key:"), "{}", world.read(&card));
}

#[tokio::test]
async fn a_choice_that_was_held_when_the_route_closed_is_not_sent() {
    let (mut world, card) = with_a_card().await;
    let page = world.is_held(ALICE, &card, "approve").await;
    world.p0.fail_until_cleared(Verb::Approve, Fault::too_many(Some(20)));
    world.proves(&page, "alice").await;
    world.p0.clear_faults();
    world.restart_with("p0__request_url", "https://acme.p0.app/requests/{id}").await;
    world.restart_with_route("risk = \"not-from-chat\"\n").await;
    world.clock.advance(Duration::from_secs(60));
    world.work().await;
    assert_eq!(world.told().len(), 1, "the one that P0 was too busy for: {:?}", world.told());
    assert!(world.dms(ALICE).pop().unwrap().contains("approved in P0 itself"), "{:?}", world.dms(ALICE));
    assert!(world.read(&card).ends_with("[Decide in P0] [Deny] [I'm on it] [More]"), "{}", world.read(&card));
}

#[tokio::test]
async fn a_slash_command_is_held_and_says_where_to_sign_in() {
    let (world, _) = with_a_card().await;
    world.slack.slash(ALICE, CHANNEL, "approve req-1 2h").await.unwrap();
    let page = world.page_of(ALICE);
    world.proves(&page, "alice").await;
    assert_eq!(world.told(), [APPROVED]);
    assert_eq!(world.dms(ALICE).pop().unwrap(), "P0 took your choice (Approve for 2 hours) on request `req-1`.");
}

#[tokio::test]
async fn the_button_of_a_message_is_held_as_a_cards_is() {
    let (world, _) = with_a_card().await;
    world.slack.mention(ALICE, CHANNEL, "approve req-1 2h").await.unwrap();
    world.work().await;
    let offer = world.slack.ephemerals(ALICE).pop().expect("a private line");
    world.slack.press_ephemeral(ALICE, &offer.ts, "approve").await.unwrap();
    world.work().await;
    world.proves(&world.page_of(ALICE), "alice").await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn a_picker_turns_into_the_way_to_the_sign_in() {
    let (world, _) = with_a_card().await;
    world.slack.slash(ALICE, CHANNEL, "approve req-1").await.unwrap();
    let modal = world.slack.modals(ALICE).pop().expect("a picker");
    world.slack.submit(ALICE, &modal.id, &[("length", "1h")]).await.unwrap();
    let modal = world.slack.modals(ALICE).pop().expect("what came of it");
    insta::assert_snapshot!(readable(modal.blocks()), @r"
    Approve for 1 hour asks for a fresh sign-in. Press the button and sign in within 5 minutes; nothing is sent to P0 before, and others can still decide.
    [Sign in]
    ");
    let page = modal.blocks()[1]["elements"][0]["url"].as_str().unwrap().to_owned();
    world.slack.press_in_view(ALICE, &modal.id, "link").await.unwrap();
    world.proves(&page, "alice").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"1h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn where_no_private_line_can_be_shown_the_page_comes_in_a_direct_message() {
    use p0_chatops::sandbox::slack::{Fault, Times};
    let (world, card) = with_a_card().await;
    world.slack.fail("response_url", Fault::Status(404, "expired_url".into()), Times::UntilCleared);
    world.presses(ALICE, &card, "approve").await;
    let told = world.last_dm(ALICE);
    assert!(world.read(&told).ends_with("[Sign in]"), "{}", world.read(&told));
    let page = world.slack.element(&told.channel, &told.ts, "link").unwrap()["url"].as_str().unwrap().to_owned();
    world.proves(&page, "alice").await;
    assert_eq!(world.told(), [APPROVED]);
}

#[tokio::test]
async fn trying_again_behind_a_lost_answer_asks_for_a_sign_in_of_its_own() {
    let (world, card) = with_a_card().await;
    world.p0.fail_next(1, Verb::Approve, Fault::Drop);
    let page = world.is_held(ALICE, &card, "approve").await;
    world.proves(&page, "alice").await;
    assert!(world.read(&card).contains("*Outcome unknown*"), "{}", world.read(&card));
    let page = world.is_held(CAROL, &card, "try_again").await;
    assert!(world.read(&card).contains("*Outcome unknown*"), "{}", world.read(&card));
    assert_eq!(world.told().len(), 1);
    world.proves(&page, "carol").await;
    assert_eq!(world.told()[1], r#"approve req-1 {"expirationLength":"2h"} as carol@example.com: 200"#);
}

#[tokio::test]
async fn an_answer_that_is_lost_while_somebody_signs_in_is_not_run_over() {
    let (world, card) = with_a_card().await;
    let alices = world.is_held(ALICE, &card, "approve").await;
    let carols = world.is_held(CAROL, &card, "approve").await;
    world.p0.fail_next(1, Verb::Approve, Fault::LostAnswer);
    world.proves(&carols, "carol").await;
    world.proves(&alices, "alice").await;
    assert_eq!(world.told().len(), 1);
    assert!(world.dms(ALICE).pop().unwrap().contains("An earlier approve has an unknown outcome"));
}

#[tokio::test]
async fn ones_own_request_and_one_that_nobody_was_shown_are_refused_before_any_sign_in() {
    let (world, card) = with_a_card().await;
    world.links(BOB, "bob").await;
    world.presses(BOB, &card, "approve").await;
    assert!(world.lines(BOB).pop().unwrap().starts_with("This is your own request"), "{:?}", world.lines(BOB));
    for typed in ["approve req-404 2h", "deny req-404", "revoke req-404"] {
        world.slack.slash(ALICE, CHANNEL, typed).await.unwrap();
        let line = world.lines(ALICE).pop().unwrap();
        assert!(line.starts_with("P0 has told this bot of no such request"), "{typed}: {line}");
    }
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn the_audit_and_the_counters_tell_of_what_was_held_and_how_it_was_proved() {
    let (world, card) = with_a_card_under("acr_values = [\"phr\"]\n").await;
    world.idp().change_account("alice", |alice| alice.acr = vec!["phr".into()]);
    let page = world.is_held(ALICE, &card, "approve").await;
    world.proves(&page, "alice").await;
    let held = world.events("decision.held").await;
    assert_eq!((held.len(), &held[0]["proof"]), (1, &serde_json::Value::Null));
    let proved = world.events("decision.recorded").await;
    assert_eq!((proved.len(), proved[0]["proof"]["acr"].as_str()), (1, Some("phr")));
    assert!(proved[0]["proof"]["signed_in"].is_string(), "{proved:?}");
    let answer = metrics_of(world.app().probes()).await;
    assert!(answer.contains(r#"choices_total{verb="approve",receipt="held"} 1"#), "{answer}");
}

async fn metrics_of(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let text = reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap();
    served.abort();
    text
}
