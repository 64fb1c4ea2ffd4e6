//! The forms that ask what to change a setting to.

use slack_morphism::prelude::{
    SlackBlock, SlackBlockChoiceItem, SlackBlockPlainTextInputElement, SlackBlockPlainTextOnly,
    SlackBlockStaticSelectElement, SlackInputBlock, SlackInputBlockElement, SlackModalView, SlackView,
};

use crate::domain::expiration::ExpirationLength;
use crate::domain::jit::change::Approvals;
use crate::domain::jit::control::{SettingsControl, input};
use crate::domain::jit::known::Known;
use crate::domain::jit::length::SettingLength;
use crate::domain::jit::mirror::{Mirror, Span};
use crate::notify::message::{context, plain, section};
use crate::notify::wording::jit::{UNDOCUMENTED, forms as words, known, switch};

/// Options of one select that Slack takes.
const MOST_OPTIONS: usize = 100;
/// Characters of an option's text that Slack takes.
const OPTION: usize = 75;
/// Characters that are taken of a length: none has as many.
const LENGTH: u64 = 40;

/// The form of a control; `None` for a control that has none. Each
/// input's block is called as the input: errors are shown there.
pub fn form(control: SettingsControl, mirror: &Mirror) -> Option<SlackView> {
    let blocks = match control {
        SettingsControl::Add => vec![section(&words::add(mirror)), length(words::ADD)],
        SettingsControl::Remove => vec![remove(mirror)],
        SettingsControl::Maximum => {
            vec![section(&known::maximum(mirror)), length(words::MAXIMUM)]
        }
        SettingsControl::Standing => {
            vec![section(&known::length("Standing access", mirror.standing.as_ref())), length(words::STANDING)]
        }
        SettingsControl::Approvable => vec![
            section(&known::length("Time until approval", mirror.approvable.as_ref())),
            context(UNDOCUMENTED),
            length(words::APPROVABLE),
        ],
        SettingsControl::Approvals => approvals(mirror.approvals.as_ref()),
        _ => return None,
    };
    let view = SlackModalView::new(plain(words::title(control)).into(), blocks);
    let view = view.with_callback_id(control.as_str().into());
    Some(SlackView::Modal(view.with_submit(plain("Next").into()).with_close(plain("Cancel").into())))
}

fn asked(name: &str, label: &str, element: SlackInputBlockElement) -> SlackInputBlock {
    SlackInputBlock::new(plain(label).into(), element).with_block_id(name.into())
}

fn length(label: &str) -> SlackBlock {
    let typed = SlackBlockPlainTextInputElement::new()
        .with_action_id(input::LENGTH.into())
        .with_placeholder(plain("4h").into())
        .with_max_length(LENGTH);
    asked(input::LENGTH, label, typed.into()).with_hint(plain(words::UNITS).into()).into()
}

/// A select of what can be picked; where that is nothing, or more than a select holds, the length is typed.
fn remove(mirror: &Mirror) -> SlackBlock {
    let mut lengths: Vec<ExpirationLength> = Vec::new();
    let mut options = Vec::new();
    for Known { value, .. } in &mirror.presets {
        if !lengths.contains(&value.length) {
            lengths.push(value.length);
            options.push(option(value));
        }
    }
    if options.is_empty() || options.len() > MOST_OPTIONS {
        return length(words::REMOVE);
    }
    let select = SlackBlockStaticSelectElement::new()
        .with_action_id(input::LENGTH.into())
        .with_placeholder(plain("Choose a length").into())
        .with_options(options);
    asked(input::LENGTH, words::REMOVE, select.into()).into()
}

fn option(span: &Span) -> SlackBlockChoiceItem<SlackBlockPlainTextOnly> {
    let text = words::option(span, OPTION);
    SlackBlockChoiceItem::new(plain(&text).into(), SettingLength::of(span.length).to_string())
}

fn approvals(known: Option<&Known<Approvals>>) -> Vec<SlackBlock> {
    let asks = |name: &str, label: &str, now: Option<bool>| -> SlackBlock {
        let select = SlackBlockStaticSelectElement::new()
            .with_action_id(name.into())
            .with_placeholder(plain("On or off").into())
            .with_options(vec![on_or_off(true), on_or_off(false)])
            .opt_initial_option(now.map(on_or_off));
        asked(name, label, select.into()).into()
    };
    vec![
        section(&known::approvals(known)),
        context(UNDOCUMENTED),
        asks(input::ONE_PARTY, words::ONE_PARTY, known.map(|known| known.value.one_party)),
        asks(input::REASON, words::REASON, known.map(|known| known.value.require_reason)),
    ]
}

fn on_or_off(on: bool) -> SlackBlockChoiceItem<SlackBlockPlainTextOnly> {
    SlackBlockChoiceItem::new(plain(words::on_or_off(on)).into(), switch(on).to_owned())
}
