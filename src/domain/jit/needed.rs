//! What has to be sent so that P0's settings are surely as wanted.

use super::change::Change;
use super::known::Source;
use super::length::SettingLength;
use super::mirror::{Doubt, Mirror, settles};
use super::wanted::Wanted;

impl Mirror {
    /// What differs, and what is as wanted only as far as somebody assumes, or unless a lost answer was a yes: of that
    /// nobody knows whether P0 has it. A maximum that P0 has but nobody agreed to is wanted now: it is sent too.
    pub fn needed(&self, wanted: &Wanted) -> Vec<Change> {
        let mut changes = self.difference(wanted);
        // Ahead of what needs its room.
        let is_open = self.maximum.source == Source::Assumed || self.cap.is_some();
        if let Some(length) = wanted.maximum.filter(|_| is_open)
            && !changes.iter().any(|change| matches!(change, Change::Maximum { .. }))
        {
            changes.insert(0, Change::Maximum { length });
        }
        for doubt in &self.doubts {
            let again = settling(&doubt.change, wanted);
            changes.extend(again.filter(|_| !changes.iter().any(|change| settles(change, &doubt.change))));
        }
        changes
    }

    /// What is in doubt of what is wanted.
    pub fn doubts_about<'m>(&'m self, wanted: &'m Wanted) -> impl Iterator<Item = &'m Doubt> {
        self.doubts.iter().filter(|doubt| match doubt.change {
            Change::Reset => wanted.presets.is_some() || wanted.maximum.is_some() || wanted.standing.is_some(),
            _ => settling(&doubt.change, wanted).is_some(),
        })
    }

    /// Whether P0 or the operator has said that it is as wanted: nothing of it is assumed, or was sent and neither
    /// confirmed nor refused.
    pub fn is_vouched(&self, wanted: &Wanted) -> bool {
        let vouched = |source: &Source| !matches!(source, Source::Assumed | Source::Sent { .. });
        let presets = wanted.presets.iter().flatten().filter_map(|length| self.preset(length.length()));
        let mut sources: Vec<&Source> = presets.map(|known| &known.source).collect();
        sources.extend(wanted.presets.as_ref().map(|_| &self.listed));
        sources.extend(wanted.maximum.map(|_| &self.maximum.source));
        sources.extend(wanted.standing.and(self.standing.as_ref()).map(|known| &known.source));
        sources.extend(wanted.approvable.and(self.approvable.as_ref()).map(|known| &known.source));
        sources.extend(wanted.approvals.and(self.approvals.as_ref()).map(|known| &known.source));
        sources.into_iter().all(vouched)
    }
}

/// What makes it as wanted, whether a change that is in doubt was applied or not; `None` where nothing is wanted there, or
/// nothing does.
fn settling(doubted: &Change, wanted: &Wanted) -> Option<Change> {
    let one = |length: SettingLength| -> Option<Change> {
        let is = |other: &&SettingLength| other.length() == length.length();
        Some(match wanted.presets.as_ref()?.iter().find(is) {
            Some(length) => Change::Add { length: *length },
            None => Change::Remove { length },
        })
    };
    match doubted {
        Change::Add { length } | Change::Remove { length } => one(*length),
        // Which lengths there are by now is not known.
        Change::Reset => None,
        Change::Maximum { .. } => wanted.maximum.map(|length| Change::Maximum { length }),
        Change::Standing { .. } => wanted.standing.map(|length| Change::Standing { length }),
        Change::Approvable { .. } => wanted.approvable.map(|length| Change::Approvable { length }),
        Change::Approvals(_) => wanted.approvals.map(Change::Approvals),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::jit::author::Author;
    use crate::domain::jit::change::{Approvals, Said, Settings};
    use crate::domain::jit::lengths::{Lengths, Preset};
    use crate::domain::jit::told::ToldLength;

    fn length(text: &str) -> SettingLength {
        text.parse().unwrap()
    }

    fn mirror() -> Mirror {
        let preset = |text: &str| Preset { text: text.into(), length: text.parse().unwrap() };
        Mirror::assumed(&Lengths {
            presets: ["1h", "4h"].map(preset).to_vec(),
            maximum: "24h".parse().unwrap(),
            withdrawn: Vec::new(),
        })
    }

    fn wanted(presets: &[&str]) -> Wanted {
        Wanted { presets: Some(presets.iter().map(|text| length(text)).collect()), ..Wanted::default() }
    }

    #[test]
    fn a_maximum_that_is_only_assumed_is_sent_ahead() {
        let mut mirror = mirror();
        let wanted = Wanted { maximum: Some(length("1d")), ..wanted(&["1h", "4h", "8h"]) };
        let (maximum, add) = (Change::Maximum { length: length("1d") }, Change::Add { length: length("8h") });
        assert_eq!(mirror.needed(&wanted), [maximum, add]);
        for change in [maximum, add] {
            mirror.take(&change, &Said::Nothing, &Author::Operator, Timestamp::UNIX_EPOCH);
        }
        assert_eq!((mirror.needed(&wanted), mirror.is_vouched(&wanted)), (vec![], false), "sent, not confirmed");
    }

    #[test]
    fn a_longer_maximum_that_nobody_agreed_to_is_sent_before_it_counts() {
        let mut mirror = mirror();
        let told = ToldLength::read(&serde_json::json!({ "time": 2, "unit": "d", "value": "2 days" }));
        let settings = Settings { options: Vec::new(), unread: 0, maximum: told, standing: None };
        mirror.take(&Change::Reset, &Said::Settings(settings), &Author::Operator, Timestamp::UNIX_EPOCH);
        assert_eq!(mirror.cap, Some(length("24h").length()));
        let wanted = Wanted { maximum: Some(length("48h")), ..Wanted::default() };
        let change = Change::Maximum { length: length("48h") };
        assert_eq!(mirror.needed(&wanted), [change]);
        assert_eq!(mirror.check(&change), Ok(()), "P0 has it, and still it is a change");
        mirror.take(&change, &Said::Taken, &Author::Operator, Timestamp::UNIX_EPOCH);
        assert_eq!((mirror.cap, mirror.needed(&wanted)), (None, vec![]));
    }

    #[test]
    fn what_is_in_doubt_is_settled_by_what_is_wanted() {
        let mut mirror = mirror();
        let doubted = [
            Change::Add { length: length("2h") },
            Change::Remove { length: length("4h") },
            Change::Standing { length: length("2w") },
            Change::Approvals(Approvals { one_party: true, require_reason: true }),
        ];
        for change in &doubted {
            mirror.doubt(change, &Author::Operator, Timestamp::UNIX_EPOCH);
        }
        let as_it_was = wanted(&["1h", "240m"]);
        assert_eq!(
            mirror.needed(&as_it_was),
            [Change::Remove { length: length("2h") }, Change::Add { length: length("240m") }]
        );
        let as_it_was_to_be = Wanted { standing: Some(length("2w")), ..wanted(&["1h", "2h"]) };
        assert_eq!(
            mirror.needed(&as_it_was_to_be),
            [doubted[0], doubted[1], doubted[2]],
            "each once, though it differs and is in doubt; of approvals nothing is said"
        );
    }

    #[test]
    fn what_the_operator_states_is_vouched_for() {
        let mut mirror = mirror();
        let wanted = Wanted { maximum: Some(length("24h")), ..wanted(&["1h"]) };
        assert!(!mirror.is_vouched(&wanted));
        mirror.import(&wanted, &[], Timestamp::UNIX_EPOCH);
        assert!(mirror.is_vouched(&wanted) && mirror.needed(&wanted).is_empty());
    }
}
