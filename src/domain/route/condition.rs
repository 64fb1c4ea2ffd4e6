//! What a rule asks of a request before it counts. Nothing of it reads the reason: words of the requester decide nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::hours::Hours;
use super::pattern::Pattern;
use super::truth::Truth;
use crate::domain::expiration::ExpirationLength;
use crate::domain::facts::Facts;
use crate::domain::rules::comparable;

/// What a rule asks of a request; all of it has to hold. An empty list asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// P0's integration: any of these.
    pub kind: Vec<Pattern>,
    /// The kind of access within it: any of these.
    pub access: Vec<Pattern>,
    /// What access is asked for to: any of these.
    pub resource: Vec<Pattern>,
    /// Who asked: any of these.
    pub requester: Vec<Pattern>,
    /// Who is to get it: any of these.
    pub principal: Vec<Pattern>,
    /// Longer than this, as asked or as chosen.
    pub longer_than: Option<ExpirationLength>,
    /// Within these hours.
    pub hours: Option<Hours>,
    /// Outside of these hours.
    pub outside: Option<Hours>,
    /// Tags, each with any of these values. A tag that P0 has sent without a value is one of which it has not said.
    pub tags: BTreeMap<String, Vec<Pattern>>,
}

/// How a rule holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Whether it does.
    pub truth: Truth,
    /// What P0 has not said that it goes by, as the settings name it (`resource`, `tags.env`).
    pub missing: Vec<String>,
}

/// One thing that a rule asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked<'c> {
    Type(&'c [Pattern]),
    Access(&'c [Pattern]),
    Resource(&'c [Pattern]),
    Requester(&'c [Pattern]),
    Principal(&'c [Pattern]),
    LongerThan(ExpirationLength),
    Within(&'c Hours),
    Outside(&'c Hours),
    Tag(&'c str, &'c [Pattern]),
}

impl Conditions {
    /// Whether they ask for nothing: such a rule takes every request.
    pub fn is_empty(&self) -> bool {
        self.asked().is_empty()
    }

    /// Whether they hold of a request at a moment, where `chosen` is the length that somebody would grant.
    pub fn hold(&self, facts: &Facts, at: Timestamp, chosen: Option<ExpirationLength>) -> Held {
        let asked = self.asked();
        let truths: Vec<Truth> = asked.iter().map(|asked| asked.holds(facts, at, chosen)).collect();
        let truth = truths.iter().copied().min().unwrap_or(Truth::Yes);
        let missing = asked.iter().zip(truths).filter(|(_, part)| truth == Truth::Perhaps && *part == truth);
        Held { truth, missing: missing.map(|(asked, _)| asked.name()).collect() }
    }

    /// Whether they may hold of these facts, whatever the hour is and whatever length is chosen.
    pub fn hold_of(&self, facts: &Facts) -> Truth {
        let timeless = Self { longer_than: None, hours: None, outside: None, ..self.clone() };
        timeless.hold(facts, Timestamp::UNIX_EPOCH, None).truth
    }

    /// Whether they surely hold of every request of which `others` do. Where it is not plain, they do not.
    pub fn take_all_of(&self, others: &Self) -> bool {
        let theirs = others.asked();
        self.asked().iter().all(|own| theirs.iter().any(|other| own.follows_from(other)))
    }

    /// All that they ask, one after the other.
    pub(super) fn asked(&self) -> Vec<Asked<'_>> {
        let Self { kind, access, resource, requester, principal, longer_than, hours, outside, tags } = self;
        let of_texts = [
            (kind, Asked::Type(kind)),
            (access, Asked::Access(access)),
            (resource, Asked::Resource(resource)),
            (requester, Asked::Requester(requester)),
            (principal, Asked::Principal(principal)),
        ];
        let set = of_texts.into_iter().filter(|(patterns, _)| !patterns.is_empty());
        let mut asked: Vec<Asked<'_>> = set.map(|(_, asked)| asked).collect();
        asked.extend(longer_than.map(Asked::LongerThan));
        asked.extend(hours.as_ref().map(Asked::Within));
        asked.extend(outside.as_ref().map(Asked::Outside));
        asked.extend(tags.iter().map(|(tag, patterns)| Asked::Tag(tag, patterns)));
        asked
    }
}

impl Asked<'_> {
    /// As the settings name it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Type(_) => "type".to_owned(),
            Self::Access(_) => "access".to_owned(),
            Self::Resource(_) => "resource".to_owned(),
            Self::Requester(_) => "requester".to_owned(),
            Self::Principal(_) => "principal".to_owned(),
            Self::LongerThan(_) => "longer_than".to_owned(),
            Self::Within(_) => "hours".to_owned(),
            Self::Outside(_) => "outside".to_owned(),
            Self::Tag(tag, _) => format!("tags.{tag}"),
        }
    }

    fn follows_from(&self, other: &Self) -> bool {
        let within = |few: &[Pattern], many: &[Pattern]| few.iter().all(|pattern| many.contains(pattern));
        let lie_in =
            |few: &Hours, many: &Hours| few.zone == many.zone && few.spans.iter().all(|span| many.spans.contains(span));
        match (self, other) {
            (Self::Type(own), Self::Type(others))
            | (Self::Access(own), Self::Access(others))
            | (Self::Resource(own), Self::Resource(others))
            | (Self::Requester(own), Self::Requester(others))
            | (Self::Principal(own), Self::Principal(others)) => within(others, own),
            (Self::Tag(tag, own), Self::Tag(other, others)) => tag == other && within(others, own),
            (Self::LongerThan(own), Self::LongerThan(other)) => other >= own,
            (Self::Within(own), Self::Within(other)) => lie_in(other, own),
            (Self::Outside(own), Self::Outside(other)) => lie_in(own, other),
            _ => false,
        }
    }

    pub(super) fn holds(&self, facts: &Facts, at: Timestamp, chosen: Option<ExpirationLength>) -> Truth {
        match self {
            Self::Within(hours) => hours.contain(at).into(),
            Self::Outside(hours) => (!hours.contain(at)).into(),
            Self::LongerThan(limit) => match (facts.asked_length(), chosen) {
                (asked, chosen) if asked.max(chosen) > Some(*limit) => Truth::Yes,
                (Some(_), _) => Truth::No,
                (None, _) => Truth::Perhaps,
            },
            Self::Type(patterns)
            | Self::Access(patterns)
            | Self::Resource(patterns)
            | Self::Requester(patterns)
            | Self::Principal(patterns)
            | Self::Tag(_, patterns) => match self.things(facts) {
                Some(things) if !things.is_empty() => fit(patterns, &things),
                _ => Truth::Perhaps,
            },
        }
    }

    /// What of a request is held against patterns: each thing with its texts; `None`: P0 has not said.
    pub(super) fn things(&self, facts: &Facts) -> Option<Vec<Vec<String>>> {
        let one = |text: String| vec![vec![text]];
        let name = |text: &Option<String>| text.as_deref().map(comparable).map(one);
        match self {
            Self::Type(_) => facts.kind.clone().map(one),
            Self::Access(_) => facts.access.clone().map(one),
            Self::Resource(_) => facts.resource.clone(),
            Self::Requester(_) => name(&facts.requester),
            Self::Principal(_) => name(&facts.principal),
            Self::Tag(tag, _) => {
                let values = facts.tags.as_ref()?.get(*tag)?;
                Some(values.iter().map(|value| vec![value.clone()]).collect())
            }
            Self::LongerThan(_) | Self::Within(_) | Self::Outside(_) => None,
        }
    }
}

/// Whether the things fit any of the patterns, each by any of its texts.
fn fit(patterns: &[Pattern], things: &[Vec<String>]) -> Truth {
    let fits = |thing: &&Vec<String>| thing.iter().any(|text| patterns.iter().any(|pattern| pattern.fits(text)));
    match things.iter().filter(fits).count() {
        0 => Truth::No,
        count if count == things.len() => Truth::Yes,
        _ => Truth::InPart,
    }
}
