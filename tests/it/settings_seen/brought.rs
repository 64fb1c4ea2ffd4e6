//! The courier brings every copy of a change's card, and has them converge.

use std::time::Duration;

use p0_chatops::domain::delivery::DeliveryKeys;
use p0_chatops::domain::jit::change::Change;
use p0_chatops::ledger::jit::proposals::{Applied, NewProposal, Proposed};
use p0_chatops::sandbox::slack::{Fault, Times};

use super::*;
use crate::world::{Card, World};

const WITHIN: Duration = Duration::from_secs(900);

fn once() -> DeliveryKeys {
    DeliveryKeys::new([("test", CardKey::random().as_str().to_owned())])
}

/// Alice applies a change; the bot tells whom it concerns.
async fn applied(world: &World, change: Change) -> CardKey {
    let new = NewProposal { by: alice(), changes: vec![change], groups: Groups::new(), policy: policy() };
    let Proposed::Shown(card) = world.app().ledger.propose(once(), new).await.unwrap() else { panic!("not shown") };
    let (key, typed, now) = (card.proposal.key, card.proposal.typed, world.clock.now());
    let applied = world.app().ledger.apply_proposal(once(), key.clone(), alice(), typed, policy(), (now, WITHIN));
    let applied = applied.await.unwrap();
    assert!(matches!(applied, Applied::Recorded | Applied::Waiting { .. }), "{applied:?}");
    bring(world).await;
    key
}

async fn bring(world: &World) {
    while world.app().courier.is_behind().await.unwrap() {
        world.app().courier.step().await;
        world.clock.advance(Duration::from_millis(500));
    }
}

fn in_channel(world: &World) -> Card {
    world.cards_in(CHANNEL).pop().expect("a card in the channel")
}

#[tokio::test]
async fn everybody_whom_it_concerns_sees_it_and_all_copies_converge() {
    let world = World::new().await;
    let key = applied(&world, maximum("2w")).await;
    let (channel, author, admin) = (in_channel(&world), world.last_dm(ALICE), world.last_dm(BOB));
    assert!(world.read(&channel).contains("*Waits for a second admin*") && !world.read(&channel).contains("[Agree]"));
    assert!(world.read(&author).ends_with("[Cancel]") && world.read(&admin).ends_with("[Agree] [Decline]"));
    let answered = world.app().ledger.agree(once(), key, slack_user(BOB), (world.clock.now(), WITHIN)).await.unwrap();
    assert_eq!(answered, Some(Ok(())));
    bring(&world).await;
    for card in [&channel, &author, &admin] {
        let text = world.read(card);
        assert!(text.contains("Agreed by <@U02BOB>") && text.contains("*Received*") && !text.contains('['), "{text}");
    }
}

#[tokio::test]
async fn a_channel_that_another_company_reads_gets_nothing() {
    let world = World::new().await;
    world.slack.change_channel(CHANNEL, |channel| channel.is_ext_shared = true);
    applied(&world, add("2h")).await;
    assert!(world.cards_in(CHANNEL).is_empty());
    assert!(world.read(&world.last_dm(ALICE)).contains("2 hours"));
}

#[tokio::test]
async fn a_card_is_withdrawn_from_a_channel_that_another_company_has_come_to_read() {
    let world = World::new().await;
    let key = applied(&world, maximum("2w")).await;
    world.slack.change_channel(CHANNEL, |channel| channel.is_ext_shared = true);
    world.clock.advance(Duration::from_secs(61));
    world.app().ledger.decline(once(), key, slack_user(BOB)).await.unwrap();
    bring(&world).await;
    let text = world.read(&in_channel(&world));
    assert!(text.contains("shared with another company") && !text.contains("2 weeks"), "{text}");
    assert!(world.read(&world.last_dm(ALICE)).contains("*Declined* by <@U02BOB>"));
}

#[tokio::test]
async fn what_slack_refuses_or_loses_is_brought_later() {
    let world = World::new().await;
    world.slack.fail("chat.postMessage", Fault::ApiError("internal_error".into()), Times::Count(2));
    world.slack.fail("chat.postMessage", Fault::LostAnswer, Times::Count(1));
    applied(&world, add("2h")).await;
    for _ in 0..20 {
        world.clock.advance(Duration::from_secs(60));
        bring(&world).await;
    }
    assert!(world.read(&in_channel(&world)).contains("2 hours"));
    assert!(world.read(&world.last_dm(ALICE)).contains("2 hours"));
}

#[tokio::test]
async fn a_new_request_is_shown_before_a_change_of_settings() {
    let world = World::new().await;
    applied(&world, add("2h")).await;
    let change = in_channel(&world);
    let card = world.usual().await;
    assert_ne!(change.ts, card.ts);
    let new = NewProposal { by: alice(), changes: vec![add("3h")], groups: Groups::new(), policy: policy() };
    let Proposed::Shown(shown) = world.app().ledger.propose(once(), new).await.unwrap() else { panic!("not shown") };
    let now = world.clock.now();
    let apply = world.app().ledger.apply_proposal(once(), shown.proposal.key, alice(), None, policy(), (now, WITHIN));
    apply.await.unwrap();
    let id = world.p0.add(p0_chatops::sandbox::p0::RequestSeed { id: Some("req-9".into()), ..crate::world::bobs() });
    assert_eq!(world.p0.push(&id).await, Some(200));
    bring(&world).await;
    let texts: Vec<String> = world.cards_in(CHANNEL).iter().map(|card| world.read(card)).collect();
    let [.., request, change] = texts.as_slice() else { panic!("{texts:?}") };
    assert!(request.contains("Request req-9") && change.contains("3 hours"), "{texts:?}");
}
