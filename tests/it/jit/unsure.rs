//! What P0's answers leave open: lost ones, empty ones, others than were asked for.

use insta::assert_snapshot;
use p0_chatops::sandbox::p0::{Fault, Undocumented, Verb};

use super::administered;
use crate::world::{ALICE, World};

#[tokio::test]
async fn a_reset_tells_p0s_own_list_and_what_was_there_can_be_put_back() {
    let world = World::with(administered()).await;
    let card = world.usual().await;
    let line = world.types(ALICE, "settings reset").await;
    assert_snapshot!(world.read_line(ALICE, &line), @r"
    # Not applied yet: Reset to P0's own
    *The list*: 30m, 1h, 2h, 8h → P0's own list
    • The list becomes P0's own: this bot learns it from P0's answer, and the picker follows.
    • P0 may change the longest grant (now 8 hours) and standing access (now not known) with it.
    • Should P0 make grants longer, this bot still grants at most 8 hours until the longest grant is set.
    • *What is lost*, where it is not P0's own: 30m, 1h, 2h, 8h.
    • This bot keeps what it knows now, and offers to put it back afterwards.
    *Apply* asks you to type `reset`, because this takes away what P0 cannot give back.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply…] [Cancel]
    ");
    world.presses_line(ALICE, &line, "settings_apply:notice").await;
    let modal = world.modal(ALICE);
    world.slack.submit(ALICE, &modal.id, &[("settings_typed", "reset")]).await.unwrap();
    world.work().await;
    assert_eq!(world.settings_calls(), ["POST expiry-options/_reset: 200"]);
    let own = world.last_dm(ALICE);
    assert_snapshot!(world.read(&own), @r"
    # P0 settings: Reset to P0's own
    *The list*: 30m, 1h, 2h, 8h → P0's own list
    :white_check_mark: *P0 took it*, (time). Its list now: “5 minutes”, “1 hour”, “1 day”, “1 week”, “30 days”. Longest grant: “30 days”. Standing access: “30 days”.
    P0 said 30 days; this bot still grants at most 8 hours, as before: set the longest grant to change that.
    Wanted by <@U01ALICE>, (time).
    [Put back…]
    ");
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
    [Approve 2h] [Approve for…: 5m, 1h] [Deny] [I'm on it] [More]
    ");
    world.press(ALICE, &own, "settings_put_back:notice").await;
    let modal = world.modal(ALICE);
    assert_snapshot!(modal.readable, @r"
    # Change P0's settings
    Nothing is sent to P0 before you apply it.
    *Puts back* what there was before the reset (time).
    *30 minutes*: not in the list → in the list
    *2 hours*: not in the list → in the list
    *8 hours*: not in the list → in the list
    *5 minutes*: in the list → not in the list
    *1 day*: in the list → not in the list
    *1 week*: in the list → not in the list
    *30 days*: in the list → not in the list
    *Longest grant*: 30 days → 8 hours
    • The picker will offer 30m, 1h, 2h, 8h.
    • P0 said 30 days; this bot still grants at most 8 hours, as before: this sets the longest grant.
    • Grants of more than 8 hours are no longer possible at P0.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    Type 8h to apply this: (plain_text_input)
    ");
    let typed: &[(&str, &str)] = if modal.readable.contains("Type ") { &[("settings_typed", "8h")] } else { &[] };
    world.slack.submit(ALICE, &modal.id, typed).await.unwrap();
    world.work().await;
    assert_snapshot!(world.settings_calls()[1..].join("\n"), @r#"
    POST expiry-options {"time":30,"unit":"m"}: 204
    POST expiry-options {"time":2,"unit":"h"}: 204
    POST expiry-options {"time":8,"unit":"h"}: 204
    DELETE expiry-options/5%20minutes: 204
    DELETE expiry-options/1%20day: 204
    DELETE expiry-options/1%20week: 204
    DELETE expiry-options/30%20days: 204
    PUT max-access-duration {"time":8,"unit":"h"}: 200
    "#);
    assert_snapshot!(world.read(&world.last_dm(ALICE)), @r"
    # P0 settings: 8 changes
    Of 8 changes: 8 taken by P0.
    :white_check_mark: Add 30 minutes: P0 took it
    :white_check_mark: Add 2 hours: P0 took it
    :white_check_mark: Add 8 hours: P0 took it
    :white_check_mark: Remove 5 minutes: P0 took it
    :white_check_mark: Remove 1 day: P0 took it
    :white_check_mark: Remove 1 week: P0 took it
    :white_check_mark: Remove 30 days: P0 took it
    :white_check_mark: *Longest grant*: 30 days → 8 hours: P0 took it, and calls it “8 hours”
    Wanted by <@U01ALICE>, (time).
    ");
}

#[tokio::test]
async fn the_lost_answer_of_a_reset_is_unknown_until_it_is_reset_again() {
    let world = World::with(administered()).await;
    world.p0.fail_next(1, Verb::Settings, Fault::LostAnswer);
    world.applies(ALICE, "settings reset").await;
    assert_eq!(world.settings_calls(), ["POST expiry-options/_reset: no answer"]);
    let own = world.last_dm(ALICE);
    assert_snapshot!(world.read(&own), @r"
    # P0 settings: Reset to P0's own
    *The list*: 30m, 1h, 2h, 8h → P0's own list
    :grey_question: *Outcome unknown* since (time): P0's answer was lost. It may have been applied. Only an answer tells this bot P0's list: it takes another reset, after which what is known can be put back.
    Wanted by <@U01ALICE>, (time).
    [Try again]
    ");
    world.clock.advance(std::time::Duration::from_secs(600));
    world.work().await;
    assert_eq!(world.settings_calls().len(), 1, "never again by itself");
    world.press(ALICE, &own, "settings_again:notice").await;
    let modal = world.modal(ALICE);
    assert!(modal.readable.contains("reset"), "{}", modal.readable);
    world.slack.submit(ALICE, &modal.id, &[("settings_typed", "reset")]).await.unwrap();
    world.work().await;
    assert_eq!(world.settings_calls().len(), 2);
    let first = world.read(&own);
    assert!(first.contains("It matters no more") && !first.contains("[Try again]"), "{first}");
    let put_back = world.last_dm(ALICE);
    assert!(world.read(&put_back).contains("[Put back…]"), "{}", world.read(&put_back));
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_leaves_the_smaller_maximum() {
    let world = World::with(administered()).await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Settings, Fault::Drop);
    world.applies(ALICE, "settings max 1h").await;
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
    world.slack.slash(ALICE, crate::world::CHANNEL, "settings").await.unwrap();
    assert_snapshot!(world.modal(ALICE).readable, @r"
    # P0 settings
    P0 lets nobody read its settings. This is what this bot knows of them, and how it knows it.
    :grey_question: *In doubt*: Longest grant 1 hour (<@U01ALICE>, (time)). P0's answer was lost: it may have been applied.
    *Lengths that people can pick*
    • *30m*, *1h*, 2h (over the longest grant: not offered), 8h (over the longest grant: not offered): stated in the settings file since (time)
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
}

#[tokio::test]
async fn an_undocumented_setting_that_p0_does_not_know_is_said_so() {
    let world = World::with(administered().set("settings__second_admin", "never")).await;
    for fate in [Undocumented::NotFound, Undocumented::BadRequest] {
        world.p0.behave(|behaviour| behaviour.undocumented_settings = fate);
        world.applies(ALICE, "settings approvable 3d").await;
    }
    let dms = world.dms(ALICE);
    assert_snapshot!(dms.join("\n"), @r"
    <@U01ALICE> wants P0's settings changed: Time until approval 3 days. P0 refused it.
    <@U01ALICE> wants P0's settings changed: Time until approval 3 days. P0 refused it.
    ");
}

#[tokio::test]
async fn a_key_that_p0_does_not_take_is_said_so_and_never_shown() {
    let setup = administered().set("p0__settings_api_key", "another-settings-key");
    let world = World::with(setup).await;
    world.applies(ALICE, "settings add 4h").await;
    let card = world.read(&world.last_dm(ALICE));
    assert_snapshot!(card, @r"
    # P0 settings: Add 4 hours
    *4 hours*: not in the list → in the list
    :x: *P0 refused it*, (time). P0 does not take this bot's API key for its settings. Ask the bot's operator. P0 says: Unauthorized
    Wanted by <@U01ALICE>, (time).
    ");
    assert!(!card.contains("another-settings-key"));
}
