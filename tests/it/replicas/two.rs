//! Two replicas that work at the same time: whatever people and P0 see happens once.

use std::time::Duration;

use p0_chatops::sandbox::p0::RequestSeed;

use super::{Replica, cluster, on, work};
use crate::world::{ALICE, CAROL, CHANNEL, Setup, World, bobs};

#[tokio::test]
async fn each_card_is_posted_once_and_each_decision_is_forwarded_once() {
    let Some(cluster) = cluster("each_card_is_posted_once_and_each_decision_is_forwarded_once") else { return };
    let world = World::with(on(cluster).await).await;
    let other = Replica::beside(&world).await;
    for nth in 1..=8 {
        let id = world.p0.add(RequestSeed { id: Some(format!("req-{nth}")), ..bobs() });
        assert_eq!(world.p0.push(&id).await, Some(200));
    }
    work(&world, &other).await;
    let cards = world.cards_in(CHANNEL);
    assert_eq!(cards.len(), 8);
    // One presses with one replica and another with the other, before either has done anything about it.
    let base = world.base.clone();
    for card in &cards {
        for (who, base) in [(ALICE, &base), (CAROL, &other.base)] {
            world.slack.connect(base);
            assert_eq!(world.press(who, card, "approve").await.status, 200);
        }
    }
    work(&world, &other).await;
    assert_eq!(world.told().len(), 8, "{:?}", world.told());
    for card in &cards {
        assert!(world.read(card).contains("*Approved* by <@U01ALICE>"), "{}", world.read(card));
    }
    assert_eq!(world.cards_in(CHANNEL).len(), 8);
    assert_eq!(world.dms(CAROL).len(), 8, "each of hers was too late, and she is told once");
}

#[tokio::test]
async fn the_same_delivery_that_both_get_counts_once() {
    let Some(cluster) = cluster("the_same_delivery_that_both_get_counts_once") else { return };
    let world = World::with(on(cluster).await).await;
    let other = Replica::beside(&world).await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.slack.connect(&other.base);
    assert_eq!(world.slack.redeliver().await.unwrap().status, 200);
    work(&world, &other).await;
    assert_eq!((world.rows("decisions").await, world.told().len()), (1, 1));
}

#[tokio::test]
async fn people_are_reminded_once_and_the_next_level_is_told_once() {
    let Some(cluster) = cluster("people_are_reminded_once_and_the_next_level_is_told_once") else { return };
    let route = format!(
        "notify = [\"{ALICE}\"]\nremind_after = \"10m\"\nescalate_after = \"30m\"\nescalate_to = [[\"{CAROL}\"]]\n"
    );
    let world = World::with(Setup { route, ..on(cluster).await }).await;
    let other = Replica::beside(&world).await;
    let id = world.p0.add(bobs());
    assert_eq!(world.p0.push(&id).await, Some(200));
    work(&world, &other).await;
    assert_eq!((world.dms(ALICE).len(), world.dms(CAROL).len()), (1, 0));
    for _ in 0..6 {
        world.clock.advance(Duration::from_secs(6 * 60));
        work(&world, &other).await;
    }
    let bells = world.dms(ALICE).iter().filter(|text| text.starts_with(":bell:")).count();
    assert_eq!((bells, world.dms(CAROL).len()), (2, 1), "each of two reminders once: {:?}", world.dms(ALICE));
}

#[tokio::test]
async fn what_one_writes_wakes_the_other() {
    let Some(cluster) = cluster("what_one_writes_wakes_the_other") else { return };
    let world = World::with(on(cluster).await).await;
    let other = Replica::beside(&world).await;
    let mut changes = other.app.ledger.changes();
    // Once it may be its own beginning that it hears of.
    for nth in 1..=3 {
        changes.mark_unchanged();
        let id = world.p0.add(RequestSeed { id: Some(format!("req-{nth}")), ..bobs() });
        assert_eq!(world.p0.push(&id).await, Some(200));
        tokio::time::timeout(Duration::from_secs(20), changes.changed()).await.expect("woken").unwrap();
    }
}
