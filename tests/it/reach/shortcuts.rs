//! "Decide on requests": a list of what waits, and the request of a message.

use super::*;
use crate::world::{ALICE, BOB, CHANNEL, GUEST};

#[tokio::test]
async fn the_global_shortcut_lists_what_waits_and_each_line_decides() {
    let world = World::with(reachable()).await;
    world.usual().await;
    world.request(rolf("req-2")).await;
    world.slack.shortcut(ALICE, "decide").await.unwrap();
    insta::assert_snapshot!(world.top(ALICE), @"
    2 requests are waiting for you.
    rita@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 1 hour
    Request req-2
    [Approve…] [Deny] [More]
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 2h
    Request req-1
    [Approve…] [Deny] [More]
    ");
    world.presses_in_modal(ALICE, "more:1").await;
    assert!(world.top(ALICE).contains("The request's id:\nreq-1"), "{}", world.top(ALICE));
    let details = world.slack.modals(ALICE).pop().unwrap();
    world.slack.close(&details.id).await.unwrap();
    world.presses_in_modal(ALICE, "pick:1").await;
    assert_eq!(world.slack.modals(ALICE).len(), 2);
    world.submits(ALICE, &[("length", "1h")]).await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"1h"} as alice@example.com: 200"#]);
    assert!(world.slack.modals(ALICE).is_empty(), "the list showed it as waiting");
    assert_eq!(world.dms(ALICE), ["P0 took your choice (Approve for 1 hour) on request `req-1`."]);
}

#[tokio::test]
async fn a_denial_from_the_list_is_told_since_no_card_is_in_view() {
    let world = World::with(reachable()).await;
    world.usual().await;
    world.slack.shortcut(ALICE, "decide").await.unwrap();
    world.presses_in_modal(ALICE, "deny:0").await;
    world.submits(ALICE, &[("reason", "use staging")]).await;
    assert_eq!(world.told(), ["deny req-1 {} as alice@example.com: 200"]);
    assert_eq!(world.dms(ALICE), ["P0 took your choice (Deny) on request `req-1`."]);
}

#[tokio::test]
async fn ones_own_requests_are_not_listed_among_what_one_decides() {
    let world = World::with(reachable()).await;
    world.slack.shortcut(BOB, "decide").await.unwrap();
    assert_eq!(world.top(BOB), "Nothing is waiting for you.");
    world.usual().await;
    world.slack.shortcut(BOB, "decide").await.unwrap();
    assert_eq!(world.top(BOB), "Nothing is waiting for you.");
}

#[tokio::test]
async fn more_than_a_page_is_cut_and_says_so() {
    let world = World::with(reachable()).await;
    for nth in 0..21 {
        world.request(rolf(&format!("req-{nth}"))).await;
    }
    world.slack.shortcut(ALICE, "decide").await.unwrap();
    let list = world.top(ALICE);
    assert_eq!(list.matches("[Approve…]").count(), 20);
    assert!(list.starts_with("21 requests are waiting for you."), "{list}");
    assert!(
        list.ends_with("These are the first 20. The bot's Home lists them all; `/p0 show ID` brings any."),
        "{list}"
    );
}

#[tokio::test]
async fn on_a_card_the_message_shortcut_opens_its_request_and_elsewhere_the_list() {
    let world = World::with(reachable()).await;
    let card = world.usual().await;
    world.slack.message_shortcut(ALICE, CHANNEL, &card.ts, "decide_here").await.unwrap();
    insta::assert_snapshot!(world.top(ALICE), @"
    # Access request: aws role
    For bob@example.com
    Asked by bob@example.com
    Role: ReadOnly
    Account: staging (111122223333)
    How long: 2 hours
    Request req-1
    Why: Look at a bill
    :hourglass_flowing_sand: *Waiting for a decision.*
    Asked (time)
    [Approve…] [Deny] [I'm on it] [More]
    ");
    world.presses_in_modal(ALICE, "pick").await;
    world.submits(ALICE, &[("length", "2h")]).await;
    world.slack.message_shortcut(ALICE, CHANNEL, &card.ts, "decide_here").await.unwrap();
    assert!(world.top(ALICE).ends_with("[Revoke] [More]"), "{}", world.top(ALICE));
    world.presses_in_modal(ALICE, "revoke").await;
    assert_eq!(world.told().len(), 2);
    let said = "Received: Revoke on request `req-1`. P0 has not been told yet; you will hear what comes of it.";
    assert_eq!(world.top(ALICE), said, "where the eyes are");
    let other = world.slack.write(ALICE, CHANNEL, None, "something else").await.unwrap();
    world.slack.message_shortcut(ALICE, CHANNEL, &other.ts, "decide_here").await.unwrap();
    assert_eq!(world.top(ALICE), "Nothing is waiting for you.");
}

#[tokio::test]
async fn who_has_no_identity_reads_what_is_before_their_eyes_and_decides_nothing() {
    let world = World::with(of_alice_alone()).await;
    let card = world.usual().await;
    world.slack.shortcut(GUEST, "decide").await.unwrap();
    assert!(world.top(GUEST).starts_with("You have no P0 identity"), "{}", world.top(GUEST));
    world.slack.message_shortcut(GUEST, CHANNEL, &card.ts, "decide_here").await.unwrap();
    assert!(world.top(GUEST).ends_with("Asked (time)"), "{}", world.top(GUEST));
    let again = world.slack.redeliver().await.unwrap();
    assert_eq!((again.status, world.slack.calls_of("views.open").len()), (200, 2), "replayed bytes open nothing");
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn who_is_not_linked_hears_so_and_sees_what_an_approver_sees() {
    // Whom the settings name may read of every request; whom an address alone names may not until they have linked.
    let mut setup = crate::linked::linking().set("identity__people", "{ }").set("identity__email_match", "true");
    (setup.slack.home, setup.slack.shortcuts) = (true, reachable().slack.shortcuts);
    let world = World::with(setup).await;
    let card = world.usual().await;
    world.slack.shortcut(ALICE, "decide").await.unwrap();
    assert!(world.top(ALICE).starts_with("You have not linked your account yet."), "{}", world.top(ALICE));
    assert!(world.top(ALICE).contains("[Link my account]"), "{}", world.top(ALICE));
    world.slack.message_shortcut(ALICE, CHANNEL, &card.ts, "decide_here").await.unwrap();
    assert!(world.top(ALICE).ends_with("[Approve…] [Deny] [I'm on it] [More]"), "{}", world.top(ALICE));
}

#[tokio::test]
async fn a_claim_in_a_modal_is_answered_there() {
    let world = World::with(reachable()).await;
    let card = world.usual().await;
    world.slack.message_shortcut(ALICE, CHANNEL, &card.ts, "decide_here").await.unwrap();
    world.presses_in_modal(ALICE, "claim").await;
    assert!(world.top(ALICE).starts_with("You are on it until "), "{}", world.top(ALICE));
    assert!(world.read(&card).contains("<@U01ALICE> is on it since"), "{}", world.read(&card));
}
