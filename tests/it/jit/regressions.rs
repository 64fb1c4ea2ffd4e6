//! What went wrong once.

use p0_chatops::domain::jit::length::SettingLength;
use p0_chatops::domain::jit::told::ToldLength;
use p0_chatops::sandbox::p0::{Answer, Fault, Verb};
use p0_chatops::sandbox::slack::{Fault as SlackFault, Times};
use serde_json::json;

use super::{DAVE, administered};
use crate::world::{ALICE, BOB, World};

fn length(text: &str) -> SettingLength {
    text.parse().unwrap()
}

fn told(time: u32, unit: &str, value: &str) -> ToldLength {
    ToldLength::read(&json!({ "time": time, "unit": unit, "value": value })).unwrap()
}

/// A reset raised the longest grant from 8 hours to 30 days on the word of one admin.
#[tokio::test]
async fn a_longer_maximum_that_p0_tells_after_a_reset_is_not_granted_before_somebody_agrees() {
    let world = World::with(administered()).await;
    let maximum = || async { world.app().ledger.lengths().await.unwrap().maximum.to_string() };
    assert_eq!(maximum().await, "8h");
    world.applies(ALICE, "settings reset").await;
    assert_eq!(maximum().await, "8h");
    assert_eq!(world.app().ledger.mirror().await.unwrap().maximum.value.length.to_string(), "30d");
    world.applies(ALICE, "settings max 30d").await;
    assert_eq!(maximum().await, "8h", "it waits for another admin, although P0 has it");
    world.presses(BOB, &world.last_dm(BOB), "settings_agree:notice").await;
    assert_eq!(maximum().await, "30d");
}

/// A doubt about a shorter standing length was not weighed.
#[tokio::test]
async fn what_is_in_doubt_counts_as_the_stricter() {
    let world = World::with(administered()).await;
    world.applies(ALICE, "settings standing 2w").await;
    world.presses(BOB, &world.last_dm(BOB), "settings_agree:notice").await;
    world.p0.fail_next(1, Verb::Settings, Fault::LostAnswer);
    world.applies(ALICE, "settings standing 1d").await;
    assert_eq!(world.settings_calls().len(), 2);
    world.applies(ALICE, "settings standing 2w").await;
    assert_eq!(world.settings_calls().len(), 2, "from 1 day to 2 weeks, and nobody has agreed");
}

/// Whoever was no admin any more declined, and that counted.
#[tokio::test]
async fn nobody_declines_who_is_no_admin_now() {
    let world = World::with(administered()).await;
    world.applies(ALICE, "settings max 48h").await;
    world.slack.set_usergroup("S02ADMINS", &[]);
    world.presses(DAVE, &world.last_dm(DAVE), "settings_decline:notice").await;
    let card = world.read(&world.last_dm(ALICE));
    assert!(!card.contains("Declined"), "{card}");
}

/// Where Slack did not tell of a group, "there is no second admin" was said.
#[tokio::test]
async fn slack_that_is_silent_on_a_group_is_not_a_lack_of_admins() {
    let setup = administered().set("slack__admins", r#"["U01ALICE", "S02ADMINS"]"#);
    let world = World::with(setup).await;
    world.slack.fail("usergroups.users.list", SlackFault::ApiError("internal_error".into()), Times::UntilCleared);
    let line = world.types(ALICE, "settings max 48h").await;
    let text = world.read_line(ALICE, &line);
    assert!(!text.contains("there is none"), "{text}");
}

/// P0 named a maximum that cannot be read, and the bot said that P0 took what was asked for.
#[tokio::test]
async fn an_unreadable_maximum_is_not_the_asked_one() {
    let world = World::with(administered()).await;
    let body = r#"{"ok":true,"maxAccessDuration":{"time":4,"unit":"y","value":"4 years"}}"#;
    let answer =
        Answer { code: 200, content_type: "application/json".to_owned(), body: body.to_owned(), headers: Vec::new() };
    world.p0.fail_next(1, Verb::Settings, Fault::Status(answer));
    world.applies(ALICE, "settings max 4h").await;
    let card = world.read(&world.last_dm(ALICE));
    assert!(!card.contains("*P0 took it*"), "{card}");
}

/// `200 {}` was told as if P0 had confirmed it.
#[tokio::test]
async fn an_empty_object_confirms_nothing() {
    let world = World::with(administered()).await;
    let answer =
        Answer { code: 200, content_type: "application/json".to_owned(), body: "{}".to_owned(), headers: Vec::new() };
    world.p0.fail_next(1, Verb::Settings, Fault::Status(answer));
    world.applies(ALICE, "settings add 4h").await;
    let card = world.read(&world.last_dm(ALICE));
    assert!(card.contains("not confirmed"), "{card}");
}

/// *Try again* on what is forgotten spoke of a reset.
#[tokio::test]
async fn try_again_speaks_of_no_reset() {
    let world = World::with(administered()).await;
    world.p0.fail_next(1, Verb::Settings, Fault::Drop);
    world.applies(ALICE, "settings add 4h").await;
    let own = world.last_dm(ALICE);
    let mut again = world.slack.element(&own.channel, &own.ts, "settings_again:notice").unwrap();
    again["value"] = json!("v1.AAAAAAAAAAAAAAAAAAAAAA.-");
    let _ = world.slack.press_stale(ALICE, &own.channel, &own.ts, &again, None).await;
    world.work().await;
    let line = world.lines(ALICE).pop().unwrap_or_default();
    assert!(!line.contains("put back"), "{line}");
}

/// What needed the room of a longer maximum was sent though P0 had refused that.
#[tokio::test]
async fn what_needs_room_is_not_sent_where_the_room_was_refused() {
    let world = World::with(administered().set("settings__second_admin", "never")).await;
    world.applies(ALICE, "settings reset").await;
    world.applies(ALICE, "settings max 1h").await;
    let before = world.settings_calls().len();
    let line = world.types(ALICE, "settings put-back").await;
    world.p0.fail_next(1, Verb::Settings, Fault::error(400, "not longer than 1 hour"));
    world.press_line(ALICE, &line, "settings_apply:notice").await;
    world.work().await;
    let calls = world.settings_calls()[before..].join("\n");
    assert!(calls.contains("max-access-duration"), "{calls}");
    assert!(!calls.contains(r#"{"time":8,"unit":"h"}: 204"#), "8 hours cannot be granted: {calls}");
}

/// A length that was removed stayed one press away on every card whose request names none.
#[tokio::test]
async fn a_removed_default_is_offered_no_more() {
    let world = World::with(administered()).await;
    let mut seed = crate::world::bobs();
    seed.duration = None;
    let card = world.request(seed).await;
    world.applies(ALICE, "settings remove 1h").await;
    let text = world.read(&card);
    assert!(!text.contains("[Approve 1h]"), "{text}");
}

/// A removal whose names ran out while it waited was tried without a name until its deadline.
#[tokio::test]
async fn a_removal_without_another_name_is_refused_as_p0_refused_it() {
    use p0_chatops::domain::jit::wanted::Wanted;
    let world = World::with(administered()).await;
    let ledger = world.app().ledger.clone();
    let wanted = Wanted { presets: Some(vec![length("1h"), length("24h")]), ..Wanted::default() };
    ledger.import_settings(wanted.clone(), Vec::new()).await.unwrap();
    let line = world.types(ALICE, "settings remove 24h").await;
    world.press_line(ALICE, &line, "settings_apply:notice").await;
    world.p0.fail_next(1, Verb::Settings, Fault::error(404, "no such option"));
    world.app().settings_worker.clone().step().await;
    assert_eq!(world.settings_calls(), ["DELETE expiry-options/1%20day: 404"]);
    // Meanwhile the operator states under which name P0 has it.
    ledger.import_settings(wanted, vec![told(1, "d", "1 day")]).await.unwrap();
    world.work().await;
    let card = world.read(&world.last_dm(ALICE));
    assert!(card.contains("P0 refused it") && !card.contains("has not been told"), "{card}");
}

/// On the card that everybody reads, a refusal spoke to whoever wanted the change.
#[tokio::test]
async fn a_card_for_all_speaks_to_nobody() {
    let world = World::with(administered()).await;
    let line = world.types(DAVE, "settings add 4h").await;
    world.press_line(DAVE, &line, "settings_apply:notice").await;
    world.slack.set_usergroup("S02ADMINS", &[]);
    world.work().await;
    let announced = world.cards_in(super::ANNOUNCED).pop().unwrap();
    let text = world.read(&announced);
    assert!(!text.contains("Your ") && !text.contains("Ask one of them"), "{text}");
}

/// Help offered to everybody what nobody can do there.
#[tokio::test]
async fn help_is_silent_on_settings_where_there_are_no_admins() {
    let world = World::new().await;
    world.slack.slash(ALICE, crate::world::CHANNEL, "help").await.unwrap();
    world.work().await;
    let line = world.lines(ALICE).pop().unwrap();
    assert!(!line.contains("settings"), "{line}");
}

/// An agreement that did not count changed since when it waits.
#[tokio::test]
async fn since_when_it_waits_is_kept() {
    use std::time::Duration;
    let world = World::with(administered()).await;
    let line = world.types(ALICE, "settings max 48h").await;
    world.clock.advance(Duration::from_secs(300));
    world.presses_line(ALICE, &line, "settings_apply:notice").await;
    let first = world.audited("settings.waiting").await[0]["stage"]["since"].clone();
    world.slack.set_usergroup("S02ADMINS", &[]);
    world.presses(DAVE, &world.last_dm(DAVE), "settings_agree:notice").await;
    let waiting = world.audited("settings.waiting").await;
    assert_eq!(waiting.len(), 2);
    for row in waiting {
        assert_eq!(row["stage"]["since"], first);
    }
}

/// What was applied in the modal still read "Not applied yet", with live buttons, in the line behind it.
#[tokio::test]
async fn a_preview_that_was_applied_says_so() {
    let world = World::with(administered()).await;
    let line = world.types(ALICE, "settings max 1h").await;
    world.press_line(ALICE, &line, "settings_apply:notice").await;
    let modal = world.modal(ALICE);
    world.slack.submit(ALICE, &modal.id, &[("settings_typed", "1h")]).await.unwrap();
    world.work().await;
    assert_eq!(world.settings_calls().len(), 1);
    let text = world.read_line(ALICE, &line);
    assert!(!text.contains("Not applied yet") && !text.contains("[Apply…]"), "{text}");
}

/// Where Slack did not open the form, the buttons that lead to it could be gone all the same.
#[tokio::test]
async fn a_form_that_was_not_opened_leaves_the_button_that_opens_it() {
    let world = World::with(administered()).await;
    let line = world.types(ALICE, "settings max 1h").await;
    world.slack.fail("views.open", SlackFault::ApiError("internal_error".into()), Times::UntilCleared);
    world.presses_line(ALICE, &line, "settings_apply:notice").await;
    assert!(world.slack.modals(ALICE).is_empty());
    let text = world.read_line(ALICE, &line);
    assert!(text.contains("[Apply…] [Cancel]"), "{text}");
    let said = world.lines(ALICE).pop().unwrap();
    assert!(!said.contains("Go on in the form"), "{said}");
    world.slack.clear_faults();
    world.press_line(ALICE, &line, "settings_apply:notice").await;
    assert!(world.modal(ALICE).readable.contains("Type 1h"));
}
