//! The story about P0's own settings.

use super::Deed::{Ask, PressInModal, PressTold, See, Submit, Switch as Throw, Type, UseShortcut};
use super::Seen::{Announced, LengthsAtP0, Modal, Offered, SettingsAtP0, Told};
use super::Story;
use super::Where::Channel;
use super::scripts::{ALICE, CAROL, WORKS, at_desk, on_phone, then, whole_day};
use crate::domain::jit::control::{SettingsControl as Control, input};
use crate::sandbox::faults::{AtSettings, Switch};

const ANSWERS_ARE_LOST: Switch =
    Switch { settings: Some(AtSettings::Lost), p0: None, slack: None, idp: None, duty: None, shared: None };

pub(super) fn settings() -> Story {
    Story {
        title: "P0’s settings",
        about: "Admins change which lengths can be picked and how long access may last. None of them can loosen it alone.",
        request: whole_day,
        steps: vec![
            then("Rita asks for a powerful role, for eight hours.", Ask),
            at_desk(
                CAROL,
                "“Approve for…” offers what P0 offers: one, four and eight hours.",
                See(Offered(Channel, &["1h", "4h", "8h"])),
            ),
            on_phone(ALICE, "Alice is an admin. She uses the shortcut “P0 settings”.", UseShortcut(Control::Open)),
            on_phone(
                ALICE,
                "P0 lets nobody read its settings. So the bot says what it knows of them, and how it knows it.",
                See(Modal(ALICE, "stated in the settings file")),
            ),
            on_phone(ALICE, "She presses “Add…”,", PressInModal(Control::Add)),
            on_phone(ALICE, "and types two hours.", Submit(&[(input::LENGTH, "2h")])),
            on_phone(
                ALICE,
                "Before anything is sent she reads what it does to people.",
                See(Modal(ALICE, "The picker will offer 1h, 2h, 4h, 8h.")),
            ),
            on_phone(ALICE, "“Apply”: it is on disk before Slack hears that it has arrived.", Submit(&[])),
            then(
                "P0 is told once, with a key that is used for nothing else.",
                See(SettingsAtP0(&["POST expiry-options 2h: 204"])),
            ),
            at_desk(
                CAROL,
                "The card that waits follows: two hours can be picked now.",
                See(Offered(Channel, &["1h", "2h", "4h", "8h"])),
            ),
            at_desk(CAROL, "Carol wants to allow grants of two days. She types it,", Type("settings max 2d")),
            at_desk(CAROL, "and applies it.", PressTold(Control::Apply)),
            on_phone(
                ALICE,
                "That loosens what P0 allows, so one account in Slack is not enough: another admin is asked. P0 has heard \
                 nothing of it.",
                See(Told(ALICE, "It waits for a second admin")),
            ),
            on_phone(ALICE, "Alice agrees.", PressTold(Control::Agree)),
            then(
                "Only now P0 hears of it.",
                See(SettingsAtP0(&["POST expiry-options 2h: 204", "PUT max-access-duration 2d: 200"])),
            ),
            at_desk(
                CAROL,
                "In #p0-settings everybody can read who wanted it, who agreed, and what P0 said.",
                See(Announced("<@U03CAROL> wants P0's settings changed: Longest grant 2 days. P0 took it.")),
            ),
            then("From now on P0’s answers to such changes are lost on their way.", Throw(ANSWERS_ARE_LOST)),
            at_desk(CAROL, "Carol wants to go back to the list that P0 has by itself.", Type("settings reset")),
            at_desk(CAROL, "A reset cannot be undone at P0,", PressTold(Control::Apply)),
            at_desk(CAROL, "so a press is not enough: she has to type it.", Submit(&[(input::TYPED, "reset")])),
            at_desk(
                CAROL,
                "P0 has done it, and the bot has heard nothing. It does not guess: “Outcome unknown”.",
                See(Told(CAROL, "P0's answer was lost: it may have been applied")),
            ),
            then(
                "This is what P0 has now, and nobody can ask it.",
                See(LengthsAtP0(&["5 minutes", "1 hour", "1 day", "1 week", "30 days"])),
            ),
            then("P0’s answers come through again.", Throw(WORKS)),
            at_desk(CAROL, "The bot never sends it again by itself. Carol does,", PressTold(Control::Again)),
            at_desk(CAROL, "and types it once more.", Submit(&[(input::TYPED, "reset")])),
            at_desk(
                CAROL,
                "This time P0’s answer arrives, with its list. The picker follows.",
                See(Offered(Channel, &["5m", "1h"])),
            ),
            at_desk(
                CAROL,
                "She misses the old lengths. The bot has kept them, and can put them back:",
                PressTold(Control::PutBack),
            ),
            at_desk(CAROL, "each is a change of its own.", Submit(&[])),
            at_desk(
                CAROL,
                "The picker is as it was before the reset,",
                See(Offered(Channel, &["1h", "2h", "4h", "8h"])),
            ),
            then("and so is P0.", See(LengthsAtP0(&["1 hour", "2 hours", "4 hours", "8 hours"]))),
        ],
    }
}
