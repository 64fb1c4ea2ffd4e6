//! How the settings should be, and what makes them so.

use super::change::{Approvals, Change};
use super::known::{Known, Source};
use super::length::SettingLength;
use super::mirror::{Mirror, Span};

/// How the settings should be; `None` for what is to stay as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What can be picked.
    pub presets: Option<Vec<SettingLength>>,
    /// The longest grant.
    pub maximum: Option<SettingLength>,
    /// The longest persistent access.
    pub standing: Option<SettingLength>,
    /// The longest time between a request and its approval.
    pub approvable: Option<SettingLength>,
    /// What approvals ask for.
    pub approvals: Option<Approvals>,
}

/// How things can be made as they were before a reset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PutBack {
    /// One decision for each entry.
    pub changes: Vec<Change>,
    /// What P0 takes nothing for that is the same.
    pub impossible: Vec<Span>,
}

impl Mirror {
    /// The fewest changes after which it is as wanted, by what is known.
    pub fn difference(&self, wanted: &Wanted) -> Vec<Change> {
        let mut changes = Vec::new();
        if let Some(presets) = &wanted.presets {
            let has = |length: &SettingLength| self.preset(length.length()).is_some();
            changes.extend(presets.iter().filter(|length| !has(length)).map(|length| Change::Add { length: *length }));
            let wants = |entry: &Known<Span>| presets.iter().any(|length| length.length() == entry.value.length);
            let unwanted = self.presets.iter().filter(|entry| !wants(entry));
            changes.extend(unwanted.map(|entry| Change::Remove { length: SettingLength::of(entry.value.length) }));
        }
        let differs = |wanted: &SettingLength, known: Option<&Known<Span>>| {
            known.is_none_or(|known| known.value.length != wanted.length())
        };
        if let Some(length) = wanted.maximum.filter(|wanted| differs(wanted, Some(&self.maximum))) {
            // Room first, and taken away last: what is added is never longer than the maximum on the way.
            let at = if length.length() > self.maximum.value.length { 0 } else { changes.len() };
            changes.insert(at, Change::Maximum { length });
        }
        let standing = wanted.standing.filter(|wanted| differs(wanted, self.standing.as_ref()));
        changes.extend(standing.map(|length| Change::Standing { length }));
        let approvable = wanted.approvable.filter(|wanted| differs(wanted, self.approvable.as_ref()));
        changes.extend(approvable.map(|length| Change::Approvable { length }));
        let known = self.approvals.as_ref().map(|known| known.value);
        changes.extend(wanted.approvals.filter(|wanted| Some(*wanted) != known).map(Change::Approvals));
        changes
    }

    /// What makes it as it was before the last reset.
    pub fn put_back(&self) -> PutBack {
        let Some(before) = &self.before_reset else { return PutBack::default() };
        let spans = || before.presets.iter().map(|entry| &entry.value);
        let impossible = spans().filter(|span| span.sendable().is_none() && self.preset(span.length).is_none());
        let kept = |span: &Span| match self.preset(span.length) {
            Some(_) => Some(SettingLength::of(span.length)),
            None => span.sendable(),
        };
        // What was only assumed P0 may never have had: it is not put there, and nothing is taken away for it.
        let is_known = |known: &Known<Span>| known.source != Source::Assumed;
        let mut presets: Vec<SettingLength> =
            before.presets.iter().filter(|entry| is_known(entry)).filter_map(|entry| kept(&entry.value)).collect();
        if !before.presets.iter().all(is_known) {
            presets.extend(self.presets.iter().map(|entry| SettingLength::of(entry.value.length)));
        }
        let wanted = Wanted {
            presets: Some(presets),
            maximum: before.maximum.value.sendable().filter(|_| is_known(&before.maximum)),
            standing: before.standing.as_ref().and_then(|known| known.value.sendable()),
            ..Wanted::default()
        };
        PutBack { changes: self.difference(&wanted), impossible: impossible.cloned().collect() }
    }
}
