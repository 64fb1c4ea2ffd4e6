//! What was known wrongly, each of which was a fault once.

use jiff::Timestamp;
use p0_chatops::config::assumed_lengths;
use p0_chatops::domain::jit::author::Author;
use p0_chatops::domain::jit::change::{Approvals, Change, Said, Settings};
use p0_chatops::domain::jit::length::SettingLength;
use p0_chatops::domain::jit::lengths::Preset;
use p0_chatops::domain::jit::mirror::{Mirror, Stated};
use p0_chatops::domain::jit::told::ToldLength;
use serde_json::json;

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

#[test]
fn each_doubt_is_weighed() {
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

/// P0 was sent what it may never have had.
#[test]
fn what_was_only_assumed_is_not_put_back() {
    let mut mirror = Mirror::assumed(&assumed_lengths());
    let said = reset(vec![told(1, "h", "1 hour")], Some(told(12, "h", "12 hours")));
    mirror.take(&Change::Reset, &said, &Author::Operator, AT);
    assert_eq!(mirror.put_back().changes, [], "nobody has ever said that P0 had these");
}

/// A second reset that found the same list kept the maximum of long ago.
#[test]
fn the_last_reset_is_what_is_put_back() {
    let mut mirror = Mirror::assumed(&assumed_lengths());
    let said = || reset(vec![told(1, "h", "1 hour")], Some(told(30, "d", "30 days")));
    mirror.take(&Change::Reset, &said(), &Author::Operator, AT);
    let twelve = Change::Maximum { length: length("12h") };
    mirror.take(&twelve, &Said::Length { told: told(12, "h", "12 hours") }, &Author::Operator, AT);
    mirror.take(&Change::Reset, &said(), &Author::Operator, AT);
    let changes = mirror.put_back().changes;
    assert!(changes.contains(&twelve), "12 hours stood before the reset: {changes:?}");
}

/// A key that left the settings file made the bot forget what P0 itself had told.
#[test]
fn a_key_that_is_removed_takes_nothing_from_p0() {
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

/// A reset in doubt may have changed the maximum, and was not weighed.
#[test]
fn a_reset_in_doubt_is_weighed() {
    let mut mirror = Mirror::assumed(&assumed_lengths());
    mirror.doubt(&Change::Reset, &Author::Operator, AT);
    let same = Change::Maximum { length: length("24h") };
    assert!(mirror.weight(&same).loosens || mirror.weight(&same).takes_away, "P0 may have anything by now");
}

/// To add once more what is in the list forgot the name that P0 has for it.
#[test]
fn a_name_that_is_known_is_kept() {
    use p0_chatops::domain::jit::wanted::Wanted;
    let mut mirror = Mirror::assumed(&assumed_lengths());
    let wanted = Wanted { presets: Some(vec![length("24h")]), ..Wanted::default() };
    mirror.import(&wanted, &[told(24, "h", "24 hours")], AT);
    let add = Change::Add { length: length("24h") };
    assert_eq!(mirror.check(&add), Ok(()));
    mirror.take(&add, &Said::Taken, &Author::Operator, AT);
    assert_eq!(mirror.keys(length("24h")), ["24 hours"]);
}

/// P0 may name one length twice: one removal takes one of them away.
#[test]
fn a_length_that_p0_names_twice_is_offered_once() {
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
