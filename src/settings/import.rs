//! `settings import`: the operator states what P0 has.

use std::io::Write;

use anyhow::Context as _;

use super::STDOUT;
use super::file::{self, SettingsFile};
use super::words;
use crate::domain::jit::known::Known;
use crate::domain::jit::mirror::{Mirror, Span};
use crate::domain::jit::wanted::Wanted;
use crate::ledger::Ledger;

/// Takes in what a file says, and tells what the bot knew before.
///
/// # Errors
/// Where the ledger cannot be read or written.
pub(super) async fn run(ledger: &Ledger, file: SettingsFile, out: &mut impl Write) -> anyhow::Result<()> {
    let SettingsFile { wanted, named } = file;
    let before = ledger.mirror().await?;
    ledger.import_settings(wanted.clone(), named).await?;
    let after = ledger.mirror().await?;
    let mut lines: Vec<String> = Vec::new();
    for Key { name, is_stated, value } in KEYS {
        if is_stated(&wanted) {
            let (old, new) = (value(&before), value(&after));
            let told = if old == new { format!("{new}, as the bot knew") } else { format!("{old} → {new}") };
            lines.push(format!("{name:<11} {told}"));
        }
    }
    let settled = before.doubts.iter().filter(|doubt| !after.doubts.contains(doubt));
    lines.extend(settled.map(|doubt| format!("settled     {}", words::doubt(doubt))));
    if before.lengths() != after.lengths() {
        lines.push(words::offered(&after.lengths()));
    }
    if lines.is_empty() {
        lines.push("the file states nothing".to_owned());
    }
    lines.iter().try_for_each(|line| writeln!(out, "{line}")).context(STDOUT)
}

/// One of the things that a file can state.
struct Key {
    name: &'static str,
    is_stated: fn(&Wanted) -> bool,
    value: fn(&Mirror) -> String,
}

const KEYS: [Key; 5] = [
    Key { name: "presets", is_stated: |wanted| wanted.presets.is_some(), value: presets },
    Key { name: "maximum", is_stated: |wanted| wanted.maximum.is_some(), value: |known| one(Some(&known.maximum)) },
    Key {
        name: "standing",
        is_stated: |wanted| wanted.standing.is_some(),
        value: |known| one(known.standing.as_ref()),
    },
    Key {
        name: "approvable",
        is_stated: |wanted| wanted.approvable.is_some(),
        value: |known| one(known.approvable.as_ref()),
    },
    Key { name: "approvals", is_stated: |wanted| wanted.approvals.is_some(), value: approvals },
];

fn presets(known: &Mirror) -> String {
    words::listed(known.presets.iter().map(|entry| &entry.value))
}

fn one(known: Option<&Known<Span>>) -> String {
    known.map_or_else(|| words::NOT_KNOWN.to_owned(), |known| file::short(&known.value))
}

fn approvals(known: &Mirror) -> String {
    let known = known.approvals.as_ref();
    known.map_or_else(|| words::NOT_KNOWN.to_owned(), |known| words::approvals(known.value))
}
