//! A change before it is one: before → after, and what it does to people.

use slack_morphism::prelude::{
    SlackBlock, SlackBlockPlainTextInputElement, SlackInputBlock, SlackModalView, SlackView,
};

use super::lines::sections;
use super::{controls, lines};
use crate::domain::card_key::ControlValue;
use crate::domain::jit::change::Change;
use crate::domain::jit::control::{SettingsControl, input};
use crate::ledger::jit::cards::{Policy, SettingsCard};
use crate::notify::message::{Message, context, header, plain, section};
use crate::notify::wording::jit::{self as words, UNDOCUMENTED, effects};

/// Characters of the changes: each has its line, and a message that is too long for Slack is not shown at all.
const CHANGES: usize = 6000;
/// Characters of what they do.
const EFFECTS: usize = 5000;

/// The private message that answers a command.
pub fn message(card: &SettingsCard, policy: &Policy) -> Message {
    let proposal = &card.proposal;
    let mut blocks = vec![header(&words::preview_title(&proposal.items))];
    blocks.extend(shown(card, policy));
    blocks.extend(proposal.typed.as_deref().map(|word| section(&effects::typed(word))));
    blocks.push(context(effects::NO_UNDO));
    let text = words::preview_sentence(&proposal.items);
    Message { text, blocks }.with_controls(vec![controls::apply(proposal), controls::cancel(&proposal.key)])
}

/// The same as a modal, in which is typed what has to be.
pub fn modal(card: &SettingsCard, policy: &Policy) -> SlackView {
    let proposal = &card.proposal;
    let mut blocks = vec![section(words::NOT_APPLIED)];
    blocks.extend(shown(card, policy));
    blocks.push(context(effects::NO_UNDO));
    blocks.extend(proposal.typed.as_deref().map(typed));
    let view = SlackModalView::new(plain("Change P0's settings").into(), blocks)
        .with_callback_id(SettingsControl::Apply.as_str().into())
        .with_private_metadata(ControlValue { key: proposal.key.clone(), length: None }.to_string());
    SlackView::Modal(view.with_submit(plain("Apply").into()).with_close(plain("Cancel").into()))
}

fn shown(card: &SettingsCard, policy: &Policy) -> Vec<SlackBlock> {
    let SettingsCard { proposal, mirror, asked, .. } = card;
    let changes: Vec<Change> = proposal.items.iter().map(|item| item.change).collect();
    let items: Vec<String> = proposal.items.iter().map(words::item).collect();
    let put_back = mirror.put_back();
    let before = mirror.before_reset.as_ref().filter(|_| put_back.changes == changes);
    let mut blocks: Vec<SlackBlock> = before.map(|before| section(&effects::puts_back(before))).into_iter().collect();
    blocks.extend(sections(&items, CHANGES));
    blocks.extend(lines::bulleted(effects::effects(mirror, &changes, asked), EFFECTS));
    if before.is_some() {
        blocks.extend(effects::impossible(&put_back.impossible).map(|sentence| section(&sentence)));
    }
    if proposal.needs_second {
        blocks.push(section(&effects::second_admin(&policy.admins, &proposal.by)));
    }
    if changes.iter().any(|change| !change.is_documented()) {
        blocks.push(context(UNDOCUMENTED));
    }
    blocks
}

fn typed(word: &str) -> SlackBlock {
    let element = SlackBlockPlainTextInputElement::new().with_action_id(input::TYPED.into()).with_max_length(40);
    SlackInputBlock::new(plain(&effects::type_it(word)).into(), element.into())
        .with_block_id(input::TYPED.into())
        .with_hint(plain(effects::TYPED_HINT).into())
        .into()
}
