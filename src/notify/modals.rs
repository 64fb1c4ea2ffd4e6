//! Modals: the reason for a denial, a picker of lengths, the details.

use jiff::Timestamp;
use slack_morphism::prelude::{
    SlackBlock, SlackBlockPlainTextInputElement, SlackBlockStaticSelectElement, SlackInputBlock, SlackModalView,
    SlackView,
};

use super::message::{Message, context, plain, plain_section, section};
use super::{Offer, card, controls, foreign, wording};
use crate::domain::card_key::{CardKey, ControlValue};
use crate::domain::command::MOST_REASON_CHARACTERS;
use crate::domain::control::{Control, input};
use crate::domain::decision::Stage;
use crate::domain::expiration::ExpirationLength;
use crate::domain::rules::Bounds;
use crate::ledger::cards::CardFacts;
use crate::ledger::requests::Kept;

/// The block of the one input that a modal has; errors are shown at it.
pub const INPUT_BLOCK: &str = "input";

/// Lines of the details about how the request is looked after.
const LOOKED_AFTER: usize = 40;
/// Decisions that the details list, the latest.
const HISTORY: usize = 10;

fn modal(
    control: Control,
    key: &CardKey,
    length: Option<ExpirationLength>,
    title: &str,
    blocks: Vec<SlackBlock>,
) -> SlackModalView {
    SlackModalView::new(plain(title).into(), blocks)
        .with_callback_id(control.as_str().into())
        .with_private_metadata(ControlValue { key: key.clone(), length }.to_string())
}

/// Asks for a reason and denies; `draft` is what the person wrote before.
pub fn deny(kept: &Kept, draft: Option<String>) -> SlackView {
    let facts = &kept.request.facts;
    let reason = SlackBlockPlainTextInputElement::new()
        .with_action_id(input::REASON.into())
        .with_multiline(true)
        .with_max_length(MOST_REASON_CHARACTERS as u64)
        .opt_initial_value(draft);
    let block = SlackInputBlock::new(plain("Reason").into(), reason.into())
        .with_block_id(INPUT_BLOCK.into())
        .with_optional(true)
        .with_hint(plain("The requester will read it. P0 does not record it.").into());
    let blocks = vec![plain_section(&wording::confirm::restated(facts, "will not get")), block.into()];
    let view = modal(Control::Deny, &kept.key, None, "Deny the request", blocks);
    SlackView::Modal(view.with_submit(plain("Deny").into()).with_close(plain("Cancel").into()))
}

/// What somebody chose before the modal opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before {
    /// For how long.
    pub length: Option<ExpirationLength>,
    /// Whether it is "Try again" behind an unknown outcome.
    pub again: bool,
}

/// Asks for a length and approves for it. No length is chosen beforehand.
pub fn pick(bounds: &Bounds, kept: &Kept, before: Before) -> SlackView {
    let facts = &kept.request.facts;
    let mut options = controls::options(&bounds.lengths, &kept.key, facts.asked_length());
    let mut in_front = |length: ExpirationLength| {
        let option = controls::option(&kept.key, length);
        // By its preset's text where one says it.
        let preset = options.iter().position(|other| other.value == option.value).map(|at| options.remove(at));
        options.insert(0, preset.unwrap_or(option));
    };
    in_front(bounds.first(facts));
    // Whoever named a length finds it here, in no list or not.
    let named = before.length.filter(|length| *length <= bounds.lengths.maximum);
    if let Some(length) = named {
        in_front(length);
    }
    let select = SlackBlockStaticSelectElement::new().with_action_id(input::LENGTH.into()).with_options(options);
    let block = SlackInputBlock::new(plain("For how long").into(), select.into()).with_block_id(INPUT_BLOCK.into());
    let mut blocks =
        vec![plain_section(&wording::confirm::restated(facts, "gets")), plain_section(&card::facts(&kept.request))];
    blocks.extend(wording::confirm::chosen_before(before.length, before.again).map(|line| context(&line)));
    blocks.push(block.into());
    let control = if before.again { Control::PickAgain } else { Control::Pick };
    let view = modal(control, &kept.key, named, "Approve the request", blocks);
    SlackView::Modal(view.with_submit(plain("Approve").into()).with_close(plain("Cancel").into()))
}

/// Takes a modal's place when what it asked for was not done, or not yet.
pub fn said(message: Message) -> SlackView {
    let view = SlackModalView::new(plain("About your choice").into(), message.blocks);
    SlackView::Modal(view.with_close(plain("Close").into()))
}

/// One request, with what can be done about it; `is_own` where only the requester's is offered.
pub fn request(offer: &Offer, card: &CardFacts, is_own: bool, now: Timestamp) -> SlackView {
    let blocks = card::in_modal(offer, card, is_own, now);
    SlackView::Modal(modal(Control::Open, &card.kept.key, None, "Request", blocks).with_close(plain("Close").into()))
}

/// All that is known of a request.
pub fn details(offer: &Offer, card: &CardFacts, now: Timestamp) -> SlackView {
    let request = &card.kept.request;
    let facts = &request.facts;
    let mut lines = vec![foreign::line(&wording::what(facts), 200)];
    lines.extend(card::parties(request));
    lines.push(format!("How long: {}", card::how_long(request)));
    let mut blocks = vec![section(&wording::request::phase(request, now)), plain_section(&lines.join("\n"))];
    let long = |label: &str, text: Option<&str>| {
        text.map(|text| plain_section(&format!("{label}: {}", foreign::paragraph(text, 2900))))
    };
    blocks.extend(long("Why", facts.reason.as_deref()));
    for row in facts.display.iter().flatten().take(20) {
        blocks.push(plain_section(&format!(
            "{}: {}",
            foreign::line(&row.label, 100),
            foreign::paragraph(&row.content, 1000)
        )));
    }
    blocks.extend(long("Permission", facts.permission.as_deref()));
    for decision in card.decisions.iter().rev().take(HISTORY) {
        let who = wording::person(&decision.by.user);
        let chosen = format!("{who} chose {} {}", wording::choice(&decision.choice), wording::date(decision.chosen));
        blocks.push(context(&format!("{chosen}: {}", stage(&decision.stage))));
    }
    let watched = card.watch.as_ref().map(|watch| wording::watch::details(watch, &card.told));
    blocks.extend(watched.into_iter().flatten().take(LOOKED_AFTER).map(|line| context(&line)));
    blocks.push(context("The request's id:"));
    // Alone in its block, so that a long press on a phone copies the id and nothing else.
    blocks.push(plain_section(&foreign::line(request.id.as_str(), 1000)));
    if let Some(link) = controls::lead_to_p0(offer, &card.kept, "Open in P0") {
        blocks.push(slack_morphism::prelude::SlackActionsBlock::new(vec![link]).into());
    }
    SlackView::Modal(modal(Control::More, &card.kept.key, None, "Request", blocks).with_close(plain("Close").into()))
}

fn stage(stage: &Stage) -> String {
    match stage {
        Stage::Held { .. } => "waits for a sign-in".to_owned(),
        Stage::Recorded => "received".to_owned(),
        Stage::Sending { .. } => "being forwarded".to_owned(),
        Stage::Done { authority, .. } => format!("P0 took it{}", wording::authority(*authority)),
        Stage::Refused { refusal, .. } => format!("did not count. {refusal}"),
        Stage::Dropped { .. } => "dropped: not sent in time".to_owned(),
        Stage::Unknown { .. } => "outcome unknown".to_owned(),
        Stage::Settled { .. } => "its answer was lost; P0 told later where the request stands".to_owned(),
    }
}
