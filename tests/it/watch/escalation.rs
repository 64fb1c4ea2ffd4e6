//! Reminders, and who is told next.

use p0_chatops::sandbox::p0::RequestSeed;
use p0_chatops::sandbox::slack::{Fault, Times};

use crate::watch::{MINUTE, route};
use crate::world::{ALICE, BOB, CAROL, bobs};

const LEVELS: &str = "notify = [\"U03CAROL\"]\nescalate_after = \"20m\"\nescalate_to = [[\"U01ALICE\"]]\n";

#[tokio::test]
async fn whoever_does_nothing_is_reminded_three_times_each_after_twice_as_long() {
    let world = route(&format!("notify = [\"{CAROL}\"]\nremind_after = \"10m\"\n")).await;
    world.usual().await;
    for (minutes, reminders) in [(9, 0), (1, 1), (19, 1), (1, 2), (39, 2), (1, 3), (24 * 60, 3)] {
        world.after(minutes * MINUTE).await;
        assert_eq!(world.dms(CAROL).len(), 1 + reminders, "{minutes} minutes later");
    }
    insta::assert_snapshot!(world.dms(CAROL)[1..].join("\n"), @r"
    :bell: bob@example.com still waits for a decision on aws role: request `req-1`.
    :bell: bob@example.com still waits for a decision on aws role: request `req-1` (reminder 2).
    :bell: bob@example.com still waits for a decision on aws role: request `req-1` (reminder 3).
    ");
    assert!(world.timers().await.is_empty());
}

#[tokio::test]
async fn whoever_has_opened_it_is_not_reminded() {
    let world = route(&format!("notify = [\"{CAROL}\", \"{ALICE}\"]\nremind_after = \"10m\"\n")).await;
    world.usual().await;
    world.presses(CAROL, &world.last_dm(CAROL), "more").await;
    world.after(10 * MINUTE).await;
    assert_eq!((world.dms(CAROL).len(), world.dms(ALICE).len()), (1, 2));
}

#[tokio::test]
async fn reminders_wait_for_a_claim_and_for_quiet_hours_and_the_first_page_waits_for_nothing() {
    let keys = format!("notify = [\"{CAROL}\"]\nremind_after = \"10m\"\nquiet_hours = \"00:00-24:00\"\n");
    let world = route(&keys).await;
    let card = world.usual().await;
    assert_eq!(world.dms(CAROL).len(), 1);
    world.after(30 * MINUTE).await;
    assert_eq!(world.dms(CAROL).len(), 1, "it is quiet");
    assert!(world.dms(BOB).is_empty(), "whoever asked hears of a decision, and of nothing else");
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.dms(BOB).len(), 1, "{:?}", world.dms(BOB));

    let world = route(&format!("notify = [\"{CAROL}\"]\nremind_after = \"10m\"\n")).await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "claim").await;
    world.after(14 * MINUTE).await;
    assert_eq!(world.dms(CAROL).len(), 1, "somebody is on it");
    world.after(2 * MINUTE).await;
    assert_eq!(world.dms(CAROL).len(), 2);
}

#[tokio::test]
async fn the_next_level_is_told_in_time_and_at_the_end_the_card_says_that_nobody_answered() {
    let world = route(LEVELS).await;
    let card = world.usual().await;
    assert_eq!(
        world.looked_after(&card),
        ["Told: <@U03CAROL>. If nobody decides, I tell more people (time): <@U01ALICE>."]
    );
    world.after(20 * MINUTE).await;
    assert_eq!((world.dms(CAROL).len(), world.dms(ALICE).len()), (1, 1));
    assert_eq!(world.looked_after(&card), ["Told: <@U03CAROL>, <@U01ALICE>."]);
    world.after(20 * MINUTE).await;
    insta::assert_snapshot!(world.looked_after(&card).join("\n"), @r"
    :rotating_light: *Nobody answered*: all 2 levels were told.
    Told: <@U03CAROL>, <@U01ALICE>.
    ");
    assert!(world.timers().await.is_empty());
    insta::assert_snapshot!(world.dms(BOB).join("\n"), @r"
    Your request for aws role is waiting for a decision.
    Nobody has decided yet, so I have told <@U01ALICE> too.
    Nobody has decided yet, and there is nobody else to tell.
    ");
}

#[tokio::test]
async fn a_claim_puts_escalation_off_until_it_lapses() {
    let world = route(LEVELS).await;
    let card = world.usual().await;
    world.clock.advance(19 * MINUTE);
    world.presses(CAROL, &card, "claim").await;
    world.after(14 * MINUTE).await;
    assert!(world.dms(ALICE).is_empty());
    world.after(MINUTE).await;
    assert_eq!(world.dms(ALICE).len(), 1);
}

#[tokio::test]
async fn a_level_without_anybody_is_passed_over_at_once() {
    let world = route(&LEVELS.replace(CAROL, "S01ONCALL")).await;
    world.slack.set_usergroup("S01ONCALL", &[BOB]);
    world.usual().await;
    assert_eq!(world.dms(ALICE).len(), 1);
}

#[tokio::test]
async fn whoever_asked_hears_in_one_thread_and_of_the_decision_aloud() {
    let world = route(LEVELS).await;
    let card = world.usual().await;
    world.after(20 * MINUTE).await;
    world.presses(ALICE, &card, "claim").await;
    world.presses(ALICE, &card, "approve").await;
    let dm = world.slack.dm_channel(BOB).unwrap();
    let all = world.slack.messages(&dm);
    insta::assert_snapshot!(world.dms(BOB)[1..].join("\n"), @r"
    Nobody has decided yet, so I have told <@U01ALICE> too.
    <@U01ALICE> is on it.
    Your request for aws role was approved by <@U01ALICE> for 2 hours; P0 is provisioning it.
    ");
    assert!(all[1..].iter().all(|reply| reply.thread_ts.as_ref() == Some(&all[0].ts)));
    world.p0.provision("req-1");
    world.p0.push("req-1").await;
    world.work().await;
    assert_eq!(world.dms(BOB).len(), 4, "the card alone says that it is there");
}

#[tokio::test]
async fn timers_outlive_restarts_and_clocks_that_jump() {
    let mut world = route(&format!("{LEVELS}remind_after = \"10m\"\n")).await;
    world.usual().await;
    for _ in 0..4 {
        world.clock.advance(8 * 60 * MINUTE);
        world.restart().await;
        world.work().await;
    }
    let bells = |who: &str| world.dms(who).iter().filter(|text| text.starts_with(":bell:")).count();
    assert_eq!((bells(CAROL), bells(ALICE)), (3, 3), "one at a time, however late");
    assert_eq!(world.dms(ALICE).len(), 4);
}

#[tokio::test]
async fn whoever_is_on_two_levels_is_reminded_once_when_both_are_due() {
    let keys = format!("notify = [\"{CAROL}\"]\nescalate_after = \"10m\"\nremind_after = \"10m\"\n");
    let world = route(&format!("{keys}escalate_to = [[\"{CAROL}\", \"{ALICE}\"]]\n")).await;
    world.usual().await;
    world.after(10 * MINUTE).await;
    world.after(2 * MINUTE).await;
    assert_eq!((world.dms(CAROL).len(), world.dms(ALICE).len()), (2, 1));
}

#[tokio::test]
async fn whose_card_is_gone_gets_another_with_the_next_level() {
    let keys = format!("notify = [\"{CAROL}\"]\nescalate_after = \"20m\"\n");
    let world = route(&format!("{keys}escalate_to = [[\"{CAROL}\", \"{ALICE}\"]]\n")).await;
    let card = world.usual().await;
    // Somebody has deleted it: that is learned where it is drawn anew.
    world.slack.fail("chat.update", Fault::ApiError("message_not_found".into()), Times::UntilCleared);
    world.presses(ALICE, &card, "claim").await;
    world.slack.clear_faults();
    world.after(20 * MINUTE).await;
    let cards = |who: &str| world.dms(who).iter().filter(|text| text.starts_with("Access request")).count();
    assert_eq!((cards(CAROL), cards(ALICE)), (2, 1), "{:?}", world.dms(CAROL));
    world.after(20 * MINUTE).await;
    assert_eq!((cards(CAROL), cards(ALICE)), (2, 1));
}

#[tokio::test]
async fn whoever_has_gone_off_duty_is_not_reminded_and_whoever_has_come_is_told() {
    let world = route("notify = [\"S01ONCALL\"]\nremind_after = \"10m\"\n").await;
    world.slack.set_usergroup("S01ONCALL", &[CAROL]);
    world.usual().await;
    world.slack.set_usergroup("S01ONCALL", &[ALICE]);
    world.after(10 * MINUTE).await;
    assert_eq!((world.dms(CAROL).len(), world.dms(ALICE).len()), (1, 1));
}

#[tokio::test]
async fn people_who_take_over_from_each_other_put_a_level_off_once() {
    let world = route(LEVELS).await;
    let card = world.usual().await;
    world.after(19 * MINUTE).await;
    world.presses(CAROL, &card, "claim").await;
    world.after(14 * MINUTE).await;
    world.presses(ALICE, &card, "claim").await;
    world.after(MINUTE).await;
    assert_eq!(world.dms(ALICE).len(), 1, "the next level is told");
}

#[tokio::test]
async fn whoever_asked_hears_that_nobody_could_be_told() {
    let world = route("notify = [\"S01ONCALL\"]\n").await;
    world.slack.set_usergroup("S01ONCALL", &[]);
    world.usual().await;
    let heard = [
        "Your request for aws role is waiting for a decision.",
        "Nobody has decided yet, and there is nobody else to tell.",
    ];
    assert_eq!(world.dms(BOB), heard);
}

#[tokio::test]
async fn slack_that_fails_holds_up_nobody_for_good() {
    let world = route(LEVELS).await;
    world.slack.fail("chat.postMessage", Fault::Drop, Times::Count(3));
    let id = world.p0.add(bobs());
    world.p0.push(&id).await;
    for _ in 0..3 {
        world.after(MINUTE).await;
    }
    assert_eq!(world.dms(CAROL).len(), 1);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_holds_up_no_other_request() {
    for (spoil, told) in [
        ("UPDATE watches SET body = '{' WHERE request_id = 'req-1'", 1),
        ("UPDATE told SET reason = '{' WHERE request_id = 'req-1'", 2),
    ] {
        let world = route(&format!("{LEVELS}remind_after = \"10m\"\n")).await;
        world.usual().await;
        world.request(RequestSeed { id: Some("req-2".into()), ..bobs() }).await;
        let spoiled = sqlx::query(spoil).execute(&mut world.database().await).await.unwrap();
        assert_eq!(spoiled.rows_affected(), 1, "{spoil}");
        world.after(10 * MINUTE).await;
        world.after(10 * MINUTE).await;
        let bells = world.dms(CAROL).iter().filter(|text| text.contains("req-2") && text.starts_with(":bell:")).count();
        assert_eq!((bells, world.dms(ALICE).len()), (1, told), "{spoil}");
    }
}

#[tokio::test]
async fn a_clock_that_is_put_back_and_forward_rings_nobody_twice_and_loses_nothing() {
    let world = route(&format!("notify = [\"{CAROL}\"]\nremind_after = \"10m\"\n")).await;
    world.usual().await;
    let bells = || world.dms(CAROL).iter().filter(|text| text.starts_with(":bell:")).count();
    // Due, and not yet seen to be.
    world.clock.advance(11 * MINUTE);
    world.clock.put_back(60 * MINUTE);
    world.work().await;
    assert_eq!(bells(), 0);
    world.after(60 * MINUTE).await;
    assert_eq!(bells(), 1);
    world.clock.put_back(60 * MINUTE);
    world.work().await;
    world.after(60 * MINUTE).await;
    assert_eq!(bells(), 1);
    world.after(21 * MINUTE).await;
    assert_eq!(bells(), 2);
    world.after(40 * MINUTE).await;
    assert_eq!(bells(), 3);
}
