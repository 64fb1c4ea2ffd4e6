//! What a reviewer found: each of these fails until it is mended.

use jiff::Timestamp;
use p0_chatops::config::assumed_lengths;
use p0_chatops::domain::jit::author::Author;
use p0_chatops::domain::jit::change::{Approvals, Change, Said, Settings};
use p0_chatops::domain::jit::length::SettingLength;
use p0_chatops::domain::jit::lengths::Preset;
use p0_chatops::domain::jit::mirror::{Mirror, Stated};
use p0_chatops::domain::jit::told::ToldLength;
use p0_chatops::sandbox::p0::{Answer, Fault, Verb};
use p0_chatops::sandbox::slack::{Fault as SlackFault, Times};
use serde_json::json;

use super::{DAVE, administered};
use crate::world::{ALICE, BOB, World};

const AT: Timestamp = Timestamp::UNIX_EPOCH;

fn length(text: &str) -> SettingLength {
    text.parse().unwrap()
}

fn told(time: u32, unit: &str, value: &str) -> ToldLength {
    ToldLength::read(&json!({ "time": time, "unit": unit, "value": value })).unwrap()
}

fn reset(options: Vec<ToldLength>, maximum: Option<ToldLength>) -> Said {
    Said::Settings(Settings { options, unread: 0, maximum, standing: None })
}

/// 1. A reset raised the longest grant from 8 hours to 30 days on the word of one admin.
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

/// 2. A doubt about a shorter standing length is not weighed.
#[tokio::test]
async fn r02_what_is_in_doubt_counts_as_the_stricter() {
    let world = World::with(administered()).await;
    world.applies(ALICE, "settings standing 2w").await;
    world.presses(BOB, &world.last_dm(BOB), "settings_agree:notice").await;
    world.p0.fail_next(1, Verb::Settings, Fault::LostAnswer);
    world.applies(ALICE, "settings standing 1d").await;
    assert_eq!(world.settings_calls().len(), 2);
    world.applies(ALICE, "settings standing 2w").await;
    assert_eq!(world.settings_calls().len(), 2, "from 1 day to 2 weeks, and nobody has agreed");
}

#[test]
fn r02_weights() {
    let base = || {
        let mut mirror = Mirror::assumed(&assumed_lengths());
        let set = [
            Change::Standing { length: length("2w") },
            Change::Approvable { length: length("3d") },
            Change::Approvals(Approvals { one_party: true, require_reason: false }),
        ];
        set.iter().for_each(|change| mirror.take(change, &Said::Taken, &Author::Operator, AT));
        mirror
    };
    let mut wrong = Vec::new();
    for (doubted, again) in [
        (Change::Standing { length: length("1d") }, Change::Standing { length: length("2w") }),
        (Change::Approvable { length: length("1h") }, Change::Approvable { length: length("3d") }),
        (
            Change::Approvals(Approvals { one_party: false, require_reason: true }),
            Change::Approvals(Approvals { one_party: true, require_reason: false }),
        ),
    ] {
        let mut mirror = base();
        mirror.doubt(&doubted, &Author::Operator, AT);
        if !mirror.weight(&again).loosens {
            wrong.push(again.name());
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// 4. `put back` sends P0 what P0 never had.
#[test]
fn r04_what_was_only_assumed_is_not_put_back() {
    let mut mirror = Mirror::assumed(&assumed_lengths());
    let said = reset(vec![told(1, "h", "1 hour")], Some(told(12, "h", "12 hours")));
    mirror.take(&Change::Reset, &said, &Author::Operator, AT);
    assert_eq!(mirror.put_back().changes, [], "nobody has ever said that P0 had these");
}

/// 5. A second reset that finds the same list keeps the maximum of long ago.
#[test]
fn r05_the_last_reset_is_what_is_put_back() {
    let mut mirror = Mirror::assumed(&assumed_lengths());
    let said = || reset(vec![told(1, "h", "1 hour")], Some(told(30, "d", "30 days")));
    mirror.take(&Change::Reset, &said(), &Author::Operator, AT);
    let twelve = Change::Maximum { length: length("12h") };
    mirror.take(&twelve, &Said::Length { told: told(12, "h", "12 hours") }, &Author::Operator, AT);
    mirror.take(&Change::Reset, &said(), &Author::Operator, AT);
    let changes = mirror.put_back().changes;
    assert!(changes.contains(&twelve), "12 hours stood before the reset: {changes:?}");
}

/// 6. A key that leaves the settings file makes the bot forget what P0 itself has told.
#[test]
fn r06_a_key_that_is_removed_takes_nothing_from_p0() {
    let mut mirror = Mirror::assumed(&assumed_lengths());
    let preset = Preset { text: "2h".into(), length: "2h".parse().unwrap() };
    let stated = Stated { presets: Some(vec![preset]), maximum: Some("8h".parse().unwrap()) };
    mirror.state(stated, &assumed_lengths(), AT);
    let said = reset(vec![told(1, "w", "1 week")], Some(told(30, "m", "30 minutes")));
    mirror.take(&Change::Reset, &said, &Author::Operator, AT);
    let before = mirror.lengths();
    mirror.state(Stated::default(), &assumed_lengths(), AT);
    assert_eq!(mirror.lengths(), before, "P0 said 30 minutes");
}

/// 7. Whoever is no admin any more declines, and that counts; the card names them.
#[tokio::test]
async fn r07_nobody_declines_who_is_no_admin_now() {
    let world = World::with(administered()).await;
    world.applies(ALICE, "settings max 48h").await;
    world.slack.set_usergroup("S02ADMINS", &[]);
    world.presses(DAVE, &world.last_dm(DAVE), "settings_decline:notice").await;
    let card = world.read(&world.last_dm(ALICE));
    assert!(!card.contains("Declined"), "{card}");
}

/// 8. Where Slack does not tell of a group, "there is no second admin" is said.
#[tokio::test]
async fn r08_slack_that_is_silent_on_a_group_is_not_a_lack_of_admins() {
    let setup = administered().set("slack__admins", r#"["U01ALICE", "S02ADMINS"]"#);
    let world = World::with(setup).await;
    world.slack.fail("usergroups.users.list", SlackFault::ApiError("internal_error".into()), Times::UntilCleared);
    let line = world.types(ALICE, "settings max 48h").await;
    let text = world.read_line(ALICE, &line);
    assert!(!text.contains("there is none"), "{text}");
}

/// 9. P0 names a maximum that cannot be read, and the bot says that P0 took what was asked for.
#[tokio::test]
async fn r09_an_unreadable_maximum_is_not_the_asked_one() {
    let world = World::with(administered()).await;
    let body = r#"{"ok":true,"maxAccessDuration":{"time":4,"unit":"y","value":"4 years"}}"#;
    let answer =
        Answer { code: 200, content_type: "application/json".to_owned(), body: body.to_owned(), headers: Vec::new() };
    world.p0.fail_next(1, Verb::Settings, Fault::Status(answer));
    world.applies(ALICE, "settings max 4h").await;
    let card = world.read(&world.last_dm(ALICE));
    assert!(!card.contains("*P0 took it*"), "{card}");
}

/// 10. `200 {}` is "sent by us, not confirmed", whatever was asked.
#[tokio::test]
async fn r10_an_empty_object_confirms_nothing() {
    let world = World::with(administered()).await;
    let answer =
        Answer { code: 200, content_type: "application/json".to_owned(), body: "{}".to_owned(), headers: Vec::new() };
    world.p0.fail_next(1, Verb::Settings, Fault::Status(answer));
    world.applies(ALICE, "settings add 4h").await;
    let card = world.read(&world.last_dm(ALICE));
    assert!(card.contains("not confirmed"), "{card}");
}

/// 11. *Try again* on what is no longer unknown, or forgotten, speaks of a reset.
#[tokio::test]
async fn r11_try_again_speaks_of_no_reset() {
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

/// 12. In one proposal, what needs the room of a longer maximum is sent though P0 refused the longer maximum.
#[tokio::test]
async fn r12_what_needs_room_is_not_sent_where_the_room_was_refused() {
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

/// 13. A length that was removed stays one press away on every card whose request names none.
#[tokio::test]
async fn r13_a_removed_default_is_offered_no_more() {
    let world = World::with(administered()).await;
    let mut seed = crate::world::bobs();
    seed.duration = None;
    let card = world.request(seed).await;
    world.applies(ALICE, "settings remove 1h").await;
    let text = world.read(&card);
    assert!(!text.contains("[Approve 1h]"), "{text}");
}

/// 14. A reset in doubt may have taken every length and changed the maximum; the picker goes on as if it had not.
#[test]
fn r14_a_reset_in_doubt_is_weighed() {
    let mut mirror = Mirror::assumed(&assumed_lengths());
    mirror.doubt(&Change::Reset, &Author::Operator, AT);
    let same = Change::Maximum { length: length("24h") };
    assert!(mirror.weight(&same).loosens || mirror.weight(&same).takes_away, "P0 may have anything by now");
}

/// 16. A removal whose names run out while it waits is retried without a name until its deadline.
#[tokio::test]
async fn r16_a_removal_without_another_name_is_refused_as_p0_refused_it() {
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

/// 17. On the card that everybody reads, a refusal speaks to whoever wanted the change.
#[tokio::test]
async fn r17_a_card_for_all_speaks_to_nobody() {
    let world = World::with(administered()).await;
    let line = world.types(DAVE, "settings add 4h").await;
    world.press_line(DAVE, &line, "settings_apply:notice").await;
    world.slack.set_usergroup("S02ADMINS", &[]);
    world.work().await;
    let announced = world.cards_in(super::ANNOUNCED).pop().unwrap();
    let text = world.read(&announced);
    assert!(!text.contains("Your ") && !text.contains("Ask one of them"), "{text}");
}

/// 18. Help offers to everybody what nobody can do here.
#[tokio::test]
async fn r18_help_is_silent_on_settings_where_there_are_no_admins() {
    let world = World::new().await;
    world.slack.slash(ALICE, crate::world::CHANNEL, "help").await.unwrap();
    world.work().await;
    let line = world.lines(ALICE).pop().unwrap();
    assert!(!line.contains("settings"), "{line}");
}

/// 19. An agreement that does not count changes since when it waits.
#[tokio::test]
async fn r19_since_when_it_waits_is_kept() {
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

/// 21. What was applied in the modal still reads "Not applied yet", with live buttons, in the line behind it.
#[tokio::test]
async fn r21_a_preview_that_was_applied_says_so() {
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

/// 22. To add once more what is in the list forgets the name that P0 has for it.
#[test]
fn r22_a_name_that_is_known_is_kept() {
    use p0_chatops::domain::jit::wanted::Wanted;
    let mut mirror = Mirror::assumed(&assumed_lengths());
    let wanted = Wanted { presets: Some(vec![length("24h")]), ..Wanted::default() };
    mirror.import(&wanted, &[told(24, "h", "24 hours")], AT);
    let add = Change::Add { length: length("24h") };
    assert_eq!(mirror.check(&add), Ok(()));
    mirror.take(&add, &Said::Taken, &Author::Operator, AT);
    assert_eq!(mirror.keys(length("24h")), ["24 hours"]);
}

/// 23. P0 may name one length twice; one removal takes one of them away.
#[test]
fn r23_a_length_that_p0_names_twice() {
    let mut mirror = Mirror::assumed(&assumed_lengths());
    let said = reset(vec![told(1, "d", "1 day"), told(24, "h", "24 hours")], Some(told(30, "d", "30 days")));
    mirror.take(&Change::Reset, &said, &Author::Operator, AT);
    let offered: Vec<String> = mirror.lengths().presets.into_iter().map(|preset| preset.text).collect();
    let remove = Change::Remove { length: length("24h") };
    assert_eq!(mirror.keys(length("24h"))[0], "1 day");
    mirror.take(&remove, &Said::Taken, &Author::Operator, AT);
    let left: Vec<_> = mirror.presets.iter().filter_map(|known| known.value.told.as_ref()).collect();
    assert_eq!((offered.len(), left.len()), (1, 1), "offered {offered:?}; only “1 day” was removed at P0: {left:?}");
}
