//! Who is told after whom, as long as nobody decides.

use super::routes::{Deciders, Recipient, Route, Routes};
use crate::domain::facts::Facts;
use crate::domain::route::truth::Truth;

/// Levels of an on-call source that are told at most, where the route does not list its own.
const MOST_SOURCE_LEVELS: u32 = 20;

impl Route {
    /// Who is told on a level; `None` past the last one. `has_levels` says of a source by its name whether it has levels
    /// of its own.
    pub fn level(&self, nth: u32, has_levels: impl Fn(&str) -> bool) -> Option<Vec<Recipient>> {
        if nth == 0 {
            return Some(self.notify.clone());
        }
        self.escalate_after?;
        let place = usize::try_from(nth - 1).ok()?;
        if !self.escalate_to.is_empty() {
            return self.escalate_to.get(place).cloned();
        }
        let deeper: Vec<Recipient> = self
            .notify
            .iter()
            .filter_map(|who| match who {
                Recipient::OnCall { source, level } if has_levels(source) => {
                    Some(Recipient::OnCall { source: source.clone(), level: level.saturating_add(nth) })
                }
                _ => None,
            })
            .collect();
        if !deeper.is_empty() {
            return (nth < MOST_SOURCE_LEVELS).then_some(deeper);
        }
        Some(self.fallback.clone()).filter(|fallback| nth == 1 && !fallback.is_empty())
    }

    /// Whether its levels are those of on-call sources: such a way ends where the sources have nobody.
    pub fn goes_by_sources(&self, nth: u32, has_levels: impl Fn(&str) -> bool) -> bool {
        nth > 0 && self.escalate_to.is_empty() && self.level(nth, &has_levels).is_some_and(|who| who != self.fallback)
    }
}

impl Routes {
    /// The rules of which only people whom they name may decide, and that may come to ask so of a request with these
    /// facts: whatever the hour is then, and whatever length is chosen.
    pub fn may_restrict(&self, facts: &Facts) -> impl Iterator<Item = &Route> {
        let restricting = self.all().iter().filter(|route| route.deciders == Deciders::Notified);
        restricting.filter(|route| route.conditions.hold_of(facts) != Truth::No)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::person::UserId;

    fn user(id: &str) -> Recipient {
        Recipient::User(UserId::parse(id).unwrap())
    }

    fn on_call(level: u32) -> Recipient {
        Recipient::OnCall { source: "prod".into(), level }
    }

    fn route() -> Route {
        Route {
            notify: vec![on_call(1), user("U1")],
            fallback: vec![user("U9")],
            escalate_after: Some(Duration::from_secs(600)),
            ..Route::default()
        }
    }

    #[test]
    fn the_routes_own_levels_count_before_those_of_its_sources_and_these_before_the_fallback() {
        let listed = Route { escalate_to: vec![vec![user("U2")], vec![user("U3")]], ..route() };
        let ways = |route: &Route, has: bool| [0, 1, 2, 3].map(|nth| route.level(nth, |_| has));
        assert_eq!(
            ways(&listed, true),
            [Some(listed.notify.clone()), Some(vec![user("U2")]), Some(vec![user("U3")]), None]
        );
        let by_source = [Some(route().notify), Some(vec![on_call(2)]), Some(vec![on_call(3)]), Some(vec![on_call(4)])];
        assert_eq!(ways(&route(), true), by_source);
        assert_eq!(ways(&route(), false), [Some(route().notify), Some(vec![user("U9")]), None, None]);
        let patient = Route { escalate_after: None, ..route() };
        assert_eq!(ways(&patient, true), [Some(route().notify), None, None, None]);
    }
}
