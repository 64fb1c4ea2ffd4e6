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
    insta::assert_snapshot!(read(&draw(&card, &admin())), @"");
    insta::assert_snapshot!(read(&draw(&card, &author())), @"");
    insta::assert_snapshot!(read(&draw(&card, &channel())), @"");
}

#[test]
fn a_confirm_restates_what_the_second_admin_agrees_to() {
    let confirm = |changes: &[Change]| {
        let message = json!(draw(&waiting(shown(&assumed(), changes)), &admin()).blocks);
        let actions = message.as_array().unwrap().last().unwrap();
        actions["elements"][0]["confirm"]["text"]["text"].as_str().unwrap().to_owned()
    };
    insta::assert_snapshot!(confirm(&[maximum("2w")]), @"");
    insta::assert_snapshot!(confirm(&[approvals(true, false), add("3w")]), @"");
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
    insta::assert_snapshot!(read(&draw(&declined, &channel())), @"");
}

#[test]
fn it_is_on_its_way() {
    let mut card = decided(longer(), vec![SettingsStage::Recorded]);
    card.proposal.second = Some(slack_user(BOB));
    insta::assert_snapshot!(read(&draw(&card, &channel())), @"");
    let card = decided(longer(), vec![SettingsStage::Sending { since: at(61), key: None }]);
    assert!(read(&draw(&card, &admin())).contains(":arrow_right: *On its way* to P0."));
}

#[test]
fn p0_took_it() {
    let card = decided(shown(&assumed(), &[add("2h")]), vec![done(Said::Taken)]);
    insta::assert_snapshot!(read(&draw(&card, &channel())), @"");
    let said = Said::Length { told: told(2.0, "w", "2 weeks") };
    insta::assert_snapshot!(read(&draw(&decided(longer(), vec![done(said)]), &channel())), @"");
}

#[test]
fn p0_set_something_else() {
    let said = Said::Length { told: told(1.0, "w", "1 *week* <!channel>") };
    insta::assert_snapshot!(read(&draw(&decided(longer(), vec![done(said)]), &channel())), @"");
    let half = Said::Length { told: told(20_160.5, "m", "2 weeks or so") };
    let text = read(&draw(&decided(longer(), vec![done(half)]), &channel()));
    assert!(
        text.contains("a little more than 2 weeks") && text.contains("*P0 set something else than asked*"),
        "{text}"
    );
}

#[test]
fn it_was_sent_and_not_confirmed() {
    insta::assert_snapshot!(read(&draw(&decided(longer(), vec![done(Said::Nothing)]), &channel())), @"");
}

#[test]
fn p0_refused_it() {
    let words = "Invalid *duration*\n<!here>".to_owned();
    let stage = refused(SettingsRefusal::P0 { status: 400, words });
    insta::assert_snapshot!(read(&draw(&decided(shown(&assumed(), &[approvals(false, true)]), vec![stage]), &channel())), @"");
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
    insta::assert_snapshot!(read(&draw(&decided(longer(), vec![stage]), &author())), @"");
    let stage = SettingsStage::Dropped { at: at(960) };
    insta::assert_snapshot!(read(&draw(&decided(longer(), vec![stage]), &author())), @"");
}

#[test]
fn its_outcome_is_unknown() {
    let stage = SettingsStage::Unknown { words: "<html>502</html>".to_owned(), at: at(90) };
    let card = decided(longer(), vec![stage]);
    insta::assert_snapshot!(read(&draw(&card, &author())), @"");
    assert!(!read(&draw(&card, &channel())).contains('['));
}

#[test]
fn a_length_is_removed_by_the_names_that_p0_may_have_for_it() {
    let stage = SettingsStage::Done { said: Said::Taken, key: Some("24 hours".to_owned()), at: at(90) };
    let mut card = decided(shown(&assumed(), &[remove("24h")]), vec![stage]);
    let tried = |words: &str| Tried { key: "1 day".to_owned(), status: 400, words: words.to_owned() };
    card.decisions[0].tried = vec![tried("No such option")];
    insta::assert_snapshot!(read(&draw(&card, &channel())), @"");
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
    card.mirror = learned(assumed(), Change::Reset, &said);
    insta::assert_snapshot!(read(&draw(&card, &author())), @"");
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
    insta::assert_snapshot!(read(&draw(&card, &author())), @"");
}

#[test]
fn the_operators_own_change_says_whose_it_is() {
    let mut card = decided(shown(&assumed(), &[add("2h")]), vec![SettingsStage::Recorded]);
    card.proposal.by = Author::Operator;
    insta::assert_snapshot!(read(&draw(&card, &channel())), @"");
}
