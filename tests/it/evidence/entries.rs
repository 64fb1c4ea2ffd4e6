//! What leaves an entry, and what stands in it.

use std::time::Duration;

use p0_chatops::sandbox::p0::{Fault, Verb};
use p0_chatops::sandbox::slack::Person;
use serde_json::{Value, json};

use crate::world::{ALICE, BOB, CAROL, CHANNEL, Setup, World};

const DAVE: &str = "U08DAVE";

/// The events of an export in their order, without those of telling people.
fn events(world: &World) -> Vec<String> {
    let events = world.evidence().into_iter().map(|line| line["entry"]["event"].as_str().unwrap().to_owned());
    events.filter(|event| event != "request.told" && event != "settings.stated").collect()
}

#[tokio::test]
async fn a_decision_is_told_from_the_press_to_what_p0_made_of_it() {
    for (setup, door) in [(Setup::over_http(), "http"), (Setup::over_sockets(), "socket")] {
        let world = World::with(setup).await;
        let card = world.usual().await;
        world.presses(ALICE, &card, "approve").await;
        assert_eq!(
            events(&world),
            ["request.pushed", "decision.recorded", "decision.sending", "decision.done", "request.pushed"][..4]
        );
        let recorded = &world.evidence_of("decision.recorded")[0]["entry"];
        assert_eq!((&recorded["by"]["user"], &recorded["request"]), (&json!(ALICE), &json!("req-1")));
        let detail = &recorded["detail"];
        let click = &detail["click"];
        assert_eq!(
            (&click["door"], &click["act"], &click["control"]),
            (&json!(door), &json!("press"), &json!("approve"))
        );
        assert!(click["chosen_at"].is_string(), "{click}");
        assert_eq!(detail["choice"], json!({ "verb": "approve", "length": 120 }));
        let pushed = &world.evidence_of("request.pushed")[0]["entry"]["detail"];
        assert!(detail["seen"].is_string(), "{detail}");
        assert_eq!((&detail["seen"], &pushed["door"]), (&pushed["facts"], &json!("http")));
        let done = &world.evidence_of("decision.done")[0];
        assert_eq!(done["entry"]["detail"]["stage"]["authority"], "own_token");
        assert_eq!(done["personal"]["stage.identity"]["text"], "alice@example.com");
        assert_eq!((&done["entry"]["decision"], done["entry"]["decision"].is_string()), (&recorded["decision"], true));
    }
}

#[tokio::test]
async fn what_p0_refuses_drops_or_leaves_open_is_told_with_its_words() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, Fault::LostAnswer);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.evidence_of("decision.unknown")[0]["entry"]["detail"]["stage"]["stage"], "unknown");

    world.p0.fail_next(1, Verb::Deny, Fault::error(403, "Ask Dana"));
    world.slack.slash(CAROL, CHANNEL, "deny req-1 not on a Friday").await.unwrap();
    world.work().await;
    let refused = &world.evidence_of("decision.refused")[0];
    let refusal = &refused["entry"]["detail"]["stage"]["refusal"];
    assert_eq!((&refusal["refusal"], &refusal["status"]), (&json!("p0"), &json!(403)));
    assert_eq!(refused["personal"]["choice.reason"]["text"], "not on a Friday");
    assert!(!refused["entry"].to_string().contains("Friday"), "{refused}");

    let world = World::new().await;
    let card = world.usual().await;
    world.p0.down().await;
    world.press(ALICE, &card, "approve").await;
    world.work().await;
    world.clock.advance(Duration::from_secs(16 * 60));
    world.work().await;
    assert_eq!(world.evidence_of("decision.dropped").len(), 1);
}

/// The rules that refused something, each with who was refused and by which act.
fn refusals(world: &World) -> Vec<String> {
    let line = |line: &Value| {
        let (entry, detail) = (&line["entry"], &line["entry"]["detail"]);
        let [rule, act] = [&detail["rule"], &detail["click"]["act"]].map(|text| text.as_str().unwrap_or("?"));
        format!("{rule} {act} {} {}", entry["by"]["user"].as_str().unwrap(), entry["request"].as_str().unwrap_or("-"))
    };
    world.evidence_of("click.refused").iter().map(line).collect()
}

#[tokio::test]
async fn every_refused_click_leaves_one_entry() {
    let world = World::new().await;
    let card = world.usual().await;
    let stale = world.slack.element(CHANNEL, &card.ts, "approve").unwrap();
    world.presses(BOB, &card, "approve").await;
    world.presses(BOB, &card, "claim").await;
    for typed in ["approve req-1 9h", "approve req-2", "approve req-2 1h", "settings max 4h", "settings"] {
        world.slack.slash(ALICE, CHANNEL, typed).await.unwrap();
    }
    world.slack.mention(ALICE, CHANNEL, "approve req-1 9h").await.unwrap();
    world.work().await;
    world.presses(ALICE, &card, "approve").await;
    world.slack.press_stale(CAROL, CHANNEL, &card.ts, &stale, None).await.unwrap();
    let mut old = stale.clone();
    old["value"] = json!("v1.AAAAAAAAAAAAAAAAAAAAAA.1h");
    world.slack.press_stale(CAROL, CHANNEL, &card.ts, &old, None).await.unwrap();
    world.slack.slash(CAROL, CHANNEL, "deny req-1").await.unwrap();
    world.slack.slash(CAROL, CHANNEL, "approve req-1").await.unwrap();
    world.work().await;
    assert_eq!(
        refusals(&world),
        [
            "own_request press U02BOB req-1",
            "own_request press U02BOB req-1",
            "too_long slash U01ALICE req-1",
            "not_admin slash U01ALICE -",
            "not_admin slash U01ALICE -",
            "too_long message U01ALICE req-1",
            "already_decided press U03CAROL req-1",
            "old_card press U03CAROL -",
            "already_decided slash U03CAROL req-1",
            "already_decided slash U03CAROL req-1",
        ]
    );
    let late = world.evidence_of("click.refused").remove(8);
    assert_eq!(late["entry"]["detail"]["choice"], json!({ "verb": "deny", "reason": null }));
    let own = &world.evidence_of("click.refused")[0]["entry"]["detail"];
    assert_eq!((&own["click"]["control"], own["seen"].is_string()), (&json!("approve"), true));
    let long = &world.evidence_of("click.refused")[2];
    assert_eq!(long["personal"]["click.typed"]["text"], "approve req-1 9h");
    assert_eq!(long["entry"]["detail"]["refusal"]["most"], 480);
}

#[tokio::test]
async fn a_press_while_the_first_waits_leaves_one_too() {
    let world = World::new().await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(refusals(&world), ["waiting press U01ALICE req-1"]);
}

#[tokio::test]
async fn a_delivery_that_comes_again_leaves_nothing_more() {
    let world = World::new().await;
    let card = world.usual().await;
    world.presses(BOB, &card, "approve").await;
    world.slack.redeliver().await.unwrap();
    world.work().await;
    assert_eq!(refusals(&world).len(), 1);
}

#[tokio::test]
async fn whoever_comes_from_elsewhere_or_has_no_identity_leaves_one_too() {
    let setup = Setup::default().set("slack__allowed_teams", "[\"T09OTHER\"]");
    let world = World::with(setup).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(refusals(&world), ["foreign_workspace press U01ALICE req-1"]);

    let mut setup = Setup::default();
    setup.slack.people.push(Person::new(DAVE, "dave"));
    setup.slack.channels.iter_mut().for_each(|channel| channel.members.push(DAVE.into()));
    let world = World::with(setup).await;
    let card = world.usual().await;
    world.presses(DAVE, &card, "approve").await;
    world.presses(DAVE, &card, "deny").await;
    world.presses(DAVE, &card, "more").await;
    assert_eq!(refusals(&world), ["no_identity press U08DAVE req-1"; 3]);
}

#[tokio::test]
async fn a_refusal_that_cannot_be_written_is_said_all_the_same() {
    let world = World::with(Setup::over_http()).await;
    let card = world.usual().await;
    world.refuse("INSERT", "audit").await;
    assert_eq!(world.press(BOB, &card, "claim").await.status, 200);
    world.take_again("audit").await;
    world.work().await;
    let own = "This is your own request, or would give access to you: somebody else has to approve it.";
    assert_eq!((world.lines(BOB), refusals(&world)), (vec![own.to_owned()], vec![]));
}
