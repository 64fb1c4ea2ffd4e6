//! What is said about P0's settings and changes of them. Lengths that are wanted stand in the unit in which they were
//! asked for, so that 24 hours and 1 day can be told apart where P0 does.

pub mod effects;
pub mod forms;
pub mod known;
mod refusal;
pub mod said;
pub mod standing;

use super::person;
use crate::domain::expiration::ExpirationLength;
use crate::domain::jit::author::Author;
use crate::domain::jit::change::{Approvals, Change};
use crate::domain::jit::effects::Before;
use crate::domain::jit::length::SettingLength;
use crate::domain::jit::mirror::Span;
use crate::domain::jit::proposal::Item;
use crate::domain::jit::told::ToldLength;
use crate::notify::foreign;

/// Characters of a list among other words; what has no place is counted.
const LIST: usize = 1500;
/// Characters of P0's own name for a length.
const VALUE: usize = 60;
/// Characters of P0's words among our own.
const WORDS: usize = 500;

/// Stands for what nobody has said.
pub const NOT_KNOWN: &str = "not known";

/// Marks what P0's published document does not have.
pub const UNDOCUMENTED: &str = "Not in P0's published document: P0's own clients use it.";

/// Who wants a change; mrkdwn.
pub fn author(by: &Author) -> String {
    match by {
        Author::Admin(by) => person(&by.user),
        Author::Operator => "the operator".to_owned(),
    }
}

/// What a change does, to stand at the beginning or alone: `Add 4 hours`. Plain text.
pub fn change(change: &Change) -> String {
    match change {
        Change::Add { length } => format!("Add {}", length.in_words()),
        Change::Remove { length } => format!("Remove {}", length.in_words()),
        Change::Reset => "Reset to P0's own".to_owned(),
        Change::Maximum { length } => format!("Longest grant {}", length.in_words()),
        Change::Standing { length } => format!("Standing access {}", length.in_words()),
        Change::Approvable { length } => format!("Time until approval {}", length.in_words()),
        Change::Approvals(Approvals { one_party, require_reason }) => {
            format!("Approvals: one-party {}, reason {}", switch(*one_party), switch(*require_reason))
        }
    }
}

/// Several changes as a title: `Add 4 hours`, `3 changes`. Plain text.
pub fn title(items: &[Item]) -> String {
    match items {
        [item] => change(&item.change),
        items => format!("{} changes", items.len()),
    }
}

/// One change as before → after; mrkdwn, a line for each thing that it is about.
pub fn item(item: &Item) -> String {
    item_within(item, LIST)
}

/// The same, with about `list` characters of the list that a reset takes away.
fn item_within(Item { change, before }: &Item, list: usize) -> String {
    let length = |name: &str, length: &SettingLength| {
        let old = match before {
            Before::Length(Some(old)) if *old == length.length() => length.in_words(),
            Before::Length(Some(old)) => old.in_words(),
            _ => NOT_KNOWN.to_owned(),
        };
        format!("*{name}*: {old} → {}", length.in_words())
    };
    let is_listed = *before == Before::Listed(true);
    match change {
        Change::Add { length } => {
            let old = if is_listed { "in the list, by what is known" } else { "not in the list" };
            format!("*{}*: {old} → in the list", length.in_words())
        }
        Change::Remove { length } => {
            let old = if is_listed { "in the list" } else { "not known to be in the list" };
            format!("*{}*: {old} → not in the list", length.in_words())
        }
        Change::Reset => {
            let list = match before {
                Before::List(lengths) => short_forms_within(lengths, list),
                _ => NOT_KNOWN.to_owned(),
            };
            format!("*The list*: {list} → P0's own list")
        }
        Change::Maximum { length: new } => length("Longest grant", new),
        Change::Standing { length: new } => length("Standing access", new),
        Change::Approvable { length: new } => length("Time until approval", new),
        Change::Approvals(new) => {
            let old = |which: fn(&Approvals) -> bool| match before {
                Before::Approvals(Some(old)) => switch(which(old)),
                _ => NOT_KNOWN,
            };
            format!(
                "*One-party approvals*: {} → {}\n*A reason is required*: {} → {}",
                old(|approvals| approvals.one_party),
                switch(new.one_party),
                old(|approvals| approvals.require_reason),
                switch(new.require_reason)
            )
        }
    }
}

/// The same on one line.
fn on_one_line(one: &Item) -> String {
    item(one).replace('\n', "; ")
}

/// The same in a plain sentence of at most `room` characters, for a confirm.
pub fn restated(items: &[Item], room: usize) -> String {
    const END: &str = ". P0 has no undo.";
    // The first change is never cut, and so has to fit by itself.
    let list = room / 2;
    let plain = items.iter().map(|one| item_within(one, list).replace('\n', "; ").replace('*', ""));
    enumerated(plain, "; ", room - END.len()) + END
}

/// As it is set in P0's command line: `on`, `off`.
pub fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// A length of the list by its short form, with P0's own name where that is another than one would think; mrkdwn.
pub fn span(span: &Span) -> String {
    let text = match &span.text {
        Some(text) => foreign::word(text, VALUE),
        None => span.length.to_string(),
    };
    format!("{text}{}", own_name(span))
}

/// P0's own name for a length, where it has another than one would think; empty where it has none.
fn own_name(span: &Span) -> String {
    let name = span.told.as_ref().map(ToldLength::value).filter(|name| *name != span.length.in_words());
    name.map(|name| format!(" (P0: “{}”)", foreign::name(name, VALUE))).unwrap_or_default()
}

/// Lengths by their short forms: `1h, 4h`; `none` where there are none.
fn short_forms_within(lengths: &[ExpirationLength], room: usize) -> String {
    match lengths {
        [] => "none".to_owned(),
        lengths => enumerated(lengths.iter().map(ToString::to_string), ", ", room),
    }
}

/// Names in a row, of about `room` characters: those that have no place are counted, never passed over in silence.
pub fn enumerated(names: impl ExactSizeIterator<Item = String>, between: &str, room: usize) -> String {
    let all = names.len();
    let mut text = String::new();
    for (nth, name) in names.enumerate() {
        // Room for the count stays free: `; and 200 more`.
        if nth > 0 && text.chars().count() + name.chars().count() + between.len() + 20 > room {
            return format!("{text}{between}and {} more", all - nth);
        }
        if nth > 0 {
            text.push_str(between);
        }
        text.push_str(&name);
    }
    text
}

/// The title of a card; plain text.
pub fn card_title(items: &[Item]) -> String {
    format!("P0 settings: {}", title(items))
}

/// The title of a preview; plain text.
pub fn preview_title(items: &[Item]) -> String {
    format!("Not applied yet: {}", title(items))
}

/// The first words of a preview that has a window of its own.
pub const NOT_APPLIED: &str = "Nothing is sent to P0 before you apply it.";

/// The sentence of a preview, for screen readers.
pub fn preview_sentence(items: &[Item]) -> String {
    format!("{}: nothing is sent to P0 before you apply it.", title(items))
}

/// Takes a card's place where another company has come to read its channel.
pub fn card_withdrawn(command: &str) -> String {
    format!(
        "This channel is shared with another company now, so this change of P0's settings is not shown here any more. \
         `{command} settings` shows admins what is known of them."
    )
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
