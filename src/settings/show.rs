//! `settings show`: all that is known, for people and for programs.

use serde_json::{Value, json};

use super::{file, words};
use crate::beside::time;
use crate::domain::jit::author::Author;
use crate::domain::jit::change::{Approvals, Change};
use crate::domain::jit::known::{Known, Source};
use crate::domain::jit::mirror::{BeforeReset, Mirror, Span};

/// A name, what it is, and how that is known.
struct Row {
    name: &'static str,
    value: String,
    how: String,
}

impl Row {
    fn new(name: &'static str, value: impl Into<String>, how: impl Into<String>) -> Self {
        Self { name, value: value.into(), how: how.into() }
    }
}

/// For people: a line for each thing.
pub(super) fn text(mirror: &Mirror) -> String {
    let mut rows = Vec::new();
    for (place, entry) in mirror.presets.iter().enumerate() {
        rows.push(Row::new(if place == 0 { "presets" } else { "" }, file::short(&entry.value), preset(mirror, entry)));
    }
    if mirror.presets.is_empty() {
        rows.push(Row::new("presets", "none", ""));
    }
    rows.push(Row::new("listed", "all", words::how(&mirror.listed)));
    rows.push(length("maximum", Some(&mirror.maximum)));
    rows.push(length("standing", mirror.standing.as_ref()));
    rows.push(length("approvable", mirror.approvable.as_ref()));
    rows.push(match &mirror.approvals {
        Some(known) => Row::new("approvals", words::approvals(known.value), words::how_known(known)),
        None => Row::new("approvals", "?", words::NOT_KNOWN),
    });
    let width = rows.iter().map(|row| row.value.chars().count()).max().unwrap_or_default();
    let rows =
        rows.iter().map(|Row { name, value, how }| format!("{name:<11} {value:<width$}  {how}").trim_end().to_owned());
    rows.chain(notes(mirror)).map(|line| line + "\n").collect()
}

fn length(name: &'static str, known: Option<&Known<Span>>) -> Row {
    match known {
        Some(known) => Row::new(name, file::short(&known.value), told(known)),
        None => Row::new(name, "?", words::NOT_KNOWN),
    }
}

fn told(known: &Known<Span>) -> String {
    let name = known.value.told.as_ref().map(|told| format!("; {}", words::p0s_name(told.value())));
    format!("{}{}", words::how_known(known), name.unwrap_or_default())
}

fn preset(mirror: &Mirror, entry: &Known<Span>) -> String {
    let why_not = if mirror.lengths().offers(entry.value.length) {
        ""
    } else if entry.value.length > mirror.least_maximum() {
        "; not offered: longer than the maximum"
    } else {
        "; not offered: in doubt"
    };
    format!("{}{why_not}", told(entry))
}

fn notes(mirror: &Mirror) -> Vec<String> {
    let mut notes: Vec<String> =
        mirror.doubts.iter().map(|doubt| format!("in doubt    {}", words::doubt(doubt))).collect();
    notes.extend(words::cap(mirror).map(|cap| format!("held back   {cap}")));
    if mirror.unread > 0 {
        notes.push(format!("unread      {} of P0's list could not be read", mirror.unread));
    }
    if let Some(BeforeReset { at, presets, .. }) = &mirror.before_reset {
        let presets = words::listed(presets.iter().map(|entry| &entry.value));
        notes.push(format!("before      {presets} could be picked until the reset of {}", time(*at)));
    }
    notes
}

/// For programs.
pub(super) fn json(mirror: &Mirror) -> Value {
    let lengths = mirror.lengths();
    let presets: Vec<Value> = mirror
        .presets
        .iter()
        .map(|entry| {
            let mut value = span(entry);
            value["offered"] = lengths.offers(entry.value.length).into();
            value
        })
        .collect();
    let doubts = mirror
        .doubts
        .iter()
        .map(|doubt| json!({ "change": change(&doubt.change), "by": by(&doubt.by), "at": time(doubt.at) }));
    let before_reset = mirror.before_reset.as_ref().map(|before| {
        json!({
            "at": time(before.at),
            "presets": before.presets.iter().map(span).collect::<Vec<_>>(),
            "maximum": span(&before.maximum),
            "standing": before.standing.as_ref().map(span),
        })
    });
    json!({
        "presets": presets,
        "listed": source(&mirror.listed),
        "unread": mirror.unread,
        "maximum": span(&mirror.maximum),
        "cap": mirror.cap.map(|cap| cap.to_string()),
        "standing": mirror.standing.as_ref().map(span),
        "approvable": mirror.approvable.as_ref().map(span),
        "approvals": mirror.approvals.as_ref().map(|known| with_source(approvals(known.value), known)),
        "doubts": doubts.collect::<Vec<_>>(),
        "before_reset": before_reset,
        "offered": {
            "presets": lengths.presets.iter().map(|preset| preset.length.to_string()).collect::<Vec<_>>(),
            "maximum": lengths.maximum.to_string(),
        },
    })
}

/// A change, for programs: its name, and what it is about.
pub(super) fn change(change: &Change) -> Value {
    let about = match change {
        Change::Add { length }
        | Change::Remove { length }
        | Change::Maximum { length }
        | Change::Standing { length }
        | Change::Approvable { length } => json!(length.to_string()),
        Change::Reset => Value::Null,
        Change::Approvals(wanted) => approvals(*wanted),
    };
    json!({ "name": change.name(), "to": about })
}

/// What approvals ask for, for programs.
pub(super) fn approvals(Approvals { one_party, require_reason }: Approvals) -> Value {
    json!({ "one_party": one_party, "require_reason": require_reason })
}

fn span(known: &Known<Span>) -> Value {
    let Span { length, told, .. } = &known.value;
    let value = told.as_ref().map(|told| told.value());
    with_source(json!({ "length": length.to_string(), "minutes": length.minutes(), "value": value }), known)
}

fn with_source<T>(mut value: Value, known: &Known<T>) -> Value {
    value["source"] = source(&known.source);
    value["not_said"] = known.not_said.map(time).into();
    value
}

fn source(source: &Source) -> Value {
    let (how, author, at) = match source {
        Source::Assumed => ("assumed", None, None),
        Source::Stated { at } => ("stated", None, Some(at)),
        Source::Imported { at } => ("imported", None, Some(at)),
        Source::Taken { by, at } => ("taken", Some(by), Some(at)),
        Source::Sent { by, at } => ("sent", Some(by), Some(at)),
        Source::Told { by, at } => ("told", Some(by), Some(at)),
    };
    json!({ "how": how, "by": author.map(by), "at": at.map(|at| time(*at)) })
}

/// A Slack user's id, or `operator`.
fn by(author: &Author) -> &str {
    author.user().map_or("operator", |user| user.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::assumed_lengths;
    use crate::domain::jit::change::{Said, Settings};
    use crate::domain::jit::told::ToldLength;

    #[test]
    fn a_longer_maximum_that_nobody_agreed_to_is_shown_with_what_is_granted() {
        let mut mirror = Mirror::assumed(&assumed_lengths());
        let told = ToldLength::read(&json!({ "time": 30, "unit": "d", "value": "30 days" }));
        let settings = Settings { options: Vec::new(), unread: 0, maximum: told, standing: None };
        mirror.take(&Change::Reset, &Said::Settings(settings), &Author::Operator, jiff::Timestamp::UNIX_EPOCH);
        let shown = text(&mirror);
        let line = "\nheld back   P0 said 30d by itself, and nobody agreed to that: no more than 24h is granted until it is \
                    set\n";
        assert!(shown.contains("\nmaximum     30d   P0 said it") && shown.contains(line), "{shown}");
        let shown = json(&mirror);
        assert_eq!((&shown["maximum"]["length"], &shown["cap"]), (&json!("30d"), &json!("24h")));
        mirror.cap = None;
        assert!(!text(&mirror).contains("held back") && json(&mirror)["cap"].is_null());
    }
}
