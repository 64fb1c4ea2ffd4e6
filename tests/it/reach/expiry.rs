//! The ends of grants: heard of in advance, shown on every card, and never taken for over before P0 says so.

use std::time::Duration;

use super::*;
use crate::world::{ALICE, BOB, Card};

const MINUTE: Duration = Duration::from_secs(60);

/// A grant of two hours that runs from now on.
async fn granted(world: &World) -> Card {
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    card
}

impl World {
    pub(super) async fn passes(&self, minutes: u32) {
        self.clock.advance(MINUTE * minutes);
        self.work().await;
    }
}

fn news(world: &World) -> Vec<String> {
    world.dms(BOB).into_iter().filter(|text| text.contains("ends soon")).collect()
}

const SOON: &str = "Your access to aws role ends soon: about (time). If you need it for longer, ask P0 for it again.";

#[tokio::test]
async fn the_requester_hears_ten_minutes_before_the_end_once() {
    let mut world = World::with(reachable()).await;
    let card = granted(&world).await;
    assert!(
        world.read(&card).contains(
            "*Approved* by <@U01ALICE> for 2 hours, (time). P0 is provisioning the access. It ends about (time)."
        ),
        "{}",
        world.read(&card)
    );
    world.passes(109).await;
    assert!(news(&world).is_empty());
    world.restart().await;
    world.passes(1).await;
    assert_eq!(news(&world), [SOON]);
    world.restart().await;
    world.p0.push("req-1").await;
    world.passes(1).await;
    assert_eq!(news(&world), [SOON], "never twice");
}

#[tokio::test]
async fn what_p0_says_of_the_end_moves_it() {
    let world = World::with(reachable()).await;
    let card = granted(&world).await;
    world.passes(30).await;
    // P0 counts from when the access is there.
    world.p0.provision("req-1");
    world.p0.push("req-1").await;
    world.work().await;
    assert!(world.read(&card).contains("*Active* until (time)."), "{}", world.read(&card));
    let ends = world.p0.push_body("req-1").unwrap();
    assert!(ends["data"]["expiryTimestamp"].is_i64(), "{ends}");
    let left = ends["data"]["expiryTimestamp"].as_i64().unwrap() - world.clock.now().as_millisecond();
    world.clock.advance(Duration::from_millis(u64::try_from(left).unwrap()) - 11 * MINUTE);
    world.work().await;
    assert!(news(&world).is_empty(), "the end has moved");
    world.passes(1).await;
    assert_eq!(news(&world), [SOON.replace("about ", "")]);
}

#[tokio::test]
async fn past_its_end_a_grant_is_not_over_before_p0_says_so() {
    let world = World::with(reachable()).await;
    let card = granted(&world).await;
    world.home_of(ALICE).await;
    world.passes(110).await;
    world.passes(10).await;
    assert!(world.read(&card).contains("*Approved*"), "P0 has five minutes to say it: {}", world.read(&card));
    world.passes(5).await;
    let late = "*Should have ended* about (time), not confirmed: P0 has not said that the access is gone. It had been \
                granted by <@U01ALICE> for 2 hours, (time).";
    assert!(world.read(&card).contains(late), "{}", world.read(&card));
    assert!(world.read(&card).ends_with("[Revoke] [More]"), "{}", world.read(&card));
    world.press(ALICE, &card, "more").await;
    assert!(world.top(ALICE).contains(late), "{}", world.top(ALICE));
    let home = world.home_of(ALICE).await;
    assert!(home.contains("It should have ended about (time), not confirmed. [Revoke]"), "{home}");
    world.p0.move_to("req-1", "EXPIRED");
    world.p0.push("req-1").await;
    world.work().await;
    assert!(world.read(&card).contains("*Expired*: the access has run out"), "{}", world.read(&card));
    assert_eq!(news(&world).len(), 1);
}

#[tokio::test]
async fn what_was_taken_back_or_is_short_has_no_end_to_hear_of() {
    let world = World::with(reachable()).await;
    let card = granted(&world).await;
    world.presses(ALICE, &card, "revoke").await;
    world.passes(130).await;
    assert!(news(&world).is_empty());
    assert!(world.read(&card).contains("*Revoked*"), "{}", world.read(&card));
    world.request(RequestSeed { id: Some("req-2".into()), duration: Some("15m".into()), ..bobs() }).await;
    world.slack.slash(ALICE, crate::world::CHANNEL, "approve req-2 15m").await.unwrap();
    world.work().await;
    world.passes(10).await;
    assert!(news(&world).is_empty());
}

#[tokio::test]
async fn a_bot_that_was_away_tells_late_but_not_of_what_is_past() {
    let mut world = World::with(reachable()).await;
    granted(&world).await;
    world.request(RequestSeed { id: Some("req-2".into()), duration: Some("1h".into()), ..bobs() }).await;
    world.slack.slash(ALICE, crate::world::CHANNEL, "approve req-2 1h").await.unwrap();
    world.work().await;
    world.clock.advance(115 * MINUTE);
    world.restart().await;
    world.work().await;
    assert_eq!(news(&world).len(), 1, "of the one that still runs");
}
