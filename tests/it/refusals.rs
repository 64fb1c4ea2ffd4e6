//! Whatever is missing, ambiguous or stale is a refusal that says what to do.

use std::time::Duration;

use crate::world::{ALICE, BOB, CAROL, CHANNEL, GUEST, Setup, World, bobs, write_token};
use p0_chatops::sandbox::p0::RequestSeed;

#[tokio::test]
async fn a_second_press_while_the_first_waits_changes_nothing_and_says_so() {
    let world = World::new().await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told().len(), 1);
    assert_eq!(world.lines(ALICE), ["Your approve of request `req-1` is already on its way. Nothing was changed."]);
}

#[tokio::test]
async fn of_two_approvers_the_second_is_told_who_was_first() {
    let world = World::new().await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.presses(CAROL, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    assert_eq!(
        world.dms(CAROL),
        [
            "Your choice (Approve for 2 hours) on request `req-1` was not sent to P0. Somebody was first: the request was \
          approved by <@U01ALICE> for 2 hours; P0 is provisioning it."
        ]
    );
}

#[tokio::test]
async fn when_the_first_is_refused_the_second_goes_out() {
    let world = World::new().await;
    let card = world.request(RequestSeed { approvers: Some(vec!["carol@example.com".into()]), ..bobs() }).await;
    world.press(ALICE, &card, "approve").await;
    world.presses(CAROL, &card, "approve").await;
    assert_eq!(world.told().len(), 2);
    assert!(world.read(&card).contains("*Approved* by <@U03CAROL>"), "{}", world.read(&card));
    assert_eq!(world.dms(ALICE).len(), 1);
    assert!(world.dms(ALICE)[0].ends_with("did not count. P0 says: You are not an approver of this request"));
}

#[tokio::test]
async fn a_click_on_a_decided_card_is_refused_at_once_and_the_card_drawn_anew() {
    let world = World::new().await;
    let card = world.usual().await;
    let stale = world.slack.element(CHANNEL, &card.ts, "approve").unwrap();
    world.presses(ALICE, &card, "approve").await;
    world.slack.press_stale(CAROL, CHANNEL, &card.ts, &stale, None).await.unwrap();
    let drawn = world.slack.calls_of("chat.update").len();
    world.work().await;
    assert_eq!(world.told().len(), 1);
    assert_eq!(world.lines(CAROL).len(), 1);
    assert!(world.lines(CAROL)[0].starts_with("Somebody was first: the request was approved by <@U01ALICE>"));
    assert_eq!(world.slack.calls_of("chat.update").len(), drawn + 1);
}

#[tokio::test]
async fn ones_own_request_is_for_somebody_else_to_approve() {
    let world = World::new().await;
    let card = world.usual().await;
    world.presses(BOB, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(
        world.lines(BOB),
        ["This is your own request, or would give access to you: somebody else has to approve it."]
    );
}

#[tokio::test]
async fn access_for_oneself_that_somebody_else_asked_for_is_ones_own_too() {
    let world = World::new().await;
    let seed = RequestSeed { principal: "Alice@Example.com ".into(), ..bobs() };
    let card = world.request(seed).await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_confirmed_address_in_slack_tells_ones_own_request_whatever_the_table_says() {
    let world = World::with(Setup::default().set("identity__people__U03CAROL", "carol.admin@example.com")).await;
    let card = world.request(RequestSeed { requestor: "Carol <carol@example.com>".into(), ..bobs() }).await;
    world.presses(CAROL, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.dms(CAROL)[0].contains("This is your own request"), "{:?}", world.dms(CAROL));
}

#[tokio::test]
async fn with_one_party_people_approve_their_own() {
    let world = World::with(Setup::default().set("p0__one_party", "true")).await;
    world.p0.behave(|behaviour| behaviour.one_party = true);
    let card = world.usual().await;
    world.presses(BOB, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as bob@example.com: 200"#]);
}

#[tokio::test]
async fn guests_and_people_who_left_are_refused_whatever_the_table_says() {
    let world = World::new().await;
    let card = world.usual().await;
    world.press(GUEST, &card, "approve").await;
    world.press(CAROL, &card, "approve").await;
    world.slack.change_person(CAROL, |carol| carol.deleted = true);
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.dms(GUEST)[0].ends_with("Guests cannot decide here. Ask a full member."), "{:?}", world.dms(GUEST));
}

#[tokio::test]
async fn where_guests_are_allowed_they_decide() {
    let world = World::with(Setup::default().set("slack__allow_guests", "true")).await;
    let card = world.usual().await;
    world.presses(GUEST, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as guest@example.com: 200"#]);
}

#[tokio::test]
async fn an_approve_that_could_not_be_sent_in_time_is_dropped_with_a_notice() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.down().await;
    world.presses(ALICE, &card, "approve").await;
    world.clock.advance(Duration::from_secs(15 * 60 + 1));
    world.p0.up().await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    let shown = world.read(&card);
    assert!(shown.contains("*Not sent in time*: <@U01ALICE>'s choice (Approve for 2 hours) was dropped"), "{shown}");
    assert!(shown.ends_with("[Approve 2h] [Approve for…: 30m, 1h, 2h] [Deny] [I'm on it] [More]"), "{shown}");
    assert!(world.dms(ALICE)[0].contains("was not sent: P0 could not be told in time"), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn a_denial_is_tried_for_a_day_and_the_card_says_that_p0_has_not_heard_it() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.down().await;
    world.press(ALICE, &card, "deny").await;
    let modal = world.slack.modals(ALICE).pop().unwrap();
    world.slack.submit(ALICE, &modal.id, &[]).await.unwrap();
    world.work().await;
    world.clock.advance(Duration::from_secs(16 * 60));
    world.work().await;
    assert!(
        world.read(&card).contains("*P0 has not heard this yet*: <@U01ALICE> chose *Deny*"),
        "{}",
        world.read(&card)
    );
    world.p0.up().await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    world.work().await;
    assert_eq!(world.told(), ["deny req-1 {} as alice@example.com: 200"]);
}

#[tokio::test]
async fn what_was_chosen_under_other_facts_is_refused() {
    let world = World::new().await;
    let card = world.usual().await;
    let stale = world.slack.element(CHANNEL, &card.ts, "approve").unwrap();
    world.p0.down().await;
    world.presses(ALICE, &card, "approve").await;
    let mut body = world.p0.push_body("req-1").unwrap();
    body["data"]["duration"] = "8h".into();
    body["data"]["lastUpdatedTimestamp"] = (world.clock.now().as_millisecond() + 1000).into();
    let token = format!("Bearer {}", world.p0.mint(&Default::default()));
    assert_eq!(world.p0.push_raw(body.to_string(), Some(&token)).await, Some(200));
    world.p0.up().await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.dms(ALICE)[0].ends_with("Read the card again, and choose anew."), "{:?}", world.dms(ALICE));
    assert!(world.read(&card).contains("*Changed* (time): read it again before you choose."), "{}", world.read(&card));
    world.slack.press_stale(CAROL, CHANNEL, &card.ts, &stale, None).await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(
        world.lines(CAROL),
        ["What was asked has changed since this card was drawn. Read the card again, and choose anew."]
    );
}

#[tokio::test]
async fn a_token_file_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new().await;
    let card = world.usual().await;
    let path = world.folder.join("U01ALICE.token");
    for mode in [0o604, 0o620, 0o602] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        world.presses(ALICE, &card, "approve").await;
    }
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.dms(ALICE).len(), 3);
    assert!(world.dms(ALICE)[0].ends_with("Your P0 credential cannot be used; the bot's log tells its operator why."));
    write_token(&world.folder, ALICE, "token-of-alice@example.com");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told().len(), 1, "the file is read anew");
}

#[tokio::test]
async fn nobody_decides_without_an_identity_or_with_somebody_elses_token() {
    let world = World::new().await;
    let card = world.usual().await;
    // {"alg":"none"}.{"email":"carol@example.com"}: whoever can read the claims can see whose it is.
    write_token(&world.folder, ALICE, "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImNhcm9sQGV4YW1wbGUuY29tIn0.c2ln");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.dms(ALICE)[0].contains("is somebody else's"), "{:?}", world.dms(ALICE));
    std::fs::remove_file(world.folder.join("U03CAROL.token")).unwrap();
    world.presses(CAROL, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
}
