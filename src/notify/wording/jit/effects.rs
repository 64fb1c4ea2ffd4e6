//! What a change does to people: what they can pick, what they can get, what they have to do.

use jiff::Timestamp;

use super::known::{granted, held_back};
use super::{LIST, NOT_KNOWN, author, enumerated, span};
use crate::config::AdminList;
use crate::domain::expiration::ExpirationLength;
use crate::domain::jit::author::Author;
use crate::domain::jit::change::{Approvals, Change, Said};
use crate::domain::jit::known::{Known, Source};
use crate::domain::jit::length::SettingLength;
use crate::domain::jit::lengths::Lengths;
use crate::domain::jit::mirror::{BeforeReset, Mirror, Span};
use crate::domain::jit::proposal::AGREED_WITHIN;
use crate::notify::foreign;
use crate::notify::wording::{date, person};

/// Stands under every change: where the arrows come from, and where none lead back.
pub const NO_UNDO: &str = "P0 has no undo, and lets nobody read its settings: what stands before an arrow is what this \
                           bot knows.";

/// What changes do to people, a sentence each; mrkdwn. `asked` are the lengths that requests ask for which nobody has
/// decided.
pub fn effects(mirror: &Mirror, changes: &[Change], asked: &[ExpirationLength]) -> Vec<String> {
    let mut after = mirror.clone();
    for change in changes {
        // Who and when matter to how it is known, not to what comes of it.
        after.take(change, &Said::Taken, &Author::Operator, Timestamp::UNIX_EPOCH);
    }
    let mut sentences = Vec::new();
    if changes.contains(&Change::Reset) {
        sentences.extend(reset(mirror));
    } else {
        sentences.extend(list(mirror, &after, changes));
    }
    for change in changes {
        match change {
            Change::Add { .. } | Change::Remove { .. } | Change::Reset => {}
            Change::Maximum { length } => sentences.extend(maximum(mirror, *length, asked)),
            Change::Standing { length } => {
                sentences.push(format!("Standing access has to be approved anew after {}.", length.in_words()));
            }
            Change::Approvable { length } => {
                sentences.push(format!("Requests have to be approved within {}.", length.in_words()));
            }
            Change::Approvals(wanted) => sentences.extend(approvals(mirror.approvals.as_ref(), wanted)),
        }
    }
    sentences.extend(doubts(mirror, changes));
    sentences
}

/// Whose state the changes bring back; mrkdwn.
pub fn puts_back(before: &BeforeReset) -> String {
    format!("*Puts back* what there was before the reset {}.", date(before.at))
}

/// What cannot be put back, and why; `None` where all can.
pub fn impossible(spans: &[Span]) -> Option<String> {
    let names = enumerated(spans.iter().map(span), ", ", LIST);
    let why = "P0 takes lengths in whole minutes only";
    (!spans.is_empty()).then(|| format!(":warning: *Cannot be put back*: {names}, because {why}."))
}

/// Who has to agree; mrkdwn.
pub fn second_admin(admins: &AdminList, by: &Author) -> String {
    let users = admins.users.iter().filter(|user| Some(*user) != by.user()).map(person);
    let groups = admins.groups.iter().map(|group| format!("<!subteam^{group}>"));
    let all: Vec<String> = users.chain(groups).collect();
    let who = enumerated(all.into_iter(), ", ", 300);
    let minutes = AGREED_WITHIN.as_secs() / 60;
    // Whoever wants it may well be in a group.
    let whose = if admins.groups.is_empty() { "one of" } else { "another of" };
    format!(":busts_in_silhouette: *A second admin has to agree* within {minutes} minutes: {whose} {who}.")
}

/// What has to be typed, said before it is.
pub fn typed(word: &str) -> String {
    format!("*Apply* asks you to type `{word}`, because this takes away what P0 cannot give back.")
}

/// What has to be typed, where it is.
pub fn type_it(word: &str) -> String {
    format!("Type {word} to apply this")
}

/// The hint under it.
pub const TYPED_HINT: &str = "It takes away what P0 cannot give back, so a press alone is not enough.";

fn reset(mirror: &Mirror) -> Vec<String> {
    let standing = mirror.standing.as_ref().map_or_else(|| NOT_KNOWN.to_owned(), |known| known.value.length.in_words());
    let mut sentences = vec![
        "The list becomes P0's own: this bot learns it from P0's answer, and the picker follows.".to_owned(),
        format!(
            "P0 may change the longest grant (now {}) and standing access (now {standing}) with it.",
            mirror.maximum.value.length.in_words()
        ),
        match held_back(mirror, "a reset does not change that, setting the longest grant does") {
            Some(sentence) => sentence,
            None => format!(
                "Should P0 make grants longer, this bot still grants at most {} until the longest grant is set.",
                mirror.least_maximum().in_words()
            ),
        },
    ];
    let (assumed, known): (Vec<_>, Vec<_>) = mirror.presets.iter().partition(|entry| entry.source == Source::Assumed);
    let names = |entries: &[&Known<Span>]| enumerated(entries.iter().map(|entry| span(&entry.value)), ", ", LIST);
    if !known.is_empty() {
        sentences.push(format!("*What is lost*, where it is not P0's own: {}.", names(&known)));
    }
    let is_any_known = !known.is_empty() || mirror.maximum.source != Source::Assumed || mirror.standing.is_some();
    sentences.push(match is_any_known {
        true => "This bot keeps what it knows now, and offers to put it back afterwards.".to_owned(),
        false => "Nothing can be put back afterwards: this bot does not know what P0 has now.".to_owned(),
    });
    if !assumed.is_empty() {
        let names = names(&assumed);
        sentences.push(format!(
            "Not put back is what this bot only assumes, since nobody has said that P0 has it: {names}."
        ));
    }
    let fractions = known.into_iter().map(|entry| &entry.value).filter(|span| span.sendable().is_none());
    let fractions: Vec<Span> = fractions.cloned().collect();
    sentences.extend(impossible(&fractions));
    sentences
}

fn list(before: &Mirror, after: &Mirror, changes: &[Change]) -> Vec<String> {
    let mut sentences = Vec::new();
    let is_of_list = changes.iter().any(|change| matches!(change, Change::Add { .. } | Change::Remove { .. }));
    let (old, new) = (before.lengths(), after.lengths());
    if new.presets != old.presets {
        sentences.push(match new.presets.is_empty() {
            true => "The picker will offer no length: only what a request asks for can be approved.".to_owned(),
            false => format!("The picker will offer {}.", offered(&new)),
        });
    } else if is_of_list {
        sentences.push(format!("The picker goes on offering {}.", offered(&new)));
    }
    let too_long = changes.iter().filter_map(|change| match change {
        Change::Add { length } if length.length() > new.maximum => Some(length.in_words()),
        _ => None,
    });
    let too_long: Vec<String> = too_long.collect();
    if !too_long.is_empty() {
        let names = enumerated(too_long.into_iter(), ", ", LIST);
        let most = new.maximum.in_words();
        sentences.push(format!("Not offered: {names}, because {} {most}.", granted(after)));
    }
    let removed = changes.iter().filter_map(|change| match change {
        Change::Remove { length } => Some(*length),
        _ => None,
    });
    sentences.extend(removed.flat_map(|length| removal(before, length)));
    sentences
}

fn offered(lengths: &Lengths) -> String {
    match lengths.presets.as_slice() {
        [] => "no length".to_owned(),
        presets => enumerated(presets.iter().map(|preset| foreign::word(&preset.text, 40)), ", ", LIST),
    }
}

fn removal(mirror: &Mirror, length: SettingLength) -> Vec<String> {
    let mut sentences = Vec::new();
    if mirror.preset(length.length()).is_none() {
        sentences.push(format!(
            "This bot does not know that {} is in the list. P0 is asked to remove it all the same.",
            length.in_words()
        ));
    }
    if let [first, others @ ..] = mirror.keys(length).as_slice()
        && !others.is_empty()
    {
        let others = enumerated(others.iter().map(|key| foreign::code(key)), ", then ", LIST);
        sentences.push(format!(
            "P0 has not said how it calls it: it is asked for {}, and if it does not know that, for {others}.",
            foreign::code(first)
        ));
    }
    sentences
}

fn maximum(mirror: &Mirror, length: SettingLength, asked: &[ExpirationLength]) -> Vec<String> {
    let mut sentences: Vec<String> = held_back(mirror, "this sets the longest grant").into_iter().collect();
    if length.length() < mirror.most_maximum() {
        // What this bot holds back is not possible here anyway.
        let place = if mirror.cap.is_some_and(|cap| length.length() >= cap) { " at P0" } else { "" };
        sentences.push(format!("Grants of more than {} are no longer possible{place}.", length.in_words()));
    }
    if length.length() > mirror.least_maximum() {
        sentences.push(format!("Grants of up to {} become possible.", length.in_words()));
    }
    let longer = asked.iter().filter(|asked| **asked > length.length()).count();
    match longer {
        0 => {}
        1 => sentences.push("1 pending request asks for more than that.".to_owned()),
        many => sentences.push(format!("{many} pending requests ask for more than that.")),
    }
    sentences
}

fn approvals(known: Option<&Known<Approvals>>, wanted: &Approvals) -> Vec<String> {
    let changes = |which: fn(&Approvals) -> bool| known.is_none_or(|known| which(&known.value) != which(wanted));
    let mut sentences = Vec::new();
    if changes(|approvals| approvals.one_party) {
        sentences.push(match wanted.one_party {
            true => {
                "People may approve their own requests at P0; this bot still refuses that while `p0.one_party` is off."
            }
            false => "People may not approve their own requests at P0.",
        });
    }
    if changes(|approvals| approvals.require_reason) {
        sentences.push(match wanted.require_reason {
            true => "Requests need a reason from then on.",
            false => "Requests need no reason any more.",
        });
    }
    sentences.into_iter().map(str::to_owned).collect()
}

fn doubts(mirror: &Mirror, changes: &[Change]) -> Vec<String> {
    let doubted = mirror.doubts.iter().filter(|doubt| changes.contains(&doubt.change));
    doubted
        .map(|doubt| {
            format!(
                "P0 may have applied this already: its answer to {} {} was lost.",
                author(&doubt.by),
                date(doubt.at)
            )
        })
        .collect()
}
