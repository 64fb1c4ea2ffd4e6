//! What waits for one person, as a list to decide from.

use jiff::Timestamp;
use slack_morphism::prelude::{SlackActionBlockElement, SlackActionsBlock, SlackBlock, SlackModalView, SlackView};

use super::message::{context, plain, plain_section, section};
use super::{Offer, controls, replies, wording};
use crate::domain::control::Control;
use crate::domain::home::PAGE;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::route::risk::Risk;
use crate::ledger::requests::Kept;
use crate::ledger::worklist::{MOST, Waiting};

/// What waits, as far as one person may decide it.
#[derive(Clone, Debug, Default)]
pub struct Worklist {
    /// What waits for the person: what they were told of first.
    pub lines: Vec<Line>,
    /// How many requests wait that only others can decide.
    pub others: usize,
    /// Whether more may wait than were looked at.
    pub is_cut: bool,
    /// Why only that is listed which the person was told of.
    pub withheld: Option<Refusal>,
}

/// One request that waits.
#[derive(Clone, Debug)]
pub struct Line {
    /// The request.
    pub kept: Kept,
    /// Whether the person was told of it.
    pub was_told: bool,
    /// How much care an approve asks for.
    risk: Risk,
}

impl Worklist {
    /// Of all that waits, what is left for somebody: not what they may not approve because it `is_own`, and only what
    /// they were told of where the rest is `withheld`.
    pub fn of(
        offer: &Offer,
        waiting: Vec<Waiting>,
        is_own: impl Fn(&Request) -> bool,
        withheld: Option<Refusal>,
        now: Timestamp,
    ) -> Self {
        let is_cut = waiting.len() >= MOST;
        let mut list = Self { is_cut, withheld, ..Self::default() };
        for Waiting { kept, was_told, named } in waiting {
            if is_own(&kept.request) || (list.withheld.is_some() && !was_told) {
                continue;
            }
            let demands = offer.routes.demands(&kept.request, now, None);
            match demands.only_of.is_subset(&named) {
                true => list.lines.push(Line { kept, was_told, risk: demands.risk }),
                false => list.others += 1,
            }
        }
        list
    }

    /// What is said above the list.
    pub(super) fn heading(&self) -> Vec<SlackBlock> {
        let withheld = self.withheld.as_ref().map(|why| section(&wording::home::withheld(why)));
        let count = (self.withheld.is_none() || !self.lines.is_empty())
            .then(|| section(&wording::home::waiting(self.lines.len(), self.is_cut)));
        withheld.into_iter().chain(count).collect()
    }

    /// What is said below the list.
    pub(super) fn hint(&self) -> Option<SlackBlock> {
        (self.others > 0).then(|| context(&wording::home::wait_for_others(self.others, self.is_cut)))
    }
}

impl Line {
    /// For whom, what, for how long, its id, and whether the person was told; plain text.
    pub(super) fn text(&self) -> String {
        let told = if self.was_told { wording::home::YOU_WERE_TOLD } else { "" };
        format!("{}{told}", replies::listed(&self.kept))
    }

    fn controls(&self, offer: &Offer, nth: usize) -> Vec<SlackActionBlockElement> {
        let key = &self.kept.key;
        let mut elements = Vec::new();
        match self.risk {
            Risk::NotFromChat => elements.extend(controls::lead_to_p0(offer, &self.kept, "Decide in P0")),
            _ => elements.push(controls::pick(key, "Approve…", None)),
        }
        elements.extend([controls::deny(key), controls::more(key)]);
        elements.into_iter().map(|element| controls::in_list(element, &nth.to_string())).collect()
    }
}

/// The modal in which somebody decides from a list.
pub fn modal(offer: &Offer, worklist: &Worklist) -> SlackView {
    let mut blocks = worklist.heading();
    if worklist.withheld == Some(Refusal::NotLinked) {
        blocks.push(SlackActionsBlock::new(vec![controls::link_account(wording::linking::LINK)]).into());
    }
    for (nth, line) in worklist.lines.iter().take(PAGE).enumerate() {
        blocks.push(plain_section(&line.text()));
        blocks.push(SlackActionsBlock::new(line.controls(offer, nth)).into());
    }
    if worklist.lines.len() > PAGE {
        blocks.push(context(&wording::home::more_on_home(PAGE, &offer.command)));
    }
    blocks.extend(worklist.hint());
    let view = SlackModalView::new(plain("Decide on requests").into(), blocks);
    SlackView::Modal(view.with_callback_id(Control::Decide.as_str().into()).with_close(plain("Close").into()))
}
