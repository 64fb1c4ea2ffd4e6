//! All that is known of P0's just-in-time settings, which P0 lets nobody read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::author::Author;
use super::change::{Approvals, Change, Said, Settings};
use super::known::{Known, Source};
use super::length::SettingLength;
use super::lengths::{Lengths, Preset};
use super::told::ToldLength;
use super::wanted::Wanted;
use crate::domain::expiration::ExpirationLength;

/// A length of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// How long it is.
    pub length: ExpirationLength,
    /// As the operator wrote it, where they did.
    pub text: Option<String>,
    /// As P0 told it, where P0 did.
    pub told: Option<ToldLength>,
}

impl Span {
    /// A length that is known by itself.
    pub fn of(length: ExpirationLength) -> Self {
        Self { length, text: None, told: None }
    }

    /// As the operator wrote it.
    pub fn written(preset: &Preset) -> Self {
        Self { text: Some(preset.text.clone()), ..Self::of(preset.length) }
    }

    /// As P0 told it.
    pub fn told(told: ToldLength) -> Self {
        Self { length: told.length(), text: None, told: Some(told) }
    }

    /// What can be sent to have it so; `None` where P0 takes nothing that is the same.
    pub fn sendable(&self) -> Option<SettingLength> {
        self.told.as_ref().is_none_or(ToldLength::is_whole).then(|| SettingLength::of(self.length))
    }
}

/// A change that P0 may have applied, or not: its answer was lost, or made no sense.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Which.
    pub change: Change,
    /// Whose.
    pub by: Author,
    /// Since when.
    pub at: Timestamp,
}

/// What was known before the settings were reset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeforeReset {
    /// When they were.
    pub at: Timestamp,
    /// What could be picked.
    pub presets: Vec<Known<Span>>,
    /// The longest grant.
    pub maximum: Known<Span>,
    /// The longest persistent access.
    pub standing: Option<Known<Span>>,
}

/// What the settings file says, key by key; `None` for what it does not name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// `durations.presets`
    pub presets: Option<Vec<Preset>>,
    /// `durations.maximum`
    pub maximum: Option<ExpirationLength>,
}

/// All that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mirror {
    /// What can be picked, in the order in which it is shown.
    pub presets: Vec<Known<Span>>,
    /// What stood in the list and was taken out of it here, or by a reset.
    #[serde(default)]
    withdrawn: Vec<ExpirationLength>,
    /// How it is known that these are all.
    pub listed: Source,
    /// Of P0's list, how many entries could not be read.
    pub unread: u32,
    /// The longest grant.
    pub maximum: Known<Span>,
    /// What may be granted here at most although P0 told of a longer maximum by itself, as after a reset: nobody has agreed
    /// to that.
    #[serde(default)]
    pub cap: Option<ExpirationLength>,
    /// The longest persistent access before a new approval.
    pub standing: Option<Known<Span>>,
    /// The longest time between a request and its approval.
    pub approvable: Option<Known<Span>>,
    /// What approvals ask for.
    pub approvals: Option<Known<Approvals>>,
    /// What may have changed.
    pub doubts: Vec<Doubt>,
    /// What was known before the last reset.
    pub before_reset: Option<BeforeReset>,
    stated: Stated,
}

impl Mirror {
    /// What is known before anybody has said anything: what this bot does by itself.
    pub fn assumed(assumed: &Lengths) -> Self {
        Self {
            presets: all(&assumed.presets, &Source::Assumed),
            withdrawn: Vec::new(),
            listed: Source::Assumed,
            unread: 0,
            maximum: Known::new(Span::of(assumed.maximum), Source::Assumed),
            cap: None,
            standing: None,
            approvable: None,
            approvals: None,
            doubts: Vec::new(),
            before_reset: None,
            stated: Stated::default(),
        }
    }

    /// Takes in what the settings file says now. Only what it says otherwise than before is news, and then it counts:
    /// whoever changes the file knows what P0 has. Says whether anything was.
    pub fn state(&mut self, stated: Stated, assumed: &Lengths, at: Timestamp) -> bool {
        let before = self.clone();
        let was_stated = |source: &Source| matches!(source, Source::Stated { .. });
        match &stated.presets {
            presets if *presets == self.stated.presets => {}
            Some(presets) => {
                let source = Source::Stated { at };
                (self.presets, self.unread, self.listed) = (all(presets, &source), 0, source);
                self.withdrawn.clear();
                self.doubts.retain(|doubt| !is_of_list(&doubt.change));
            }
            // What the file does not name any more was known by it alone.
            None if was_stated(&self.listed) => {
                let others = std::mem::replace(&mut self.presets, all(&assumed.presets, &Source::Assumed));
                self.listed = Source::Assumed;
                others.into_iter().filter(|entry| !was_stated(&entry.source)).for_each(|entry| self.add(entry));
            }
            None => {}
        }
        match stated.maximum {
            maximum if maximum == self.stated.maximum => {}
            Some(maximum) => self.state_maximum(Known::new(Span::of(maximum), Source::Stated { at })),
            None if was_stated(&self.maximum.source) => {
                self.state_maximum(Known::new(Span::of(assumed.maximum), Source::Assumed));
            }
            None => {}
        }
        self.stated = stated;
        *self != before
    }

    /// Takes in what the operator says that P0 has.
    pub fn import(&mut self, wanted: &Wanted, values: &[ToldLength], at: Timestamp) {
        let source = Source::Imported { at };
        let known = |length: SettingLength| Known::new(Span::of(length.length()), source.clone());
        if let Some(presets) = &wanted.presets {
            let told = |length: SettingLength| values.iter().find(|told| told.length() == length.length()).cloned();
            let entry = |length: &SettingLength| match told(*length) {
                Some(told) => Known::new(Span::told(told), source.clone()),
                None => known(*length),
            };
            self.presets = presets.iter().map(entry).collect();
            (self.unread, self.listed) = (0, source.clone());
            self.withdrawn.clear();
            self.doubts.retain(|doubt| !is_of_list(&doubt.change));
        }
        if let Some(length) = wanted.maximum {
            self.state_maximum(known(length));
        }
        if let Some(length) = wanted.standing {
            self.standing = Some(known(length));
            self.forget_doubt(|change| matches!(change, Change::Standing { .. }));
        }
        if let Some(length) = wanted.approvable {
            self.approvable = Some(known(length));
            self.forget_doubt(|change| matches!(change, Change::Approvable { .. }));
        }
        if let Some(approvals) = wanted.approvals {
            self.approvals = Some(Known::new(approvals, source));
            self.forget_doubt(|change| matches!(change, Change::Approvals(_)));
        }
    }

    /// Takes in what P0 said to a change.
    pub fn take(&mut self, change: &Change, said: &Said, by: &Author, at: Timestamp) {
        self.forget_doubt(|other| settles(change, other));
        let source = || match said {
            Said::Nothing => Source::Sent { by: by.clone(), at },
            Said::Taken | Said::Settings(_) => Source::Taken { by: by.clone(), at },
            Said::Length { .. } => Source::Told { by: by.clone(), at },
        };
        let known = |length: &SettingLength| match said {
            Said::Length { told } => Known::new(Span::told(told.clone()), source()),
            _ => Known::new(Span::of(length.length()), source()),
        };
        match change {
            Change::Add { length } => self.add(Known::new(Span::of(length.length()), source())),
            // Of a length that P0 has under two names, the first is the one that was removed.
            Change::Remove { length } => {
                if let Some(at) = self.presets.iter().position(|entry| entry.value.length == length.length()) {
                    self.presets.remove(at);
                    self.withdrawn.push(length.length());
                }
            }
            Change::Reset => {
                if let Said::Settings(settings) = said {
                    self.reset(settings, by, at);
                }
            }
            Change::Maximum { length } => self.state_maximum(known(length)),
            Change::Standing { length } => self.standing = Some(known(length)),
            Change::Approvable { length } => self.approvable = Some(known(length)),
            Change::Approvals(approvals) => self.approvals = Some(Known::new(*approvals, source())),
        }
    }

    /// Takes in that nobody knows whether P0 applied a change.
    pub fn doubt(&mut self, change: &Change, by: &Author, at: Timestamp) {
        self.forget_doubt(|other| other == change);
        self.doubts.push(Doubt { change: *change, by: by.clone(), at });
    }

    /// Takes in that a change was not applied, after all, which was in doubt since `at`.
    pub fn no_doubt(&mut self, change: &Change, at: Timestamp) {
        self.doubts.retain(|doubt| doubt.change != *change || doubt.at != at);
    }

    /// What may be granted. What is in doubt is not offered.
    pub fn lengths(&self) -> Lengths {
        let in_doubt = |length: ExpirationLength| {
            self.doubts.iter().any(|doubt| match doubt.change {
                Change::Add { length: other } | Change::Remove { length: other } => other.length() == length,
                _ => false,
            })
        };
        let maximum = self.least_maximum();
        let fitting = self.presets.iter().map(|entry| &entry.value);
        let fitting = fitting.filter(|span| span.length <= maximum && !in_doubt(span.length));
        let mut presets: Vec<Preset> = Vec::new();
        for span in fitting {
            if presets.iter().all(|preset| preset.length != span.length) {
                let text = span.text.clone().unwrap_or_else(|| span.length.to_string());
                presets.push(Preset { text, length: span.length });
            }
        }
        Lengths { presets, maximum, withdrawn: self.withdrawn.clone() }
    }

    /// The longest grant, or what it may be by now where that is less.
    pub fn least_maximum(&self) -> ExpirationLength {
        self.doubted_maxima().chain(self.cap).fold(self.maximum.value.length, ExpirationLength::min)
    }

    /// The longest grant, or what it may be by now where that is more.
    pub fn most_maximum(&self) -> ExpirationLength {
        self.doubted_maxima().fold(self.maximum.value.length, ExpirationLength::max)
    }

    fn doubted_maxima(&self) -> impl Iterator<Item = ExpirationLength> {
        self.doubts.iter().filter_map(|doubt| match doubt.change {
            Change::Maximum { length } => Some(length.length()),
            _ => None,
        })
    }

    /// The entry of the list with that length.
    pub fn preset(&self, length: ExpirationLength) -> Option<&Known<Span>> {
        self.presets.iter().find(|entry| entry.value.length == length)
    }

    /// The names under which P0 may have a length: the one that it told, else those that its documents would give it.
    pub fn keys(&self, length: SettingLength) -> Vec<String> {
        match self.preset(length.length()).and_then(|entry| entry.value.told.as_ref()) {
            Some(told) => vec![told.value().to_owned()],
            None => length.labels(),
        }
    }

    fn add(&mut self, entry: Known<Span>) {
        let length = entry.value.length;
        self.withdrawn.retain(|withdrawn| *withdrawn != length);
        if let Some(known) = self.presets.iter_mut().find(|known| known.value.length == length) {
            // Both of its names stay: the operator's, and P0's.
            let (text, told) = (known.value.text.take(), known.value.told.take());
            *known = Known { value: Span { text, told: entry.value.told.or(told), ..entry.value }, ..entry };
            return;
        }
        let at = self.presets.iter().position(|known| known.value.length > length).unwrap_or(self.presets.len());
        self.presets.insert(at, entry);
    }

    fn reset(&mut self, settings: &Settings, by: &Author, at: Timestamp) {
        let told = |told: &ToldLength| Known::new(Span::told(told.clone()), Source::Told { by: by.clone(), at });
        let presets: Vec<Known<Span>> = settings.options.iter().map(told).collect();
        let lengths = |entries: &[Known<Span>]| -> Vec<ExpirationLength> {
            entries.iter().map(|entry| entry.value.length).collect()
        };
        let before = BeforeReset {
            at,
            presets: self.presets.clone(),
            maximum: self.maximum.clone(),
            standing: self.standing.clone(),
        };
        // A second reset that finds the list which the first has left has nothing new to go back to there.
        self.before_reset = Some(match self.before_reset.take() {
            Some(first) if lengths(&presets) == lengths(&self.presets) => {
                BeforeReset { presets: first.presets, ..before }
            }
            _ => before,
        });
        let gone = lengths(&self.presets).into_iter().filter(|length| !lengths(&presets).contains(length));
        self.withdrawn.extend(gone.collect::<Vec<_>>());
        self.withdrawn.retain(|length| !lengths(&presets).contains(length));
        (self.presets, self.unread) = (presets, settings.unread);
        self.listed = Source::Told { by: by.clone(), at };
        match &settings.maximum {
            Some(maximum) => {
                let granted = self.least_maximum();
                self.state_maximum(told(maximum));
                self.cap = Some(granted).filter(|granted| *granted < self.maximum.value.length);
            }
            None => self.maximum.not_said = Some(at),
        }
        match (&settings.standing, &mut self.standing) {
            (Some(standing), _) => {
                self.standing = Some(told(standing));
                self.forget_doubt(|change| matches!(change, Change::Standing { .. }));
            }
            (None, Some(known)) => known.not_said = Some(at),
            (None, None) => {}
        }
    }

    fn state_maximum(&mut self, maximum: Known<Span>) {
        (self.maximum, self.cap) = (maximum, None);
        self.forget_doubt(|change| matches!(change, Change::Maximum { .. }));
    }

    fn forget_doubt(&mut self, which: impl Fn(&Change) -> bool) {
        self.doubts.retain(|doubt| !which(&doubt.change));
    }
}

fn all(presets: &[Preset], source: &Source) -> Vec<Known<Span>> {
    presets.iter().map(|preset| Known::new(Span::written(preset), source.clone())).collect()
}

fn is_of_list(change: &Change) -> bool {
    matches!(change, Change::Add { .. } | Change::Remove { .. } | Change::Reset)
}

/// Whether it no longer matters what became of `other` once P0 has taken `change`.
pub fn settles(change: &Change, other: &Change) -> bool {
    match (change, other) {
        (Change::Reset, other) => is_of_list(other),
        (
            Change::Add { length } | Change::Remove { length },
            Change::Add { length: other } | Change::Remove { length: other },
        ) => length.length() == other.length(),
        (Change::Maximum { .. }, Change::Maximum { .. })
        | (Change::Standing { .. }, Change::Standing { .. })
        | (Change::Approvable { .. }, Change::Approvable { .. })
        | (Change::Approvals(_), Change::Approvals(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
