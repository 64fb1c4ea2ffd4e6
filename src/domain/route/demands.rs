//! What the rules ask of a choice about a request: the strictest that any of those asks that may be the one.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::risk::Risk;
use super::routes::{Deciders, Route, Routes};
use crate::domain::expiration::ExpirationLength;
use crate::domain::facts::Facts;
use crate::domain::jit::lengths::Lengths;
use crate::domain::request::Request;

/// What is asked of a choice about a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// How much care an approve asks for.
    pub risk: Risk,
    /// The longest grant, where a rule bounds it.
    pub longest: Option<ExpirationLength>,
    /// What is offered first where a request names no length.
    pub usual: Option<ExpirationLength>,
    /// The rules of which only people whom they name may decide; a person has to be named by each.
    pub only_of: BTreeSet<String>,
}

impl Demands {
    fn take(&mut self, route: &Route) {
        self.risk = std::mem::take(&mut self.risk).and(route.risk.clone());
        self.longest = self.longest.into_iter().chain(route.longest).min();
        if route.deciders == Deciders::Notified {
            self.only_of.insert(route.name.clone());
        }
    }

    /// The lengths that are left.
    pub fn of(&self, lengths: Lengths) -> Lengths {
        let Some(longest) = self.longest.filter(|longest| *longest < lengths.maximum) else { return lengths };
        let presets = lengths.presets.into_iter().filter(|preset| preset.length <= longest).collect();
        Lengths { presets, maximum: longest, withdrawn: lengths.withdrawn }
    }
}

impl Routes {
    /// What is asked of a choice about a request: by what it was when it came as well as by what it is now, and by the
    /// length that was asked as well as by the one that is `chosen`.
    pub fn demands(&self, request: &Request, now: Timestamp, chosen: Option<ExpirationLength>) -> Demands {
        self.demands_at(&request.facts, &[request.first_seen, now], &[None, chosen])
    }

    /// What any rule asks that may be the one at any of the moments, for any of the lengths.
    pub(super) fn demands_at(
        &self,
        facts: &Facts,
        moments: &[Timestamp],
        lengths: &[Option<ExpirationLength>],
    ) -> Demands {
        let mut demands = Demands::default();
        for at in moments {
            for chosen in lengths {
                let found = self.find(facts, *at, *chosen);
                found.candidates().for_each(|route| demands.take(route));
                demands.usual = demands.usual.or(found.route.usual);
            }
        }
        demands
    }

    /// What is asked of a choice about a request that P0 never told of: any rule may be the one.
    pub fn demands_unseen(&self) -> Demands {
        let mut demands = Demands::default();
        self.all().iter().for_each(|route| demands.take(route));
        demands
    }
}
