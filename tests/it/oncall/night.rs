//! Requests that come while somebody is on call, as people see them.

use std::time::Duration;

use jiff::SignedDuration;
use p0_chatops::sandbox::p0::RequestSeed;
use p0_chatops::sandbox::pagerduty::{OnDuty, PagerDuty, PagerDutySetup};

use crate::watch::MINUTE;
use crate::world::{ALICE, CAROL, Card, Setup, World, bobs};

const ROUTE: &str = "notify = [\"oncall:first\"]\nfallback = [\"U03CAROL\"]\nescalate_after = \"5m\"\n";

/// Alice for an hour more, then nobody; Carol always, on the second level.
async fn night(route: &str) -> (World, PagerDuty) {
    let setup = Setup { route: route.to_owned(), ..Setup::default() };
    let (now, hour) = (setup.clock.now(), SignedDuration::from_hours(1));
    let pagerduty = PagerDutySetup { clock: setup.clock.clone(), ..PagerDutySetup::default() };
    let pagerduty = PagerDuty::start(pagerduty).await.unwrap();
    pagerduty.put_on_duty("SFIRST", "PALICE", now - hour, now + hour);
    pagerduty.set_policy("PPOLICY", vec![vec![OnDuty::Schedule("SFIRST".into())], vec![OnDuty::User("PCAROL".into())]]);
    let setup = setup
        .set("oncall__first__source", "pagerduty")
        .set("oncall__first__api_key", "sandbox-pagerduty-key")
        .set("oncall__first__api_base_url", &pagerduty.base_url())
        .set("oncall__first__escalation_policies", "[\"PPOLICY\"]")
        .set("oncall__first__email_match", "true");
    (World::with(setup).await, pagerduty)
}

fn told(world: &World, card: &Card) -> String {
    world.looked_after(card).join("\n")
}

#[tokio::test]
async fn whoever_is_on_call_is_told_and_then_the_next_level_though_pagerduty_fails_meanwhile() {
    let (world, pagerduty) = night(ROUTE).await;
    let card = world.usual().await;
    assert_eq!((world.dms(ALICE).len(), world.dms(CAROL).len()), (1, 0));
    insta::assert_snapshot!(told(&world, &card), @"Told: <@U01ALICE> (on call, first). If nobody decides, I tell more people (time): whoever is on call in first, level 2.");
    pagerduty.down().await;
    for _ in 0..6 {
        world.after(MINUTE).await;
    }
    assert_eq!((world.dms(ALICE).len(), world.dms(CAROL).len()), (1, 1));
    let second = "<@U03CAROL> (on call, first, level 2, as known (time))";
    assert!(told(&world, &card).contains(second), "{}", told(&world, &card));
}

#[tokio::test]
async fn who_was_on_call_is_known_after_a_restart_too_and_else_the_fallback_is_told() {
    let (mut world, pagerduty) = night(ROUTE).await;
    world.usual().await;
    pagerduty.down().await;
    world.restart().await;
    let second = RequestSeed { id: Some("req-2".to_owned()), ..bobs() };
    world.clock.advance(2 * MINUTE);
    let card = world.request(second).await;
    for _ in 0..3 {
        world.after(MINUTE).await;
    }
    insta::assert_snapshot!(told(&world, &card), @"Told: <@U01ALICE> (on call, first, as known (time)). If nobody decides, I tell more people (time): whoever is on call in first, level 2.");
    // Alice's shift is over, and nobody says who comes next.
    world.clock.advance(Duration::from_secs(3600));
    let third = world.request(RequestSeed { id: Some("req-3".to_owned()), ..bobs() }).await;
    for _ in 0..4 {
        world.after(MINUTE).await;
    }
    let told = told(&world, &third);
    assert!(told.starts_with("Told: <@U03CAROL> (nobody else was there)"), "{told}");
    assert!(told.contains(":warning: first does not say who is on call."), "{told}");
}

#[tokio::test]
async fn with_no_answer_at_all_the_way_ends_once_the_fallback_was_told() {
    let (world, pagerduty) = night(ROUTE).await;
    pagerduty.down().await;
    let card = world.usual().await;
    for _ in 0..20 {
        world.after(MINUTE).await;
    }
    insta::assert_snapshot!(told(&world, &card), @r"
    :rotating_light: *Nobody answered*: all 2 levels were told.
    Told: <@U03CAROL> (nobody else was there).
    :warning: first does not say who is on call. No further level is known, so nobody is told after these.
    ");
    assert!(world.timers().await.is_empty());
    assert_eq!(world.dms(CAROL).iter().filter(|text| text.starts_with("Access request")).count(), 1);
}

#[tokio::test]
async fn the_next_level_does_not_wait_for_those_of_whom_a_source_was_asked_in_vain() {
    let route = "notify = [\"U03CAROL\", \"oncall:first\"]\nescalate_after = \"5m\"\nescalate_to = [[\"U01ALICE\"]]\n";
    let (world, pagerduty) = night(route).await;
    pagerduty.down().await;
    world.usual().await;
    for _ in 0..4 {
        world.after(MINUTE).await;
        assert_eq!((world.dms(CAROL).len(), world.dms(ALICE).len()), (1, 0));
    }
    world.after(MINUTE).await;
    assert_eq!((world.dms(CAROL).len(), world.dms(ALICE).len()), (1, 1));
}

#[tokio::test]
async fn whose_shift_is_over_by_what_pagerduty_said_last_is_not_rung_though_it_fails() {
    let route = "notify = [\"oncall:first\"]\nfallback = [\"U03CAROL\"]\nremind_after = \"40m\"\n";
    let (world, pagerduty) = night(route).await;
    world.clock.advance(30 * MINUTE);
    world.usual().await;
    assert_eq!((world.dms(ALICE).len(), world.dms(CAROL).len()), (1, 0));
    pagerduty.down().await;
    world.after(41 * MINUTE).await;
    assert_eq!((world.dms(ALICE).len(), world.dms(CAROL).len()), (1, 1));
}
