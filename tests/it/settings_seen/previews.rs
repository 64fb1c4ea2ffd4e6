use p0_chatops::domain::jit::change::{Change, Said, Settings};
use p0_chatops::notify::jit::preview::{message, modal};

use super::*;

fn preview(mirror: &Mirror, changes: &[Change]) -> String {
    read(&message(&shown(mirror, changes), &policy()))
}

#[test]
fn an_added_length_is_offered() {
    insta::assert_snapshot!(preview(&assumed(), &[add("2h")]), @"");
}

#[test]
fn an_added_length_over_the_maximum_is_not_offered() {
    insta::assert_snapshot!(preview(&assumed(), &[add("2d")]), @"");
}

#[test]
fn a_removed_length_is_offered_no_longer() {
    insta::assert_snapshot!(preview(&assumed(), &[remove("4h")]), @"");
}

#[test]
fn a_length_that_is_not_known_is_removed_all_the_same() {
    insta::assert_snapshot!(preview(&assumed(), &[remove("24h")]), @"");
}

#[test]
fn a_shorter_maximum_is_typed() {
    let mut card = shown(&assumed(), &[maximum("4h")]);
    card.asked = ["2h", "8h", "24h", "5h"].iter().map(|text| text.parse().unwrap()).collect();
    insta::assert_snapshot!(read(&message(&card, &policy())), @"");
    insta::assert_snapshot!(seen(&modal(&card, &policy())), @"");
}

#[test]
fn a_longer_maximum_needs_a_second_admin() {
    insta::assert_snapshot!(preview(&assumed(), &[maximum("2w")]), @"");
}

#[test]
fn standing_and_approvable_lengths() {
    let standing = Change::Standing { length: length("2w") };
    insta::assert_snapshot!(preview(&assumed(), &[standing]), @"");
    let approvable = Change::Approvable { length: length("3d") };
    insta::assert_snapshot!(preview(&assumed(), &[approvable]), @"");
}

#[test]
fn what_approvals_ask_for() {
    insta::assert_snapshot!(preview(&assumed(), &[approvals(true, false)]), @"");
    let known = learned(assumed(), approvals(true, true), &Said::Taken);
    insta::assert_snapshot!(preview(&known, &[approvals(false, true)]), @"");
}

#[test]
fn a_reset_says_what_is_lost() {
    let mut mirror = assumed();
    let settings =
        Settings { options: vec![told(90.5, "m", "90.5 minutes")], unread: 0, maximum: None, standing: None };
    mirror.presets.extend(learned(assumed(), Change::Reset, &Said::Settings(settings)).presets);
    insta::assert_snapshot!(seen(&modal(&shown(&mirror, &[Change::Reset]), &policy())), @"");
}

#[test]
fn what_there_was_is_put_back() {
    let mut mirror = learned(assumed(), Change::Standing { length: length("2w") }, &Said::Taken);
    let odd = Settings { options: vec![told(90.5, "m", "90.5 minutes")], unread: 0, maximum: None, standing: None };
    mirror.presets.extend(learned(assumed(), Change::Reset, &Said::Settings(odd)).presets);
    let settings = Settings {
        options: vec![told(5.0, "m", "5 minutes"), told(1.0, "h", "1 hour")],
        unread: 0,
        maximum: Some(told(1.0, "w", "1 week")),
        standing: Some(told(30.0, "d", "30 days")),
    };
    let reset = learned(mirror, Change::Reset, &Said::Settings(settings));
    insta::assert_snapshot!(preview(&reset, &reset.put_back().changes), @"");
}

#[test]
fn what_is_in_doubt_may_be_applied_already() {
    let mut mirror = assumed();
    mirror.doubt(&maximum("4h"), &alice(), at(0));
    insta::assert_snapshot!(preview(&mirror, &[maximum("4h")]), @"");
}
