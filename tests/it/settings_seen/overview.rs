use p0_chatops::domain::jit::change::{Change, Said, Settings};
use p0_chatops::domain::jit::control::SettingsControl;
use p0_chatops::domain::jit::length::SettingLength;
use p0_chatops::domain::jit::mirror::{Stated, Wanted};
use p0_chatops::notify::jit::forms::form;
use p0_chatops::notify::jit::overview::modal;

use super::*;

#[test]
fn nobody_has_said_anything() {
    insta::assert_snapshot!(seen(&modal(&assumed(), &policy())), @"");
}

#[test]
fn without_a_key_nothing_can_be_changed() {
    let policy = Policy { has_key: false, approvals: false, ..policy() };
    insta::assert_snapshot!(seen(&modal(&assumed(), &policy)), @"");
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
    insta::assert_snapshot!(seen(&modal(&mirror, &policy())), @"");
}

#[test]
fn after_a_reset() {
    let settings = Settings {
        options: vec![told(5.0, "m", "5 minutes"), told(30.0, "d", "30 days")],
        unread: 2,
        maximum: None,
        standing: None,
    };
    let mirror = learned(assumed(), Change::Standing { length: length("2w") }, &Said::Taken);
    let mirror = learned(mirror, Change::Reset, &Said::Settings(settings));
    insta::assert_snapshot!(seen(&modal(&mirror, &policy())), @"");
}

#[test]
fn forms_ask_for_what_is_to_be() {
    let asked = |control, draft| seen(&form(control, &assumed(), draft).unwrap());
    insta::assert_snapshot!(asked(SettingsControl::Add, None), @"");
    insta::assert_snapshot!(asked(SettingsControl::Remove, None), @"");
    insta::assert_snapshot!(asked(SettingsControl::Maximum, None), @"");
    insta::assert_snapshot!(asked(SettingsControl::Standing, None), @"");
    insta::assert_snapshot!(asked(SettingsControl::Approvable, None), @"");
    insta::assert_snapshot!(asked(SettingsControl::Approvals, None), @"");
    for (control, _) in SettingsControl::ALL {
        if let Some(view) = form(control, &assumed(), None) {
            assert_eq!(json!(view)["callback_id"], control.as_str());
        }
    }
    assert!(form(SettingsControl::Apply, &assumed(), None).is_none());
}

#[test]
fn forms_begin_with_what_was_written_or_is_known() {
    let input = |control, mirror: &Mirror, draft, nth: usize| {
        let view = json!(form(control, mirror, draft).unwrap());
        let inputs = view["blocks"].as_array().unwrap().iter().filter(|block| block["type"] == "input");
        let input = inputs.cloned().nth(nth).unwrap();
        assert_eq!(input["block_id"], input["element"]["action_id"], "errors are shown at the block");
        input["element"].clone()
    };
    let typed = input(SettingsControl::Add, &assumed(), Some("4 hours and a bit"), 0);
    assert_eq!(typed["initial_value"], "4 hours and a bit");
    let chosen = input(SettingsControl::Remove, &assumed(), Some("240m"), 0);
    assert_eq!(chosen["initial_option"]["value"], "4h");
    for option in chosen["options"].as_array().unwrap() {
        assert!(option["value"].as_str().unwrap().parse::<SettingLength>().is_ok(), "{option}");
    }
    let known = learned(assumed(), approvals(false, true), &Said::Taken);
    let initial = |nth| input(SettingsControl::Approvals, &known, None, nth)["initial_option"]["value"].clone();
    assert_eq!((initial(0), initial(1)), (json!("off"), json!("on")));
    let mut empty = assumed();
    empty.presets.clear();
    assert_eq!(input(SettingsControl::Remove, &empty, None, 0)["type"], "plain_text_input");
}
