//! Why a request goes by a rule: what each asks, what the request has, what is asked of a choice, and who is told.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::condition::{Asked, Conditions};
use super::demands::Demands;
use super::pattern::Pattern;
use super::risk::Risk;
use super::routes::{Recipient, Route, Routes};
use super::truth::Truth;
use crate::domain::expiration::ExpirationLength;
use crate::domain::facts::Facts;

/// Why a request goes by a rule. Texts of the request stand in it as P0 sent them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The rule that it goes by.
    pub route: String,
    /// Whether no rule but the one that takes everything takes it.
    pub is_default: bool,
    /// Every rule, in their order.
    pub rules: Vec<RuleExplained>,
    /// What is asked of an approve for what was asked for, or for less.
    pub asks: Asks,
    /// Where it is shown.
    pub channel: Option<String>,
    /// Who is told, and when.
    pub levels: Vec<Level>,
    /// Who is told where a level has nobody, as the settings name them.
    pub fallback: Vec<String>,
    /// After how many seconds those are reminded who did nothing; each time after twice as long.
    pub remind_after: Option<u64>,
}

/// How one rule holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleExplained {
    /// Its name.
    pub name: String,
    /// Whether it holds.
    pub truth: Truth,
    /// Whether what it asks counts: it is the one, or may be.
    pub counts: bool,
    /// What it asks; nothing where it takes every request.
    pub conditions: Vec<ConditionExplained>,
}

/// How one condition holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionExplained {
    /// As the settings name it.
    pub name: String,
    /// What it asks for, as the settings have it.
    pub wanted: String,
    /// What the request has; `None`: P0 has not said.
    pub found: Option<String>,
    /// Whether it holds.
    pub truth: Truth,
}

/// What is asked of an approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asks {
    /// How much care, as the settings name it.
    pub risk: &'static str,
    /// How many seconds ago a fresh sign-in may be; 0: after the press. `None`: none is asked for.
    pub max_age: Option<u64>,
    /// Any of these classes of a sign-in is enough; none: any sign-in is.
    pub acr_values: Vec<String>,
    /// The longest grant, where a rule bounds it.
    pub longest: Option<String>,
    /// What is offered first where the request names no length and the rule says so.
    pub default: Option<String>,
    /// The rules of which only people may decide whom they name; everybody where there is none.
    pub only_of: Vec<String>,
}

/// Who is told together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Level {
    /// 0 at once, then one for each escalation.
    pub level: u32,
    /// After how many seconds without a decision.
    pub after: u64,
    /// As the settings name them; none where the next levels of the on-call sources are meant.
    pub who: Vec<String>,
}

impl Routes {
    /// Why a request that comes at a moment goes by which rule.
    pub fn explain(&self, facts: &Facts, at: Timestamp) -> Explanation {
        let found = self.find(facts, at, None);
        let counts: Vec<&str> = found.candidates().map(|route| route.name.as_str()).collect();
        let explained = |route: &Route| RuleExplained {
            name: route.name.clone(),
            truth: route.conditions.hold(facts, at, None).truth,
            counts: counts.contains(&route.name.as_str()),
            conditions: route.conditions.explain(facts, at),
        };
        Explanation {
            route: found.route.name.clone(),
            is_default: found.is_default(),
            rules: self.all().iter().map(explained).collect(),
            asks: self.demands_at(facts, &[at], &[None]).into(),
            channel: found.route.channel.as_ref().map(ToString::to_string),
            levels: found.route.levels(),
            fallback: names(&found.route.fallback),
            remind_after: found.route.remind_after.map(|after| after.as_secs()),
        }
    }
}

impl Conditions {
    fn explain(&self, facts: &Facts, at: Timestamp) -> Vec<ConditionExplained> {
        let explained = |asked: Asked<'_>| ConditionExplained {
            name: asked.name(),
            wanted: asked.wanted(),
            found: asked.found(facts, at),
            truth: asked.holds(facts, at, None),
        };
        self.asked().into_iter().map(explained).collect()
    }
}

impl Asked<'_> {
    fn wanted(&self) -> String {
        match self {
            Self::LongerThan(limit) => limit.to_string(),
            Self::Within(hours) | Self::Outside(hours) => hours.to_string(),
            Self::Type(patterns)
            | Self::Access(patterns)
            | Self::Resource(patterns)
            | Self::Requester(patterns)
            | Self::Principal(patterns)
            | Self::Tag(_, patterns) => patterns.iter().map(Pattern::to_string).collect::<Vec<_>>().join(", "),
        }
    }

    fn found(&self, facts: &Facts, at: Timestamp) -> Option<String> {
        match self {
            Self::LongerThan(_) => facts.asked_length().map(|length| length.to_string()),
            Self::Within(hours) | Self::Outside(hours) => {
                Some(at.to_zoned(hours.zone.clone()).strftime("%a %Y-%m-%d %H:%M").to_string())
            }
            of_text => {
                let things = of_text.things(facts).filter(|things| !things.is_empty())?;
                Some(things.iter().map(|texts| texts.join(" · ")).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl Route {
    fn levels(&self) -> Vec<Level> {
        let first = Level { level: 0, after: 0, who: names(&self.notify) };
        let Some(after) = self.escalate_after else { return vec![first] };
        let next = |(nth, who): (u32, Vec<String>)| Level { level: nth, after: after.as_secs() * u64::from(nth), who };
        let named = self.escalate_to.iter().map(|who| names(who));
        let of_the_sources = self.escalate_to.is_empty().then(Vec::new);
        [first].into_iter().chain((1..).zip(named.chain(of_the_sources)).map(next)).collect()
    }
}

fn names(who: &[Recipient]) -> Vec<String> {
    who.iter().map(Recipient::to_string).collect()
}

impl From<Demands> for Asks {
    fn from(demands: Demands) -> Self {
        let short = |length: Option<ExpirationLength>| length.map(|length| length.to_string());
        let (risk, fresh) =
            (demands.risk.as_str(), if let Risk::StepUp(fresh) = demands.risk { Some(fresh) } else { None });
        Self {
            risk,
            max_age: fresh.as_ref().map(|fresh| fresh.max_age).as_ref().map(Duration::as_secs),
            acr_values: fresh.map(|fresh| fresh.acr_values).unwrap_or_default(),
            longest: short(demands.longest),
            default: short(demands.usual),
            only_of: demands.only_of.into_iter().collect(),
        }
    }
}
