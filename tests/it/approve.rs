//! The main job: a request is pushed, somebody chooses, P0 hears it from them, every copy says what is known.

use crate::world::{ALICE, BOB, CHANNEL, World, timeless};

#[tokio::test]
async fn the_card_says_what_is_asked_and_offers_what_fits() {
    let world = World::new().await;
    let card = world.usual().await;
    insta::assert_snapshot!(world.read(&card), @r"");
    let message = world.slack.message(CHANNEL, &card.ts).unwrap();
    insta::assert_snapshot!(timeless(&message.text), @"");
}

#[tokio::test]
async fn an_approval_reaches_p0_once_as_the_clicker() {
    let world = World::new().await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    insta::assert_snapshot!(world.read(&card), @"");
    insta::assert_snapshot!(world.dms(BOB).join("\n"), @"");
}
