use p0_chatops::domain::jit::change::{Change, Said, Settings};
use p0_chatops::domain::jit::proposal::{ProposalStage, SettingsStage, Tried};
use p0_chatops::domain::jit::refusal::SettingsRefusal;
use p0_chatops::domain::refusal::Refusal;
use p0_chatops::ledger::jit::cards::SettingsCard;
use p0_chatops::notify::jit::card::draw;

use super::*;

fn longer() -> SettingsCard {
    shown(&assumed(), &[maximum("2w")])
}

fn refused(refusal: SettingsRefusal) -> SettingsStage {
    SettingsStage::Refused { refusal, at: at(90) }
}

#[test]
fn it_waits_for_a_second_admin() {
    let card = waiting(longer());
    insta::assert_snapshot!(read(&draw(&card, &admin())), @"
    <@U01ALICE> wants P0's settings changed: Longest grant 2 weeks. It waits for a second admin.
    ---
    # P0 settings: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    :hourglass_flowing_sand: *Waits for a second admin* until (time). Nothing is sent to P0 before.
    • Grants of up to 2 weeks become possible.
    Wanted by <@U01ALICE>, (time).
    [Agree] [Decline]
    ");
    insta::assert_snapshot!(read(&draw(&card, &author())), @"
    <@U01ALICE> wants P0's settings changed: Longest grant 2 weeks. It waits for a second admin.
    ---
    # P0 settings: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    :hourglass_flowing_sand: *Waits for a second admin* until (time). Nothing is sent to P0 before.
    Wanted by <@U01ALICE>, (time).
    [Cancel]
    ");
    insta::assert_snapshot!(read(&draw(&card, &channel())), @"
    <@U01ALICE> wants P0's settings changed: Longest grant 2 weeks. It waits for a second admin.
    ---
    # P0 settings: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    :hourglass_flowing_sand: *Waits for a second admin* until (time). Nothing is sent to P0 before.
    Wanted by <@U01ALICE>, (time).
    ");
}

#[test]
fn a_confirm_restates_what_the_second_admin_agrees_to() {
    let confirm = |changes: &[Change]| {
        let message = json!(draw(&waiting(shown(&assumed(), changes)), &admin()).blocks);
        let actions = message.as_array().unwrap().last().unwrap();
        actions["elements"][0]["confirm"]["text"]["text"].as_str().unwrap().to_owned()
    };
    insta::assert_snapshot!(confirm(&[maximum("2w")]), @"Longest grant: 24 hours → 2 weeks. P0 has no undo.");
    insta::assert_snapshot!(confirm(&[approvals(true, false), add("3w")]), @"One-party approvals: not known → on; A reason is required: not known → off; 3 weeks: not in the list → in the list. P0 has no undo.");
}

#[test]
fn it_comes_to_nothing_before_it_is_sent() {
    for (stage, end) in [
        (ProposalStage::Withdrawn { at: at(60) }, "was cancelled"),
        (ProposalStage::Lapsed { at: at(900) }, "has lapsed"),
        (ProposalStage::Declined { by: slack_user(BOB), at: at(60) }, "<@U02BOB> declined it"),
    ] {
        let message = draw(&at_stage(longer(), stage), &author());
        assert!(message.text.contains(end) && read(&message).contains("Nothing was sent to P0."), "{}", read(&message));
        assert!(!read(&message).contains('['), "{}", read(&message));
    }
    let declined = at_stage(longer(), ProposalStage::Declined { by: slack_user(BOB), at: at(60) });
    insta::assert_snapshot!(read(&draw(&declined, &channel())), @"
    <@U01ALICE> wants P0's settings changed: Longest grant 2 weeks. <@U02BOB> declined it.
    ---
    # P0 settings: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    :no_entry: *Declined* by <@U02BOB>, (time). Nothing was sent to P0.
    Wanted by <@U01ALICE>, (time).
    ");
}

#[test]
fn it_is_on_its_way() {
    let mut card = decided(longer(), vec![SettingsStage::Recorded]);
    card.proposal.second = Some(slack_user(BOB));
    insta::assert_snapshot!(read(&draw(&card, &channel())), @"
    <@U01ALICE> wants P0's settings changed: Longest grant 2 weeks. P0 has not been told yet.
    ---
    # P0 settings: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    :inbox_tray: *Received*. P0 has not been told yet.
    Wanted by <@U01ALICE>, (time). Agreed by <@U02BOB>.
    ");
    let card = decided(longer(), vec![SettingsStage::Sending { since: at(61), key: None }]);
    assert!(read(&draw(&card, &admin())).contains(":arrow_right: *On its way* to P0."));
}

#[test]
fn p0_took_it() {
    let card = decided(shown(&assumed(), &[add("2h")]), vec![done(Said::Taken)]);
    insta::assert_snapshot!(read(&draw(&card, &channel())), @"
    <@U01ALICE> wants P0's settings changed: Add 2 hours. P0 took it.
    ---
    # P0 settings: Add 2 hours
    *2 hours*: not in the list → in the list
    :white_check_mark: *P0 took it*, (time).
    Wanted by <@U01ALICE>, (time).
    ");
    let said = Said::Length { told: told(2.0, "w", "2 weeks") };
    insta::assert_snapshot!(read(&draw(&decided(longer(), vec![done(said)]), &channel())), @"
    <@U01ALICE> wants P0's settings changed: Longest grant 2 weeks. P0 took it.
    ---
    # P0 settings: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    :white_check_mark: *P0 took it*, (time), and calls it “2 weeks”.
    Wanted by <@U01ALICE>, (time).
    ");
}

#[test]
fn p0_set_something_else() {
    let said = Said::Length { told: told(1.0, "w", "1 *week* <!channel>") };
    insta::assert_snapshot!(read(&draw(&decided(longer(), vec![done(said)]), &channel())), @"
    <@U01ALICE> wants P0's settings changed: Longest grant 2 weeks. P0 set something else than asked.
    ---
    # P0 settings: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    :warning: *P0 set something else than asked*, (time): 1 week, which it calls “1 week &lt;!channel&gt;”, in place of 2 weeks.
    Wanted by <@U01ALICE>, (time).
    ");
    let half = Said::Length { told: told(20_160.5, "m", "2 weeks or so") };
    let text = read(&draw(&decided(longer(), vec![done(half)]), &channel()));
    assert!(
        text.contains("a little more than 2 weeks") && text.contains("*P0 set something else than asked*"),
        "{text}"
    );
}

#[test]
fn it_was_sent_and_not_confirmed() {
    insta::assert_snapshot!(read(&draw(&decided(longer(), vec![done(Said::Nothing)]), &channel())), @"
    <@U01ALICE> wants P0's settings changed: Longest grant 2 weeks. It was sent; P0 neither confirmed nor refused it.
    ---
    # P0 settings: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    :grey_question: *Sent, not confirmed*, (time): P0 answered, and neither confirmed nor refused it.
    Wanted by <@U01ALICE>, (time).
    ");
}

#[test]
fn p0_refused_it() {
    let words = "Invalid *duration*\n<!here>".to_owned();
    let stage = refused(SettingsRefusal::P0 { status: 400, words });
    insta::assert_snapshot!(read(&draw(&decided(shown(&assumed(), &[approvals(false, true)]), vec![stage]), &channel())), @"
    <@U01ALICE> wants P0's settings changed: Approvals: one-party off, reason on. P0 refused it.
    ---
    # P0 settings: Approvals: one-party off, reason on
    *One-party approvals*: not known → off
    *A reason is required*: not known → on
    :x: *P0 refused it* (400), (time).
    P0 says: Invalid *duration* &lt;!here&gt;
    Not in P0's published document: P0's own clients use it.
    Wanted by <@U01ALICE>, (time).
    ");
    let stage = refused(SettingsRefusal::P0 { status: 404, words: "Not found".to_owned() });
    let text = read(&draw(&decided(shown(&assumed(), &[approvals(false, true)]), vec![stage]), &channel()));
    assert!(text.contains("*P0 does not know this setting* (404)") && text.contains("P0 says: Not found"), "{text}");
    let stage = refused(SettingsRefusal::P0 { status: 404, words: String::new() });
    let text = read(&draw(&decided(longer(), vec![stage]), &author()));
    assert!(text.contains("*P0 refused it*") && text.contains("without saying why"), "{text}");
    let stage = refused(SettingsRefusal::KeyNotTaken { words: "Unauthorized".to_owned() });
    let text = read(&draw(&decided(longer(), vec![stage]), &author()));
    assert!(text.contains("does not take this bot's API key") && text.contains("P0 says: Unauthorized"), "{text}");
}

#[test]
fn it_was_not_sent() {
    let stage = refused(SettingsRefusal::Person { refusal: Refusal::Guest });
    insta::assert_snapshot!(read(&draw(&decided(longer(), vec![stage]), &author())), @"
    <@U01ALICE> wants P0's settings changed: Longest grant 2 weeks. It was not sent to P0.
    ---
    # P0 settings: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    :x: *Not sent to P0*, (time). <@U01ALICE> is a guest, and guests cannot decide here.
    Wanted by <@U01ALICE>, (time).
    ");
    let stage = SettingsStage::Dropped { at: at(960) };
    insta::assert_snapshot!(read(&draw(&decided(longer(), vec![stage]), &author())), @"
    <@U01ALICE> wants P0's settings changed: Longest grant 2 weeks. It could not be sent in time, and was dropped.
    ---
    # P0 settings: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    :x: *Not sent in time*, (time): it was dropped, since a late one would surprise.
    Wanted by <@U01ALICE>, (time).
    ");
}

#[test]
fn a_card_speaks_to_nobody() {
    let person = |refusal| SettingsRefusal::Person { refusal };
    for refusal in [
        SettingsRefusal::NotAdmin,
        person(Refusal::ForeignWorkspace),
        person(Refusal::Stranger),
        person(Refusal::Guest),
        person(Refusal::Deactivated),
        person(Refusal::Bot),
        person(Refusal::NobodyKnown),
        SettingsRefusal::NotKnownWho,
        SettingsRefusal::NoApiKey,
        SettingsRefusal::ApprovalsNotAllowed,
        SettingsRefusal::Changed,
    ] {
        let one = decided(longer(), vec![refused(refusal.clone())]);
        let several = decided(shown(&assumed(), &[add("2h"), add("3h")]), vec![refused(refusal); 2]);
        for card in [one, several] {
            let text = read(&draw(&card, &channel()));
            let spoken = ["You ", " you", "Your ", "Ask ", "Look ", "Try "].iter().find(|word| text.contains(**word));
            assert_eq!(spoken, None, "{text}");
        }
    }
}

#[test]
fn its_outcome_is_unknown() {
    let stage = SettingsStage::Unknown { words: "<html>502</html>".to_owned(), at: at(90) };
    let card = decided(longer(), vec![stage]);
    insta::assert_snapshot!(read(&draw(&card, &author())), @"
    <@U01ALICE> wants P0's settings changed: Longest grant 2 weeks. P0's answer was lost: it may have been applied.
    ---
    # P0 settings: Longest grant 2 weeks
    *Longest grant*: 24 hours → 2 weeks
    :grey_question: *Outcome unknown* since (time): P0's answer was lost. It may have been applied.
    What came back: &lt;html&gt;502&lt;/html&gt;
    Wanted by <@U01ALICE>, (time).
    [Try again]
    ");
    assert!(!read(&draw(&card, &channel())).contains('['));
}

#[test]
fn a_length_is_removed_by_the_names_that_p0_may_have_for_it() {
    let stage = SettingsStage::Done { said: Said::Taken, key: Some("24 hours".to_owned()), at: at(90) };
    let mut card = decided(shown(&assumed(), &[remove("24h")]), vec![stage]);
    let tried = |words: &str| Tried { key: "1 day".to_owned(), status: 400, words: words.to_owned() };
    card.decisions[0].tried = vec![tried("No such option")];
    insta::assert_snapshot!(read(&draw(&card, &channel())), @"
    <@U01ALICE> wants P0's settings changed: Remove 24 hours. P0 took it.
    ---
    # P0 settings: Remove 24 hours
    *24 hours*: not known to be in the list → not in the list
    :white_check_mark: *P0 took it*, (time).
    By the names that P0 may have for it:
    “1 day”: No such option (400)
    “24 hours”: removed
    Wanted by <@U01ALICE>, (time).
    ");
    card.decisions[0].tried = vec![tried("")];
    assert!(read(&draw(&card, &channel())).contains("“1 day”: P0 did not know it (400)"));
}

#[test]
fn after_a_reset_what_was_there_can_be_put_back() {
    let settings = Settings {
        options: vec![told(5.0, "m", "5 minutes"), told(1.0, "h", "1 hour"), told(1.0, "d", "1 day")],
        unread: 1,
        maximum: Some(told(1.0, "w", "1 week")),
        standing: None,
    };
    let said = Said::Settings(settings);
    let mut card = decided(shown(&assumed(), &[Change::Reset]), vec![done(said.clone())]);
    card.mirror = learned(stated(), Change::Reset, &said);
    insta::assert_snapshot!(read(&draw(&card, &author())), @"
    <@U01ALICE> wants P0's settings changed: Reset to P0's own. P0 took it.
    ---
    # P0 settings: Reset to P0's own
    *The list*: 1h, 4h, 8h → P0's own list
    :white_check_mark: *P0 took it*, (time). Its list now: “5 minutes”, “1 hour”, “1 day”, and one more that this bot could not read. Longest grant: “1 week”. Standing access: not said, so what was known of it is kept.
    P0 said 7 days; this bot still grants at most 24 hours, as before: set the longest grant to change that.
    Wanted by <@U01ALICE>, (time).
    [Put back…]
    ");
    assert!(!read(&draw(&card, &channel())).contains('['));
    card.mirror = assumed();
    assert!(!read(&draw(&card, &author())).contains("Put back"), "there is nothing to put back");
}

#[test]
fn several_changes_are_counted_and_listed() {
    let changes = [add("2h"), remove("8h"), add("3d"), maximum("2w"), add("5m"), add("6m"), add("7m")];
    let stages = vec![
        done(Said::Taken),
        refused(SettingsRefusal::P0 { status: 400, words: "unknown".to_owned() }),
        done(Said::Nothing),
        done(Said::Length { told: told(1.0, "w", "1 week") }),
        SettingsStage::Unknown { words: String::new(), at: at(90) },
        SettingsStage::Sending { since: at(90), key: None },
        SettingsStage::Recorded,
    ];
    let card = decided(shown(&assumed(), &changes), stages);
    insta::assert_snapshot!(read(&draw(&card, &author())), @"
    <@U01ALICE> wants P0's settings changed. Of 7 changes: 1 taken by P0, 1 not confirmed, 1 set otherwise than asked, 1 refused, 1 with an unknown outcome, 2 on their way.
    ---
    # P0 settings: 7 changes
    Of 7 changes: 1 taken by P0, 1 not confirmed, 1 set otherwise than asked, 1 refused, 1 with an unknown outcome, 2 on their way.
    :white_check_mark: Add 2 hours: P0 took it
    :x: Remove 8 hours: did not count. P0 says: unknown
    :grey_question: Add 3 days: sent, neither confirmed nor refused
    :warning: *Longest grant*: 24 hours → 2 weeks: *P0 set something else*: 1 week, which it calls “1 week”
    :grey_question: Add 5 minutes: *outcome unknown*: P0's answer was lost, it may have been applied
    :arrow_right: Add 6 minutes: on its way to P0
    :inbox_tray: Add 7 minutes: received
    Wanted by <@U01ALICE>, (time).
    [Try again]
    ");
}

#[test]
fn the_operators_own_change_says_whose_it_is() {
    let mut card = decided(shown(&assumed(), &[add("2h")]), vec![SettingsStage::Recorded]);
    card.proposal.by = Author::Operator;
    insta::assert_snapshot!(read(&draw(&card, &channel())), @"
    The operator wants P0's settings changed: Add 2 hours. P0 has not been told yet.
    ---
    # P0 settings: Add 2 hours
    *2 hours*: not in the list → in the list
    :inbox_tray: *Received*. P0 has not been told yet.
    Wanted by the operator, (time).
    ");
}
