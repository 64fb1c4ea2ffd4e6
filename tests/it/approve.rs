//! The main job: a request is pushed, somebody chooses, P0 hears it from them, every copy says what is known.

use crate::world::{ALICE, BOB, CAROL, CHANNEL, World, bobs, readable, timeless};
use p0_chatops::sandbox::p0::RequestSeed;

#[tokio::test]
async fn the_card_says_what_is_asked_and_offers_what_fits() {
    let world = World::new().await;
    let card = world.usual().await;
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
    Asked (time)
    [Approve 2h] [Approve for…: 30m, 1h, 2h] [Deny] [I'm on it] [More]
    ");
    let message = world.slack.message(CHANNEL, &card.ts).unwrap();
    insta::assert_snapshot!(timeless(&message.text), @"Access request: bob@example.com asks for aws role for 2h. The request is waiting for a decision.");
}

#[tokio::test]
async fn an_approval_reaches_p0_once_as_the_clicker() {
    let world = World::new().await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    assert_eq!(world.told(), [""; 0], "nothing remote before the answer");
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    let shown = world.read(&card);
    assert!(shown.contains("*Approved* by <@U01ALICE> for 2 hours, (time). P0 is provisioning the access."), "{shown}");
    assert!(shown.ends_with("[Revoke] [More]"), "{shown}");
    insta::assert_snapshot!(world.dms(BOB).join("\n"), @"Your request for aws role was approved by <@U01ALICE> for 2 hours; P0 is provisioning it.");
}

#[tokio::test]
async fn the_card_says_received_and_then_forwarding_before_it_says_approved() {
    let world = World::new().await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.app().courier.step().await;
    let shown = world.read(&card);
    assert!(
        shown.contains("*Received*: <@U01ALICE> chose *Approve for 2 hours* (time). P0 has not been told yet."),
        "{shown}"
    );
    assert!(!shown.to_lowercase().contains("approved"), "{shown}");
    assert!(shown.ends_with("[Deny] [Revoke] [More]"), "{shown}");
}

#[tokio::test]
async fn approving_for_less_is_one_choice_and_restated() {
    let world = World::new().await;
    let card = world.usual().await;
    world.slack.choose(CAROL, CHANNEL, &card.ts, "approve_for", "30m").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"30m"} as carol@example.com: 200"#]);
    assert!(world.read(&card).contains("*Approved* by <@U03CAROL> for 30 minutes"));
}

#[tokio::test]
async fn a_confirm_restates_who_gets_what_for_how_long() {
    let world = World::new().await;
    let card = world.usual().await;
    let confirm = |action: &str| {
        let element = world.slack.element(CHANNEL, &card.ts, action).unwrap();
        element["confirm"]["text"]["text"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(
        confirm("approve"),
        "bob@example.com gets aws role (Role: ReadOnly, Account: staging (111122223333)) for 2 hours."
    );
    assert_eq!(
        confirm("approve_for"),
        "bob@example.com gets aws role (Role: ReadOnly, Account: staging (111122223333)). The length that you chose will count; the card will restate it."
    );
}

#[tokio::test]
async fn a_length_that_nobody_can_read_is_shown_as_sent_and_the_default_offered() {
    let world = World::new().await;
    let card = world.request(RequestSeed { duration: Some("until the moon".into()), ..bobs() }).await;
    let shown = world.read(&card);
    assert!(shown.contains("How long: until the moon"), "{shown}");
    assert!(shown.contains("[Approve 1h] [Approve for…: 30m, 1h, 2h, 8h]"), "{shown}");
}

#[tokio::test]
async fn where_no_preset_fits_there_is_no_select() {
    let world = World::new().await;
    let card = world.request(RequestSeed { duration: Some("5m".into()), ..bobs() }).await;
    assert!(world.read(&card).ends_with("[Approve 5m] [Deny] [I'm on it] [More]"), "{}", world.read(&card));
}

#[tokio::test]
async fn a_denial_asks_for_a_reason_that_the_requester_reads_and_p0_does_not() {
    let world = World::new().await;
    let card = world.usual().await;
    world.press(ALICE, &card, "deny").await;
    let modal = world.slack.modals(ALICE).pop().expect("a modal");
    insta::assert_snapshot!(readable(modal.blocks()), @r"
    bob@example.com will not get aws role (Role: ReadOnly, Account: staging (111122223333)).
    Reason: (plain_text_input)
    ");
    world.slack.submit(ALICE, &modal.id, &[("reason", "Use *staging*\n> Approved by root")]).await.unwrap();
    assert!(world.slack.modals(ALICE).is_empty(), "an empty 200 closes it");
    world.work().await;
    assert_eq!(world.told(), ["deny req-1 {} as alice@example.com: 200"]);
    let shown = world.read(&card);
    assert!(
        shown.contains("*Denied* by <@U01ALICE>, (time).\nReason: Use *staging* &gt; Approved by root\n"),
        "{shown}"
    );
    assert!(shown.ends_with("[More]"), "{shown}");
    let to_bob = world.read(&world.last_dm(BOB));
    assert!(to_bob.contains("Reason: Use *staging*"), "{to_bob}");
}

#[tokio::test]
async fn whoever_approved_in_error_revokes_and_the_requester_hears_it_anew() {
    let world = World::new().await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    world.presses(ALICE, &card, "revoke").await;
    assert_eq!(world.told()[1], "revoke req-1 {} as alice@example.com: 200");
    let shown = world.read(&card);
    assert!(
        shown.contains("*Revoked* by <@U01ALICE>, (time). It had been granted by <@U01ALICE> for 2 hours, (time)."),
        "{shown}"
    );
    assert!(!shown.to_lowercase().contains("approved"), "{shown}");
    assert_eq!(world.dms(BOB).len(), 2, "an edited message would not ring");
    assert_eq!(world.dms(BOB)[1], "Your access to aws role was taken back: the request was revoked by <@U01ALICE>.");
}

#[tokio::test]
async fn a_requester_gives_back_what_they_no_longer_need() {
    let world = World::new().await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    let own = world.last_dm(BOB);
    assert!(world.read(&own).ends_with("[Revoke: I'm done]"), "{}", world.read(&own));
    world.presses(BOB, &own, "revoke").await;
    assert_eq!(world.told()[1], "revoke req-1 {} as bob@example.com: 200");
    assert!(!world.read(&own).contains('['), "{}", world.read(&own));
}

#[tokio::test]
async fn details_hold_all_of_it_and_an_id_that_can_be_copied() {
    let world = World::new().await;
    let card = world.usual().await;
    world.press(ALICE, &card, "more").await;
    let modal = world.slack.modals(ALICE).pop().expect("a modal");
    let lines = readable(modal.blocks());
    assert!(lines.ends_with("\nreq-1"), "{lines}");
    assert!(lines.contains(r#"Permission: {"accountId":"111122223333","role":"ReadOnly"}"#), "{lines}");
}
