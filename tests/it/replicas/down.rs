//! The server is away, or somebody else holds it up: the answer comes in time, is never 200 for what is not on disk, and
//! nothing has to be mended by hand.

use std::time::Duration;

use tokio::time::Instant;

use super::{cluster, on, skipped};
use crate::cluster::Cluster;
use crate::world::{ALICE, World};

/// Slack waits so long.
const SLACK_WAITS: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_server_that_goes_away_and_comes_back_loses_nothing_that_was_answered() {
    let story = "a_server_that_goes_away_and_comes_back_loses_nothing_that_was_answered";
    let Some(cluster) = Cluster::start(true) else { return skipped(story) };
    let world = World::with(on(&cluster).await).await;
    let card = world.usual().await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    cluster.down();
    for _ in 0..2 {
        let pressed = Instant::now();
        assert_eq!(world.press(ALICE, &card, "deny").await.status, 503);
        assert!(pressed.elapsed() < SLACK_WAITS, "{:?}", pressed.elapsed());
    }
    assert_eq!(world.probe("/readyz").await.0, 503);
    assert_eq!(world.probe("/healthz").await.0, 200);
    cluster.up();
    while world.probe("/readyz").await.0 != 200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    world.work().await;
    assert_eq!(world.told().len(), 1);
    assert!(world.read(&card).contains("*Approved* by"), "{}", world.read(&card));
    assert_eq!(world.press(ALICE, &card, "revoke").await.status, 200);
    world.work().await;
    assert_eq!(world.told().len(), 2);
}

#[tokio::test]
async fn a_replica_that_is_frozen_in_the_middle_of_a_transaction_holds_up_nobody_for_long() {
    let Some(cluster) = cluster("a_replica_that_is_frozen_in_the_middle_of_a_transaction_holds_up_nobody_for_long")
    else {
        return;
    };
    let world = World::with(on(cluster).await).await;
    let card = world.usual().await;
    // As a replica's own, but for the time after which the server ends its session.
    let frozen = world.writing().await;
    let pressed = Instant::now();
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 503);
    assert!(pressed.elapsed() < SLACK_WAITS, "{:?}", pressed.elapsed());
    drop(frozen);
    while world.press(ALICE, &card, "approve").await.status != 200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    world.work().await;
    assert_eq!(world.told().len(), 1);
}
