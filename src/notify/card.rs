//! The card: what is asked, by whom and for whom, why, for how long, since when; where it stands; what can be done.

use jiff::Timestamp;
use slack_morphism::prelude::{SlackActionBlockElement, SlackActionsBlock, SlackBlock};

use super::message::{Message, context, header, plain_section, section};
use super::{Offer, controls, foreign, wording};
use crate::domain::decision::{Choice, Decision, Stage, Verb};
use crate::domain::facts::Facts;
use crate::domain::phase::Phase;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::route::risk::Risk;
use crate::domain::rules::Bounds;
use crate::domain::status::{Closing, Ending};
use crate::ledger::cards::CardFacts;
use crate::ledger::copies::Audience;

/// Characters of a reason on a card; all of it is behind "More".
const REASON: usize = 1000;
/// Rows of P0's that a card shows; all are behind "More".
const ROWS: usize = 8;
/// Decisions under way that a card shows.
const MOST_UNDER_WAY: usize = 4;

/// Draws the card as it stands now.
pub fn draw(offer: &Offer, card: &CardFacts, audience: &Audience, now: Timestamp) -> Message {
    let request = &card.kept.request;
    let under_way: Vec<&Decision> = card.decisions.iter().filter(|d| is_under_way(d)).collect();
    let text = match audience {
        Audience::Requester | Audience::Own(_) => wording::request::requester_sentence(request),
        _ => wording::request::card_sentence(request, first_to_name(&under_way)),
    };
    let is_own = matches!(audience, Audience::Requester | Audience::Own(_));
    Message { text, blocks: blocks(offer, card, &under_way, is_own, Surface::Message, now) }
}

/// The same in a modal, in which no length is chosen with one press; `is_own` where only the requester's is offered.
pub(super) fn in_modal(offer: &Offer, card: &CardFacts, is_own: bool, now: Timestamp) -> Vec<SlackBlock> {
    let under_way: Vec<&Decision> = card.decisions.iter().filter(|d| is_under_way(d)).collect();
    blocks(offer, card, &under_way, is_own, Surface::Modal, now)
}

/// Where a card is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Surface {
    Message,
    Modal,
}

fn blocks(
    offer: &Offer,
    card: &CardFacts,
    under_way: &[&Decision],
    is_own: bool,
    surface: Surface,
    now: Timestamp,
) -> Vec<SlackBlock> {
    let request = &card.kept.request;
    let mut blocks = vec![
        header(&format!("Access request: {}", foreign::line(&wording::what(&request.facts), 120))),
        plain_section(&facts(request)),
    ];
    if let Some(reason) = &request.facts.reason {
        blocks.push(plain_section(&format!("Why: {}", foreign::line(reason, REASON))));
    }
    blocks.extend(standing(request, &card.decisions, under_way, now));
    if let (Some(watch), false) = (&card.watch, request.phase.is_decided()) {
        let lines = match is_own {
            true => wording::watch::lines_for_requester(watch, &card.told, now),
            false => wording::watch::lines(watch, &card.told, now),
        };
        blocks.extend(lines.iter().map(|line| context(line)));
        if !is_own && watch.is_unsure(&offer.routes) {
            blocks.push(context(&wording::watch::unsure(watch)));
        }
    }
    if let Some(at) = request.times.requested.or(Some(request.first_seen)) {
        blocks.push(context(&format!("Asked {}", wording::date(at))));
    }
    let bounds = offer.bounds(card, None, now);
    let elements = if is_own { for_requester(card) } else { for_approvers(offer, card, &bounds, under_way, surface) };
    if !elements.is_empty() {
        blocks.push(SlackActionsBlock::new(elements).into());
    }
    blocks
}

fn is_under_way(decision: &Decision) -> bool {
    matches!(decision.stage, Stage::Recorded | Stage::Sending { .. } | Stage::Unknown { .. })
}

/// What is being sent says more than what is unknown, and that more than what waits.
fn first_to_name<'d>(under_way: &[&'d Decision]) -> Option<&'d Decision> {
    let weight = |decision: &&&Decision| match decision.stage {
        Stage::Sending { .. } => 0,
        Stage::Unknown { .. } => 1,
        _ => 2,
    };
    under_way.iter().min_by_key(weight).copied()
}

/// The facts, a line each; plain text, so that nothing in them formats.
pub(super) fn facts(request: &Request) -> String {
    let Facts { permission, display, .. } = &request.facts;
    let mut lines = parties(request);
    match display.as_deref() {
        Some(rows) if !rows.is_empty() => lines.extend(
            rows.iter()
                .take(ROWS)
                .map(|row| format!("{}: {}", foreign::line(&row.label, 60), foreign::line(&row.content, 150))),
        ),
        _ => lines.extend(permission.as_ref().map(|text| format!("Permission: {}", foreign::line(text, 300)))),
    }
    lines.push(format!("How long: {}", how_long(request)));
    lines.push(format!("Request {}", foreign::line(request.id.as_str(), 300)));
    lines.join("\n")
}

/// For whom, and by whom: a line each.
pub(super) fn parties(request: &Request) -> Vec<String> {
    let mut lines = vec![format!("For {}", foreign::line(wording::principal(&request.facts), 120))];
    lines.extend(request.facts.requester.as_ref().map(|who| format!("Asked by {}", foreign::line(who, 120))));
    lines
}

/// The length asked for, in words where it can be read, else as P0 sent it.
pub(super) fn how_long(request: &Request) -> String {
    match request.facts.asked_length() {
        Some(length) => length.in_words(),
        None => request.facts.duration.as_deref().map_or_else(|| "not said".to_owned(), |text| foreign::line(text, 60)),
    }
}

/// Why it was denied, in the words of whoever did.
pub(super) fn reason_of_denial(request: &Request) -> Option<SlackBlock> {
    let Phase::Ended { how: Ending::Denied, reason: Some(reason), .. } = &request.phase else { return None };
    Some(plain_section(&format!("Reason: {}", foreign::line(reason, REASON))))
}

fn standing(request: &Request, decisions: &[Decision], under_way: &[&Decision], now: Timestamp) -> Vec<SlackBlock> {
    let mut blocks = Vec::new();
    if let Some(at) = request.changed.filter(|_| !request.phase.is_decided()) {
        blocks.push(section(&format!(":pencil2: *Changed* {}: read it again before you choose.", wording::date(at))));
    }
    // While something is under way for a request that nobody has decided, that is the news.
    if request.phase != Phase::Pending || under_way.is_empty() {
        blocks.push(section(&wording::request::phase(request, now)));
    }
    blocks.extend(reason_of_denial(request));
    if let Some(status) = &request.unknown_status {
        blocks.push(plain_section(&format!("P0 calls its status {}", foreign::line(status, 80))));
    }
    for decision in under_way.iter().take(MOST_UNDER_WAY) {
        blocks.extend(wording::decision::under_way(decision, now).map(|line| section(&line)));
        blocks.extend(wording::decision::words_of_answer(&decision.stage).map(|words| plain_section(&words)));
    }
    blocks.extend(decisions.iter().filter_map(wording::decision::held).take(MOST_UNDER_WAY).map(|line| context(&line)));
    // The latest decision that did not count is news until what it was about is done. What the bot itself refused is
    // news for its author alone, and takes no other's place; nor does what waits for a sign-in.
    let open = |last: &&Decision| match last.choice.verb() {
        Verb::Approve | Verb::Deny => !request.phase.is_decided(),
        Verb::Revoke => !request.phase.is_ended(),
    };
    let was_sent = |decision: &&Decision| match &decision.stage {
        Stage::Refused { refusal, .. } => matches!(refusal, Refusal::P0 { .. }),
        Stage::Held { .. } => false,
        _ => true,
    };
    if let Some(last) = decisions.iter().rfind(was_sent).filter(open) {
        blocks.extend(wording::decision::remark(last).map(|line| section(&line)));
        if matches!(last.stage, Stage::Refused { .. }) {
            blocks.extend(wording::decision::words_of_answer(&last.stage).map(|words| plain_section(&words)));
        }
    }
    blocks
}

fn for_requester(card: &CardFacts) -> Vec<SlackActionBlockElement> {
    let request = &card.kept.request;
    match request.phase {
        Phase::Approved(_) | Phase::Active(_) => {
            vec![controls::revoke(&card.kept.key, &request.facts, "Revoke: I'm done")]
        }
        _ => Vec::new(),
    }
}

fn for_approvers(
    offer: &Offer,
    card: &CardFacts,
    bounds: &Bounds,
    under_way: &[&Decision],
    surface: Surface,
) -> Vec<SlackActionBlockElement> {
    let (request, key) = (&card.kept.request, &card.kept.key);
    let facts = &request.facts;
    let approving = |stage: fn(&Stage) -> bool| {
        under_way.iter().find_map(|decision| match decision.choice {
            Choice::Approve { length } if stage(&decision.stage) => Some(length),
            _ => None,
        })
    };
    let lost = approving(|stage| matches!(stage, Stage::Unknown { .. }));
    let on_its_way = approving(|stage| !matches!(stage, Stage::Unknown { .. }));
    let any_lost = under_way.iter().any(|decision| matches!(decision.stage, Stage::Unknown { .. }));
    let revoking =
        under_way.iter().any(|d| d.choice.verb() == Verb::Revoke && !matches!(d.stage, Stage::Unknown { .. }));
    let is_for_p0 = bounds.demands.risk == Risk::NotFromChat;
    let mut elements = Vec::new();
    match &request.phase {
        Phase::Pending => {
            match (on_its_way, lost) {
                _ if is_for_p0 => elements.extend(controls::lead_to_p0(offer, &card.kept, "Decide in P0")),
                (Some(_), _) => {}
                (None, Some(length)) => elements.push(controls::try_again(&bounds.demands.risk, key, facts, length)),
                (None, None) if bounds.demands.risk == Risk::High || surface == Surface::Modal => {
                    elements.push(controls::pick(key, "Approve…", None))
                }
                (None, None) => {
                    elements.push(controls::approve(key, facts, bounds.first(facts)));
                    elements.extend(controls::approve_for(&bounds.lengths, key, facts));
                }
            }
            elements.push(controls::deny(key));
            if on_its_way.is_none() {
                elements.push(controls::claim(key));
            }
            if on_its_way.is_some() || any_lost {
                elements.push(controls::revoke(key, facts, "Revoke"));
            }
        }
        Phase::Approved(_) | Phase::Active(_) if !revoking => elements.push(controls::revoke(key, facts, "Revoke")),
        Phase::Closing { how: Closing::Expiring | Closing::CleaningUp | Closing::Stuck, .. } if !revoking => {
            elements.push(controls::revoke(key, facts, "Revoke"));
        }
        Phase::Approved(_) | Phase::Active(_) | Phase::Closing { .. } | Phase::Ended { .. } => {}
    }
    if any_lost && !is_for_p0 {
        elements.extend(controls::lead_to_p0(offer, &card.kept, "Check in P0"));
    }
    elements.push(controls::more(key));
    if is_for_p0 && request.phase.is_decided() {
        elements.extend(controls::lead_to_p0(offer, &card.kept, "Open in P0"));
    }
    elements
}
