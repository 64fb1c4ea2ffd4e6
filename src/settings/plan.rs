//! What `settings apply` is going to do: the changes in their order, what each does, and what there is to know first.

use serde_json::{Value, json};

use super::{Known, file, outcome, show, words};
use crate::clock::Clock;
use crate::domain::expiration::ExpirationLength;
use crate::domain::jit::author::Author;
use crate::domain::jit::change::{Change, Said};
use crate::domain::jit::effects::{Before, Weight};
use crate::domain::jit::known::Source;
use crate::domain::jit::lengths::Lengths;
use crate::domain::jit::mirror::Mirror;
use crate::domain::jit::proposal::Item;
use crate::domain::jit::wanted::Wanted;

/// A plan.
pub(super) struct Plan {
    /// What is changed, in this order.
    pub(super) steps: Vec<Step>,
    /// What there is to know first.
    pub(super) notes: Vec<String>,
    /// What may be granted afterwards.
    then: Lengths,
    /// Others are carried out first.
    is_after_others: bool,
}

/// One change.
pub(super) struct Step {
    /// Which, and how that which it is about was.
    pub(super) item: Item,
    weight: Weight,
    /// P0 takes nothing that would make it as it is again.
    is_for_good: bool,
}

impl Plan {
    /// What makes P0's settings as wanted once all that is on its way has come about. Each step is weighed by what is
    /// there when its turn comes.
    pub(super) fn new(known: &Known, wanted: &Wanted, clock: &Clock) -> Self {
        let mut then = known.mirror.clone();
        for decision in known.on_the_way.iter().flat_map(outcome::under_way) {
            then.take(&decision.item.change, &Said::Taken, &Author::Operator, clock.now());
        }
        let mut steps = Vec::new();
        for change in then.needed(wanted) {
            let is_for_good = match &change {
                Change::Remove { length } => {
                    then.preset(length.length()).is_some_and(|entry| entry.value.sendable().is_none())
                }
                _ => false,
            };
            let item = Item { change, before: then.before(&change) };
            steps.push(Step { item, weight: then.weight(&change), is_for_good });
            then.take(&change, &Said::Taken, &Author::Operator, clock.now());
        }
        let is_after_others = !known.on_the_way.is_empty();
        Self { steps, notes: notes(known, &then, wanted), then: then.lengths(), is_after_others }
    }

    /// The changes in their order.
    pub(super) fn changes(&self) -> Vec<Change> {
        self.steps.iter().map(|step| step.item.change).collect()
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut lines: Vec<String> = self.notes.iter().map(|note| format!("note: {note}")).collect();
        match self.steps.len() {
            0 if self.is_after_others => lines.push("and nothing more to change".to_owned()),
            0 => lines.push("P0's settings are as the file says, as far as is known: nothing to change".to_owned()),
            1 => lines.push("one change of P0's settings:".to_owned()),
            n => lines.push(format!("{n} changes of P0's settings, in this order:")),
        }
        let whats: Vec<String> = self.steps.iter().map(|step| words::before_after(&step.item)).collect();
        let width = whats.iter().map(|what| what.chars().count()).max().unwrap_or_default();
        for (place, (step, what)) in self.steps.iter().zip(&whats).enumerate() {
            let remarks = step.remarks().join("; ");
            lines.push(format!("{:>3}. {what:<width$}  {remarks}", place + 1).trim_end().to_owned());
        }
        if !self.steps.is_empty() {
            lines.push(format!("then {}", words::offered(&self.then)));
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }
}

impl Step {
    /// What somebody should think of before.
    fn remarks(&self) -> Vec<&'static str> {
        let loosens = match &self.item.change {
            _ if !self.weight.loosens => None,
            Change::Maximum { .. } => Some("loosens: longer grants become possible"),
            Change::Add { .. } => Some("loosens: longer than the maximum"),
            Change::Standing { .. } => Some("loosens: persistent access needs a new approval later"),
            Change::Approvable { .. } => Some("loosens: a request can be approved later"),
            Change::Approvals(wanted) if wanted.one_party => Some("loosens: people may approve their own requests"),
            _ => Some("loosens: a request needs no reason"),
        };
        let shortens = self.weight.takes_away.then_some("P0 has no undo: longer grants are no longer possible");
        let for_good = self.is_for_good.then_some("P0 takes nothing that would bring it back");
        let unpublished = (!self.item.change.is_documented()).then_some("not in what P0 publishes: it may refuse this");
        [loosens, shortens, for_good, unpublished].into_iter().flatten().collect()
    }

    /// For programs; what became of it is put beside it.
    pub(super) fn json(&self, outcome: Option<Value>) -> Value {
        let length = |length: ExpirationLength| json!(length.to_string());
        let before = match &self.item.before {
            Before::Length(before) => before.map(length),
            Before::Approvals(before) => before.map(show::approvals),
            Before::Listed(_) | Before::List(_) => None,
        };
        let (before, after) = match &self.item.change {
            Change::Add { length: added } => (None, Some(length(added.length()))),
            Change::Remove { length: removed } => (Some(length(removed.length())), None),
            Change::Reset => (None, None),
            Change::Maximum { length: set } | Change::Standing { length: set } | Change::Approvable { length: set } => {
                (before, Some(length(set.length())))
            }
            Change::Approvals(wanted) => (before, Some(show::approvals(*wanted))),
        };
        json!({
            "change": self.item.change.name(), "before": before, "after": after, "loosens": self.weight.loosens,
            "takes_away": self.weight.takes_away || self.is_for_good, "outcome": outcome,
        })
    }
}

fn notes(Known { mirror: known, asked, on_the_way, note }: &Known, then: &Mirror, wanted: &Wanted) -> Vec<String> {
    let mut notes: Vec<String> = note.iter().map(|note| note.trim_end().to_owned()).collect();
    notes.extend(on_the_way.iter().map(words::on_the_way));
    if wanted.presets.is_some() && known.listed == Source::Assumed {
        let presets = words::listed(known.presets.iter().map(|entry| &entry.value));
        notes.push(format!(
            "nobody has said which lengths P0 has: {presets} is only assumed; `p0-chatops settings import` states it"
        ));
    }
    if wanted.presets.is_some() && known.unread > 0 {
        notes.push(format!("{} of P0's list could not be read, and stay", known.unread));
    }
    notes.extend(words::cap(known));
    notes.extend(known.doubts.iter().map(words::doubt));
    if known.doubts.iter().any(|doubt| doubt.change == Change::Reset) {
        notes.push(
            "nothing that is sent settles a reset: state what P0 has, with `p0-chatops settings import`".to_owned(),
        );
    }
    let is_about_them = wanted.presets.is_some() || wanted.maximum.is_some();
    let too_long = then.presets.iter().filter(|entry| is_about_them && entry.value.length > then.least_maximum());
    notes.extend(
        too_long
            .map(|entry| format!("{} is longer than the maximum: it will not be offered", file::short(&entry.value))),
    );
    let maximum = then.lengths().maximum;
    let longer = asked.iter().filter(|asked| **asked > maximum).count();
    if maximum < known.lengths().maximum && longer > 0 {
        let ask = if longer == 1 { "waiting request asks" } else { "waiting requests ask" };
        notes.push(format!("{longer} {ask} for more than {maximum}"));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::assumed_lengths;
    use crate::domain::jit::change::Settings;
    use crate::domain::jit::told::ToldLength;

    #[test]
    fn a_maximum_that_is_held_back_is_a_change_that_loosens() {
        let clock = Clock::stepped();
        let mut mirror = Mirror::assumed(&assumed_lengths());
        let told = ToldLength::read(&json!({ "time": 30, "unit": "d", "value": "30 days" }));
        let settings = Settings { options: Vec::new(), unread: 0, maximum: told, standing: None };
        mirror.take(&Change::Reset, &Said::Settings(settings), &Author::Operator, clock.now());
        let known = Known { mirror, asked: Vec::new(), on_the_way: Vec::new(), note: None };
        let wanted = Wanted { maximum: Some("30d".parse().unwrap()), ..Wanted::default() };
        assert_eq!(
            Plan::new(&known, &wanted, &clock).text(),
            "note: P0 said 30d by itself, and nobody agreed to that: no more than 24h is granted until it is set\n\
             one change of P0's settings:\n  1. maximum 30d, once more  loosens: longer grants become possible\n\
             then approvers are offered no preset, and may grant up to 30d\n"
        );
    }
}
