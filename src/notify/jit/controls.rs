//! Buttons. In a message their ids say that it is no request's card.

use slack_morphism::prelude::{SlackActionBlockElement, SlackBlockButtonElement, SlackBlockButtonStyle};

use crate::domain::card_key::CardKey;
use crate::domain::control::Control;
use crate::domain::jit::control::SettingsControl;
use crate::domain::jit::proposal::Proposal;
use crate::notify::controls::{beside_a_card, button, confirm, value};
use crate::notify::wording;

/// Characters of a confirm's text (Block Kit's limit).
const CONFIRM: usize = 300;

/// A button of the overview.
pub(super) fn plain(control: SettingsControl, label: &str) -> SlackActionBlockElement {
    button(Control::Settings(control), label).into()
}

/// The same in a message.
pub(super) fn beside(control: SettingsControl, label: &str) -> SlackActionBlockElement {
    in_message(button(Control::Settings(control), label))
}

/// Shows what a reset does.
pub(super) fn reset() -> SlackActionBlockElement {
    button(Control::Settings(SettingsControl::Reset), "Reset to P0's own…")
        .with_style(SlackBlockButtonStyle::Danger)
        .into()
}

/// Applies what is shown; opens the modal in which something is typed, where something has to be.
pub(super) fn apply(proposal: &Proposal) -> SlackActionBlockElement {
    let label = if proposal.typed.is_some() { "Apply…" } else { "Apply" };
    in_message(keyed(SettingsControl::Apply, label, &proposal.key).with_style(SlackBlockButtonStyle::Primary))
}

/// Withdraws what is shown, or waits.
pub(super) fn cancel(key: &CardKey) -> SlackActionBlockElement {
    in_message(keyed(SettingsControl::Cancel, "Cancel", key))
}

/// Agrees, after a confirm that restates what to.
pub(super) fn agree(proposal: &Proposal) -> SlackActionBlockElement {
    let text = wording::jit::restated(&proposal.items, CONFIRM);
    let agree = keyed(SettingsControl::Agree, "Agree", &proposal.key);
    in_message(agree.with_style(SlackBlockButtonStyle::Primary).with_confirm(confirm("Agree to it?", &text, "Agree")))
}

/// Says no.
pub(super) fn decline(key: &CardKey) -> SlackActionBlockElement {
    in_message(keyed(SettingsControl::Decline, "Decline", key).with_style(SlackBlockButtonStyle::Danger))
}

/// Shows once more what has an unknown outcome.
pub(super) fn again(key: &CardKey) -> SlackActionBlockElement {
    in_message(keyed(SettingsControl::Again, "Try again", key))
}

/// Shows what puts back what was there before a reset.
pub(super) fn put_back() -> SlackActionBlockElement {
    beside(SettingsControl::PutBack, "Put back…")
}

fn keyed(control: SettingsControl, label: &str, key: &CardKey) -> SlackBlockButtonElement {
    button(Control::Settings(control), label).with_value(value(key, None))
}

fn in_message(button: SlackBlockButtonElement) -> SlackActionBlockElement {
    beside_a_card(button.into())
}
