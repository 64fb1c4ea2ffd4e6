//! Who is gone from Slack has no link here any longer, whoever tells of it first.

use std::time::Duration;

use http::HeaderMap;
use p0_chatops::sandbox::slack::{Delivered, Fault, SlackSetup, Times};
use serde_json::{Value, json};

use super::by_device;
use crate::wire::EVENTS;
use crate::world::{ALICE, BOB, CAROL, Door, Setup, World};

/// A company in which Alice and Bob have linked their accounts.
async fn linked() -> World {
    linked_with(by_device()).await
}

async fn linked_with(setup: Setup) -> World {
    let world = World::with(setup).await;
    world.links_by_code(ALICE, "alice").await;
    world.links_by_code(BOB, "bob").await;
    world
}

const BOTH_LIVE: [&str; 2] = ["alice@example.com: lives, tokens kept", "bob@example.com: lives, tokens kept"];

/// An event as Slack tells the app of itself, of this workspace.
fn event(team: &str, event: Value) -> Vec<u8> {
    let envelope = json!({
        "type": "event_callback", "team_id": team, "api_app_id": "A01CHATOPS", "event_id": "Ev01", "event": event,
    });
    envelope.to_string().into_bytes()
}

async fn delivered(world: &World, body: Vec<u8>, headers: HeaderMap) -> Delivered {
    world.slack.deliver(EVENTS, body, headers).await.unwrap()
}

#[tokio::test]
async fn a_deactivated_persons_link_ends_and_nobody_writes_to_them() {
    let world = linked().await;
    let before = world.dms(BOB).len();
    assert_eq!(world.slack.deactivate(BOB).await.unwrap().status, 200);
    world.work().await;
    assert_eq!(world.link_states().await, ["alice@example.com: lives, tokens kept", "bob@example.com: deactivated"]);
    assert_eq!((world.idp().living_families("alice"), world.idp().living_families("bob")), (1, 0));
    assert_eq!(world.dms(BOB).len(), before);
    let ended = world.audited("link.ended").await;
    assert_eq!((ended.len(), &ended[0]["why"]), (1, &json!("deactivated")));
    assert_eq!(world.audited("link.forgotten").await.len(), 1);
}

#[tokio::test]
async fn whatever_else_changes_about_a_person_leaves_their_link() {
    let world = linked().await;
    world.slack.change_person(BOB, |bob| bob.is_restricted = true);
    assert_eq!(world.slack.tell_user_change(BOB).await.unwrap().status, 200);
    world.work().await;
    assert_eq!(world.link_states().await, BOTH_LIVE);
}

#[tokio::test]
async fn people_who_take_back_what_they_allowed_have_no_link_and_are_told() {
    let world = linked().await;
    let card = world.usual().await;
    assert_eq!(world.slack.revoke_tokens(&[ALICE, CAROL], &[]).await.unwrap().status, 200);
    world.work().await;
    let states = ["bob@example.com: lives, tokens kept", "alice@example.com: revoked_in_slack"];
    assert_eq!(world.link_states().await, states);
    let told = world.dms(ALICE).pop().unwrap();
    assert!(told.starts_with("You have taken back what you allowed this app in Slack"), "{told}");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_bot_without_its_token_lets_go_of_everybody() {
    let world = linked().await;
    let before = (world.dms(ALICE).len(), world.dms(BOB).len());
    assert_eq!(world.slack.revoke_tokens(&[], &["U0BOT"]).await.unwrap().status, 200);
    world.work().await;
    let states = ["alice@example.com: app_uninstalled", "bob@example.com: app_uninstalled"];
    assert_eq!(world.link_states().await, states);
    assert_eq!((world.dms(ALICE).len(), world.dms(BOB).len()), before);
}

#[tokio::test]
async fn an_app_that_was_taken_out_lets_go_of_everybody_and_goes_on_running() {
    let world = linked().await;
    assert_eq!(world.slack.uninstall().await.unwrap().status, 200);
    world.work().await;
    let states = ["alice@example.com: app_uninstalled", "bob@example.com: app_uninstalled"];
    assert_eq!(world.link_states().await, states);
    assert_eq!((world.idp().living_families("alice"), world.idp().living_families("bob")), (0, 0));
    assert_eq!(world.audited("link.ended").await.len(), 2);
    // Slack may tell of both in any order, and twice.
    assert_eq!(world.slack.revoke_tokens(&[ALICE, BOB], &["U0BOT"]).await.unwrap().status, 200);
    assert_eq!(world.slack.retry_event(1, "http_timeout").await.unwrap().status, 200);
    assert_eq!(world.audited("link.ended").await.len(), 2);
    let id = world.p0.add(crate::world::bobs());
    assert_eq!(world.p0.push(&id).await, Some(200));
}

#[tokio::test]
async fn what_slack_did_not_sign_ends_nothing() {
    let world = linked_with(Setup { door: Door::Http, ..by_device() }).await;
    for told in [
        json!({ "type": "app_uninstalled" }),
        json!({ "type": "tokens_revoked", "tokens": { "oauth": [ALICE], "bot": ["U0BOT"] } }),
        json!({ "type": "user_change", "user": { "id": ALICE, "team_id": "T01ACME", "deleted": true } }),
    ] {
        let body = event("T01ACME", told);
        assert_eq!(delivered(&world, body.clone(), HeaderMap::new()).await.status, 401);
        let of_another_body = world.slack.signed(b"{}");
        assert_eq!(delivered(&world, body, of_another_body).await.status, 401);
    }
    assert_eq!(world.link_states().await, BOTH_LIVE);
}

#[tokio::test]
async fn another_workspace_and_events_without_sense_end_nothing() {
    let world = linked().await;
    let gone = json!({ "id": ALICE, "team_id": "T01ACME", "deleted": true });
    for body in [
        event("T09OTHER", json!({ "type": "app_uninstalled" })),
        event("T09OTHER", json!({ "type": "tokens_revoked", "tokens": { "oauth": [ALICE], "bot": ["U0BOT"] } })),
        event("T09OTHER", json!({ "type": "user_change", "user": gone })),
        event("T01ACME", json!({ "type": "tokens_revoked", "tokens": { "oauth": [], "bot": [] } })),
        event("T01ACME", json!({ "type": "tokens_revoked", "tokens": "all" })),
        event("T01ACME", json!({ "type": "tokens_revoked" })),
        event("T01ACME", json!({ "type": "user_change", "user": ALICE })),
        event("T01ACME", json!({ "type": "user_change", "user": { "id": ALICE, "deleted": "true" } })),
        event("T01ACME", json!({ "type": "user_change", "user": { "id": "..", "deleted": true } })),
        event("T01ACME", json!({ "type": "user_change", "user": { "id": CAROL, "deleted": true } })),
    ] {
        let answer = world.signed(EVENTS, body.clone()).await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&body));
    }
    world.work().await;
    assert_eq!(world.link_states().await, BOTH_LIVE);
}

#[tokio::test]
async fn on_an_org_wide_install_the_organisation_is_what_the_app_is_taken_out_of() {
    let slack = |setup: Setup| Setup { slack: SlackSetup::new(setup.clock.clone()).on_grid(), ..setup };
    let world = World::with(slack(by_device()).set("slack__allowed_enterprises", "[\"E01ACME\"]")).await;
    world.links_by_code(ALICE, "alice").await;
    world.links_by_code(BOB, "bob").await;
    assert_eq!(world.slack.deactivate(BOB).await.unwrap().status, 200);
    world.work().await;
    assert_eq!(world.link_states().await, ["alice@example.com: lives, tokens kept", "bob@example.com: deactivated"]);
    let told = json!({
        "type": "event_callback", "team_id": "T01ACME", "enterprise_id": "E01ACME", "event_id": "Ev01",
        "event": { "type": "app_uninstalled" },
    });
    let body = told.to_string().into_bytes();
    assert_eq!(world.signed(EVENTS, body).await.status, 200);
    world.work().await;
    assert_eq!(world.link_states().await[0], "alice@example.com: app_uninstalled");
}

#[tokio::test]
async fn whoever_left_without_a_word_is_found_within_a_day() {
    let world = linked().await;
    world.slack.change_person(BOB, |bob| bob.deleted = true);
    world.clock.advance(Duration::from_secs(12 * 60 * 60));
    world.work().await;
    assert_eq!(world.link_states().await, BOTH_LIVE);
    world.clock.advance(Duration::from_secs(12 * 60 * 60 + 1));
    world.work().await;
    assert_eq!(world.link_states().await, ["alice@example.com: lives, tokens kept", "bob@example.com: deactivated"]);
    // Those who are still there are asked about again a day later.
    let asked = world.slack.calls_of("users.info").len();
    world.work().await;
    assert_eq!(world.slack.calls_of("users.info").len(), asked);
}

#[tokio::test]
async fn a_slack_that_asks_for_rest_is_asked_about_nobody_until_then() {
    let world = linked().await;
    world.slack.change_person(BOB, |bob| bob.deleted = true);
    world.clock.advance(Duration::from_secs(25 * 60 * 60));
    let before = world.slack.calls_of("users.info").len();
    world.slack.fail("users.info", Fault::RateLimited { retry_after_s: 30 }, Times::Count(1));
    for _ in 0..5 {
        world.work().await;
        world.clock.advance(Duration::from_secs(5));
    }
    assert_eq!(world.slack.calls_of("users.info").len() - before, 1);
    assert_eq!(world.link_states().await, BOTH_LIVE);
    world.clock.advance(Duration::from_secs(5));
    world.work().await;
    assert_eq!(world.link_states().await, ["alice@example.com: lives, tokens kept", "bob@example.com: deactivated"]);
}

#[tokio::test]
async fn somebody_of_whom_slack_says_nothing_keeps_nobody_else_from_being_looked_at() {
    let world = linked().await;
    world.clock.advance(Duration::from_secs(25 * 60 * 60));
    let before = world.slack.calls_of("users.info").len();
    world.slack.fail("users.info", Fault::ApiError("internal_error".into()), Times::UntilCleared);
    for _ in 0..4 {
        world.work().await;
        world.clock.advance(Duration::from_secs(1));
    }
    let asked = || world.slack.calls_of("users.info").split_off(before);
    let who: Vec<Value> = asked().iter().map(|call| call.body["user"].clone()).collect();
    assert_eq!(who, [ALICE, BOB]);
    world.slack.clear_faults();
    world.clock.advance(Duration::from_secs(5 * 60));
    world.work().await;
    assert_eq!(asked().len(), 4, "and a while later they are asked about again");
}

#[tokio::test]
async fn a_click_of_somebody_who_left_meanwhile_ends_their_link_too() {
    let world = linked().await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.slack.change_person(ALICE, |alice| alice.deleted = true);
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.link_states().await, ["bob@example.com: lives, tokens kept", "alice@example.com: deactivated"]);
    assert_eq!(world.idp().living_families("alice"), 0);
}

#[tokio::test]
async fn a_guest_keeps_a_link_and_may_not_decide_with_it() {
    let world = linked().await;
    let card = world.usual().await;
    world.slack.change_person(ALICE, |alice| alice.is_restricted = true);
    world.presses(ALICE, &card, "approve").await;
    world.clock.advance(Duration::from_secs(25 * 60 * 60));
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.link_states().await, BOTH_LIVE);
}
