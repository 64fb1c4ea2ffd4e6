//! Requests that are approved in P0 itself: cards lead there, and nothing typed or pressed here approves.

use std::time::Duration;

use p0_chatops::sandbox::p0::{Fault, RequestSeed, Verb};

use crate::linked::linking;
use crate::world::{ALICE, BOB, CAROL, CHANNEL, Setup, World, bobs, readable};

const SENTENCE: &str = "Requests of this kind are approved in P0 itself, not from Slack.";
const ROUTE: &str = "risk = \"not-from-chat\"\n";

fn in_p0(setup: Setup) -> Setup {
    Setup { route: ROUTE.to_owned(), ..setup }.set("p0__request_url", "https://acme.p0.app/requests/{id}")
}

/// A card that was drawn while approving was possible, on which the route has closed since.
async fn with_an_old_card() -> (World, crate::world::Card, serde_json::Value) {
    let mut world = World::with(Setup::default().set("p0__request_url", "https://acme.p0.app/requests/{id}")).await;
    let card = world.usual().await;
    let old = world.slack.element(CHANNEL, &card.ts, "approve").unwrap();
    world.restart_with_route(ROUTE).await;
    (world, card, old)
}

#[tokio::test]
async fn in_every_phase_a_card_leads_to_p0_and_has_what_makes_things_safer() {
    let world = World::with(in_p0(Setup::default())).await;
    let card = world.usual().await;
    let end = |shown: &str| shown.rsplit('\n').next().unwrap_or_default().to_owned();
    assert_eq!(end(&world.read(&card)), "[Decide in P0] [Deny] [I'm on it] [More]");
    let link = world.slack.element(CHANNEL, &card.ts, "link").unwrap();
    assert_eq!(link["url"], "https://acme.p0.app/requests/req-1");
    for (status, controls) in [
        ("APPROVED", "[Revoke] [More] [Open in P0]"),
        ("DONE", "[Revoke] [More] [Open in P0]"),
        ("REVOKE_SUBMITTED", "[More] [Open in P0]"),
        ("REVOKED", "[More] [Open in P0]"),
    ] {
        world.clock.advance(Duration::from_secs(5));
        assert!(world.p0.move_to("req-1", status));
        assert_eq!(world.p0.push("req-1").await, Some(200));
        world.work().await;
        assert_eq!(end(&world.read(&card)), controls, "{status}: {}", world.read(&card));
    }
}

#[tokio::test]
async fn however_it_is_said_an_approve_is_refused_with_the_way_to_p0() {
    let world = World::with(in_p0(Setup::default())).await;
    world.usual().await;
    for typed in ["approve req-1 2h", "approve req-1"] {
        world.slack.slash(ALICE, CHANNEL, typed).await.unwrap();
        world.slack.mention(ALICE, CHANNEL, typed).await.unwrap();
        world.work().await;
        for line in world.slack.ephemerals(ALICE).iter().rev().take(2) {
            assert_eq!(readable(&line.blocks), format!("{SENTENCE}\n[Decide in P0]"), "{typed}");
        }
        world.slack.dm(ALICE, typed).await.unwrap();
        world.work().await;
        let answer = world.last_dm(ALICE);
        assert_eq!(world.read(&answer), format!("{SENTENCE}\n[Decide in P0]"), "{typed}");
    }
    assert_eq!(world.slack.ephemerals(ALICE).len(), 4);
    assert!(world.slack.modals(ALICE).is_empty(), "no picker for what is refused");
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn whoever_may_not_read_of_a_request_does_not_hear_how_it_is_decided() {
    let alone = in_p0(Setup::default()).set("identity__people", "{ U01ALICE = \"alice@example.com\" }");
    let world = World::with(alone.set("identity__tokens", "{ U01ALICE = \"U01ALICE.token\" }")).await;
    world.usual().await;
    for typed in ["approve req-1", "approve req-1 2h", "approve req-404 2h"] {
        world.slack.mention(CAROL, CHANNEL, typed).await.unwrap();
        world.work().await;
        world.slack.slash(CAROL, CHANNEL, typed).await.unwrap();
        let lines = world.lines(CAROL);
        let last = &lines[lines.len() - 2..];
        assert!(last[0].starts_with("You have no P0 identity"), "{typed}: {last:?}");
        assert_eq!(last[0], last[1], "{typed}");
    }
}

#[tokio::test]
async fn an_old_cards_button_refuses_and_the_card_loses_it() {
    let (world, card, old) = with_an_old_card().await;
    world.slack.press_stale(ALICE, CHANNEL, &card.ts, &old, None).await.unwrap();
    world.work().await;
    assert_eq!(world.lines(ALICE), [SENTENCE]);
    assert!(world.read(&card).ends_with("[Decide in P0] [Deny] [I'm on it] [More]"), "{}", world.read(&card));
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn nobody_is_sent_to_link_an_account_for_what_is_refused_all_the_same() {
    let world = World::with(in_p0(linking())).await;
    world.usual().await;
    world.slack.slash(ALICE, CHANNEL, "approve req-1 2h").await.unwrap();
    assert_eq!(world.lines(ALICE), [SENTENCE]);
}

#[tokio::test]
async fn what_makes_things_safer_is_still_taken_from_here() {
    let world = World::with(in_p0(Setup::default())).await;
    let card = world.usual().await;
    world.slack.mention(ALICE, CHANNEL, "deny req-1 use staging").await.unwrap();
    world.work().await;
    let line = world.slack.ephemerals(ALICE).pop().expect("a private line");
    assert!(readable(&line.blocks).ends_with("[Deny]"), "{}", readable(&line.blocks));
    world.slack.slash(CAROL, CHANNEL, "deny req-1 use staging").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), ["deny req-1 {} as carol@example.com: 200"]);
    assert!(world.read(&card).contains("*Denied* by <@U03CAROL>"), "{}", world.read(&card));

    let other = world.request(RequestSeed { id: Some("req-2".into()), ..bobs() }).await;
    assert!(world.p0.approve_elsewhere("req-2", "Alice", "alice@example.com"));
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(world.p0.push("req-2").await, Some(200));
    world.work().await;
    world.slack.slash(CAROL, CHANNEL, "revoke req-2").await.unwrap();
    world.work().await;
    assert_eq!(world.told()[1], "revoke req-2 {} as carol@example.com: 200");
    assert!(world.read(&other).ends_with("[More] [Open in P0]"), "{}", world.read(&other));
}

#[tokio::test]
async fn a_requester_still_gives_back_what_they_have() {
    let world = World::with(in_p0(Setup::default())).await;
    world.usual().await;
    assert!(world.p0.approve_elsewhere("req-1", "Alice", "alice@example.com"));
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(world.p0.push("req-1").await, Some(200));
    world.work().await;
    let own = world.last_dm(BOB);
    world.presses(BOB, &own, "revoke").await;
    assert_eq!(world.told(), ["revoke req-1 {} as bob@example.com: 200"]);
}

#[tokio::test]
async fn an_approve_that_was_on_disk_when_the_route_closed_is_not_sent() {
    let mut world = World::with(Setup::default().set("p0__request_url", "https://acme.p0.app/requests/{id}")).await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    world.restart_with_route(ROUTE).await;
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    let told = world.last_dm(ALICE);
    assert_eq!(
        world.read(&told),
        format!(
            "Your choice (Approve for 2 hours) on request `req-1` was not sent to P0. {SENTENCE}\n[Decide in P0] [Show]"
        )
    );
}

#[tokio::test]
async fn a_lost_answer_from_before_is_not_tried_again_from_here() {
    let mut world = World::with(Setup::default().set("p0__request_url", "https://acme.p0.app/requests/{id}")).await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, Fault::LostAnswer);
    world.presses(ALICE, &card, "approve").await;
    let told = world.last_dm(ALICE);
    assert!(world.read(&told).contains("[Try again]"), "{}", world.read(&told));
    world.restart_with_route(ROUTE).await;
    world.presses(ALICE, &told, "try_again:notice").await;
    assert_eq!(world.lines(ALICE), [SENTENCE]);
    assert_eq!(world.told().len(), 1);
}

#[tokio::test]
async fn a_request_that_was_never_shown_is_decided_in_p0_whatever_the_choice() {
    let world = World::with(in_p0(Setup::default())).await;
    for typed in ["deny req-404", "revoke req-404"] {
        world.slack.slash(ALICE, CHANNEL, typed).await.unwrap();
        let line = world.lines(ALICE).pop().unwrap();
        assert!(line.starts_with("P0 has told this bot of no such request"), "{typed}: {line}");
    }
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
}
