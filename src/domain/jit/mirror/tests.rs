use serde_json::json;

use super::*;
use crate::domain::jit::effects::Weight;
use crate::domain::jit::refusal::SettingsRefusal;
use crate::domain::jit::wanted::PutBack;
use crate::domain::person::{SlackUser, TeamId, UserId};

fn length(text: &str) -> SettingLength {
    text.parse().unwrap()
}

fn presets(texts: &[&str]) -> Vec<Preset> {
    texts.iter().map(|text| Preset { text: (*text).into(), length: text.parse().unwrap() }).collect()
}

fn assumed() -> Lengths {
    Lengths { presets: presets(&["1h", "4h", "8h"]), maximum: "24h".parse().unwrap(), withdrawn: Vec::new() }
}

/// The same, as the settings file says.
fn stated() -> Mirror {
    let mut mirror = Mirror::assumed(&assumed());
    let Lengths { presets, maximum, .. } = assumed();
    mirror.state(Stated { presets: Some(presets), maximum: Some(maximum) }, &assumed(), at(0));
    mirror
}

fn alice() -> Author {
    let user = UserId::parse("U01ALICE").unwrap();
    Author::Admin(SlackUser { team: TeamId::parse("T01ACME").unwrap(), user })
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn offered(mirror: &Mirror) -> Vec<String> {
    mirror.lengths().presets.into_iter().map(|preset| preset.text).collect()
}

fn told(time: f64, unit: &str, value: &str) -> ToldLength {
    ToldLength::read(&json!({ "time": time, "unit": unit, "value": value })).unwrap()
}

fn p0s_own(maximum: Option<ToldLength>) -> Said {
    let options = vec![told(5.0, "m", "5 minutes"), told(1.0, "h", "1 hour"), told(24.0, "h", "1 day")];
    Said::Settings(Settings { options, unread: 0, maximum, standing: None })
}

#[test]
fn the_picker_offers_what_was_added_and_not_what_was_removed() {
    let mut mirror = Mirror::assumed(&assumed());
    mirror.take(&Change::Add { length: length("2h") }, &Said::Taken, &alice(), at(1));
    assert_eq!(offered(&mirror), ["1h", "2h", "4h", "8h"]);
    mirror.take(&Change::Remove { length: length("240m") }, &Said::Taken, &alice(), at(2));
    assert_eq!(offered(&mirror), ["1h", "2h", "8h"]);
    mirror.take(&Change::Maximum { length: length("2h") }, &Said::Nothing, &alice(), at(3));
    assert_eq!(
        (offered(&mirror), mirror.maximum.source.clone()),
        (vec!["1h".to_owned(), "2h".to_owned()], Source::Sent { by: alice(), at: at(3) })
    );
}

#[test]
fn what_is_in_doubt_is_not_offered() {
    let mut mirror = Mirror::assumed(&assumed());
    for change in [
        Change::Add { length: length("2h") },
        Change::Remove { length: length("4h") },
        Change::Maximum { length: length("6h") },
    ] {
        mirror.doubt(&change, &alice(), at(1));
    }
    assert_eq!((offered(&mirror), mirror.lengths().maximum.to_string()), (vec!["1h".to_owned()], "6h".to_owned()));
    mirror.take(&Change::Maximum { length: length("12h") }, &Said::Taken, &alice(), at(2));
    mirror.take(&Change::Add { length: length("4h") }, &Said::Taken, &alice(), at(3));
    assert_eq!(offered(&mirror), ["1h", "4h", "8h"]);
    assert_eq!(mirror.doubts.len(), 1, "whether 2h was added is still not known");
}

#[test]
fn a_longer_maximum_in_doubt_allows_no_more() {
    let mut mirror = Mirror::assumed(&assumed());
    mirror.doubt(&Change::Maximum { length: length("48h") }, &alice(), at(1));
    assert_eq!(mirror.lengths().maximum.to_string(), "24h");
    let weight = mirror.weight(&Change::Maximum { length: length("36h") });
    assert_eq!(weight, Weight { loosens: true, takes_away: true });
}

#[test]
fn after_a_reset_p0s_own_list_counts_and_the_old_one_can_be_put_back() {
    let mut mirror = stated();
    mirror.take(&Change::Reset, &p0s_own(None), &alice(), at(5));
    assert_eq!(offered(&mirror), ["5m", "1h", "24h"]);
    assert_eq!(mirror.maximum.not_said, Some(at(5)), "the old value stays");
    let PutBack { changes, impossible } = mirror.put_back();
    assert_eq!(
        changes,
        [
            Change::Add { length: length("4h") },
            Change::Add { length: length("8h") },
            Change::Remove { length: length("5m") },
            Change::Remove { length: length("1d") },
        ]
    );
    assert!(impossible.is_empty());
    assert_eq!(mirror.keys(length("24h")), ["1 day"], "the name that P0 told");
    mirror.take(&Change::Reset, &p0s_own(None), &alice(), at(6));
    assert_eq!(mirror.put_back().changes, changes, "a second reset does not make one forget");
    for change in &changes {
        mirror.take(change, &Said::Taken, &alice(), at(7));
    }
    assert_eq!((offered(&mirror), mirror.put_back()), (offered(&Mirror::assumed(&assumed())), PutBack::default()));
}

#[test]
fn a_reset_that_changes_the_maximum_is_put_back_with_room_first() {
    let mut mirror = stated();
    mirror.take(&Change::Reset, &p0s_own(Some(told(2.0, "h", "2 hours"))), &alice(), at(5));
    assert_eq!(offered(&mirror), ["5m", "1h"]);
    assert_eq!(mirror.put_back().changes[0], Change::Maximum { length: length("1d") });
}

#[test]
fn a_broken_minute_cannot_be_put_back() {
    let mut mirror = Mirror::assumed(&assumed());
    let odd = Settings { options: vec![told(2.5, "m", "2.5 minutes")], unread: 1, maximum: None, standing: None };
    mirror.take(&Change::Reset, &Said::Settings(odd), &alice(), at(5));
    assert_eq!((offered(&mirror), mirror.unread), (vec!["2m".to_owned()], 1));
    mirror.take(&Change::Reset, &p0s_own(None), &alice(), at(6));
    let PutBack { impossible, .. } = mirror.put_back();
    assert_eq!(impossible.len(), 1);
}

#[test]
fn the_settings_file_is_news_only_where_it_changed() {
    let mut mirror = Mirror::assumed(&assumed());
    let file = |texts: &[&str], maximum: &str| Stated {
        presets: Some(presets(texts)),
        maximum: Some(maximum.parse().unwrap()),
    };
    assert!(mirror.state(file(&["1 hour", "4 hours"], "8h"), &assumed(), at(1)));
    assert_eq!(offered(&mirror), ["1 hour", "4 hours"]);
    mirror.take(&Change::Add { length: length("2h") }, &Said::Taken, &alice(), at(2));
    mirror.take(&Change::Maximum { length: length("3h") }, &Said::Taken, &alice(), at(2));
    assert!(!mirror.state(file(&["1 hour", "4 hours"], "8h"), &assumed(), at(3)), "a restart is no news");
    assert_eq!(offered(&mirror), ["1 hour", "2h"]);
    assert!(mirror.state(file(&["1 hour", "4 hours"], "4h"), &assumed(), at(4)));
    assert_eq!(offered(&mirror), ["1 hour", "2h", "4 hours"]);
    assert!(mirror.state(Stated::default(), &assumed(), at(5)));
    assert_eq!(
        (offered(&mirror), mirror.listed.clone()),
        (["1h", "2h", "4h", "8h"].map(str::to_owned).to_vec(), Source::Assumed)
    );
}

#[test]
fn what_was_taken_out_of_the_list_is_not_offered_first_either() {
    let mut mirror = stated();
    let one: ExpirationLength = "1h".parse().unwrap();
    let usual = |mirror: &Mirror| mirror.lengths().usual(one).to_string();
    assert_eq!(usual(&mirror), "1h");
    mirror.take(&Change::Remove { length: length("1h") }, &Said::Taken, &alice(), at(1));
    assert_eq!(usual(&mirror), "4h", "what comes next to it");
    mirror.take(&Change::Add { length: length("30m") }, &Said::Taken, &alice(), at(2));
    assert_eq!(usual(&mirror), "30m", "rather less than more");
    mirror.take(&Change::Add { length: length("1h") }, &Said::Taken, &alice(), at(3));
    assert_eq!(usual(&mirror), "1h");
    let three: ExpirationLength = "3h".parse().unwrap();
    assert_eq!(mirror.lengths().usual(three).to_string(), "3h", "what never stood there is the operator's own choice");
}

#[test]
fn a_length_that_was_added_again_keeps_its_text() {
    let mut mirror = Mirror::assumed(&Lengths { presets: presets(&["1 hour"]), ..assumed() });
    mirror.take(&Change::Add { length: length("60m") }, &Said::Taken, &alice(), at(2));
    assert_eq!(offered(&mirror), ["1 hour"]);
    assert_eq!(mirror.check(&Change::Add { length: length("1h") }), Err(SettingsRefusal::AlreadyThere));
}

#[test]
fn only_what_p0_confirmed_needs_no_change() {
    let mut mirror = Mirror::assumed(&assumed());
    let maximum = Change::Maximum { length: length("24h") };
    assert_eq!(mirror.check(&maximum), Ok(()), "nobody has asked P0");
    mirror.take(&maximum, &Said::Nothing, &alice(), at(1));
    assert_eq!(mirror.check(&maximum), Ok(()), "P0 has not confirmed it");
    mirror.take(&maximum, &Said::Length { told: told(1.0, "d", "1 day") }, &alice(), at(2));
    assert_eq!(mirror.check(&maximum), Err(SettingsRefusal::NothingToChange));
    mirror.doubt(&Change::Maximum { length: length("48h") }, &alice(), at(3));
    assert_eq!(mirror.check(&maximum), Ok(()), "it may be another by now");
    let add = Change::Add { length: length("2h") };
    mirror.take(&add, &Said::Taken, &alice(), at(4));
    assert_eq!(mirror.check(&add), Err(SettingsRefusal::AlreadyThere));
    mirror.doubt(&Change::Remove { length: length("2h") }, &alice(), at(5));
    assert_eq!(mirror.check(&add), Ok(()), "it may be gone");
}

#[test]
fn loosening_is_what_may_allow_more() {
    let mut mirror = Mirror::assumed(&assumed());
    let approvals = |one_party, require_reason| Change::Approvals(Approvals { one_party, require_reason });
    let loosens = |mirror: &Mirror, change: &Change| mirror.weight(change).loosens;
    for (change, expected) in [
        (Change::Maximum { length: length("25h") }, true),
        (Change::Maximum { length: length("23h") }, false),
        (Change::Add { length: length("24h") }, false),
        (Change::Add { length: length("25h") }, true),
        (Change::Remove { length: length("1h") }, false),
        (Change::Reset, false),
        (Change::Standing { length: length("1h") }, true),
        (Change::Approvable { length: length("1h") }, true),
        (approvals(false, true), false),
        (approvals(true, true), true),
        (approvals(false, false), true),
    ] {
        assert_eq!(loosens(&mirror, &change), expected, "{change:?}");
    }
    let said = Approvals { one_party: true, require_reason: false };
    mirror.take(&Change::Approvals(said), &Said::Taken, &alice(), at(1));
    mirror.take(&Change::Standing { length: length("2w") }, &Said::Taken, &alice(), at(1));
    assert!(!loosens(&mirror, &approvals(true, false)));
    assert!(!loosens(&mirror, &Change::Standing { length: length("14d") }));
    assert!(loosens(&mirror, &Change::Standing { length: length("15d") }));
}

#[test]
fn what_takes_away_is_typed() {
    let mirror = Mirror::assumed(&assumed());
    let typed = |changes: &[Change]| mirror.typed(changes);
    assert_eq!(typed(&[Change::Maximum { length: length("12h") }]).as_deref(), Some("12h"));
    assert_eq!(typed(&[Change::Maximum { length: length("12h") }, Change::Reset]).as_deref(), Some("reset"));
    assert_eq!(typed(&[Change::Maximum { length: length("48h") }, Change::Remove { length: length("1h") }]), None);
}

#[test]
fn a_mirror_is_kept_whole() {
    let mut mirror = Mirror::assumed(&assumed());
    mirror.take(&Change::Reset, &p0s_own(Some(told(1.5, "h", "1.5 hours"))), &alice(), at(5));
    mirror.doubt(&Change::Approvals(Approvals { one_party: true, require_reason: true }), &alice(), at(6));
    let kept = serde_json::to_string(&mirror).unwrap();
    assert_eq!(serde_json::from_str::<Mirror>(&kept).unwrap(), mirror);
}
