//! In the thread of a card a verb goes without an id, and still only a press decides.

use super::*;
use crate::world::{ALICE, CHANNEL, GUEST};

#[tokio::test]
async fn a_mention_in_a_cards_thread_means_its_request_and_is_answered_with_the_button() {
    let world = World::with(reachable()).await;
    let card = world.usual().await;
    world.request(rolf("req-2")).await;
    world.slack.mention_in_thread(ALICE, CHANNEL, &card.ts, "approve 2h").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [""; 0], "a reply is never a decision");
    let line = world.slack.ephemerals(ALICE).pop().expect("a private line");
    assert_eq!(line.thread_ts.as_deref(), Some(card.ts.as_str()));
    insta::assert_snapshot!(readable(&line.blocks), @"
    bob@example.com gets aws role (Role: ReadOnly, Account: staging (111122223333)) for 2 hours.
    Only a press decides: a message may be posted by any app in your name.
    [Approve 2h]
    ");
    world.slack.press_ephemeral(ALICE, &line.ts, "approve").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn with_the_id_of_another_known_request_a_thread_means_that_one() {
    let world = World::with(reachable()).await;
    let card = world.usual().await;
    world.request(rolf("req-2")).await;
    for (typed, says) in [
        ("revoke req-2", "rita@example.com loses aws role"),
        ("revoke", "bob@example.com loses aws role"),
        ("deny because it is late", "bob@example.com will not get aws role"),
        ("deny req-404 because", "bob@example.com will not get aws role"),
        ("approve", "bob@example.com gets aws role"),
    ] {
        world.slack.mention_in_thread(ALICE, CHANNEL, &card.ts, typed).await.unwrap();
        world.work().await;
        let line = world.slack.ephemerals(ALICE).pop().unwrap();
        assert!(readable(&line.blocks).starts_with(says), "{typed}: {}", readable(&line.blocks));
    }
    world.slack.mention_in_thread(ALICE, CHANNEL, &card.ts, "show").await.unwrap();
    world.work().await;
    assert!(world.read(&world.last_dm(ALICE)).contains("Request req-1"));
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_reply_under_a_card_in_direct_messages_is_answered_in_that_thread() {
    let world = World::with(reachable()).await;
    world.usual().await;
    world.slack.dm(ALICE, "show req-1").await.unwrap();
    world.work().await;
    let card = world.last_dm(ALICE);
    world.slack.write(ALICE, &card.channel, Some(&card.ts), "deny because it is late").await.unwrap();
    world.work().await;
    let answer = world.slack.thread(&card.channel, &card.ts).pop().expect("an answer in the thread");
    assert!(answer.bot_id.is_some() && readable(&answer.blocks).ends_with("[Deny]"), "{}", readable(&answer.blocks));
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn elsewhere_a_length_in_place_of_an_id_is_a_near_miss_and_strangers_read_nothing() {
    let world = World::with(of_alice_alone()).await;
    let card = world.usual().await;
    let miss = "That is a length, and the request's id is missing: `/p0 approve ID 2h`. Without an id, write it in the \
                thread of the request's card.";
    world.slack.slash(ALICE, CHANNEL, "approve 2h").await.unwrap();
    world.slack.mention(ALICE, CHANNEL, "approve for 2 hours").await.unwrap();
    let other = world.slack.write(ALICE, CHANNEL, None, "something else").await.unwrap();
    world.slack.mention_in_thread(ALICE, CHANNEL, &other.ts, "approve 2h").await.unwrap();
    world.work().await;
    assert_eq!(world.lines(ALICE), [miss, miss, miss]);
    world.slack.mention_in_thread(GUEST, CHANNEL, &card.ts, "approve 2h").await.unwrap();
    world.work().await;
    assert!(world.lines(GUEST)[0].starts_with("You have no P0 identity"), "{:?}", world.lines(GUEST));
}

#[tokio::test]
async fn whoever_sees_a_card_types_in_its_thread_what_its_buttons_would_do_for_them() {
    let world = crate::identity::asserting_by_email(reachable()).await;
    let card = world.usual().await;
    world.request(rolf("req-2")).await;
    for typed in ["approve 2h", "approve req-1 2h"] {
        world.slack.mention_in_thread(ALICE, CHANNEL, &card.ts, typed).await.unwrap();
        world.work().await;
        let line = world.slack.ephemerals(ALICE).pop().expect("a private line");
        assert!(readable(&line.blocks).ends_with("[Approve 2h]"), "{}", readable(&line.blocks));
    }
    world.slack.mention_in_thread(ALICE, CHANNEL, &card.ts, "approve req-2 2h").await.unwrap();
    world.slack.mention(ALICE, CHANNEL, "approve req-1 2h").await.unwrap();
    world.work().await;
    for line in &world.lines(ALICE)[2..] {
        assert!(line.starts_with("You have no P0 identity"), "what is not before their eyes: {line}");
    }
    let line = world.slack.ephemerals(ALICE).swap_remove(0);
    world.slack.press_ephemeral(ALICE, &line.ts, "approve").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
}
