//! What waits for one person, as a list to decide from.

use jiff::Timestamp;
use slack_morphism::prelude::{SlackActionBlockElement, SlackActionsBlock, SlackBlock, SlackModalView, SlackView};

use super::message::{context, plain, plain_section, section};
use super::{Offer, controls, replies, wording};
use crate::domain::control::Control;
use crate::domain::home::PAGE;
use crate::domain::request::Request;
use crate::domain::route::risk::Risk;
use crate::ledger::requests::Kept;
use crate::ledger::worklist::Waiting;

/// What waits, as far as one person may decide it.
#[derive(Clone, Debug, Default)]
pub struct Worklist {
    /// What waits for the person: what they were told of first.
    pub lines: Vec<Line>,
    /// How many requests wait that only others can decide.
    pub others: usize,
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
    /// Of all that waits, what is left for somebody; `is_own` says what they may not approve because it is theirs.
    pub fn of(offer: &Offer, waiting: Vec<Waiting>, is_own: impl Fn(&Request) -> bool, now: Timestamp) -> Self {
        let count = waiting.len();
        let lines: Vec<Line> = waiting
            .into_iter()
            .filter_map(|Waiting { kept, was_told, named }| {
                let demands = offer.routes.demands(&kept.request, now, None);
                let theirs = demands.only_of.is_subset(&named) && !is_own(&kept.request);
                theirs.then_some(Line { kept, was_told, risk: demands.risk })
            })
            .collect();
        Self { others: count - lines.len(), lines }
    }

    /// What is said below the list.
    pub(super) fn hint(&self) -> Option<SlackBlock> {
        (self.others > 0).then(|| context(&wording::home::wait_for_others(self.others)))
    }
}

impl Line {
    /// For whom, what, for how long, its id, and whether the person was told; plain text.
    pub(super) fn text(&self) -> String {
        let told = if self.was_told { wording::home::YOU_WERE_TOLD } else { "" };
        format!("{}{told}", replies::listed(&self.kept))
    }

    fn controls(&self, offer: &Offer, nth: usize) -> Vec<SlackActionBlockElement> {
        let Kept { key, request, .. } = &self.kept;
        let mut elements = Vec::new();
        match self.risk {
            Risk::NotFromChat => elements.extend(controls::link(offer, &request.id, "Decide in P0")),
            _ => elements.push(controls::pick(key, "Approve…", None)),
        }
        elements.extend([controls::deny(key), controls::more(key)]);
        elements.into_iter().map(|element| controls::in_list(element, &nth.to_string())).collect()
    }
}

/// The modal in which somebody decides from a list; `None` for somebody who may not read it.
pub fn modal(offer: &Offer, worklist: Option<&Worklist>) -> SlackView {
    let mut blocks = Vec::new();
    match worklist {
        None => blocks.push(section(wording::home::NOT_YOURS)),
        Some(worklist) => {
            blocks.push(section(&wording::home::waiting(worklist.lines.len())));
            for (nth, line) in worklist.lines.iter().take(PAGE).enumerate() {
                blocks.push(plain_section(&line.text()));
                blocks.push(SlackActionsBlock::new(line.controls(offer, nth)).into());
            }
            if worklist.lines.len() > PAGE {
                blocks.push(context(&wording::home::more_on_home(PAGE, &offer.command)));
            }
            blocks.extend(worklist.hint());
        }
    }
    let view = SlackModalView::new(plain("Decide on requests").into(), blocks);
    SlackView::Modal(view.with_callback_id(Control::Decide.as_str().into()).with_close(plain("Close").into()))
}
