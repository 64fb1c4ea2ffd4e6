//! How settings and what is known of them are said at the command line.

use super::{file, outcome};
use crate::beside::time;
use crate::domain::jit::author::Author;
use crate::domain::jit::change::{Approvals, Change};
use crate::domain::jit::effects::Before;
use crate::domain::jit::known::{Known, Source};
use crate::domain::jit::length::SettingLength;
use crate::domain::jit::lengths::Lengths;
use crate::domain::jit::mirror::{Doubt, Mirror, Span};
use crate::domain::jit::proposal::Item;
use crate::domain::jit::refusal::SettingsRefusal;
use crate::domain::text::plain;
use crate::ledger::jit::cards::SettingsCard;

/// What nobody has said, and the bot does nothing by itself about.
pub(super) const NOT_KNOWN: &str = "not known";

/// Lengths in a row.
pub(super) fn listed<'s>(spans: impl Iterator<Item = &'s Span>) -> String {
    let texts: Vec<String> = spans.map(file::short).collect();
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}

/// Whose word it was.
pub(super) fn author(by: &Author) -> String {
    match by {
        Author::Admin(admin) => admin.user.to_string(),
        Author::Operator => "the operator".to_owned(),
    }
}

/// How something is known.
pub(super) fn how(source: &Source) -> String {
    match source {
        Source::Assumed => "assumed: nobody has said".to_owned(),
        Source::Stated { at } => format!("stated in the settings file, seen {}", time(*at)),
        Source::Imported { at } => format!("stated with `settings import`, {}", time(*at)),
        Source::Taken { by, at } => format!("set from here by {}, {}: P0 took it", author(by), time(*at)),
        Source::Sent { by, at } => {
            format!("sent from here by {}, {}: P0's answer did not confirm it", author(by), time(*at))
        }
        Source::Told { by, at } => format!("P0 said it, {}, when {} changed it", time(*at), author(by)),
    }
}

/// The same, and that P0 left it out later.
pub(super) fn how_known<T>(known: &Known<T>) -> String {
    match known.not_said {
        Some(at) => format!("{}; P0 did not say it at the reset of {}", how(&known.source), time(at)),
        None => how(&known.source),
    }
}

/// The name that P0 has for a length.
pub(super) fn p0s_name(value: &str) -> String {
    format!("\"{}\" at P0", plain(value))
}

/// What a change does: `add 4h`.
pub(super) fn change(change: &Change) -> String {
    match change {
        Change::Add { length } => format!("add {length}"),
        Change::Remove { length } => format!("remove {length}"),
        Change::Reset => "reset".to_owned(),
        Change::Maximum { length } => format!("maximum {length}"),
        Change::Standing { length } => format!("standing {length}"),
        Change::Approvable { length } => format!("approvable {length}"),
        Change::Approvals(wanted) => format!("approvals {}", approvals(*wanted)),
    }
}

/// The same, with how it was: `maximum 24h → 48h`.
pub(super) fn before_after(Item { change, before }: &Item) -> String {
    let from = |length: &SettingLength| match before {
        Before::Length(Some(before)) if *before == length.length() => format!("{before}, once more"),
        Before::Length(Some(before)) => format!("{before} → {}", length.length()),
        _ => format!("{NOT_KNOWN} → {}", length.length()),
    };
    match change {
        Change::Maximum { length } => format!("maximum {}", from(length)),
        Change::Standing { length } => format!("standing {}", from(length)),
        Change::Approvable { length } => format!("approvable {}", from(length)),
        Change::Approvals(wanted) => {
            let before = match before {
                Before::Approvals(Some(before)) => approvals(*before),
                _ => NOT_KNOWN.to_owned(),
            };
            format!("approvals {before} → {}", approvals(*wanted))
        }
        Change::Add { .. } | Change::Remove { .. } | Change::Reset => self::change(change),
    }
}

/// What another run has recorded, and is not over.
pub(super) fn on_the_way(card: &SettingsCard) -> String {
    let changes: Vec<String> = outcome::under_way(card).map(|decision| before_after(&decision.item)).collect();
    let recorded = time(card.proposal.shown);
    format!("still on the way since {recorded}, and carried out first: {}", changes.join(", "))
}

/// `one-party off, reason on`
pub(super) fn approvals(approvals: Approvals) -> String {
    let on = |is: bool| if is { "on" } else { "off" };
    format!("one-party {}, reason {}", on(approvals.one_party), on(approvals.require_reason))
}

/// What may have changed.
pub(super) fn doubt(doubt: &Doubt) -> String {
    let (what, by) = (change(&doubt.change), author(&doubt.by));
    format!("whether P0 applied `{what}` of {by}, {}, is not known", time(doubt.at))
}

/// That less may be granted than P0 would let pass; `None` where nothing holds it back.
pub(super) fn cap(known: &Mirror) -> Option<String> {
    let (told, cap) = (known.maximum.value.length, known.cap?);
    Some(format!("P0 said {told} by itself, and nobody agreed to that: no more than {cap} is granted until it is set"))
}

/// What approvers can choose from.
pub(super) fn offered(lengths: &Lengths) -> String {
    let presets: Vec<&str> = lengths.presets.iter().map(|preset| preset.text.as_str()).collect();
    let presets = if presets.is_empty() { "no preset".to_owned() } else { presets.join(", ") };
    format!("approvers are offered {presets}, and may grant up to {}", lengths.maximum)
}

/// Why a change is not carried out.
pub(super) fn refusal(refusal: &SettingsRefusal) -> String {
    let p0_said = |words: &str| if words.is_empty() { String::new() } else { format!(": {}", plain(words)) };
    match refusal {
        SettingsRefusal::NoApiKey => "there is no p0.settings_api_key".to_owned(),
        SettingsRefusal::ApprovalsNotAllowed => "settings.approvals is not true".to_owned(),
        SettingsRefusal::AlreadyThere | SettingsRefusal::NothingToChange => "P0 has it so already".to_owned(),
        SettingsRefusal::Changed => "somebody has changed it meanwhile: run this again".to_owned(),
        SettingsRefusal::KeyNotTaken { words } => {
            format!("P0 does not take p0.settings_api_key{}", p0_said(words))
        }
        SettingsRefusal::P0 { status, words } => format!("P0 refused it (HTTP {status}){}", p0_said(words)),
        // What else there is is about people in Slack.
        other => plain(&other.to_string()),
    }
}
