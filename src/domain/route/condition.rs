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
    /// Tags, each with any of these values.
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

impl Conditions {
    /// Whether they ask for nothing: such a rule takes every request.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether they hold of a request at a moment, where `chosen` is the length that somebody would grant.
    pub fn hold(&self, facts: &Facts, at: Timestamp, chosen: Option<ExpirationLength>) -> Held {
        let one = |text: &Option<String>| text.clone().map(|text| vec![text]);
        let name = |text: &Option<String>| text.as_deref().map(|text| vec![comparable(text)]);
        let mut parts = vec![
            ("type".to_owned(), any(&self.kind, one(&facts.kind))),
            ("access".to_owned(), any(&self.access, one(&facts.access))),
            ("resource".to_owned(), any(&self.resource, facts.resource.clone())),
            ("requester".to_owned(), any(&self.requester, name(&facts.requester))),
            ("principal".to_owned(), any(&self.principal, name(&facts.principal))),
            ("longer_than".to_owned(), self.is_longer(facts, chosen)),
            ("hours".to_owned(), self.hours.as_ref().map_or(Truth::Yes, |hours| hours.contain(at).into())),
            ("outside".to_owned(), self.outside.as_ref().map_or(Truth::Yes, |hours| (!hours.contain(at)).into())),
        ];
        parts.extend(self.tags.iter().map(|(tag, patterns)| {
            let values = facts.tags.as_ref().and_then(|tags| tags.get(tag).cloned());
            (format!("tags.{tag}"), any(patterns, values))
        }));
        let truth = parts.iter().map(|(_, truth)| *truth).min().unwrap_or(Truth::Yes);
        let missing = match truth {
            Truth::Perhaps => parts.into_iter().filter(|(_, truth)| *truth == Truth::Perhaps).map(|(name, _)| name),
            Truth::No | Truth::Yes => return Held { truth, missing: Vec::new() },
        };
        Held { truth, missing: missing.collect() }
    }

    /// Whether they may hold of these facts, whatever the hour is and whatever length is chosen.
    pub fn hold_of(&self, facts: &Facts) -> Truth {
        let timeless = Self { longer_than: None, hours: None, outside: None, ..self.clone() };
        timeless.hold(facts, Timestamp::UNIX_EPOCH, None).truth
    }

    fn is_longer(&self, facts: &Facts, chosen: Option<ExpirationLength>) -> Truth {
        let Some(limit) = self.longer_than else { return Truth::Yes };
        match (facts.asked_length(), chosen) {
            (asked, chosen) if asked.max(chosen) > Some(limit) => Truth::Yes,
            (Some(_), _) => Truth::No,
            (None, _) => Truth::Perhaps,
        }
    }
}

/// Whether any of the values fits any of the patterns; `None`: P0 has not said.
fn any(patterns: &[Pattern], values: Option<Vec<String>>) -> Truth {
    if patterns.is_empty() {
        return Truth::Yes;
    }
    match values {
        None => Truth::Perhaps,
        Some(values) => values.iter().any(|value| patterns.iter().any(|pattern| pattern.fits(value))).into(),
    }
}
