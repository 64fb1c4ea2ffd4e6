//! "I'm on it".

use crate::identity::{SHARED, signing_for};
use crate::watch::{MINUTE, route};
use crate::world::{ALICE, BOB, CAROL, Setup, World};

#[tokio::test]
async fn a_claim_stands_on_every_copy_and_lapses_by_itself() {
    let world = route(&format!("notify = [\"{CAROL}\"]\n")).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "claim").await;
    for copy in [&card, &world.last_dm(CAROL), &world.first_dm(BOB)] {
        let lines = world.looked_after(copy);
        assert_eq!(lines[0], ":raising_hand: <@U01ALICE> is on it since (time), until (time).", "{lines:?}");
    }
    world.after(14 * MINUTE).await;
    assert_eq!(world.looked_after(&card).len(), 2);
    world.after(MINUTE).await;
    assert_eq!(world.looked_after(&card), ["Told: <@U03CAROL>."]);
    assert!(world.timers().await.is_empty());
    insta::assert_snapshot!(world.dms(BOB)[1..].join("\n"), @r"
    <@U01ALICE> is on it.
    <@U01ALICE> was on it and is not any more; nobody has decided yet.
    ");
}

#[tokio::test]
async fn a_second_tap_changes_nothing_and_another_person_takes_over() {
    let world = route("").await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "claim").await;
    world.clock.advance(5 * MINUTE);
    world.slack.redeliver().await.unwrap();
    world.presses(ALICE, &card, "claim").await;
    assert_eq!(world.lines(ALICE), ["You are on it already: the card says until when."]);
    world.after(9 * MINUTE).await;
    world.presses(CAROL, &card, "claim").await;
    world.after(2 * MINUTE).await;
    let lines = world.looked_after(&card);
    assert_eq!(lines, [":raising_hand: <@U03CAROL> is on it since (time), until (time)."]);
    assert_eq!(world.timers().await, ["claim_lapses"]);
    assert_eq!(world.dms(BOB)[1..], ["<@U01ALICE> is on it.", "<@U03CAROL> is on it."]);
}

#[tokio::test]
async fn only_who_could_decide_can_be_on_it() {
    let world = route(&format!("notify = [\"{CAROL}\"]\ndeciders = \"notified\"\n")).await;
    let card = world.usual().await;
    for who in [BOB, ALICE] {
        world.presses(who, &card, "claim").await;
    }
    assert!(world.lines(BOB)[0].starts_with("This is your own request"), "{:?}", world.lines(BOB));
    assert!(
        world.lines(ALICE)[0].starts_with("Only the people whom this bot's routes name"),
        "{:?}",
        world.lines(ALICE)
    );
    assert_eq!(world.looked_after(&card), ["Told: <@U03CAROL>."]);
}

#[tokio::test]
async fn a_decision_ends_a_claim_and_every_timer() {
    let world = route(&format!(
        "notify = [\"{CAROL}\"]\nremind_after = \"5m\"\nescalate_after = \"20m\"\nfallback = [\"{ALICE}\"]\n"
    ))
    .await;
    let card = world.usual().await;
    world.presses(CAROL, &card, "claim").await;
    assert_eq!(world.timers().await, ["claim_lapses", "escalate"]);
    world.presses(CAROL, &card, "approve").await;
    assert!(world.timers().await.is_empty());
    assert!(world.looked_after(&card).is_empty(), "{}", world.read(&card));
}

#[tokio::test]
async fn whoever_has_no_name_here_until_slack_is_asked_can_be_on_it() {
    let nameless = |identity: String| Setup { identity, ..Setup::default() }.set("identity__people", "{ }");
    for setup in [
        nameless("mode = \"tokens\"".to_owned()),
        nameless(SHARED.to_owned()),
        nameless(signing_for("p0")).set("identity__email_match", "true"),
    ] {
        let world = World::with(setup).await;
        let card = world.usual().await;
        world.presses(ALICE, &card, "claim").await;
        assert_eq!(world.lines(ALICE), [""; 0]);
        assert!(world.looked_after(&card)[0].contains("<@U01ALICE> is on it since"), "{}", world.read(&card));
    }
}
