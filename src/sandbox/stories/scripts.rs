//! The stories themselves. They are written for somebody who decides whether to trust this bot.

use serde_json::json;

use super::Deed::{Ask, Choose, Kill, OpenPageOf, Press, PressInVain, PressOld, See, Start, Switch as Throw, Type};
use super::Seen::{AtP0, Card, OnDisk, Told};
use super::Where::{Channel, DmOf};
use super::{Deed, Device, Scenario, Step, Story, night_script, settings_script};
use crate::sandbox::faults::{AtIdp, AtP0 as Fault, AtSettings, Switch};
use crate::sandbox::p0::{DisplayRow, RequestSeed};

pub(super) const ALICE: &str = "U01ALICE";
pub(super) const BOB: &str = "U02BOB";
pub(super) const CAROL: &str = "U03CAROL";
pub(super) const RITA: &str = "U11RITA";
const MEI: &str = "U13MEI";

pub(super) const WORKS: Switch = Switch {
    p0: Some(Fault::None),
    settings: Some(AtSettings::None),
    slack: None,
    idp: None,
    duty: None,
    shared: None,
};

impl Scenario {
    /// The story of this name.
    pub(super) fn story(self) -> Story {
        match self {
            Self::NightCall => night_call(),
            Self::Night => night_script::night(),
            Self::TwoApprovers => two_approvers(),
            Self::LostAnswer => lost_answer(),
            Self::ApproveForLess => approve_for_less(),
            Self::Revoke => revoke(),
            Self::KillAndRestart => kill_and_restart(),
            Self::Linked => linked(),
            Self::Settings => settings_script::settings(),
        }
    }
}

/// A step at which nobody in particular acts.
pub(super) fn then(say: &'static str, deed: Deed) -> Step {
    Step { say, who: None, device: None, deed }
}

pub(super) fn on_phone(who: &'static str, say: &'static str, deed: Deed) -> Step {
    Step { say, who: Some(who), device: Some(Device::Phone), deed }
}

pub(super) fn at_desk(who: &'static str, say: &'static str, deed: Deed) -> Step {
    Step { say, who: Some(who), device: Some(Device::Desktop), deed }
}

fn fault(p0: Fault) -> Deed {
    Throw(Switch { p0: Some(p0), ..Switch::default() })
}

fn provider(idp: AtIdp) -> Deed {
    Throw(Switch { idp: Some(idp), ..Switch::default() })
}

fn checkout_is_down() -> RequestSeed {
    RequestSeed {
        permission: json!({ "role": "AdministratorAccess", "accountId": "444455556666" }),
        reason: Some("INC-2041: checkout answers 500, the task definition has to be rolled back".to_owned()),
        duration: Some("2 hours".to_owned()),
        rows: vec![DisplayRow::new("Role", "AdministratorAccess"), DisplayRow::new("Account", "prod (444455556666)")],
        ..RequestSeed::default()
    }
}

fn heap_dump() -> RequestSeed {
    RequestSeed {
        r#type: "ssh".to_owned(),
        access: "session".to_owned(),
        permission: json!({ "provider": "aws", "instanceId": "i-0f3c9a7d21b4e8856", "sudo": true }),
        requestor: "mei@example.com".to_owned(),
        principal: "mei@example.com".to_owned(),
        reason: Some("Take a heap dump of worker-7 before it is replaced".to_owned()),
        duration: Some("1 hour".to_owned()),
        rows: vec![DisplayRow::new("Instance", "worker-7 (i-0f3c9a7d21b4e8856)"), DisplayRow::new("Sudo", "yes")],
        ..RequestSeed::default()
    }
}

pub(super) fn whole_day() -> RequestSeed {
    RequestSeed { duration: Some("8 hours".to_owned()), ..checkout_is_down() }
}

fn night_call() -> Story {
    Story {
        title: "Night call",
        about: "It is three in the morning. Rita needs access, and Alice, who is on call, has only her phone.",
        request: checkout_is_down,
        steps: vec![
            then("The checkout is down. Rita asks P0 for the role that she needs to mend it, for two hours.", Ask),
            on_phone(
                ALICE,
                "P0 tells the bot, and the bot writes to Alice, who is on call. Her phone shows who asks for what.",
                See(Card(DmOf(ALICE), "asks for aws role for 2 hours")),
            ),
            on_phone(
                ALICE,
                "Alice presses “Approve 2h”. The phone asks once more, saying who gets what and for how long; she agrees.",
                Press(DmOf(ALICE), "approve"),
            ),
            then(
                "Her choice was on disk before Slack heard that it had arrived. Then P0 was told, with Alice's own token and \
                 nobody else's.",
                See(AtP0(&["approve 2h as alice@example.com: 200"])),
            ),
            at_desk(
                CAROL,
                "The card in the channel says the same as the one on Alice's phone, without anybody asking for it.",
                See(Card(Channel, "approved by <@U01ALICE> for 2 hours")),
            ),
            on_phone(
                RITA,
                "Rita has her answer too. When P0 has made the access, every copy of the card says until when it lasts.",
                See(Card(DmOf(RITA), "is active; it was approved by <@U01ALICE> for 2 hours")),
            ),
        ],
    }
}

fn two_approvers() -> Story {
    Story {
        title: "Two approvers at once",
        about: "Alice and Carol press “Approve” in the same second. P0 has to hear it once.",
        request: heap_dump,
        steps: vec![
            then("Mei asks for a session on a machine. Alice and Carol may both decide.", Ask),
            at_desk(CAROL, "Carol sees the card in the channel.", See(Card(Channel, "waiting for a decision"))),
            then("P0 is slow today. That leaves the two of them time to get in each other's way.", fault(Fault::Slow)),
            on_phone(ALICE, "Alice presses “Approve 1h” on her phone.", Press(Channel, "approve")),
            at_desk(CAROL, "So does Carol, at her desk: her screen still shows the card as it was before.", PressOld),
            then(
                "Of one request only one decision is sent at a time. P0 hears Alice, and nobody else.",
                See(AtP0(&["approve 1h as alice@example.com: 200"])),
            ),
            at_desk(
                CAROL,
                "Carol is told that Alice was first. Her press was neither lost nor sent a second time.",
                See(Told(CAROL, "Somebody was first")),
            ),
            then("P0 still knows of one approval. It works at its usual pace again.", Throw(WORKS)),
            on_phone(
                MEI,
                "Mei has her access, once.",
                See(Card(DmOf(MEI), "is active; it was approved by <@U01ALICE> for 1 hour")),
            ),
            then(
                "And so it stays: this is all that P0 ever heard.",
                See(AtP0(&["approve 1h as alice@example.com: 200"])),
            ),
        ],
    }
}

fn lost_answer() -> Story {
    Story {
        title: "Lost answer",
        about: "P0 does what it was told, but the line breaks before it can say so. The bot must not guess.",
        request: checkout_is_down,
        steps: vec![
            then("Rita asks for a role.", Ask),
            at_desk(ALICE, "Alice sees the card.", See(Card(Channel, "waiting for a decision"))),
            then(
                "From now on the line to P0 breaks right after P0 has done what it was told: its answers are lost, and its \
                 news is late.",
                fault(Fault::Lost),
            ),
            at_desk(ALICE, "Alice approves.", Press(Channel, "approve")),
            then(
                "P0 has granted the access, and the bot has heard nothing. P0 offers no way to ask.",
                See(AtP0(&["approve 2h as alice@example.com: no answer"])),
            ),
            at_desk(
                ALICE,
                "The card says what is known, and no more: “Outcome unknown. It may have counted.”",
                See(Card(Channel, "the outcome is unknown")),
            ),
            on_phone(
                ALICE,
                "Alice is told in a message as well, with what she can do: look in P0, try again, or revoke.",
                See(Told(ALICE, "is unknown: P0's answer was lost, and it may have counted")),
            ),
            then("The line is mended, and P0's news comes through.", Throw(WORKS)),
            at_desk(
                ALICE,
                "That settles it: the card says that the access was granted, and by whom.",
                See(Card(Channel, "approved by")),
            ),
            then(
                "The bot never sent the approval a second time by itself: P0 heard it once.",
                See(AtP0(&["approve 2h as alice@example.com: no answer"])),
            ),
        ],
    }
}

fn approve_for_less() -> Story {
    Story {
        title: "Approve for less",
        about: "Rita asks for eight hours. Alice finds that one is enough.",
        request: whole_day,
        steps: vec![
            then("Rita asks for a powerful role, for eight hours.", Ask),
            on_phone(
                ALICE,
                "Alice reads the request on her phone. “Approve for…” offers what is not longer than what was asked.",
                See(Card(DmOf(ALICE), "asks for aws role for 8 hours")),
            ),
            on_phone(
                ALICE,
                "She picks one hour and agrees. There is nothing to type, and no length that she did not choose can count.",
                Choose(DmOf(ALICE), "approve_for", "1h"),
            ),
            then("P0 hears one hour, from Alice.", See(AtP0(&["approve 1h as alice@example.com: 200"]))),
            on_phone(
                RITA,
                "Rita reads what she got, which is less than what she asked for.",
                See(Card(DmOf(RITA), "approved by <@U01ALICE> for 1 hour")),
            ),
        ],
    }
}

fn revoke() -> Story {
    Story {
        title: "Revoke",
        about: "Access that was granted is taken back, by somebody else than who granted it.",
        request: checkout_is_down,
        steps: vec![
            then("Rita asks for a role.", Ask),
            at_desk(ALICE, "Alice approves for two hours.", Press(Channel, "approve")),
            at_desk(
                ALICE,
                "P0 makes the access. The card says that it is active, and offers to take it back.",
                See(Card(Channel, "is active; it was approved by <@U01ALICE> for 2 hours")),
            ),
            on_phone(
                CAROL,
                "Carol hears that the incident is over. She presses “Revoke”, and agrees that Rita loses the role at once.",
                Press(Channel, "revoke"),
            ),
            then(
                "P0 hears it with Carol's own token. A revocation makes things safer: it would be tried for a day.",
                See(AtP0(&["approve 2h as alice@example.com: 200", "revoke as carol@example.com: 200"])),
            ),
            at_desk(
                ALICE,
                "P0 took it. The card says so, and who did it.",
                See(Card(Channel, "was revoked by <@U03CAROL>")),
            ),
            on_phone(
                RITA,
                "Rita is told in a new message: a changed one would not ring.",
                See(Told(RITA, "Your access to aws role was taken back")),
            ),
        ],
    }
}

fn kill_and_restart() -> Story {
    Story {
        title: "Killed between the press and P0",
        about: "The bot dies after Alice has pressed and before P0 has heard of it. No click may be lost.",
        request: checkout_is_down,
        steps: vec![
            then("Rita asks for a role.", Ask),
            on_phone(ALICE, "Alice sees the card in the channel.", See(Card(Channel, "waiting for a decision"))),
            then("P0 cannot be reached just now: its port is closed.", fault(Fault::Down)),
            on_phone(ALICE, "Alice approves.", Press(Channel, "approve")),
            on_phone(
                ALICE,
                "The card says that her choice was received, and that P0 has not been told.",
                See(Card(Channel, "chose Approve for 2 hours; P0 has not been told yet")),
            ),
            then("Now the bot is killed, in the midst of its work, without a chance to finish anything.", Kill),
            then(
                "It is dead. On disk Alice's choice stands, as it has since before Slack heard that it had arrived.",
                See(OnDisk(&["recorded"])),
            ),
            at_desk(
                CAROL,
                "Whoever presses now learns at once that it did not count: Slack says that the app did not respond.",
                PressInVain(Channel, "deny"),
            ),
            then("P0 can be reached again. So far it has heard nothing.", Throw(WORKS)),
            then("Somebody starts the bot again.", Start),
            then(
                "It finds the choice and tells P0: once, with Alice's own token.",
                See(AtP0(&["approve 2h as alice@example.com: 200"])),
            ),
            on_phone(
                ALICE,
                "The card converges, as if nothing had happened.",
                See(Card(Channel, "approved by <@U01ALICE> for 2 hours")),
            ),
        ],
    }
}

fn linked() -> Story {
    Story {
        title: "A linked account",
        about: "Nobody decides with anything but an account of their own: how Alice links hers, and how she loses it.",
        request: checkout_is_down,
        steps: vec![
            then("Rita asks for a role.", Ask),
            at_desk(CAROL, "Carol presses “Approve”. She has never linked an account.", Press(Channel, "approve")),
            at_desk(
                CAROL,
                "So nothing goes to P0. She is told in private, with a button to a page that is good for her alone.",
                See(Told(CAROL, "You have not linked your account yet")),
            ),
            on_phone(
                ALICE,
                "Carol sends that page to Alice: if Alice signed in there, Carol would decide with Alice's account. But \
                 Slack says that it is Alice, and so the page refuses.",
                OpenPageOf(CAROL, "Your account was not linked"),
            ),
            on_phone(ALICE, "Alice presses “Approve” herself, and gets a page of her own.", Press(Channel, "approve")),
            on_phone(
                ALICE,
                "She signs in, with Slack and then at the company's identity provider.",
                OpenPageOf(ALICE, "Your account is linked"),
            ),
            on_phone(
                ALICE,
                "A message says who she is to P0 from now on, and has the request at hand.",
                See(Told(ALICE, "you are alice@example.com to P0")),
            ),
            then(
                "Before she can press, the provider closes everybody's account by mistake, and P0 hears of it.",
                provider(AtIdp::Closed),
            ),
            on_phone(ALICE, "Alice presses “Approve”.", Press(Channel, "approve")),
            on_phone(
                ALICE,
                "P0 does not know her token any more, and the provider gives no other. The bot has nothing else to decide \
                 with: she is asked to link again, and the request is still at hand.",
                See(Told(ALICE, "Please link again")),
            ),
            then("The accounts are open again.", provider(AtIdp::None)),
            on_phone(ALICE, "Alice asks for a new page,", Type("link")),
            on_phone(ALICE, "signs in once more,", OpenPageOf(ALICE, "Your account is linked")),
            on_phone(ALICE, "and presses “Approve”.", Press(Channel, "approve")),
            on_phone(
                RITA,
                "Rita has her access, from Alice's own account.",
                See(Card(DmOf(RITA), "approved by <@U01ALICE> for 2 hours")),
            ),
            then(
                "This is all that P0 heard: a token that it did not know any more, and one that it knows.",
                See(AtP0(&["approve 2h as nobody: 401", "approve 2h as alice@example.com: 200"])),
            ),
        ],
    }
}
