use p0_chatops::domain::jit::change::{Change, Said, Settings};
use p0_chatops::notify::jit::preview::{message, modal};
use p0_chatops::notify::wording::jit::effects::second_admin;

use super::*;

fn preview(mirror: &Mirror, changes: &[Change]) -> String {
    read(&message(&shown(mirror, changes), &policy()))
}

#[test]
fn an_added_length_is_offered() {
    insta::assert_snapshot!(preview(&assumed(), &[add("2h")]), @"
    Add 2 hours: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: Add 2 hours
    *2 hours*: not in the list → in the list
    • The picker will offer 1h, 2h, 4h, 8h.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
}

#[test]
fn an_added_length_over_the_maximum_is_not_offered() {
    insta::assert_snapshot!(preview(&assumed(), &[add("2d")]), @"
    Add 2 days: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: Add 2 days
    *2 days*: not in the list → in the list
    • The picker goes on offering 1h, 4h, 8h.
    • Not offered: 2 days, because the longest grant is 24 hours.
    :busts_in_silhouette: *A second admin has to agree* within 15 minutes: another of <@U02BOB>, <!subteam^S01ADMINS>.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
}

#[test]
fn a_removed_length_is_offered_no_longer() {
    insta::assert_snapshot!(preview(&assumed(), &[remove("4h")]), @"
    Remove 4 hours: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: Remove 4 hours
    *4 hours*: in the list → not in the list
    • The picker will offer 1h, 8h.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
}

#[test]
fn a_length_that_is_not_known_is_removed_all_the_same() {
    insta::assert_snapshot!(preview(&assumed(), &[remove("24h")]), @"
    Remove 24 hours: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: Remove 24 hours
    *24 hours*: not known to be in the list → not in the list
    • The picker goes on offering 1h, 4h, 8h.
    • This bot does not know that 24 hours is in the list. P0 is asked to remove it all the same.
    • P0 has not said how it calls it: it is asked for `1 day`, and if it does not know that, for `24 hours`.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
}

#[test]
fn a_shorter_maximum_is_typed() {
    let mut card = shown(&assumed(), &[maximum("4h")]);
    card.asked = ["2h", "8h", "24h", "5h"].iter().map(|text| text.parse().unwrap()).collect();
    insta::assert_snapshot!(read(&message(&card, &policy())), @"
    Longest grant 4 hours: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: Longest grant 4 hours
    *Longest grant*: 24 hours → 4 hours
    • The picker will offer 1h, 4h.
    • Grants of more than 4 hours are no longer possible.
    • 3 pending requests ask for more than that.
    *Apply* asks you to type `4h`, because this takes away what P0 cannot give back.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply…] [Cancel]
    ");
    insta::assert_snapshot!(seen(&modal(&card, &policy())), @"
    == Change P0's settings ==
    Nothing is sent to P0 before you apply it.
    *Longest grant*: 24 hours → 4 hours
    • The picker will offer 1h, 4h.
    • Grants of more than 4 hours are no longer possible.
    • 3 pending requests ask for more than that.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    Type 4h to apply this: (plain_text_input)
    [Apply] [Cancel]
    ");
}

#[test]
fn a_longer_maximum_needs_a_second_admin() {
    insta::assert_snapshot!(preview(&assumed(), &[maximum("2w")]), @"
    Longest grant 2 weeks: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    • Grants of up to 2 weeks become possible.
    :busts_in_silhouette: *A second admin has to agree* within 15 minutes: another of <@U02BOB>, <!subteam^S01ADMINS>.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
}

#[test]
fn standing_and_approvable_lengths() {
    let standing = Change::Standing { length: length("2w") };
    insta::assert_snapshot!(preview(&assumed(), &[standing]), @"
    Standing access 2 weeks: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: Standing access 2 weeks
    *Standing access*: not known → 2 weeks
    • Standing access has to be approved anew after 2 weeks.
    :busts_in_silhouette: *A second admin has to agree* within 15 minutes: another of <@U02BOB>, <!subteam^S01ADMINS>.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
    let approvable = Change::Approvable { length: length("3d") };
    insta::assert_snapshot!(preview(&assumed(), &[approvable]), @"
    Time until approval 3 days: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: Time until approval 3 days
    *Time until approval*: not known → 3 days
    • Requests have to be approved within 3 days.
    :busts_in_silhouette: *A second admin has to agree* within 15 minutes: another of <@U02BOB>, <!subteam^S01ADMINS>.
    Not in P0's published document: P0's own clients use it.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
}

#[test]
fn what_approvals_ask_for() {
    insta::assert_snapshot!(preview(&assumed(), &[approvals(true, false)]), @"
    Approvals: one-party on, reason off: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: Approvals: one-party on, reason off
    *One-party approvals*: not known → on
    *A reason is required*: not known → off
    • People may approve their own requests at P0; this bot still refuses that while `p0.one_party` is off.
    • Requests need no reason any more.
    :busts_in_silhouette: *A second admin has to agree* within 15 minutes: another of <@U02BOB>, <!subteam^S01ADMINS>.
    Not in P0's published document: P0's own clients use it.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
    let known = learned(assumed(), approvals(true, true), &Said::Taken);
    insta::assert_snapshot!(preview(&known, &[approvals(false, true)]), @"
    Approvals: one-party off, reason on: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: Approvals: one-party off, reason on
    *One-party approvals*: on → off
    *A reason is required*: on → on
    • People may not approve their own requests at P0.
    Not in P0's published document: P0's own clients use it.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply] [Cancel]
    ");
}

#[test]
fn a_reset_says_what_is_lost() {
    let mut mirror = assumed();
    let settings =
        Settings { options: vec![told(90.5, "m", "90.5 minutes")], unread: 0, maximum: None, standing: None };
    mirror.presets.extend(learned(assumed(), Change::Reset, &Said::Settings(settings)).presets);
    insta::assert_snapshot!(seen(&modal(&shown(&mirror, &[Change::Reset]), &policy())), @"
    == Change P0's settings ==
    Nothing is sent to P0 before you apply it.
    *The list*: 1h, 4h, 8h, 1h30m → P0's own list
    • The list becomes P0's own: this bot learns it from P0's answer, and the picker follows.
    • P0 may change the longest grant (now 24 hours) and standing access (now not known) with it.
    • Should P0 make grants longer, this bot still grants at most 24 hours until the longest grant is set.
    • *What is lost*, where it is not P0's own: 1h30m (P0: “90.5 minutes”).
    • This bot keeps what it knows now, and offers to put it back afterwards.
    • Not put back is what this bot only assumes, since nobody has said that P0 has it: 1h, 4h, 8h.
    • :warning: *Cannot be put back*: 1h30m (P0: “90.5 minutes”), because P0 takes lengths in whole minutes only.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    Type reset to apply this: (plain_text_input)
    [Apply] [Cancel]
    ");
}

#[test]
fn where_nothing_is_known_a_reset_promises_nothing() {
    let text = preview(&assumed(), &[Change::Reset]);
    assert!(text.contains("• Nothing can be put back afterwards: this bot does not know what P0 has now."), "{text}");
    assert!(!text.contains("What is lost") && !text.contains("offers to put it back"), "{text}");
    let mut empty = stated();
    empty.presets.clear();
    let text = preview(&empty, &[Change::Reset]);
    assert!(text.contains("*The list*: none → P0's own list") && text.contains("offers to put it back"), "{text}");
    assert!(!text.contains("What is lost") && !text.contains("only assumes"), "{text}");
}

#[test]
fn whoever_wants_it_is_not_among_those_who_have_to_agree() {
    let admins = |groups: &[&str]| AdminList {
        users: vec![user(ALICE), user(BOB), user(CAROL)],
        groups: groups.iter().map(|id| UserGroupId::parse(id).unwrap()).collect(),
    };
    let asked = |groups: &[&str]| second_admin(&admins(groups), &alice());
    assert!(asked(&[]).ends_with(": one of <@U02BOB>, <@U03CAROL>."), "{}", asked(&[]));
    // Alice may be in it.
    let group = asked(&["S01ADMINS"]);
    assert!(group.ends_with(": another of <@U02BOB>, <@U03CAROL>, <!subteam^S01ADMINS>."), "{group}");
}

#[test]
fn what_there_was_is_put_back() {
    let mut mirror = learned(stated(), Change::Standing { length: length("2w") }, &Said::Taken);
    let odd = Settings { options: vec![told(90.5, "m", "90.5 minutes")], unread: 0, maximum: None, standing: None };
    mirror.presets.extend(learned(assumed(), Change::Reset, &Said::Settings(odd)).presets);
    let settings = Settings {
        options: vec![told(5.0, "m", "5 minutes"), told(1.0, "h", "1 hour")],
        unread: 0,
        maximum: Some(told(1.0, "w", "1 week")),
        standing: Some(told(30.0, "d", "30 days")),
    };
    let reset = learned(mirror, Change::Reset, &Said::Settings(settings));
    insta::assert_snapshot!(preview(&reset, &reset.put_back().changes), @"
    5 changes: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: 5 changes
    *Puts back* what there was before the reset (time).
    *4 hours*: not in the list → in the list
    *8 hours*: not in the list → in the list
    *5 minutes*: in the list → not in the list
    *Longest grant*: 7 days → 1 day
    *Standing access*: 30 days → 2 weeks
    • The picker will offer 1h, 4h, 8h.
    • P0 said 7 days; this bot still grants at most 24 hours, as before: this sets the longest grant.
    • Grants of more than 1 day are no longer possible at P0.
    • Standing access has to be approved anew after 2 weeks.
    :warning: *Cannot be put back*: 1h30m (P0: “90.5 minutes”), because P0 takes lengths in whole minutes only.
    *Apply* asks you to type `1d`, because this takes away what P0 cannot give back.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply…] [Cancel]
    ");
}

#[test]
fn what_is_in_doubt_may_be_applied_already() {
    let mut mirror = assumed();
    mirror.doubt(&maximum("4h"), &alice(), at(0));
    insta::assert_snapshot!(preview(&mirror, &[maximum("4h")]), @"
    Longest grant 4 hours: nothing is sent to P0 before you apply it.
    ---
    # Not applied yet: Longest grant 4 hours
    *Longest grant*: 24 hours → 4 hours
    • Grants of more than 4 hours are no longer possible.
    • P0 may have applied this already: its answer to <@U01ALICE> (time) was lost.
    *Apply* asks you to type `4h`, because this takes away what P0 cannot give back.
    P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this bot knows.
    [Apply…] [Cancel]
    ");
}
