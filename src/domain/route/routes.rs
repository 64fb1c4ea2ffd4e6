//! The rules in their order, and which of them a request goes by.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::hours::Hours;
use super::risk::Risk;
use super::truth::Truth;
use crate::domain::expiration::ExpirationLength;
use crate::domain::facts::Facts;
use crate::domain::person::{ChannelId, UserGroupId, UserId};

/// A rule: which requests it takes, and what is done with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Unlike every other's; people read it.
    pub name: String,
    /// Which requests it takes.
    pub conditions: Conditions,
    /// Where they are shown.
    pub channel: Option<ChannelId>,
    /// Who gets a direct message at once.
    pub notify: Vec<Recipient>,
    /// Who is told next, level by level, as long as nobody has decided. Empty: the next levels of the on-call sources.
    pub escalate_to: Vec<Vec<Recipient>>,
    /// Who is told where a level has nobody.
    pub fallback: Vec<Recipient>,
    /// People that one level tells at most.
    pub notify_at_most: usize,
    /// Who may decide.
    pub deciders: Deciders,
    /// The length that is offered first where a request names none; else `durations.default` is.
    pub usual: Option<ExpirationLength>,
    /// The longest grant.
    pub longest: Option<ExpirationLength>,
    /// How much care an approve asks for.
    pub risk: Risk,
    /// When those are reminded who were told and did nothing; each time after twice as long.
    pub remind_after: Option<Duration>,
    /// When the next level is told.
    pub escalate_after: Option<Duration>,
    /// When reminders and other courtesies wait.
    pub quiet: Option<Hours>,
}

/// Who may decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deciders {
    /// Whoever P0 lets.
    #[default]
    Anyone,
    /// Of these only whom the route names.
    Notified,
}

/// Somebody who is to be told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// A person.
    User(UserId),
    /// Everybody in a user group.
    Group(UserGroupId),
    /// Whoever is on call.
    OnCall {
        /// By which source, as the settings name it.
        source: String,
        /// On which of its levels; the first is 1.
        level: u32,
    },
}

/// The rules in their order. The last takes every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes(Vec<Route>);

/// Which rule a request goes by.
#[derive(Clone, Debug)]
pub struct Found<'r> {
    /// The first that surely takes it, or some of what it asks for.
    pub route: &'r Route,
    /// Those before it that may have been meant, each with what P0 has not said.
    pub perhaps: Vec<(&'r Route, Vec<String>)>,
    /// Those behind it that take the rest, or may, where it takes some only.
    pub rest: Vec<&'r Route>,
}

impl Routes {
    /// The rules; `None` where not the last one and only that takes every request.
    pub fn new(routes: Vec<Route>) -> Option<Self> {
        let (last, others) = routes.split_last()?;
        let sound = last.conditions.is_empty() && !others.iter().any(|route| route.conditions.is_empty());
        sound.then_some(Self(routes))
    }

    /// All of them, in their order.
    pub fn all(&self) -> &[Route] {
        &self.0
    }

    /// The one that takes whatever no other does.
    pub fn default_route(&self) -> &Route {
        self.0.last().expect("there is one at least")
    }

    /// The one with this name.
    pub fn named(&self, name: &str) -> Option<&Route> {
        self.0.iter().find(|route| route.name == name)
    }

    /// Which rule a request goes by at a moment, where `chosen` is the length that somebody would grant.
    pub fn find(&self, facts: &Facts, at: Timestamp, chosen: Option<ExpirationLength>) -> Found<'_> {
        let (mut perhaps, mut rest) = (Vec::new(), Vec::new());
        let mut first = None;
        for route in &self.0 {
            let held = route.conditions.hold(facts, at, chosen);
            match (held.truth, first) {
                (Truth::No, _) => {}
                (Truth::Perhaps, None) => perhaps.push((route, held.missing)),
                (Truth::InPart, None) => first = Some(route),
                (Truth::Yes, None) => return Found { route, perhaps, rest },
                (truth, Some(first)) => {
                    rest.push(route);
                    if truth == Truth::Yes {
                        return Found { route: first, perhaps, rest };
                    }
                }
            }
        }
        Found { route: first.unwrap_or_else(|| self.default_route()), perhaps, rest }
    }
}

impl Found<'_> {
    /// Whether no rule but the one that takes everything did.
    pub fn is_default(&self) -> bool {
        self.route.conditions.is_empty()
    }

    /// Every rule that may be the one.
    pub fn candidates(&self) -> impl Iterator<Item = &Route> {
        self.perhaps.iter().map(|(route, _)| *route).chain([self.route]).chain(self.rest.iter().copied())
    }
}

impl Route {
    /// Everybody whom it names, at once or later.
    pub fn recipients(&self) -> impl Iterator<Item = &Recipient> {
        self.notify.iter().chain(self.escalate_to.iter().flatten()).chain(&self.fallback)
    }
}

/// As the settings name them.
impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => user.fmt(f),
            Self::Group(group) => group.fmt(f),
            Self::OnCall { source, level: 1 } => write!(f, "oncall:{source}"),
            Self::OnCall { source, level } => write!(f, "oncall:{source}/{level}"),
        }
    }
}
