//! Private answers to commands and messages.

use jiff::Timestamp;
use slack_morphism::prelude::{SlackActionBlockElement, SlackActionsBlock};

use super::message::{Message, context, plain_section, section};
use super::{Offer, controls, foreign, wording};
use crate::domain::absence::Absence;
use crate::domain::card_key::CardKey;
use crate::domain::command::TypedCommand;
use crate::domain::decision::{Choice, Decision, Stage, Verb};
use crate::domain::facts::Facts;
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::domain::route::risk::Risk;
use crate::ledger::cards::CardFacts;
use crate::ledger::requests::{Kept, MOST_LISTED};

/// Characters of what one request of a list asks for.
const LISTED: usize = 300;

/// What waits for a decision, each with a button that brings its card.
pub fn pending(offer: &Offer, waiting: &[Kept]) -> Message {
    let mut list = Message::sentence(how_many(waiting.len()));
    for (nth, kept) in waiting.iter().enumerate() {
        list.blocks.push(plain_section(&listed(kept)));
        list.blocks.push(SlackActionsBlock::new(vec![controls::show(&kept.key, nth)]).into());
    }
    let count = waiting.len();
    if is_cut(count) {
        list.blocks
            .push(context(&format!("These are the {count} newest. `{} show ID` brings any other.", offer.command)));
    }
    list
}

/// How many requests of a list wait.
pub(super) fn how_many(count: usize) -> String {
    match count {
        0 => "Nothing is waiting for a decision.".to_owned(),
        1 => "1 request is waiting for a decision.".to_owned(),
        n if is_cut(n) => format!("At least {n} requests are waiting for a decision."),
        n => format!("{n} requests are waiting for a decision."),
    }
}

fn is_cut(count: usize) -> bool {
    i64::try_from(count).is_ok_and(|count| count >= MOST_LISTED)
}

/// One request of a list, in plain text: for whom, what, for how long, and its id.
pub(super) fn listed(kept: &Kept) -> String {
    let facts = &kept.request.facts;
    let length = facts.duration.as_deref().map(|text| format!(" for {}", foreign::line(text, 40))).unwrap_or_default();
    format!(
        "{}: {}{length}\nRequest {}",
        foreign::line(wording::principal(facts), 100),
        wording::what_exactly(facts, LISTED),
        foreign::line(kept.request.id.as_str(), 250),
    )
}

/// What somebody wrote, restated, with the one button that decides it: text is not consent.
pub fn offer_button(command: &TypedCommand, risk: &Risk, key: &CardKey, facts: &Facts) -> Option<Message> {
    let restated = match command {
        TypedCommand::Approve { length: Some(length), .. } if *risk == Risk::High => {
            format!("{} You wrote {}: pick for how long.", wording::confirm::restated(facts, "gets"), length.in_words())
        }
        TypedCommand::Approve { length: Some(length), .. } => wording::confirm::confirm_approve(facts, Some(*length)),
        TypedCommand::Approve { length: None, .. } => {
            format!("{} Pick for how long.", wording::confirm::restated(facts, "gets"))
        }
        TypedCommand::Deny { .. } => wording::confirm::restated(facts, "will not get"),
        TypedCommand::Revoke { .. } => wording::confirm::confirm_revoke(facts),
        _ => return None,
    };
    let button = match command {
        TypedCommand::Approve { length, .. } if *risk == Risk::High => controls::pick(key, "Approve…", *length),
        TypedCommand::Approve { length: Some(length), .. } => controls::approve(key, facts, *length),
        TypedCommand::Approve { length: None, .. } => controls::pick(key, "Approve for…", None),
        TypedCommand::Deny { .. } => controls::deny(key),
        _ => controls::revoke(key, facts, "Revoke"),
    };
    let verb = match command.verb() {
        Some(Verb::Approve) => "approve",
        Some(Verb::Deny) => "deny",
        _ => "revoke",
    };
    let message = Message {
        text: format!("Press the button to {verb}: a message alone decides nothing."),
        blocks: vec![
            plain_section(&restated),
            context("Only a press decides: a message may be posted by any app in your name."),
        ],
    };
    Some(message.with_controls(vec![button]))
}

/// Somebody who may not read of a request wants to see it: their own is shown to them, and this is what others lack.
pub fn shown_if_own(lacks: &Refusal) -> Message {
    match lacks {
        Refusal::NotLinked => Message::sentence(wording::commands::SHOWN_IF_OWN_UNTIL_LINKED)
            .with_controls(vec![controls::link_account(wording::linking::LINK)]),
        _ => Message::sentence(wording::commands::SHOWN_IF_OWN),
    }
}

/// Why a request is not approved here, with the way to where it is.
pub fn not_from_chat(offer: &Offer, id: &RequestId) -> Message {
    let link = controls::link(offer, id, "Decide in P0");
    Message::sentence(Refusal::NotFromChat.to_string()).with_controls(link.into_iter().collect())
}

/// Told in a DM to somebody who was told and did nothing. A message of its own, since an edited card does not ring, nor
/// does a reply in a thread that nobody has written in.
pub fn reminder(card: &CardFacts, nth: u32) -> Message {
    let Kept { request, key, .. } = &card.kept;
    let sentence = wording::watch::reminder(request, nth);
    let shown = controls::beside_a_card(controls::show(key, 0));
    Message { text: sentence.clone(), blocks: vec![section(&sentence)] }.with_controls(vec![shown])
}

/// How long somebody would be away who said so in a message, restated, with the button that makes it so.
pub fn offer_away(absence: &Absence) -> Message {
    only_a_press_counts(wording::absence::about_to_be_away(absence), controls::away(absence))
}

/// How long somebody is away who said in a message that they are back, with the button that makes it so.
pub fn offer_back(absence: &Absence) -> Message {
    only_a_press_counts(wording::absence::away(absence), controls::back())
}

fn only_a_press_counts(restated: String, button: SlackActionBlockElement) -> Message {
    let blocks = vec![section(&restated), context(wording::absence::ONLY_A_PRESS_COUNTS)];
    Message { text: restated, blocks }.with_controls(vec![button])
}

/// How long somebody is away, restated, with the way back.
pub fn away(absence: &Absence) -> Message {
    Message::sentence(wording::absence::away(absence)).with_controls(vec![controls::back()])
}

/// Told in a DM: what became of somebody's decision, with what they can do about it.
pub fn outcome(offer: &Offer, decision: &Decision, card: Option<&CardFacts>, now: Timestamp) -> Message {
    let others_open = card.is_some_and(|card| {
        card.decisions.iter().any(|other| other.id != decision.id && matches!(other.stage, Stage::Unknown { .. }))
    });
    let mut message = Message::sentence(wording::decision::outcome(decision, others_open));
    if let (Stage::Unknown { .. }, Some(words)) = (&decision.stage, wording::decision::words_of_answer(&decision.stage))
    {
        message.blocks.push(plain_section(&words));
    }
    let Some(card) = card else { return message };
    let Kept { request, key, .. } = &card.kept;
    let risk = offer.bounds(card, decision.choice.length(), now).demands.risk;
    let mut elements = Vec::new();
    match (&decision.stage, &decision.choice) {
        (Stage::Refused { refusal: Refusal::NotFromChat, .. }, _) => {
            elements.extend(controls::lead_to_p0(offer, &card.kept, "Decide in P0"));
        }
        (Stage::Refused { refusal: Refusal::NotRestated, .. }, Choice::Approve { length }) => {
            elements.push(controls::pick(key, "Approve…", Some(*length)));
        }
        (Stage::Unknown { .. }, Choice::Approve { .. }) if risk == Risk::NotFromChat => {
            elements.push(controls::revoke(key, &request.facts, "Revoke"));
            elements.extend(controls::lead_to_p0(offer, &card.kept, "Check in P0"));
        }
        (Stage::Unknown { .. }, Choice::Approve { length }) => {
            elements.push(controls::try_again(&risk, key, &request.facts, *length));
            elements.push(controls::revoke(key, &request.facts, "Revoke"));
            elements.extend(controls::lead_to_p0(offer, &card.kept, "Check in P0"));
        }
        (Stage::Refused { refusal: Refusal::NotLinked | Refusal::LinkEnded, .. }, _) => {
            elements.push(controls::link_account("Link my account"));
        }
        (Stage::Refused { refusal: Refusal::ApproveOutcomeOpen, .. }, Choice::Approve { length }) => {
            elements.push(controls::try_again(&risk, key, &request.facts, *length));
        }
        (Stage::Unknown { .. }, _) => elements.extend(controls::lead_to_p0(offer, &card.kept, "Check in P0")),
        _ => {}
    }
    elements.push(controls::show(key, 0));
    message.with_controls(elements.into_iter().map(controls::beside_a_card).collect())
}
