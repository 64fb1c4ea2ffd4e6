//! All that is known of P0's settings, and a button for each thing that can be changed.

use slack_morphism::prelude::{SlackActionBlockElement, SlackActionsBlock, SlackBlock, SlackModalView, SlackView};

use super::controls;
use super::lines::sections;
use crate::domain::jit::control::SettingsControl;
use crate::domain::jit::mirror::Mirror;
use crate::ledger::jit::cards::Policy;
use crate::notify::message::{context, plain, section};
use crate::notify::wording::jit::{UNDOCUMENTED, effects, known};

/// Characters of the list.
const LIST: usize = 30_000;
/// Characters of what is in doubt.
const DOUBTS: usize = 6000;

/// The modal that shows it.
pub fn modal(mirror: &Mirror, policy: &Policy) -> SlackView {
    let mut blocks = vec![section(known::INTRODUCTION)];
    if !policy.has_key {
        blocks.push(section(known::NO_KEY));
    }
    let doubts: Vec<String> = mirror.doubts.iter().map(known::doubt).collect();
    blocks.extend(sections(&doubts, DOUBTS));
    let mut lines = vec!["*Lengths that people can pick*".to_owned()];
    lines.extend(known::presets(mirror));
    blocks.extend(sections(&lines, LIST));
    blocks.extend(known::listed(mirror).map(|line| context(&line)));
    let offer = |blocks: &mut Vec<SlackBlock>, elements: Vec<SlackActionBlockElement>| {
        if policy.has_key {
            blocks.push(SlackActionsBlock::new(elements).into());
        }
    };
    offer(
        &mut blocks,
        vec![
            controls::plain(SettingsControl::Add, "Add…"),
            controls::plain(SettingsControl::Remove, "Remove…"),
            controls::reset(),
        ],
    );
    let put_back = mirror.put_back();
    if let Some(before) = &mirror.before_reset {
        blocks.push(section(&known::before_reset(before)));
        blocks.extend(effects::impossible(&put_back.impossible).map(|sentence| context(&sentence)));
        if !put_back.changes.is_empty() {
            offer(&mut blocks, vec![controls::plain(SettingsControl::PutBack, "Put back…")]);
        }
    }
    blocks.push(section(&known::maximum(mirror)));
    offer(&mut blocks, vec![controls::plain(SettingsControl::Maximum, "Set longest grant…")]);
    blocks.push(section(&known::length("Standing access", mirror.standing.as_ref())));
    offer(&mut blocks, vec![controls::plain(SettingsControl::Standing, "Set standing…")]);
    blocks.push(section(&known::length("Time until approval", mirror.approvable.as_ref())));
    blocks.push(context(UNDOCUMENTED));
    offer(&mut blocks, vec![controls::plain(SettingsControl::Approvable, "Set time to approve…")]);
    if policy.approvals {
        blocks.push(section(&known::approvals(mirror.approvals.as_ref())));
        blocks.push(context(UNDOCUMENTED));
        offer(&mut blocks, vec![controls::plain(SettingsControl::Approvals, "Set approvals…")]);
    }
    let view = SlackModalView::new(plain("P0 settings").into(), blocks);
    let view = view.with_callback_id(SettingsControl::Open.as_str().into());
    SlackView::Modal(view.with_close(plain("Close").into()))
}
