//! A bot with nothing to do does nothing.

use std::time::Duration;

use crate::world::World;

#[tokio::test]
async fn looking_for_work_writes_nothing_and_wakes_nobody() {
    let world = World::new().await;
    world.usual().await;
    let mut changes = world.app().ledger.changes();
    changes.mark_unchanged();
    assert_eq!(world.app().worker.step().await + world.app().courier.step().await, 0);
    assert!(!changes.has_changed().unwrap());
}

#[tokio::test]
async fn what_is_remembered_against_replays_is_forgotten_in_time() {
    let world = World::new().await;
    let card = world.usual().await;
    world.press(crate::world::ALICE, &card, "approve").await;
    world.work().await;
    world.clock.advance(Duration::from_secs(17 * 60));
    world.work().await;
    let url = format!("sqlite://{}", world.folder.join("p0-chatops.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM deliveries").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0);
}
