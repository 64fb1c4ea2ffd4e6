//! The way with a browser: from the refusal to the first decision with one's own account.

use http::StatusCode;

use super::{Browser, linking};
use crate::world::{ALICE, World};

#[tokio::test]
async fn whoever_links_once_decides_from_then_on_with_their_own_account() {
    let world = World::with(linking()).await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.work().await;
    assert!(world.lines(ALICE)[0].contains("You have not linked your account yet"), "{:?}", world.lines(ALICE));
    assert_eq!(world.told(), [""; 0]);

    let page = world.page_of(ALICE);
    let shown = Browser::new().link(&world, &page, ALICE, "alice").await;
    assert_eq!((shown.status, shown.title()), (StatusCode::OK, "Your account is linked"));
    world.work().await;
    assert!(world.dms(ALICE)[0].contains("you are alice@example.com to P0"), "{:?}", world.dms(ALICE));

    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    assert_eq!(world.p0.calls().pop().unwrap().subject.as_deref(), Some("00u-alice"));
    assert!(world.read(&card).contains("*Approved* by <@U01ALICE> for 2 hours"), "{}", world.read(&card));
}
