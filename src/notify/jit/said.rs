//! Private answers about P0's settings, as messages and as modals.

use slack_morphism::prelude::{SlackModalView, SlackView};

use super::controls;
use crate::domain::jit::control::SettingsControl;
use crate::notify::message::{Message, plain};
use crate::notify::wording::jit::said;

/// The button that opens all that is known, where no modal can be opened by itself.
pub fn open() -> Message {
    Message::sentence(said::OPEN).with_controls(vec![controls::beside(SettingsControl::Open, "P0 settings")])
}

/// A sentence in a modal's place. Whoever closes it closes all: in the modals below it, the form and the overview, stands
/// what was known before this was said, and a second submission of the form would want the change again.
pub fn view(sentence: &str) -> SlackView {
    let view = SlackModalView::new(plain("P0 settings").into(), Message::sentence(sentence).blocks);
    SlackView::Modal(view.with_close(plain("Close").into()).with_clear_on_close(true))
}
