//! The bot's Home: what waits, what runs, one's own requests, one's account.

use std::time::Duration;

use p0_chatops::domain::home::{HomeList, Turn};
use p0_chatops::sandbox::slack::{Fault, Times};

use super::*;
use crate::world::{ALICE, BOB, CAROL, CHANNEL, GUEST};

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test]
async fn home_shows_what_waits_what_runs_and_what_is_ones_own() {
    let world = World::with(reachable()).await;
    let card = world.usual().await;
    world.request(rolf("req-2")).await;
    insta::assert_snapshot!(world.home_of(ALICE).await, @"
    # Waiting for you
    2 requests are waiting for you.
    rita@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 1 hour
    Request req-2 [Open]
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 2h
    Request req-1 [Open]
    `/p0 help` says what else there is. This page is drawn anew when you open it; by itself for an hour, and for a day where the time left runs out.
    ");
    insta::assert_snapshot!(world.home_of(BOB).await, @"
    # Waiting for you
    1 request is waiting for you.
    rita@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 1 hour
    Request req-2 [Open]
    # Your requests
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333))
    Request `req-1`
    It is waiting for a decision.
    `/p0 help` says what else there is. This page is drawn anew when you open it; by itself for an hour, and for a day where the time left runs out.
    ");
    world.presses(ALICE, &card, "approve").await;
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    insta::assert_snapshot!(world.seen_home(ALICE), @"
    # Waiting for you
    1 request is waiting for you.
    rita@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 1 hour
    Request req-2 [Open]
    # Running on your approval
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333))
    Request `req-1`
    It was approved by <@U01ALICE> for 2 hours; P0 is provisioning it. It ends about (time), at most 2 hours left. [Revoke]
    `/p0 help` says what else there is. This page is drawn anew when you open it; by itself for an hour, and for a day where the time left runs out.
    ");
    assert!(
        world.seen_home(BOB).contains("It ends about (time), at most 2 hours left. [I'm done]"),
        "{}",
        world.seen_home(BOB)
    );
    world.presses_on_home(BOB, "revoke:own0").await;
    assert_eq!(world.told()[1], "revoke req-1 {} as bob@example.com: 200");
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    assert!(!world.seen_home(ALICE).contains("Running on your approval"), "{}", world.seen_home(ALICE));
    assert!(world.seen_home(BOB).contains("It was revoked by <@U02BOB>."), "{}", world.seen_home(BOB));
}

#[tokio::test]
async fn a_line_opens_its_request_and_the_decision_takes_it_away() {
    let world = World::with(reachable()).await;
    world.usual().await;
    world.home_of(ALICE).await;
    world.presses_on_home(ALICE, "open:waiting0").await;
    assert!(world.top(ALICE).ends_with("[Approve…] [Deny] [I'm on it] [More]"), "{}", world.top(ALICE));
    world.presses_in_modal(ALICE, "pick").await;
    world.submits(ALICE, &[("length", "1h")]).await;
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    assert!(world.seen_home(ALICE).contains("Nothing is waiting for you."), "{}", world.seen_home(ALICE));
    assert!(world.seen_home(ALICE).contains("[Revoke]"), "{}", world.seen_home(ALICE));
}

#[tokio::test]
async fn home_is_drawn_only_where_something_changed_and_for_an_hour_by_itself() {
    let mut world = World::with(reachable()).await;
    world.usual().await;
    for _ in 0..3 {
        world.home_of(ALICE).await;
    }
    assert_eq!(world.slack.home_draws(ALICE), 1, "what is shown already is not drawn anew");
    for nth in 0..5 {
        world.request(rolf(&format!("req-1{nth}"))).await;
    }
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    assert!(world.seen_home(ALICE).contains("6 requests"), "{}", world.seen_home(ALICE));
    assert!(
        world.slack.home_draws(ALICE) <= 3,
        "what changes within seconds is one: {}",
        world.slack.home_draws(ALICE)
    );
    world.restart().await;
    let before = world.slack.home_draws(ALICE);
    world.request(rolf("req-20")).await;
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    assert!(world.seen_home(ALICE).contains("7 requests"), "a restart forgets nobody");
    assert_eq!(world.slack.home_draws(ALICE), before + 1);
    world.clock.advance(HOUR);
    world.request(rolf("req-21")).await;
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    assert!(world.seen_home(ALICE).contains("7 requests"), "nobody is looking any more");
    assert!(world.home_of(ALICE).await.contains("8 requests"));
}

#[tokio::test]
async fn the_time_left_is_true_without_anybody_opening_home() {
    let mut world = World::with(reachable()).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    let opened = world.home_of(ALICE).await;
    let says = |world: &World| {
        let home = world.seen_home(ALICE);
        home.lines().find_map(|line| Some(line.split_once("provisioning it. ")?.1.to_owned())).expect(&home)
    };
    assert_eq!(says(&world), "It ends about (time), at most 2 hours left. [Revoke]", "{opened}");
    let draws = world.slack.home_draws(ALICE);
    world.passes(59).await;
    assert_eq!(world.slack.home_draws(ALICE), draws, "these words still hold");
    world.passes(1).await;
    assert_eq!(says(&world), "It ends about (time), at most 1 hour left. [Revoke]");
    world.passes(45).await;
    world.restart().await;
    world.passes(5).await;
    assert_eq!(says(&world), "It ends about (time), at most 10 minutes left. [Revoke]");
    world.passes(10).await;
    assert_eq!(says(&world), "It should have ended about (time); P0 has not said so yet. [Revoke]");
    world.passes(5).await;
    assert_eq!(says(&world), "It should have ended about (time), not confirmed. [Revoke]");
    let draws = world.slack.home_draws(ALICE);
    world.passes(60 * 24).await;
    assert_eq!(world.slack.home_draws(ALICE), draws, "nothing changes any more");
}

#[tokio::test]
async fn a_home_that_nobody_opens_for_a_day_says_nothing_that_time_makes_false() {
    let world = World::with(reachable().set("durations__maximum", "\"72h\"")).await;
    world.usual().await;
    world.slack.slash(ALICE, crate::world::CHANNEL, "approve req-1 60h").await.unwrap();
    world.work().await;
    let home = world.home_of(ALICE).await;
    assert!(home.contains("It ends about (time), more than 24 hours left."), "{home}");
    world.passes(24 * 60).await;
    assert!(world.seen_home(ALICE).contains("It ends about (time). [Revoke]"), "{}", world.seen_home(ALICE));
    let draws = world.slack.home_draws(ALICE);
    world.passes(48 * 60).await;
    assert_eq!(world.slack.home_draws(ALICE), draws);
    let home = world.home_of(ALICE).await;
    assert!(home.contains("It should have ended about (time), not confirmed."), "{home}");
}

#[tokio::test]
async fn who_is_back_because_the_time_is_over_is_away_no_more() {
    let world = World::with(reachable()).await;
    world.home_of(ALICE).await;
    world.slack.slash(ALICE, CHANNEL, "away 3d").await.unwrap();
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    let says = |words: &str| world.seen_home(ALICE).contains(words);
    assert!(says("# You are away\nYou are away until (time)"), "{}", world.seen_home(ALICE));
    let draws = world.slack.home_draws(ALICE);
    world.passes(2 * 24 * 60).await;
    assert!(says("You are away"), "{}", world.seen_home(ALICE));
    assert_eq!(world.slack.home_draws(ALICE), draws);
    world.passes(24 * 60).await;
    assert!(!says("You are away"), "{}", world.seen_home(ALICE));
    assert_eq!(world.slack.home_draws(ALICE), draws + 1);
    world.passes(24 * 60).await;
    assert_eq!(world.slack.home_draws(ALICE), draws + 1);
}

#[tokio::test]
async fn whoever_presses_something_on_home_is_looking() {
    let world = World::with(reachable()).await;
    let card = world.usual().await;
    for who in [ALICE, CAROL] {
        world.home_of(who).await;
    }
    world.passes(50).await;
    world.presses_on_home(ALICE, "open:waiting0").await;
    world.presses(CAROL, &card, "more").await;
    world.passes(20).await;
    world.request(rolf("req-2")).await;
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    assert!(world.seen_home(ALICE).contains("2 requests"), "{}", world.seen_home(ALICE));
    assert!(world.seen_home(CAROL).contains("1 request "), "a card is no Home: {}", world.seen_home(CAROL));
}

/// Slack may show either, and nobody knows which came to it last.
#[tokio::test]
async fn two_drawings_at_once_are_made_good_by_a_third_and_the_page_is_that_of_the_newer() {
    let world = World::with(reachable()).await;
    world.usual().await;
    world.home_of(ALICE).await;
    let pass = || world.clock.advance(Duration::from_secs(10));
    let ledger = &world.app().ledger;
    world.request(rolf("req-2")).await;
    pass();
    let alice = ledger.stale_homes(1).await.unwrap().remove(0);

    // The older one ends after the newer one has.
    let older = ledger.home_begins(alice.clone(), false).await.unwrap().unwrap();
    assert!(world.home_of(ALICE).await.contains("2 requests"));
    let draws = world.slack.home_draws(ALICE);
    ledger.home_drawn(older, None).await.unwrap();
    pass();
    world.work().await;
    assert_eq!(world.slack.home_draws(ALICE), draws + 1);

    // And while the newer one is going on.
    pass();
    let older = ledger.home_begins(alice.clone(), false).await.unwrap().unwrap();
    let mut newer = ledger.home_begins(alice.clone(), true).await.unwrap().unwrap();
    newer.pages.turn(HomeList::Own, Turn::Older);
    let pages = newer.pages;
    ledger.home_drawn(older, None).await.unwrap();
    ledger.home_drawn(newer, None).await.unwrap();
    assert_eq!(ledger.home_begins(alice, true).await.unwrap().unwrap().pages, pages);
    pass();
    world.clock.advance(Duration::from_secs(30));
    world.work().await;
    assert_eq!(world.slack.home_draws(ALICE), draws + 2);
    pass();
    world.work().await;
    assert_eq!(world.slack.home_draws(ALICE), draws + 2, "and then there is rest");
}

#[tokio::test]
async fn a_long_list_is_paged_and_the_page_is_kept() {
    let mut world = World::with(reachable()).await;
    for nth in 0..41 {
        world.request(rolf(&format!("req-{nth}"))).await;
    }
    let first = world.home_of(ALICE).await;
    assert!(first.contains("Request req-40 [Open]") && !first.contains("req-20 "), "{first}");
    assert!(first.contains("1–20 of 41\n[Older]"), "{first}");
    world.presses_on_home(ALICE, "older_waiting").await;
    let second = world.seen_home(ALICE);
    assert!(second.contains("21–40 of 41\n[Newer] [Older]"), "{second}");
    world.slack.redeliver().await.unwrap();
    world.work().await;
    assert_eq!(world.seen_home(ALICE), second, "replayed bytes turn no page");
    world.restart().await;
    assert!(world.home_of(ALICE).await.contains("21–40 of 41"));
    world.presses_on_home(ALICE, "older_waiting").await;
    assert!(world.seen_home(ALICE).contains("41–41 of 41\n[Newer]"), "{}", world.seen_home(ALICE));
    // The page is gone: the last one that there is takes its place.
    world.slack.slash(ALICE, crate::world::CHANNEL, "deny req-0").await.unwrap();
    world.work().await;
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    assert!(world.seen_home(ALICE).contains("21–40 of 40\n[Newer]"), "{}", world.seen_home(ALICE));
}

#[tokio::test]
async fn who_has_no_identity_here_sees_their_own_requests_by_their_confirmed_address() {
    let world = World::with(of_alice_alone()).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    let home = world.home_of(BOB).await;
    assert!(home.contains("You have no P0 identity") && home.contains("[I'm done]"), "{home}");
    assert_eq!(world.home_of(GUEST).await.matches("# Your requests").count(), 0);
    assert!(!world.home_of(CAROL).await.contains("req-1"));
    // Slack is asked at most once for each look, and never about somebody who is known here.
    let asked = |who: &str| world.slack.calls_of("users.info").iter().filter(|call| call.body["user"] == who).count();
    let before = asked(BOB);
    world.p0.provision("req-1");
    world.p0.push("req-1").await;
    world.work().await;
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    assert!(world.seen_home(BOB).contains("It is active"), "{}", world.seen_home(BOB));
    assert_eq!(asked(BOB), before, "not at each change");
}

#[tokio::test]
async fn nothing_hostile_formats_on_home() {
    let world = World::with(reachable()).await;
    let name = "*x* <!channel> :tada: `y`\n>Approved";
    let seed = RequestSeed { principal: name.into(), requestor: "bob@example.com".into(), ..bobs() };
    world.request(seed).await;
    let home = world.home_of(BOB).await;
    assert!(home.contains("x &lt;!channel&gt; ∶tada: y &gt;Approved: aws role"), "{home}");
}

#[tokio::test]
async fn what_slack_refuses_is_not_tried_again_until_something_changes() {
    let world = World::with(reachable()).await;
    world.usual().await;
    world.home_of(ALICE).await;
    let published = || world.slack.calls_of("views.publish").len();
    world.slack.fail("views.publish", Fault::ApiError("invalid_arguments".into()), Times::UntilCleared);
    world.request(rolf("req-2")).await;
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(31));
        world.work().await;
    }
    assert_eq!(published(), 2, "once, and once refused");
    world.slack.clear_faults();
    world.request(rolf("req-3")).await;
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    assert!(world.seen_home(ALICE).contains("3 requests"), "{}", world.seen_home(ALICE));
}
