//! P0 told of a longer maximum by itself: nobody agreed to that, and it is said wherever it matters.

use p0_chatops::domain::jit::change::{Change, Said, Settings};
use p0_chatops::domain::jit::control::SettingsControl;
use p0_chatops::notify::jit::{card, forms, overview, preview};

use super::*;

const HELD_BACK: &str = "P0 said 30 days; this bot still grants at most 24 hours, as before: ";

fn said() -> Said {
    Said::Settings(Settings {
        options: vec![told(1.0, "h", "1 hour"), told(2.0, "d", "2 days")],
        unread: 0,
        maximum: Some(told(30.0, "d", "30 days")),
        standing: None,
    })
}

/// After a reset that changed the longest grant from 24 hours to 30 days.
fn reset() -> Mirror {
    learned(stated(), Change::Reset, &said())
}

fn effects(changes: &[Change]) -> Vec<String> {
    let text = read(&preview::message(&shown(&reset(), changes), &policy()));
    text.lines().filter_map(|line| line.strip_prefix("• ")).map(str::to_owned).collect()
}

#[test]
fn the_overview_and_the_forms_say_so() {
    let text = seen(&overview::modal(&reset(), &policy()));
    let grant = "*Longest grant*: 30 days\nP0 said so (time), in its answer to <@U01ALICE>.\n:warning: ";
    assert!(text.contains(&format!("{grant}{HELD_BACK}set the longest grant to change that.\n")), "{text}");
    assert!(text.contains("48h (P0: “2 days”) (over what this bot grants: not offered)"), "{text}");
    let form = |control| seen(&forms::form(control, &reset()).unwrap());
    assert!(form(SettingsControl::Maximum).contains(HELD_BACK));
    assert!(form(SettingsControl::Add).contains("The picker offers 1h. This bot grants at most 24 hours."));
    // Once it is set, there is nothing to say.
    let set = learned(reset(), maximum("2d"), &Said::Taken);
    assert!(!seen(&overview::modal(&set, &policy())).contains("still grants"));
}

#[test]
fn the_card_of_the_reset_says_so_as_long_as_it_is_so() {
    let mut reset_card = decided(shown(&stated(), &[Change::Reset]), vec![done(said())]);
    reset_card.mirror = reset();
    for audience in [channel(), author(), admin()] {
        let text = read(&card::draw(&reset_card, &audience));
        assert!(text.contains(&format!("\n{HELD_BACK}set the longest grant to change that.\n")), "{text}");
    }
    reset_card.mirror = learned(reset(), maximum("30d"), &Said::Taken);
    assert!(!read(&card::draw(&reset_card, &channel())).contains("still grants"));
}

#[test]
fn previews_say_so() {
    let sets = format!("{HELD_BACK}this sets the longest grant.");
    let more_at_p0 = "Grants of more than 2 days are no longer possible at P0.";
    let more_here = "Grants of up to 2 days become possible.";
    assert_eq!(effects(&[maximum("2d")]), ["The picker will offer 1h, 48h.", &sets, more_at_p0, more_here]);
    assert_eq!(effects(&[maximum("24h")]), [&sets, "Grants of more than 24 hours are no longer possible at P0."]);
    assert_eq!(effects(&[maximum("1h")]), [&sets, "Grants of more than 1 hour are no longer possible."]);
    assert_eq!(
        effects(&[add("3d")]),
        ["The picker goes on offering 1h.", "Not offered: 3 days, because this bot grants at most 24 hours."]
    );
    let again = effects(&[Change::Reset]);
    let stays = format!("{HELD_BACK}a reset does not change that, setting the longest grant does.");
    assert_eq!(
        again[1..3],
        ["P0 may change the longest grant (now 30 days) and standing access (now not known) with it.", &stays]
    );
}
