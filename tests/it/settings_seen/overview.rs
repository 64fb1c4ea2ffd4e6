use p0_chatops::domain::jit::change::{Change, Said, Settings};
use p0_chatops::domain::jit::control::SettingsControl;
use p0_chatops::domain::jit::length::SettingLength;
use p0_chatops::domain::jit::mirror::Stated;
use p0_chatops::domain::jit::wanted::Wanted;
use p0_chatops::notify::jit::forms::form;
use p0_chatops::notify::jit::overview::modal;

use super::*;

#[test]
fn nobody_has_said_anything() {
    insta::assert_snapshot!(seen(&modal(&assumed(), &policy())), @"
    == P0 settings ==
    P0 lets nobody read its settings. This is what this bot knows of them, and how it knows it.
    *Lengths that people can pick*
    • *1h*, *4h*, *8h*: this bot's own default; nobody has said
    [Add…] [Remove…] [Reset to P0's own…]
    *Longest grant*: 24 hours
    This bot's own default; nobody has said.
    [Set longest grant…]
    *Standing access*: not known
    Nobody has said.
    [Set standing…]
    *Time until approval*: not known
    Nobody has said.
    Not in P0's published document: P0's own clients use it.
    [Set time to approve…]
    *Approvals*: not known
    Nobody has said.
    Not in P0's published document: P0's own clients use it.
    [Set approvals…]
    [Close]
    ");
}

#[test]
fn without_a_key_nothing_can_be_changed() {
    let policy = Policy { has_key: false, approvals: false, ..policy() };
    insta::assert_snapshot!(seen(&modal(&assumed(), &policy)), @"
    == P0 settings ==
    P0 lets nobody read its settings. This is what this bot knows of them, and how it knows it.
    :warning: This bot has no API key for P0's settings, so it can show them but not change them. Its operator sets `p0.settings_api_key`.
    *Lengths that people can pick*
    • *1h*, *4h*, *8h*: this bot's own default; nobody has said
    *Longest grant*: 24 hours
    This bot's own default; nobody has said.
    *Standing access*: not known
    Nobody has said.
    *Time until approval*: not known
    Nobody has said.
    Not in P0's published document: P0's own clients use it.
    [Close]
    ");
}

#[test]
fn everything_says_how_it_is_known() {
    let mut mirror = assumed();
    let presets = assumed_lengths().presets.into_iter().take(1).collect();
    mirror.state(Stated { presets: Some(presets), maximum: None }, &assumed_lengths(), at(0));
    let wanted = Wanted { approvable: Some(length("3d")), ..Wanted::default() };
    mirror.import(&wanted, &[], at(0));
    let mut mirror = learned(mirror, add("2h"), &Said::Taken);
    mirror = learned(mirror, add("2d"), &Said::Taken);
    mirror = learned(mirror, maximum("12h"), &Said::Length { told: told(12.0, "h", "12 hours") });
    mirror = learned(mirror, Change::Standing { length: length("2w") }, &Said::Nothing);
    mirror = learned(mirror, approvals(false, true), &Said::Taken);
    mirror.doubt(&add("2h"), &alice(), at(10));
    insta::assert_snapshot!(seen(&modal(&mirror, &policy())), @"
    == P0 settings ==
    P0 lets nobody read its settings. This is what this bot knows of them, and how it knows it.
    :grey_question: *In doubt*: Add 2 hours (<@U01ALICE>, (time)). P0's answer was lost: it may have been applied.
    *Lengths that people can pick*
    • *1h*: stated in the settings file since (time)
    • 2h (in doubt: not offered), 48h (over the longest grant: not offered): set here by <@U01ALICE> (time); P0 took it
    That these are all: stated in the settings file since (time).
    [Add…] [Remove…] [Reset to P0's own…]
    *Longest grant*: 12 hours
    P0 said so (time), in its answer to <@U01ALICE>.
    [Set longest grant…]
    *Standing access*: 14 days
    Sent by <@U01ALICE> (time); P0 neither confirmed nor refused it.
    [Set standing…]
    *Time until approval*: 3 days
    Imported by the operator (time).
    Not in P0's published document: P0's own clients use it.
    [Set time to approve…]
    *Approvals*: one-party off, reason on
    Set here by <@U01ALICE> (time); P0 took it.
    Not in P0's published document: P0's own clients use it.
    [Set approvals…]
    [Close]
    ");
}

#[test]
fn after_a_reset() {
    let settings = Settings {
        options: vec![told(5.0, "m", "5 minutes"), told(30.0, "d", "30 days")],
        unread: 2,
        maximum: None,
        standing: None,
    };
    let mirror = learned(stated(), Change::Standing { length: length("2w") }, &Said::Taken);
    let mirror = learned(mirror, Change::Reset, &Said::Settings(settings));
    insta::assert_snapshot!(seen(&modal(&mirror, &policy())), @"
    == P0 settings ==
    P0 lets nobody read its settings. This is what this bot knows of them, and how it knows it.
    *Lengths that people can pick*
    • *5m*, 30d (over the longest grant: not offered): P0 said so (time), in its answer to <@U01ALICE>
    That these are all: P0 said so (time), in its answer to <@U01ALICE>. P0 told 2 more lengths that this bot could not read.
    [Add…] [Remove…] [Reset to P0's own…]
    *Before the reset* (time): 1h, 4h, 8h
    [Put back…]
    *Longest grant*: 24 hours
    Stated in the settings file since (time). P0 did not say it (time): the older value is kept.
    [Set longest grant…]
    *Standing access*: 14 days
    Set here by <@U01ALICE> (time); P0 took it. P0 did not say it (time): the older value is kept.
    [Set standing…]
    *Time until approval*: not known
    Nobody has said.
    Not in P0's published document: P0's own clients use it.
    [Set time to approve…]
    *Approvals*: not known
    Nobody has said.
    Not in P0's published document: P0's own clients use it.
    [Set approvals…]
    [Close]
    ");
}

#[test]
fn forms_ask_for_what_is_to_be() {
    let asked = |control| seen(&form(control, &assumed()).unwrap());
    insta::assert_snapshot!(asked(SettingsControl::Add), @"
    == Add a length ==
    The picker offers 1h, 4h, 8h. The longest grant is 24 hours.
    Length to add: (plain_text_input)
    [Next] [Cancel]
    ");
    insta::assert_snapshot!(asked(SettingsControl::Remove), @"
    == Remove a length ==
    Length to remove: [Choose a length: 1h, 4h, 8h]
    [Next] [Cancel]
    ");
    insta::assert_snapshot!(asked(SettingsControl::Maximum), @"
    == Longest grant ==
    *Longest grant*: 24 hours
    This bot's own default; nobody has said.
    Longest grant: (plain_text_input)
    [Next] [Cancel]
    ");
    insta::assert_snapshot!(asked(SettingsControl::Standing), @"
    == Standing access ==
    *Standing access*: not known
    Nobody has said.
    Longest standing access before a new approval: (plain_text_input)
    [Next] [Cancel]
    ");
    insta::assert_snapshot!(asked(SettingsControl::Approvable), @"
    == Time until approval ==
    *Time until approval*: not known
    Nobody has said.
    Not in P0's published document: P0's own clients use it.
    Longest time between a request and its approval: (plain_text_input)
    [Next] [Cancel]
    ");
    insta::assert_snapshot!(asked(SettingsControl::Approvals), @"
    == Approvals ==
    *Approvals*: not known
    Nobody has said.
    Not in P0's published document: P0's own clients use it.
    One-party: people may approve their own requests: [On or off: On, Off]
    A request needs a reason: [On or off: On, Off]
    [Next] [Cancel]
    ");
    for (control, _) in SettingsControl::ALL {
        if let Some(view) = form(control, &assumed()) {
            assert_eq!(json!(view)["callback_id"], control.as_str());
        }
    }
    assert!(form(SettingsControl::Apply, &assumed()).is_none());
}

#[test]
fn forms_begin_with_what_is_known() {
    let input = |control, mirror: &Mirror, nth: usize| {
        let view = json!(form(control, mirror).unwrap());
        let mut inputs = view["blocks"].as_array().unwrap().iter().filter(|block| block["type"] == "input");
        let input = inputs.nth(nth).unwrap();
        assert_eq!(input["block_id"], input["element"]["action_id"], "errors are shown at the block");
        input["element"].clone()
    };
    let chosen = input(SettingsControl::Remove, &assumed(), 0);
    for option in chosen["options"].as_array().unwrap() {
        assert!(option["value"].as_str().unwrap().parse::<SettingLength>().is_ok(), "{option}");
    }
    let known = learned(assumed(), approvals(false, true), &Said::Taken);
    let initial = |nth| input(SettingsControl::Approvals, &known, nth)["initial_option"]["value"].clone();
    assert_eq!((initial(0), initial(1)), (json!("off"), json!("on")));
    let mut empty = assumed();
    empty.presets.clear();
    assert_eq!(input(SettingsControl::Remove, &empty, 0)["type"], "plain_text_input");
}
