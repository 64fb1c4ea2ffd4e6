//! Buttons and selects. Labels begin with Approve, Deny or Revoke; what they stand for is in their value.

use slack_morphism::prelude::{
    SlackActionBlockElement, SlackBlock, SlackBlockButtonElement, SlackBlockButtonStyle, SlackBlockChoiceItem,
    SlackBlockConfirmItem, SlackBlockPlainTextOnly, SlackBlockStaticSelectElement, SlackBlockText, SlackSectionBlock,
};

use url::Url;

use super::message::plain;
use super::{Offer, foreign, wording};
use crate::domain::absence::Absence;
use crate::domain::card_key::{CardKey, ControlValue};
use crate::domain::control::Control;
use crate::domain::expiration::ExpirationLength;
use crate::domain::facts::Facts;
use crate::domain::home::{HomeList, Turn};
use crate::domain::jit::lengths::Lengths;
use crate::domain::request::RequestId;
use crate::domain::route::risk::Risk;
use crate::ledger::requests::Kept;

/// Options of one select that Slack takes; a picker may have one more in front.
const MOST_OPTIONS: usize = 99;
/// Characters of a label that are shown on a phone.
const LABEL: usize = 20;

pub(super) fn value(key: &CardKey, length: Option<ExpirationLength>) -> String {
    ControlValue { key: key.clone(), length }.to_string()
}

pub(super) fn button(control: Control, label: &str) -> SlackBlockButtonElement {
    debug_assert!(label.chars().count() <= LABEL, "{label}");
    SlackBlockButtonElement::new(plain(label).into()).with_action_id(control.as_str().into())
}

pub(super) fn confirm(title: &str, text: &str, yes: &str) -> SlackBlockConfirmItem {
    SlackBlockConfirmItem::new(plain(title).into(), plain(text).into(), plain(yes).into(), plain("Cancel").into())
}

/// Approves for one length, after a confirm that restates who gets what for how long.
pub(super) fn approve(key: &CardKey, facts: &Facts, length: ExpirationLength) -> SlackActionBlockElement {
    let label = format!("Approve {length}");
    button(Control::Approve, &label)
        .with_value(value(key, Some(length)))
        .with_style(SlackBlockButtonStyle::Primary)
        .with_confirm(confirm(&format!("{label}?"), &wording::confirm::confirm_approve(facts, Some(length)), &label))
        .into()
}

/// The select whose options each approve for a preset. A confirm's text is fixed when it is drawn, so it cannot name
/// the option: it says that the chosen length will count. `None` where no preset fits.
pub(super) fn approve_for(lengths: &Lengths, key: &CardKey, facts: &Facts) -> Option<SlackActionBlockElement> {
    let options = options(lengths, key, facts.asked_length());
    if options.is_empty() {
        return None;
    }
    let confirm = confirm("Approve for that long?", &wording::confirm::confirm_approve(facts, None), "Approve");
    Some(
        SlackBlockStaticSelectElement::new()
            .with_action_id(Control::ApproveFor.as_str().into())
            .with_placeholder(plain("Approve for…").into())
            .with_options(options)
            .with_confirm(confirm)
            .into(),
    )
}

/// The presets that are not longer than `most` and than the maximum.
pub(super) fn options(
    lengths: &Lengths,
    key: &CardKey,
    most: Option<ExpirationLength>,
) -> Vec<SlackBlockChoiceItem<SlackBlockPlainTextOnly>> {
    let fitting = lengths.up_to(most).take(MOST_OPTIONS);
    fitting
        .map(|preset| SlackBlockChoiceItem::new(plain(&preset.text).into(), value(key, Some(preset.length))))
        .collect()
}

/// One length of a picker, by its short form.
pub(super) fn option(key: &CardKey, length: ExpirationLength) -> SlackBlockChoiceItem<SlackBlockPlainTextOnly> {
    SlackBlockChoiceItem::new(plain(&length.to_string()).into(), value(key, Some(length)))
}

/// Opens the modal that denies.
pub(super) fn deny(key: &CardKey) -> SlackActionBlockElement {
    button(Control::Deny, "Deny").with_value(value(key, None)).with_style(SlackBlockButtonStyle::Danger).into()
}

/// Revokes, after a confirm.
pub(super) fn revoke(key: &CardKey, facts: &Facts, label: &str) -> SlackActionBlockElement {
    button(Control::Revoke, label)
        .with_value(value(key, None))
        .with_style(SlackBlockButtonStyle::Danger)
        .with_confirm(
            confirm("Revoke the access?", &wording::confirm::confirm_revoke(facts), "Revoke")
                .with_style("danger".to_owned()),
        )
        .into()
}

/// Sends an approve again whose first outcome is unknown: after a confirm, or by the modal where it asks for that.
pub(super) fn try_again(
    risk: &Risk,
    key: &CardKey,
    facts: &Facts,
    length: ExpirationLength,
) -> SlackActionBlockElement {
    if *risk == Risk::High {
        return button(Control::PickAgain, "Try again…").with_value(value(key, Some(length))).into();
    }
    button(Control::TryAgain, "Try again")
        .with_value(value(key, Some(length)))
        .with_confirm(confirm("Approve once more?", &wording::confirm::confirm_again(facts, length), "Try again"))
        .into()
}

/// Opens the details.
pub(super) fn more(key: &CardKey) -> SlackActionBlockElement {
    button(Control::More, "More").with_value(value(key, None)).into()
}

/// Opens the modal with a picker; `wanted` is the length that the person named before.
pub(super) fn pick(key: &CardKey, label: &str, wanted: Option<ExpirationLength>) -> SlackActionBlockElement {
    button(Control::Pick, label).with_value(value(key, wanted)).into()
}

/// Says that whoever presses it is on it.
pub(super) fn claim(key: &CardKey) -> SlackActionBlockElement {
    button(Control::Claim, "I'm on it").with_value(value(key, None)).into()
}

/// Has a card drawn in the person's direct messages; `nth` keeps the buttons of a list apart.
pub(super) fn show(key: &CardKey, nth: usize) -> SlackActionBlockElement {
    SlackBlockButtonElement::new(plain("Show").into())
        .with_action_id(format!("{}:{nth}", Control::Show.as_str()).into())
        .with_value(value(key, None))
        .into()
}

/// Says that the person is away, as it was restated.
pub(super) fn away(absence: &Absence) -> SlackActionBlockElement {
    button(Control::Away, "Be away").with_value(absence.to_string()).into()
}

/// Says that the person is not away any more.
pub(super) fn back() -> SlackActionBlockElement {
    button(Control::Back, "I'm back").into()
}

/// Leads to the request in P0, where its address is known.
pub(super) fn link(offer: &Offer, id: &RequestId, label: &str) -> Option<SlackActionBlockElement> {
    Some(button(Control::Link, label).with_url(offer.request_url(id)?).into())
}

/// The same from a card, which learns that somebody went there.
pub(super) fn lead_to_p0(offer: &Offer, kept: &Kept, label: &str) -> Option<SlackActionBlockElement> {
    let url = offer.request_url(&kept.request.id)?;
    Some(button(Control::Link, label).with_url(url).with_value(value(&kept.key, None)).into())
}

/// Leads to the page on which somebody signs in.
pub(super) fn sign_in(page: &Url, label: &str) -> SlackActionBlockElement {
    button(Control::Link, label).with_url(page.clone()).with_style(SlackBlockButtonStyle::Primary).into()
}

/// Has the person link their account.
pub(super) fn link_account(label: &str) -> SlackActionBlockElement {
    button(Control::LinkAccount, label).with_style(SlackBlockButtonStyle::Primary).into()
}

/// Ends the person's link.
pub(super) fn unlink(identity: &str) -> SlackActionBlockElement {
    let text = format!("You are {} to P0 until then.", foreign::line(identity, LABEL * 5));
    button(Control::Unlink, "Unlink")
        .with_style(SlackBlockButtonStyle::Danger)
        .with_confirm(confirm("Unlink the account?", &text, "Unlink").with_style("danger".to_owned()))
        .into()
}

/// Opens one request with what can be done about it.
pub(super) fn open(key: &CardKey, label: &str) -> SlackActionBlockElement {
    button(Control::Open, label).with_value(value(key, None)).into()
}

/// The same control in a line of a list; `line` keeps it apart from those of others.
pub(super) fn in_list(element: SlackActionBlockElement, line: &str) -> SlackActionBlockElement {
    match element {
        SlackActionBlockElement::Button(button) => SlackActionBlockElement::Button(in_line(button, line)),
        other => other,
    }
}

fn in_line(mut button: SlackBlockButtonElement, line: &str) -> SlackBlockButtonElement {
    button.action_id = button.action_id.map(|id| format!("{}:{line}", id.0).into());
    button
}

/// A paragraph of a list with a button beside it.
pub(super) fn beside(text: SlackBlockText, element: SlackActionBlockElement, line: &str) -> SlackBlock {
    let section = SlackSectionBlock::new().with_text(text);
    match element {
        SlackActionBlockElement::Button(button) => section.with_accessory(in_line(button, line).into()).into(),
        _ => section.into(),
    }
}

/// Turns a page of a list.
pub(super) fn turn(list: HomeList, turn: Turn) -> SlackActionBlockElement {
    let label = match turn {
        Turn::Newer => "Newer",
        Turn::Older => "Older",
    };
    button(Control::Turn(list, turn), label).into()
}

/// The same control in a message that is no card.
pub(super) fn beside_a_card(element: SlackActionBlockElement) -> SlackActionBlockElement {
    match element {
        SlackActionBlockElement::Button(mut button) => {
            let control = button.action_id.as_ref().and_then(|id| Control::parse(&id.0));
            button.action_id = control.map(|control| control.beside_a_card().into());
            SlackActionBlockElement::Button(button)
        }
        other => other,
    }
}
