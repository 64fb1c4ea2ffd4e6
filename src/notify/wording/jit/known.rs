//! What is known of P0's settings, and how, in words.

use jiff::Timestamp;

use super::{author, capitalised, change, enumerated, own_name, span, switch};
use crate::domain::jit::change::Approvals;
use crate::domain::jit::known::{Known, Source};
use crate::domain::jit::mirror::{BeforeReset, Doubt, Mirror, Span};
use crate::notify::wording::date;

/// The first words of the overview.
pub const INTRODUCTION: &str =
    "P0 lets nobody read its settings. This is what this bot knows of them, and how it knows it.";

/// Said where nothing can be changed.
pub const NO_KEY: &str = ":warning: This bot has no API key for P0's settings, so it can show them but not change \
                          them. Its operator sets `p0.settings_api_key`.";

/// How something is known, to stand behind it; mrkdwn.
pub fn how(source: &Source) -> String {
    match source {
        Source::Assumed => "this bot's own default; nobody has said".to_owned(),
        Source::Stated { at } => format!("stated in the settings file since {}", date(*at)),
        Source::Imported { at } => format!("imported by the operator {}", date(*at)),
        Source::Taken { by, at } => format!("set here by {} {}; P0 took it", author(by), date(*at)),
        Source::Sent { by, at } => {
            format!("sent by {} {}; P0 neither confirmed nor refused it", author(by), date(*at))
        }
        Source::Told { by, at } => format!("P0 said so {}, in its answer to {}", date(*at), author(by)),
    }
}

/// The lengths of the list, a line for all that are known in the same way; mrkdwn.
pub fn presets(mirror: &Mirror) -> Vec<String> {
    let offered = mirror.lengths();
    let mut lines: Vec<(&Source, Vec<String>)> = Vec::new();
    for Known { value, source, .. } in &mirror.presets {
        let length = match offered.offers(value.length) {
            true => format!("*{}*", span(value)),
            false if value.length > offered.maximum => {
                format!("{} (over {}: not offered)", span(value), longest(mirror))
            }
            false => format!("{} (in doubt: not offered)", span(value)),
        };
        match lines.last_mut() {
            Some((last, lengths)) if *last == source => lengths.push(length),
            _ => lines.push((source, vec![length])),
        }
    }
    let line = |(source, lengths): (&Source, Vec<String>)| {
        format!("• {}: {}", enumerated(lengths.into_iter(), ", ", 2500), how(source))
    };
    lines.into_iter().map(line).collect()
}

/// The longest grant in the middle of a sentence, where it is not said how long it is.
fn longest(mirror: &Mirror) -> &'static str {
    if mirror.cap.is_some() { "what this bot grants" } else { "the longest grant" }
}

/// Stands before what can be granted here at most; in the middle of a sentence.
pub(super) fn granted(mirror: &Mirror) -> &'static str {
    if mirror.cap.is_some() { "this bot grants at most" } else { "the longest grant is" }
}

/// How it is known that the list has no more than that; mrkdwn. `None` where its entries say it already.
pub fn listed(mirror: &Mirror) -> Option<String> {
    let alike = mirror.presets.iter().all(|entry| entry.source == mirror.listed);
    if alike && mirror.unread == 0 && !mirror.presets.is_empty() {
        return None;
    }
    let unread = match mirror.unread {
        0 => String::new(),
        1 => " P0 told one more length that this bot could not read.".to_owned(),
        many => format!(" P0 told {many} more lengths that this bot could not read."),
    };
    let empty = if mirror.presets.is_empty() { "The list is empty" } else { "That these are all" };
    Some(format!("{empty}: {}.{unread}", how(&mirror.listed)))
}

/// A length that is one alone, with how it is known; mrkdwn.
pub fn length(name: &str, known: Option<&Known<Span>>) -> String {
    match known {
        None => format!("*{name}*: not known\nNobody has said."),
        Some(Known { value, source, not_said }) => format!(
            "*{name}*: {}{}\n{}.{}",
            value.length.in_words(),
            own_name(value),
            capitalised(&how(source)),
            self::not_said(*not_said)
        ),
    }
}

/// The longest grant, with how it is known; mrkdwn.
pub fn maximum(mirror: &Mirror) -> String {
    let known = length("Longest grant", Some(&mirror.maximum));
    match held_back(mirror, "set the longest grant to change that") {
        Some(sentence) => format!("{known}\n:warning: {sentence}"),
        None => known,
    }
}

/// What is granted here at most although P0 told of a longer maximum by itself, and what comes `next`; `None` where P0 did
/// not. Mrkdwn.
pub(super) fn held_back(mirror: &Mirror, next: &str) -> Option<String> {
    mirror.cap?;
    let (said, most) = (mirror.maximum.value.length.in_words(), mirror.least_maximum().in_words());
    Some(format!("P0 said {said}; this bot still grants at most {most}, as before: {next}."))
}

/// What approvals ask for, with how it is known; mrkdwn.
pub fn approvals(known: Option<&Known<Approvals>>) -> String {
    match known {
        None => "*Approvals*: not known\nNobody has said.".to_owned(),
        Some(known) => format!(
            "*Approvals*: one-party {}, reason {}\n{}.",
            switch(known.value.one_party),
            switch(known.value.require_reason),
            capitalised(&how(&known.source))
        ),
    }
}

/// What may have changed; mrkdwn.
pub fn doubt(doubt: &Doubt) -> String {
    format!(
        ":grey_question: *In doubt*: {} ({}, {}). P0's answer was lost: it may have been applied.",
        change(&doubt.change),
        author(&doubt.by),
        date(doubt.at)
    )
}

/// What there was before a reset; mrkdwn.
pub fn before_reset(before: &BeforeReset) -> String {
    let lengths = match before.presets.is_empty() {
        true => "no length".to_owned(),
        false => enumerated(before.presets.iter().map(|entry| span(&entry.value)), ", ", 2000),
    };
    format!("*Before the reset* {}: {lengths}", date(before.at))
}

fn not_said(at: Option<Timestamp>) -> String {
    at.map(|at| format!(" P0 did not say it {}: the older value is kept.", date(at))).unwrap_or_default()
}
