//! One of two replicas dies, or comes back too late.

use std::time::Duration;

use p0_chatops::domain::person::ChannelId;
use p0_chatops::domain::posted::Posted;
use p0_chatops::ledger::errands::Brought;
use p0_chatops::ledger::leases::LEASE;
use p0_chatops::sandbox::p0::{Fault, Verb};

use super::{Replica, cluster, on, work};
use crate::world::{ALICE, CHANNEL, World, bobs, steps};

#[tokio::test]
async fn a_call_whose_sender_died_is_unknown_by_the_other_and_never_sent_again() {
    let Some(cluster) = cluster("a_call_whose_sender_died_is_unknown_by_the_other_and_never_sent_again") else {
        return;
    };
    let mut world = World::with(on(cluster).await).await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.p0.fail_next(1, Verb::Approve, Fault::Hang);
    {
        // It dies while P0 has its call.
        let sending = steps(world.app());
        tokio::pin!(sending);
        while world.told().is_empty() {
            tokio::select! {
                _ = &mut sending => panic!("P0 answered"),
                () = tokio::time::sleep(Duration::from_millis(10)) => {}
            }
        }
    }
    let other = Replica::beside(&world).await;
    world.stop();
    for _ in 0..2 {
        while steps(&other.app).await > 0 {}
        assert_eq!(world.told().len(), 1);
        world.clock.advance(LEASE + Duration::from_secs(1));
    }
    for _ in 0..4 {
        world.clock.advance(Duration::from_secs(61));
        while steps(&other.app).await > 0 {}
    }
    assert_eq!(world.told().len(), 1);
    assert!(world.read(&card).contains("*Outcome unknown*"), "{}", world.read(&card));
}

#[tokio::test]
async fn a_card_whose_bringer_died_is_posted_by_the_other_and_one_that_comes_late_converges() {
    let Some(cluster) = cluster("a_card_whose_bringer_died_is_posted_by_the_other_and_one_that_comes_late_converges")
    else {
        return;
    };
    let world = World::with(on(cluster).await).await;
    let other = Replica::beside(&world).await;
    let id = world.p0.add(bobs());
    assert_eq!(world.p0.push(&id).await, Some(200));
    let copy = world.app().ledger.stale_copies(1).await.unwrap().remove(0).id;
    let frozen = world.app().ledger.begin_errand(Brought::Copy(copy)).await.unwrap().expect("nobody has it");
    assert!(other.app.ledger.begin_errand(Brought::Copy(copy)).await.unwrap().is_none());
    work(&world, &other).await;
    assert_eq!(world.cards_in(CHANNEL).len(), 0);
    world.clock.advance(Duration::from_secs(61));
    work(&world, &other).await;
    let cards = world.cards_in(CHANNEL);
    assert_eq!(cards.len(), 1);

    // What the frozen one posted is one more copy, and what the ledger knows of the other stays.
    let late = Posted { channel: ChannelId::parse(CHANNEL).unwrap(), ts: "1700000000.000100".to_owned() };
    world.app().ledger.copy_drawn(frozen, late.clone(), 0).await.unwrap();
    assert_eq!(world.rows("copies").await, 2);
    assert!(world.app().ledger.request_at(&late).await.unwrap().is_some());
    world.press(ALICE, &cards[0], "approve").await;
    work(&world, &other).await;
    assert!(world.read(&cards[0]).contains("*Approved* by"), "{}", world.read(&cards[0]));
}
