//! An admin changes P0's settings, by command and in the modal; the picker follows.

use insta::assert_snapshot;
use p0_chatops::sandbox::p0::Labels;
use reqwest::Method;
use serde_json::json;

use super::{ANNOUNCED, administered};
use crate::world::{ALICE, BOB, CAROL, CHANNEL, GUEST, World};

const FOR_ADMINS: &str = "Only the admins that this bot's settings name (`slack.admins`) can see and change P0's \
                          settings here, and never guests. Ask one of them.";

#[tokio::test]
async fn a_length_is_shown_applied_and_offered() {
    let world = World::with(administered()).await;
    let card = world.usual().await;
    let line = world.types(ALICE, "settings add 90m").await;
    assert_snapshot!(world.read_line(ALICE, &line), @r"
    # Not applied yet: Add 90 minutes
    *90 minutes*: not in the list → in the list
    • The picker will offer 30m, 1h, 1h30m, 2h, 8h.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
    assert_eq!(world.settings_calls(), [""; 0], "nothing is sent before it is applied");
    world.presses_line(ALICE, &line, "settings_apply:notice").await;
    assert_eq!(world.settings_calls(), [r#"POST expiry-options {"time":90,"unit":"m"}: 204"#]);
    assert_snapshot!(world.read(&card), @r"
    # Access request: aws role
    For bob@example.com
    Asked by bob@example.com
    Role: ReadOnly
    Account: staging (111122223333)
    How long: 2 hours
    Request req-1
    Why: Look at a bill
    :hourglass_flowing_sand: *Waiting for a decision.*
    Asked (time)
    [Approve 2h] [Approve for…: 30m, 1h, 1h30m, 2h] [Deny] [I'm on it] [More]
    ");
    let announced = world.cards_in(ANNOUNCED).pop().expect("it is announced");
    assert_snapshot!(world.read(&announced), @r"
    # P0 settings: Add 90 minutes
    *90 minutes*: not in the list → in the list
    :white_check_mark: *P0 took it*, (time).
    Wanted by <@U01ALICE>, (time).
    ");
    assert_snapshot!(world.read(&world.last_dm(ALICE)), @r"
    # P0 settings: Add 90 minutes
    *90 minutes*: not in the list → in the list
    :white_check_mark: *P0 took it*, (time).
    Wanted by <@U01ALICE>, (time).
    ");
}

#[tokio::test]
async fn what_is_cancelled_is_not_sent() {
    let world = World::with(administered()).await;
    let line = world.types(ALICE, "settings add 4h").await;
    world.presses_line(ALICE, &line, "settings_cancel:notice").await;
    assert_eq!(world.lines(ALICE).pop().unwrap(), "Cancelled. Nothing was sent to P0.");
    assert_eq!(world.settings_calls(), [""; 0]);
    assert!(world.cards_in(ANNOUNCED).is_empty());
}

#[tokio::test]
async fn only_admins_see_or_change_anything() {
    let world = World::with(administered()).await;
    for who in [CAROL, GUEST] {
        for command in ["settings", "settings add 4h", "settings reset"] {
            world.types(who, command).await;
            assert_eq!(world.lines(who).pop().unwrap(), FOR_ADMINS, "{command}");
        }
        assert!(world.slack.modals(who).is_empty());
    }
    let line = world.types(ALICE, "settings add 90m").await;
    // Whoever gets hold of Alice's button has nothing of it.
    let element = world.line_element(ALICE, &line, "settings_apply:notice");
    let card = world.usual().await;
    world.slack.press_stale(CAROL, &card.channel, &card.ts, &element, None).await.unwrap();
    world.slack.press_stale(BOB, &card.channel, &card.ts, &element, None).await.unwrap();
    world.work().await;
    assert_eq!(world.settings_calls(), [""; 0]);
}

#[tokio::test]
async fn a_guest_is_no_admin_whatever_the_settings_say() {
    let setup = administered().set("slack__admins", r#"["U04GUEST", "U01ALICE"]"#).set("slack__allow_guests", "true");
    let world = World::with(setup).await;
    world.types(GUEST, "settings").await;
    assert_eq!(world.lines(GUEST).pop().unwrap(), FOR_ADMINS);
    assert!(world.slack.modals(GUEST).is_empty());
}

#[tokio::test]
async fn a_shorter_maximum_is_typed_and_takes_presets_away() {
    let world = World::with(administered()).await;
    let card = world.usual().await;
    let line = world.types(ALICE, "settings max 1h").await;
    assert_snapshot!(world.read_line(ALICE, &line), @r"
    # Not applied yet: Longest grant 1 hour
    *Longest grant*: 8 hours → 1 hour
    • The picker will offer 30m, 1h.
    • Grants of more than 1 hour are no longer possible.
    • 1 pending request asks for more than that.
    *Apply* asks you to type `1h`, because this takes away what P0 cannot give back.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply…] [Cancel]
    ");
    world.presses_line(ALICE, &line, "settings_apply:notice").await;
    let modal = world.modal(ALICE);
    assert_snapshot!(modal.readable, @r"
    # Change P0's settings
    Nothing is sent to P0 before you apply it.
    *Longest grant*: 8 hours → 1 hour
    • The picker will offer 30m, 1h.
    • Grants of more than 1 hour are no longer possible.
    • 1 pending request asks for more than that.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    Type 1h to apply this: (plain_text_input)
    ");
    world.slack.submit(ALICE, &modal.id, &[("settings_typed", "yes")]).await.unwrap();
    assert_eq!(world.modal(ALICE).errors.keys().collect::<Vec<_>>(), ["settings_typed"]);
    world.slack.submit(ALICE, &modal.id, &[("settings_typed", "1 hour")]).await.unwrap();
    world.work().await;
    assert_eq!(world.settings_calls(), [r#"PUT max-access-duration {"time":1,"unit":"h"}: 200"#]);
    assert_snapshot!(world.read(&card), @r"
    # Access request: aws role
    For bob@example.com
    Asked by bob@example.com
    Role: ReadOnly
    Account: staging (111122223333)
    How long: 2 hours
    Request req-1
    Why: Look at a bill
    :hourglass_flowing_sand: *Waiting for a decision.*
    Asked (time)
    [Approve 1h] [Approve for…: 30m, 1h] [Deny] [I'm on it] [More]
    ");
    // The card that Carol still sees offers two hours.
    world.types(CAROL, "approve req-1 2h").await;
    assert_eq!(world.lines(CAROL).pop().unwrap(), "2 hours is too long: at most 1 hour is allowed here.");
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_length_that_is_offered_no_more_is_refused_with_the_reason_and_a_fresh_card() {
    let world = World::with(administered()).await;
    let card = world.usual().await;
    let old = world.slack.element(&card.channel, &card.ts, "approve_for").unwrap();
    let line = world.types(ALICE, "settings remove 1h").await;
    world.presses_line(ALICE, &line, "settings_apply:notice").await;
    assert_eq!(world.settings_calls(), ["DELETE expiry-options/1%20hour: 204"]);
    world.slack.press_stale(CAROL, &card.channel, &card.ts, &old, Some("1h")).await.unwrap();
    world.work().await;
    assert_snapshot!(world.lines(CAROL).pop().unwrap(), @"1 hour is not offered any more: P0's settings have changed since this was shown. Choose another length.");
    assert_eq!(world.told(), [""; 0]);
    assert_snapshot!(world.read(&card), @r"
    # Access request: aws role
    For bob@example.com
    Asked by bob@example.com
    Role: ReadOnly
    Account: staging (111122223333)
    How long: 2 hours
    Request req-1
    Why: Look at a bill
    :hourglass_flowing_sand: *Waiting for a decision.*
    Asked (time)
    [Approve 2h] [Approve for…: 30m, 2h] [Deny] [I'm on it] [More]
    ");
}

#[tokio::test]
async fn a_choice_that_waits_while_the_maximum_shrinks_is_not_sent() {
    let world = World::with(administered()).await;
    let card = world.usual().await;
    world.press(CAROL, &card, "approve").await;
    world.slack.slash(ALICE, CHANNEL, "settings max 1h").await.unwrap();
    world.press_line(ALICE, &world.last_line(ALICE), "settings_apply:notice").await;
    let modal = world.modal(ALICE);
    world.slack.submit(ALICE, &modal.id, &[("settings_typed", "1h")]).await.unwrap();
    // The change is carried before the choice is.
    assert_eq!(world.app().settings_worker.step().await, 1);
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    assert_snapshot!(world.dms(CAROL).pop().unwrap(), @"Your choice (Approve for 2 hours) on request `req-1` was not sent to P0. 2 hours is too long: at most 1 hour is allowed here.");
}

#[tokio::test]
async fn twenty_four_hours_are_removed_whatever_p0_calls_them() {
    for (labels, calls) in [
        (Labels::Largest, vec!["DELETE expiry-options/1%20day: 204"]),
        (Labels::AsSent, vec!["DELETE expiry-options/1%20day: 400", "DELETE expiry-options/24%20hours: 204"]),
    ] {
        let world = World::with(administered()).await;
        world.p0.behave(|behaviour| behaviour.labels = labels);
        world.elsewhere(Method::DELETE, "expiry-options/1%20day", None).await;
        world.elsewhere(Method::POST, "expiry-options", Some(json!({ "time": 24, "unit": "h" }))).await;
        let line = world.types(ALICE, "settings remove 24h").await;
        world.presses_line(ALICE, &line, "settings_apply:notice").await;
        assert_eq!(world.settings_calls(), calls);
        let card = world.read(&world.last_dm(ALICE));
        assert_eq!(
            card.contains("No such expiry option"),
            labels == Labels::AsSent,
            "what P0 answered is shown: {card}"
        );
        assert!(
            !world.p0_lengths().contains(&"24 hours".to_owned()) && !world.p0_lengths().contains(&"1 day".to_owned())
        );
    }
}

#[tokio::test]
async fn what_is_no_length_is_refused_with_a_sentence_before_any_call() {
    let world = World::with(administered()).await;
    for (typed, said) in [
        ("settings add 0h", "A length has to be more than zero."),
        ("settings max -2h", "A length cannot be negative."),
        ("settings standing 1.5h", "A length has to be whole: 90m rather than 1.5h."),
        ("settings approvable 3y", "That is not a length."),
        ("settings max 600w", "That length is longer than ten years."),
        ("settings add 4", "A length needs a unit: m, h, d or w."),
        ("settings add", "A length is missing."),
    ] {
        world.types(ALICE, typed).await;
        let line = world.lines(ALICE).pop().unwrap();
        assert!(line.starts_with(said), "{typed}: {line}");
    }
    assert_eq!(world.settings_calls(), [""; 0]);
}

#[tokio::test]
async fn from_the_shortcut_to_apply_without_typing_a_command() {
    let world = World::with(administered()).await;
    world.slack.shortcut(ALICE, "settings").await.unwrap();
    let overview = world.modal(ALICE);
    assert_snapshot!(overview.readable, @r"
    # P0 settings
    P0 lets nobody read its settings. This is what this bot knows of them, and how it knows it.
    *Lengths that people can pick*
    • *30m*, *1h*, *2h*, *8h*: stated in the settings file since (time)
    [Add…] [Remove…] [Reset to P0's own…]
    *Longest grant*: 8 hours
    Stated in the settings file since (time).
    [Set longest grant…]
    *Standing access*: not known
    Nobody has said.
    [Set standing…]
    *Time until approval*: not known
    Nobody has said.
    Not in P0's published document: P0's own clients use it.
    [Set time to approve…]
    ");
    world.slack.press_in_view(ALICE, &overview.id, "settings_add").await.unwrap();
    let form = world.modal(ALICE);
    assert_snapshot!(form.readable, @r"
    # Add a length
    The picker offers 30m, 1h, 2h, 8h. The longest grant is 8 hours.
    Length to add: (plain_text_input)
    ");
    world.slack.submit(ALICE, &form.id, &[("settings_length", "soon")]).await.unwrap();
    assert_eq!(world.modal(ALICE).errors["settings_length"], "That is not a length. Write it as 30m, 4h, 3d or 2w.");
    world.slack.submit(ALICE, &form.id, &[("settings_length", "4h")]).await.unwrap();
    let preview = world.modal(ALICE);
    assert_snapshot!(preview.readable, @r"
    # Change P0's settings
    Nothing is sent to P0 before you apply it.
    *4 hours*: not in the list → in the list
    • The picker will offer 30m, 1h, 2h, 4h, 8h.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    ");
    world.slack.submit(ALICE, &preview.id, &[]).await.unwrap();
    assert_snapshot!(world.modal(ALICE).readable, @r"
    # P0 settings
    Received. P0 has not been told yet; you will hear what comes of it.
    ");
    world.work().await;
    assert_eq!(world.settings_calls(), [r#"POST expiry-options {"time":4,"unit":"h"}: 204"#]);
}

#[tokio::test]
async fn home_has_the_way_to_the_settings_for_admins_only() {
    let world = World::with(administered()).await;
    world.usual().await;
    world.slack.open_home(ALICE).await.unwrap();
    world.work().await;
    let home = world.slack.home(ALICE).unwrap();
    assert_snapshot!(crate::world::readable(home.blocks()), @r"
    # Waiting for you
    1 request is waiting for you.
    bob@example.com: aws role (Role: ReadOnly, Account: staging (111122223333)) for 2h
    Request req-1 [Open]
    # P0 settings
    Which lengths people can pick, how long a grant may last, and how this bot knows it.
    [P0 settings]
    `/p0 help` says what else there is. This page is drawn anew when you open it; by itself for an hour, and for a day where the time left runs out.
    ");
    world.slack.press_in_view(ALICE, &home.id, "settings").await.unwrap();
    assert!(world.modal(ALICE).readable.contains("8h"));
    world.slack.open_home(ALICE).await.unwrap();
    world.work().await;
    assert_eq!(world.slack.calls_of("views.publish").len(), 1, "what is shown already is not drawn anew");
    world.slack.open_home(CAROL).await.unwrap();
    world.work().await;
    let blocks = world.slack.home(CAROL).unwrap().blocks().to_vec();
    assert!(!crate::world::readable(&blocks).contains("settings"), "{blocks:?}");
}

#[tokio::test]
async fn a_message_is_answered_with_the_buttons_that_decide() {
    let world = World::with(administered()).await;
    world.slack.dm(ALICE, "settings add 4h").await.unwrap();
    world.work().await;
    assert_eq!(world.settings_calls(), [""; 0]);
    let shown = world.last_dm(ALICE);
    world.presses(ALICE, &shown, "settings_apply:notice").await;
    assert_eq!(world.settings_calls(), [r#"POST expiry-options {"time":4,"unit":"h"}: 204"#]);
    assert_eq!(world.read(&shown), "Received. P0 has not been told yet; you will hear what comes of it.");
    world.slack.mention(ALICE, CHANNEL, "settings").await.unwrap();
    world.work().await;
    let line = world.last_line(ALICE);
    world.press_line(ALICE, &line, "settings:notice").await;
    assert!(world.modal(ALICE).readable.contains("4h"));
}

#[tokio::test]
async fn a_press_that_is_delivered_twice_applies_once() {
    let world = World::with(administered()).await;
    let line = world.types(ALICE, "settings add 4h").await;
    world.press_line(ALICE, &line, "settings_apply:notice").await;
    world.slack.redeliver().await.unwrap();
    world.work().await;
    assert_eq!(world.settings_calls().len(), 1);
}
