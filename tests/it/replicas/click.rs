//! One bot on PostgreSQL.

use super::{cluster, on};
use crate::world::{ALICE, World};

#[tokio::test]
async fn a_click_goes_all_the_way() {
    let Some(cluster) = cluster("a_click_goes_all_the_way") else { return };
    let world = World::with(on(cluster).await).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(
        world.told(),
        ["approve req-1 {\"expirationLength\":\"2h\"} as alice@example.com: 200"].map(str::to_owned)
    );
}
