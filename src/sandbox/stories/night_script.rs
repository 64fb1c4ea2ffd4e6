//! The story about who is on call: a rule, a reminder, the next level, and somebody who is on it.

use serde_json::json;

use super::Deed::{Ask, Pass, Press, See, Submit};
use super::Seen::{AtP0, Card, Told};
use super::Story;
use super::Where::{Channel, DmOf};
use super::scripts::{ALICE, BOB, CAROL, RITA, at_desk, on_phone, then};
use crate::sandbox::p0::{DisplayRow, RequestSeed};

fn payout_is_stuck() -> RequestSeed {
    RequestSeed {
        r#type: "k8s".to_owned(),
        access: "resource".to_owned(),
        permission: json!({ "resource": "prod-eu-1", "role": "ClusterRole / debug" }),
        reason: Some("Follow a stuck payout into the pod".to_owned()),
        duration: Some("1 hour".to_owned()),
        rows: vec![DisplayRow::new("Cluster", "prod-eu-1"), DisplayRow::new("Role", "ClusterRole / debug")],
        ..RequestSeed::default()
    }
}

pub(super) fn night() -> Story {
    Story {
        title: "Nobody answers at night",
        about: "Alice is on call and asleep. Bob is next. Nobody else is woken, and Rita hears of each step.",
        request: payout_is_stuck,
        steps: vec![
            then("A payout hangs. Rita asks P0 for a debugger in a production cluster.", Ask),
            on_phone(
                ALICE,
                "A rule takes it: production clusters are for whoever is on call. PagerDuty says that this is Alice, so her \
                 phone rings, and nobody else's. (The rule and why it holds stand under “P0”, at the request.)",
                See(Card(DmOf(ALICE), "asks for k8s resource for 1 hour")),
            ),
            on_phone(RITA, "Rita sees who was told.", See(Card(DmOf(RITA), "k8s resource"))),
            then("Alice sleeps. Five minutes pass.", Pass(5)),
            on_phone(
                ALICE,
                "She is reminded, as the rule says. Slack tells nobody whether a message was read: what counts is whether \
                 she opened or pressed anything.",
                See(Told(ALICE, "still waits for a decision")),
            ),
            then("Five more minutes pass.", Pass(5)),
            on_phone(
                BOB,
                "Now the next level is told. PagerDuty is asked anew who that is: Bob. His card says who was tried before.",
                See(Card(DmOf(BOB), "asks for k8s resource for 1 hour")),
            ),
            on_phone(
                RITA,
                "Rita reads it in the thread of her request.",
                See(Told(RITA, "Nobody has decided yet, so I have told <@U02BOB>")),
            ),
            on_phone(
                BOB,
                "Bob presses “I'm on it”: for a quarter of an hour nobody else is bothered.",
                Press(DmOf(BOB), "claim"),
            ),
            on_phone(RITA, "Rita hears that somebody is there.", See(Told(RITA, "<@U02BOB> is on it"))),
            on_phone(
                BOB,
                "The rule asks for care: there is no quick button. Bob opens the form, which says everything once more.",
                Press(DmOf(BOB), "pick"),
            ),
            on_phone(BOB, "He chooses one hour there, and sends it.", Submit(&[("length", "1h")])),
            then("P0 hears it once, from Bob.", See(AtP0(&["approve 1h as bob@example.com: 200"]))),
            at_desk(
                CAROL,
                "In the morning the channel's card says what happened, and everything that was to come is called off.",
                See(Card(Channel, "approved by <@U02BOB> for 1 hour")),
            ),
            on_phone(RITA, "Rita has had her hour.", See(Told(RITA, "Your request for k8s resource"))),
        ],
    }
}
