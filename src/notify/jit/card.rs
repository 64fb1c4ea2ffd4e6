//! The card of a change that was applied: who wants what, how far it is, and what P0 said.

use slack_morphism::prelude::{SlackActionBlockElement, SlackBlock};

use super::lines::sections;
use super::{controls, lines};
use crate::domain::jit::change::Change;
use crate::domain::jit::proposal::{ProposalStage, SettingsDecision, SettingsStage};
use crate::ledger::jit::cards::{SettingsAudience, SettingsCard};
use crate::notify::message::{Message, context, header, plain_section, section};
use crate::notify::wording::jit::{self as words, UNDOCUMENTED, effects, standing};

/// Characters of several changes; a message that is too long for Slack is not shown at all.
const CHANGES: usize = 7000;
/// Characters of what they do.
const EFFECTS: usize = 4000;

/// Draws the card as it stands now.
pub fn draw(card: &SettingsCard, audience: &SettingsAudience) -> Message {
    let SettingsCard { proposal, decisions, .. } = card;
    let mut blocks = vec![header(&words::card_title(&proposal.items))];
    match decisions.as_slice() {
        [] | [_] => blocks.extend(sections(&proposal.items.iter().map(words::item).collect::<Vec<_>>(), CHANGES)),
        several => {
            blocks.push(section(&standing::tally(several)));
            blocks.extend(sections(
                &several.iter().map(|one| standing::brief(one, &proposal.by)).collect::<Vec<_>>(),
                CHANGES,
            ));
        }
    }
    blocks.extend(standing::proposal(proposal).map(|line| section(&line)));
    if is_waiting(card) && matches!(audience, SettingsAudience::Admin(_)) {
        // Whoever is asked to agree has to know to what.
        let changes: Vec<Change> = proposal.items.iter().map(|item| item.change).collect();
        blocks.extend(lines::bulleted(effects::effects(&card.mirror, &changes, &card.asked), EFFECTS));
    }
    if let [decision] = decisions.as_slice() {
        blocks.extend(alone(decision, card));
    }
    if proposal.items.iter().any(|item| !item.change.is_documented()) {
        blocks.push(context(UNDOCUMENTED));
    }
    blocks.push(context(&standing::parties(proposal)));
    Message { text: standing::sentence(proposal, decisions), blocks }.with_controls(elements(card, audience))
}

fn alone(decision: &SettingsDecision, card: &SettingsCard) -> Vec<SlackBlock> {
    let mut blocks = vec![section(&standing::decision(decision, &card.proposal.by))];
    blocks.extend(standing::held_back_after(decision, &card.mirror).map(|sentence| section(&sentence)));
    blocks.extend(standing::words(decision).map(|words| plain_section(&words)));
    blocks.extend(standing::tried(decision).map(|tried| plain_section(&tried)));
    blocks
}

fn is_waiting(card: &SettingsCard) -> bool {
    matches!(card.proposal.stage, ProposalStage::Waiting { .. })
}

fn elements(card: &SettingsCard, audience: &SettingsAudience) -> Vec<SlackActionBlockElement> {
    let SettingsCard { proposal, decisions, mirror, .. } = card;
    let is_waiting = is_waiting(card);
    match audience {
        SettingsAudience::Channel(_) => Vec::new(),
        SettingsAudience::Admin(_) if is_waiting => vec![controls::agree(proposal), controls::decline(&proposal.key)],
        SettingsAudience::Admin(_) => Vec::new(),
        SettingsAudience::Author(_) if is_waiting => vec![controls::cancel(&proposal.key)],
        SettingsAudience::Author(_) => {
            let mut elements = Vec::new();
            if decisions.iter().any(|decision| matches!(decision.stage, SettingsStage::Unknown { .. })) {
                elements.push(controls::again(&proposal.key));
            }
            let was_reset = |decision: &SettingsDecision| {
                decision.item.change == Change::Reset
                    && matches!(decision.stage, SettingsStage::Done { .. } | SettingsStage::Unknown { .. })
            };
            if decisions.iter().any(was_reset) && !mirror.put_back().changes.is_empty() {
                elements.push(controls::put_back());
            }
            elements
        }
    }
}
