//! All copies of a card end equal to the ledger: after restarts, at Slack's pace, whoever decided and wherever.

use std::time::Duration;

use crate::world::{ALICE, BOB, CAROL, CHANNEL, Setup, World, bobs};
use p0_chatops::sandbox::p0::{Fault as P0Fault, RequestSeed, Verb};
use p0_chatops::sandbox::slack::{Fault, Times};

#[tokio::test]
async fn the_channels_card_and_a_direct_message_say_the_same() {
    let setup = Setup::default();
    let world = World::with(setup).await;
    let card = world.usual().await;
    world.slack.slash(CAROL, CHANNEL, "show req-1").await.unwrap();
    world.work().await;
    let copy = world.last_dm(CAROL);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.read(&card), world.read(&copy));
    assert!(world.read(&copy).contains("*Approved* by <@U01ALICE>"));
}

#[tokio::test]
async fn a_restart_loses_nothing_that_was_answered() {
    let mut world = World::new().await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    world.restart().await;
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    assert!(world.read(&card).contains("*Approved*"));
}

#[tokio::test]
async fn what_was_being_sent_when_the_bot_died_is_unknown_and_not_sent_again() {
    let mut world = World::new().await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, P0Fault::Hang);
    world.press(ALICE, &card, "approve").await;
    let sent = tokio::time::timeout(Duration::from_millis(500), world.app().worker.step()).await;
    assert!(sent.is_err(), "it hangs, and is given up from one instant to the next");
    world.restart().await;
    world.wait_for_leases();
    world.work().await;
    assert_eq!(world.told().len(), 1);
    assert!(world.read(&card).contains("*Outcome unknown*"), "{}", world.read(&card));
}

#[tokio::test]
async fn a_lease_that_runs_out_in_the_middle_of_a_call_is_unknown() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, P0Fault::Hang);
    world.press(ALICE, &card, "approve").await;
    let _ = tokio::time::timeout(Duration::from_millis(500), world.app().worker.step()).await;
    world.work().await;
    assert!(world.read(&card).contains("*Forwarding* to P0"), "{}", world.read(&card));
    world.clock.advance(Duration::from_secs(31));
    world.work().await;
    assert!(world.read(&card).contains("*Outcome unknown*"), "{}", world.read(&card));
    assert_eq!(world.told().len(), 1);
}

#[tokio::test]
async fn slacks_429_is_honoured_and_the_card_converges_all_the_same() {
    let world = World::new().await;
    let card = world.usual().await;
    world.slack.fail("chat.update", Fault::RateLimited { retry_after_s: 7 }, Times::Count(1));
    world.presses(ALICE, &card, "approve").await;
    let before = world.slack.calls_of("chat.update").len();
    world.clock.advance(Duration::from_secs(3));
    world.work().await;
    assert_eq!(world.slack.calls_of("chat.update").len(), before, "not before the seven seconds are over");
    world.clock.advance(Duration::from_secs(5));
    world.work().await;
    assert!(world.read(&card).contains("*Approved*"));
}

#[tokio::test]
async fn ten_requests_at_once_are_posted_at_slacks_pace() {
    let world = World::new().await;
    for number in 0..10 {
        let id = world.p0.add(RequestSeed { id: Some(format!("req-{number}")), ..bobs() });
        assert_eq!(world.p0.push(&id).await, Some(200));
    }
    world.work().await;
    assert_eq!(world.cards_in(CHANNEL).len(), 10);
    let limited = world.slack.calls().into_iter().filter(|call| format!("{:?}", call.answered).contains("RateLimited"));
    assert_eq!(limited.count(), 0);
}

#[tokio::test]
async fn a_card_whose_post_was_lost_is_adopted_when_somebody_presses_it() {
    let world = World::new().await;
    world.slack.fail("chat.postMessage", Fault::LostAnswer, Times::Count(1));
    let id = world.p0.add(bobs());
    world.p0.push(&id).await;
    world.work().await;
    world.clock.advance(Duration::from_secs(10));
    world.work().await;
    let cards = world.cards_in(CHANNEL);
    assert_eq!(cards.len(), 2, "at most one extra copy");
    world.press(ALICE, &cards[0], "approve").await;
    world.work().await;
    assert_eq!(world.read(&cards[0]), world.read(&cards[1]));
}

#[tokio::test]
async fn a_deleted_card_is_given_up_and_others_converge() {
    let world = World::new().await;
    let card = world.usual().await;
    world.slack.slash(CAROL, CHANNEL, "show req-1").await.unwrap();
    world.work().await;
    world.slack.fail("chat.update", Fault::ApiError("message_not_found".into()), Times::Count(1));
    world.presses(ALICE, &card, "approve").await;
    let copies = [world.read(&card), world.read(&world.last_dm(CAROL))];
    assert!(copies.iter().any(|copy| copy.contains("*Approved*")), "{copies:?}");
}

#[tokio::test]
async fn no_card_goes_into_a_channel_that_another_company_reads() {
    let world = World::with(Setup::default().set("slack__command", "/access")).await;
    world.slack.change_channel(CHANNEL, |channel| channel.is_ext_shared = true);
    let id = world.p0.add(bobs());
    world.p0.push(&id).await;
    world.work().await;
    assert!(world.cards_in(CHANNEL).is_empty());
}

#[tokio::test]
async fn decided_in_p0_shows_here_and_names_who() {
    let world = World::new().await;
    let card = world.usual().await;
    world.clock.advance(Duration::from_secs(5));
    world.p0.approve_elsewhere("req-1", "Dana Duty", "dana@example.com");
    world.p0.push("req-1").await;
    world.work().await;
    assert!(world.read(&card).contains("*Approved* by Dana Duty in P0, (time)"), "{}", world.read(&card));
    assert!(
        world.dms(BOB)[0].starts_with("Your request for aws role was approved by Dana Duty in P0"),
        "{:?}",
        world.dms(BOB)
    );
}

#[tokio::test]
async fn every_status_of_p0_says_its_own_word_and_no_other() {
    let words = ["approved", "denied", "revoked", "expired", "errored", "timed out", "active", "revoking", "unknown"];
    for (status, holds) in [
        ("PENDING_APPROVAL", vec![]),
        ("APPROVED", vec!["approved"]),
        ("DONE", vec!["active", "approved"]),
        ("DENIED", vec!["denied"]),
        ("ERRORED", vec!["errored"]),
        ("TIMED_OUT", vec!["timed out"]),
        ("REVOKE_SUBMITTED", vec!["revoking"]),
        ("REVOKED", vec!["revoked"]),
        ("EXPIRED", vec!["expired"]),
    ] {
        let world = World::new().await;
        world.p0.add(bobs());
        world.p0.move_to("req-1", status);
        world.p0.push("req-1").await;
        world.work().await;
        let shown = world.read(&world.cards_in(CHANNEL)[0]).to_lowercase();
        for word in words {
            assert_eq!(shown.contains(word), holds.contains(&word), "{status}: {word}: {shown}");
        }
    }
}

#[tokio::test]
async fn a_retry_after_without_measure_does_not_silence_the_bot_for_ever() {
    let world = World::new().await;
    world.slack.fail("chat.postMessage", Fault::Status(429, String::new()), Times::Count(1));
    world.slack.fail("chat.postMessage", Fault::RateLimited { retry_after_s: u64::MAX / 1_000_000 }, Times::Count(1));
    let id = world.p0.add(bobs());
    world.p0.push(&id).await;
    world.work().await;
    for _ in 0..2 {
        world.clock.advance(Duration::from_secs(5 * 60 + 1));
        world.app().courier.step().await;
    }
    assert!(world.slack.calls_of("chat.postMessage").len() >= 3, "the bot asks again");
}

#[tokio::test]
async fn a_lost_post_makes_one_more_copy_and_no_third() {
    let world = World::new().await;
    let card = world.usual().await;
    world.slack.fail("chat.postMessage", Fault::LostAnswer, Times::Count(1));
    world.slack.slash(CAROL, CHANNEL, "show req-1").await.unwrap();
    world.work().await;
    world.press(ALICE, &card, "approve").await;
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(60));
        world.work().await;
    }
    assert_eq!(world.cards_in(&world.slack.dm_channel(CAROL).unwrap()).len(), 2);
}

#[tokio::test]
async fn news_is_in_order_even_where_it_shows_nothing() {
    let world = World::new().await;
    let card = world.usual().await;
    let push = async |ahead: i64, duration: &str| {
        let mut body = world.p0.push_body("req-1").unwrap();
        body["data"]["duration"] = duration.into();
        body["data"]["lastUpdatedTimestamp"] = (world.clock.now().as_millisecond() + ahead).into();
        let token = format!("Bearer {}", world.p0.mint(&Default::default()));
        assert_eq!(world.p0.push_raw(body.to_string(), Some(&token)).await, Some(200));
        world.work().await;
    };
    push(20_000, "2h").await;
    push(10_000, "8h").await;
    assert!(world.read(&card).contains("How long: 2 hours"), "{}", world.read(&card));
    push(1_000_000_000, "1h").await;
    push(30_000, "30m").await;
    assert!(world.read(&card).contains("How long: 30 minutes"), "far ahead is no time: {}", world.read(&card));
}

#[tokio::test]
async fn a_channel_that_another_company_joins_is_noticed() {
    let world = World::new().await;
    world.usual().await;
    world.slack.change_channel(CHANNEL, |channel| channel.is_ext_shared = true);
    world.clock.advance(Duration::from_secs(61));
    let id = world.p0.add(RequestSeed { id: Some("req-2".into()), ..bobs() });
    world.p0.push(&id).await;
    world.work().await;
    assert_eq!(world.cards_in(CHANNEL).len(), 1);
}

#[tokio::test]
async fn a_slack_that_was_away_for_a_moment_gets_the_card_soon_after() {
    let world = World::new().await;
    world.usual().await;
    for _ in 0..4 {
        world.slack.fail("chat.postMessage", Fault::Status(503, String::new()), Times::Count(1));
    }
    let id = world.p0.add(RequestSeed { id: Some("req-2".into()), ..bobs() });
    world.p0.push(&id).await;
    for _ in 0..12 {
        world.work().await;
        world.clock.advance(Duration::from_secs(10));
    }
    assert_eq!(world.cards_in(CHANNEL).len(), 2, "within two minutes, not after an hour");
}

#[tokio::test]
async fn a_card_is_withdrawn_when_another_company_comes_to_read_its_channel() {
    let world = World::new().await;
    let card = world.usual().await;
    world.slack.change_channel(CHANNEL, |channel| channel.is_ext_shared = true);
    world.clock.advance(Duration::from_secs(61));
    world.slack.slash(ALICE, CHANNEL, "approve req-1 2h").await.unwrap();
    world.work().await;
    let shown = world.read(&card);
    assert!(shown.starts_with("This channel is shared with another company now"), "{shown}");
    assert!(shown.ends_with("`/p0 pending` lists what waits."), "{shown}");
    assert!(!shown.contains("bob@example.com") && !shown.contains('['), "{shown}");
}

#[tokio::test]
async fn access_that_p0_could_not_take_back_can_still_be_revoked() {
    let world = World::new().await;
    world.p0.add(bobs());
    world.p0.move_to("req-1", "CLEANUP_ERRORED");
    world.p0.push("req-1").await;
    world.work().await;
    let card = world.cards_in(CHANNEL).pop().unwrap();
    let shown = world.read(&card);
    assert!(shown.contains("*Errored*") && shown.ends_with("[Revoke] [More]"), "{shown}");
}
