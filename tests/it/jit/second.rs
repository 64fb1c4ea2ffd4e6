//! What loosens is agreed to by a second admin.

use std::time::Duration;

use insta::assert_snapshot;

use super::{ANNOUNCED, DAVE, administered};
use crate::world::{ALICE, BOB, CAROL, World};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_longer_maximum_waits_for_another_admin_who_agrees_in_a_direct_message() {
    let world = World::with(administered()).await;
    let line = world.types(ALICE, "settings max 48h").await;
    assert_snapshot!(world.read_line(ALICE, &line), @r"
    # Not applied yet: Longest grant 48 hours
    *Longest grant*: 8 hours → 48 hours
    • Grants of up to 48 hours become possible.
    :busts_in_silhouette: *A second admin has to agree* within 15 minutes: another of <@U02BOB>, <!subteam^S02ADMINS>.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
    world.presses_line(ALICE, &line, "settings_apply:notice").await;
    assert_snapshot!(world.lines(ALICE).pop().unwrap(), @"Waits for a second admin until (time): <@U02BOB> and <@U08DAVE> were asked. Nothing is sent to P0 before.");
    assert_eq!(world.settings_calls(), [""; 0]);
    let announced = world.cards_in(ANNOUNCED).pop().unwrap();
    assert_snapshot!(world.read(&announced), @r"
    # P0 settings: Longest grant 48 hours
    *Longest grant*: 8 hours → 48 hours
    :hourglass_flowing_sand: *Waits for a second admin* until (time). Nothing is sent to P0 before.
    Wanted by <@U01ALICE>, (time).
    ");
    let asked = world.last_dm(BOB);
    assert_snapshot!(world.read(&asked), @r"
    # P0 settings: Longest grant 48 hours
    *Longest grant*: 8 hours → 48 hours
    :hourglass_flowing_sand: *Waits for a second admin* until (time). Nothing is sent to P0 before.
    • Grants of up to 48 hours become possible.
    Wanted by <@U01ALICE>, (time).
    [Agree] [Decline]
    ");
    assert!(world.slack.dm_channel(DAVE).is_some(), "members of the group are asked too");
    world.presses(BOB, &asked, "settings_agree:notice").await;
    assert_eq!(world.settings_calls(), [r#"PUT max-access-duration {"time":48,"unit":"h"}: 200"#]);
    for card in [&announced, &asked, &world.last_dm(ALICE), &world.last_dm(DAVE)] {
        let text = world.read(card);
        assert!(text.contains("<@U02BOB>") && !text.contains("[Agree]"), "{text}");
    }
    assert_snapshot!(world.read(&announced), @r"
    # P0 settings: Longest grant 48 hours
    *Longest grant*: 8 hours → 48 hours
    :white_check_mark: *P0 took it*, (time), and calls it “2 days”.
    Wanted by <@U01ALICE>, (time). Agreed by <@U02BOB>.
    ");
}

#[tokio::test]
async fn one_admin_alone_cannot_loosen() {
    let world = World::with(administered()).await;
    world.applies(ALICE, "settings standing 2w").await;
    let asked = world.last_dm(BOB);
    let agree = world.slack.element(&asked.channel, &asked.ts, "settings_agree:notice").unwrap();
    let own = world.last_dm(ALICE);
    world.slack.press_stale(ALICE, &own.channel, &own.ts, &agree, None).await.unwrap();
    world.work().await;
    assert_snapshot!(world.lines(ALICE).pop().unwrap(), @"It is your own change: another admin has to agree. You can cancel it.");
    let card = world.usual().await;
    world.slack.press_stale(CAROL, &card.channel, &card.ts, &agree, None).await.unwrap();
    world.work().await;
    assert_eq!(world.settings_calls(), [""; 0]);
}

#[tokio::test]
async fn an_agreement_of_somebody_who_left_the_group_leaves_it_open() {
    let world = World::with(administered()).await;
    world.applies(ALICE, "settings approvable 3d").await;
    world.slack.set_usergroup("S02ADMINS", &[]);
    let asked = world.last_dm(DAVE);
    world.presses(DAVE, &asked, "settings_agree:notice").await;
    assert_eq!(world.settings_calls(), [""; 0]);
    assert_snapshot!(world.dms(DAVE).pop().unwrap(), @"Your agreement to a change of P0's settings does not count. Only the admins that this bot's settings name (`slack.admins`) can see and change P0's settings here, and never guests. Ask one of them.");
    let asked = world.last_dm(BOB);
    assert!(world.read(&asked).contains("[Agree]"), "{}", world.read(&asked));
    world.presses(BOB, &asked, "settings_agree:notice").await;
    assert_eq!(world.settings_calls(), [r#"PUT approvable-duration {"time":3,"unit":"d"}: 204"#]);
}

#[tokio::test]
async fn who_was_in_the_group_goes_into_the_audit() {
    let world = World::with(administered()).await;
    world.applies(DAVE, "settings max 48h").await;
    world.presses(ALICE, &world.last_dm(ALICE), "settings_agree:notice").await;
    for event in ["settings.waiting", "settings.admins"] {
        assert_eq!(world.audited(event).await[0]["groups"]["S02ADMINS"][0], DAVE, "{event}");
    }
    let sent = &world.audited("settings_change.done").await[0];
    assert_eq!((&sent["by"]["admin"]["user"], &sent["second"]["user"]), (&DAVE.into(), &ALICE.into()));
}

#[tokio::test]
async fn after_fifteen_minutes_it_is_too_late() {
    let world = World::with(administered()).await;
    world.applies(ALICE, "settings max 48h").await;
    let asked = world.last_dm(BOB);
    let agree = world.slack.element(&asked.channel, &asked.ts, "settings_agree:notice").unwrap();
    world.clock.advance(15 * MINUTE + Duration::from_secs(1));
    world.work().await;
    assert_snapshot!(world.read(&asked), @r"
    # P0 settings: Longest grant 48 hours
    *Longest grant*: 8 hours → 48 hours
    :hourglass: *Lapsed*: no second admin agreed in time, (time). Nothing was sent to P0.
    Wanted by <@U01ALICE>, (time).
    ");
    world.slack.press_stale(BOB, &asked.channel, &asked.ts, &agree, None).await.unwrap();
    world.work().await;
    assert_snapshot!(world.lines(BOB).pop().unwrap(), @"This change was applied, cancelled or declined already. Its card says so.");
    assert_eq!(world.settings_calls(), [""; 0]);
}

#[tokio::test]
async fn declining_or_withdrawing_ends_it_for_everybody() {
    let world = World::with(administered()).await;
    world.applies(ALICE, "settings max 48h").await;
    let (asked, own) = (world.last_dm(BOB), world.last_dm(ALICE));
    world.presses(BOB, &asked, "settings_decline:notice").await;
    assert_snapshot!(world.read(&own), @r"
    # P0 settings: Longest grant 48 hours
    *Longest grant*: 8 hours → 48 hours
    :no_entry: *Declined* by <@U02BOB>, (time). Nothing was sent to P0.
    Wanted by <@U01ALICE>, (time).
    ");
    world.applies(ALICE, "settings max 36h").await;
    let (asked, own) = (world.last_dm(BOB), world.last_dm(ALICE));
    world.presses(ALICE, &own, "settings_cancel:notice").await;
    assert_snapshot!(world.read(&asked), @r"
    # P0 settings: Longest grant 36 hours
    *Longest grant*: 8 hours → 36 hours
    :no_entry_sign: *Cancelled*, (time). Nothing was sent to P0.
    Wanted by <@U01ALICE>, (time).
    ");
    assert_eq!(world.settings_calls(), [""; 0]);
}

#[tokio::test]
async fn approvals_are_for_those_whose_operator_says_so() {
    let world = World::with(administered()).await;
    world.types(ALICE, "settings approvals one-party off reason on").await;
    assert_snapshot!(world.lines(ALICE).pop().unwrap(), @"How approvals work cannot be changed from here. Ask the bot's operator: `settings.approvals` allows it.");
    let world = World::with(administered().set("settings__approvals", "true")).await;
    world.applies(ALICE, "settings approvals one-party off reason on").await;
    let calls = [r#"PUT default-approvals {"allowOneParty":false,"requireReason":true}: 204"#];
    assert_eq!(world.settings_calls(), calls, "this makes nothing looser");
    let line = world.types(ALICE, "settings approvals one-party on reason off").await;
    assert_snapshot!(world.read_line(ALICE, &line), @r"
    # Not applied yet: Approvals: one-party on, reason off
    *One-party approvals*: off → on
    *A reason is required*: on → off
    • People may approve their own requests at P0; this bot still refuses that while `p0.one_party` is off.
    • Requests need no reason any more.
    :busts_in_silhouette: *A second admin has to agree* within 15 minutes: another of <@U02BOB>, <!subteam^S02ADMINS>.
    Not in P0's published document: P0's own clients use it.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
    world.presses_line(ALICE, &line, "settings_apply:notice").await;
    assert_eq!(world.settings_calls(), calls);
}

#[tokio::test]
async fn with_always_every_change_is_agreed_to_and_with_never_none() {
    let world = World::with(administered().set("settings__second_admin", "always")).await;
    world.applies(ALICE, "settings add 4h").await;
    assert_eq!(world.settings_calls(), [""; 0]);
    world.presses(BOB, &world.last_dm(BOB), "settings_agree:notice").await;
    assert_eq!(world.settings_calls().len(), 1);
    let world = World::with(administered().set("settings__second_admin", "never")).await;
    world.applies(ALICE, "settings max 48h").await;
    assert_eq!(world.settings_calls().len(), 1);
}
