use p0_chatops::domain::jit::refusal::SettingsRefusal;
use p0_chatops::domain::refusal::Refusal;
use p0_chatops::notify::wording::jit::said;

use super::*;
use crate::world::timeless;

#[test]
fn who_was_asked_is_named() {
    let waiting = |asked: &[&str]| {
        let asked: Vec<UserId> = asked.iter().map(|id| user(id)).collect();
        timeless(&said::waiting(at(900), &asked))
    };
    insta::assert_snapshot!(waiting(&[BOB]), @"Waits for a second admin until (time): <@U02BOB> was asked. Nothing is sent to P0 before.");
    insta::assert_snapshot!(waiting(&[BOB, CAROL]), @"Waits for a second admin until (time): <@U02BOB> and <@U03CAROL> were asked. Nothing is sent to P0 before.");
    let everybody = vec!["U0123456789"; 30];
    assert!(waiting(&everybody).contains(", <@U0123456789> and 25 others were asked."), "{}", waiting(&everybody));
}

#[test]
fn every_refusal_is_whole_sentences_that_say_what_to_do() {
    let words = "Not *allowed* <!here>".to_owned();
    for (refusal, what_to_do) in [
        (SettingsRefusal::NotAdmin, "Ask one of them."),
        (SettingsRefusal::Person { refusal: Refusal::Guest }, "Ask a full member."),
        (SettingsRefusal::NotKnownWho, "Try again in a minute."),
        (SettingsRefusal::NoApiKey, "`p0.settings_api_key`."),
        (SettingsRefusal::ApprovalsNotAllowed, "`settings.approvals` allows it."),
        (SettingsRefusal::AlreadyThere, "Nothing was changed."),
        (SettingsRefusal::NothingToChange, "Nothing was changed."),
        (SettingsRefusal::NothingToPutBack, "as it was before it."),
        (SettingsRefusal::NoSecondAdmin, "change `settings.second_admin`."),
        (SettingsRefusal::SameAdmin, "You can cancel it."),
        (SettingsRefusal::NotTyped, "or cancel."),
        (SettingsRefusal::Changed, "choose anew."),
        (SettingsRefusal::TooOld, "Choose it again."),
        (SettingsRefusal::Over, "Its card says so."),
        (SettingsRefusal::KeyNotTaken { words: String::new() }, "Ask the bot's operator."),
        (SettingsRefusal::KeyNotTaken { words: words.clone() }, "P0 says: Not allowed &lt;!here&gt;"),
        (SettingsRefusal::P0 { status: 400, words }, "P0 says: Not allowed &lt;!here&gt;"),
        (SettingsRefusal::P0 { status: 400, words: String::new() }, "(400) without saying why."),
    ] {
        let sentence = refusal.to_string();
        assert!(sentence.ends_with(what_to_do) && sentence.starts_with(|c: char| c.is_uppercase()), "{sentence}");
    }
}
