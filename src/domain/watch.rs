//! How a request is looked after: which rule it goes by, who was told, who is on it.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::person::{SlackUser, UserGroupId, UserId};
use super::request::Request;
use super::route::routes::{Recipient, Routes};

/// Before the id of a user group that a route names itself, where it stands for a source.
pub const GROUP_SOURCE: &str = "group:";
/// How long "I'm on it" holds.
pub const CLAIM_HOLDS: Duration = Duration::from_secs(15 * 60);
/// How long before its end a grant's owner hears of it.
pub const ENDS_SOON: Duration = Duration::from_secs(10 * 60);
/// How long after a grant's end P0 may take to say so.
pub const OVERDUE_AFTER: Duration = Duration::from_secs(5 * 60);

/// Reminders of one request that somebody gets at most.
pub const MOST_REMINDERS: u32 = 3;

/// How a request is looked after, as it was arranged when it came and at each escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The rule that it goes by.
    pub route: String,
    /// What the rules said of it when it was arranged who looks after it, as [`Routes::terms`] has it.
    #[serde(default)]
    pub terms: String,
    /// Whether its people are found out once more up to this level, since the rules say something else now: whoever knows of
    /// it already is not rung for that.
    #[serde(default)]
    pub is_revised: bool,
    /// Whether no rule but the default one takes it.
    pub is_default: bool,
    /// Rules before it that may have been meant, each with what P0 has not said.
    pub perhaps: Vec<(String, Vec<String>)>,
    /// The level that was found out last: 0 at once, then one for each escalation; `None` before the first.
    pub level: Option<u32>,
    /// When the next level is told, where there is one.
    pub next_at: Option<Timestamp>,
    /// Who is meant on it.
    #[serde(default)]
    pub next: Vec<Recipient>,
    /// Whether the last level was told, and its time is over too.
    pub is_exhausted: bool,
    /// Who was not told who might have been expected to be.
    pub left_out: Vec<LeftOut>,
    /// Who is on it.
    pub claim: Option<Claim>,
    /// Whether a claim has put the next level off: on each level one may.
    #[serde(default)]
    pub was_put_off: bool,
    /// Whether somebody has decided: then nobody is called any more.
    #[serde(default)]
    pub is_over: bool,
}

/// Somebody who is on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who.
    pub by: SlackUser,
    /// Since when.
    pub at: Timestamp,
    /// It lapses by itself.
    pub until: Timestamp,
}

/// Somebody whom a route names, or who is told in the place of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Who.
    pub user: UserId,
    /// By which rule.
    pub route: String,
    /// On which level.
    pub level: u32,
    /// Whether the rule names them: who is told in the place of somebody else is not.
    pub is_named: bool,
    /// Why.
    pub reason: Reason,
    /// When they were told; `None`: they were not.
    pub at: Option<Timestamp>,
    /// When they first opened, claimed or pressed it.
    pub stirred: Option<Timestamp>,
}

/// Why somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The route names them.
    Named,
    /// They are in a user group.
    Group {
        /// Which.
        group: UserGroupId,
        /// When Slack said so, where it does not answer now.
        #[serde(default)]
        as_of: Option<Timestamp>,
    },
    /// They are on call.
    OnCall {
        /// By which source.
        source: String,
        /// On which of its levels.
        level: u32,
        /// When the source said so, where it does not answer now.
        as_of: Option<Timestamp>,
    },
    /// Nobody else of the level was there.
    Fallback,
    /// Somebody who is away has named them.
    InPlaceOf(UserId),
}

/// Somebody who was not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// An on-call source has nobody on this level.
    NobodyOnCall {
        /// Which source.
        source: String,
        /// Which level.
        level: u32,
    },
    /// Somebody is on call, and nobody says who that is in Slack.
    Unmatched {
        /// Which source.
        source: String,
        /// As the source names them.
        name: String,
    },
    /// A source does not answer, and has not said anything before that still holds; or Slack does not say who its people
    /// are.
    SourceDown {
        /// Which source; [`GROUP_SOURCE`] and an id for a user group that the route names itself.
        source: String,
    },
    /// A user group has nobody in it.
    EmptyGroup {
        /// Which group.
        group: UserGroupId,
    },
    /// Somebody who could decide nothing: their account is deactivated, a guest's, a bot's or another company's.
    NotThere {
        /// Who.
        user: UserId,
    },
    /// More people than the route tells at once.
    TooMany {
        /// How many were left out.
        count: u32,
    },
    /// Somebody is away, and nobody stands in.
    Away {
        /// Who.
        user: UserId,
    },
    /// It is their own request.
    OwnRequest {
        /// Who.
        user: UserId,
    },
    /// No source answers that would say who is told next, so nobody is.
    LevelsUnknown,
    /// People were told, and none of them is named by every rule that may restrict who decides.
    NobodyMayDecide,
}

impl Watch {
    /// Whether it is not sure that the rule was meant: there are others, and none surely takes it, or P0 has not said what
    /// those before it go by.
    pub fn is_unsure(&self, routes: &Routes) -> bool {
        routes.all().len() > 1 && (self.is_default || !self.perhaps.is_empty())
    }

    /// What P0 has not said that rules go by, each once.
    pub fn missing(&self) -> BTreeSet<&str> {
        self.perhaps.iter().flat_map(|(_, missing)| missing).map(String::as_str).collect()
    }

    /// How a request is looked after by the rules, before anybody was told.
    pub fn by(routes: &Routes, request: &Request) -> Self {
        let found = routes.find(&request.facts, request.first_seen, None);
        Self {
            route: found.route.name.clone(),
            terms: routes.terms(&request.facts, request.first_seen),
            is_revised: false,
            is_default: found.is_default(),
            perhaps: found.perhaps.iter().map(|(route, missing)| (route.name.clone(), missing.clone())).collect(),
            level: None,
            next_at: None,
            next: Vec::new(),
            is_exhausted: false,
            left_out: Vec::new(),
            claim: None,
            was_put_off: false,
            is_over: false,
        }
    }

    /// Who is on it at this moment.
    pub fn claim_at(&self, now: Timestamp) -> Option<&Claim> {
        self.claim.as_ref().filter(|claim| now < claim.until)
    }
}

/// What whoever asked hears in the thread of their card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Nobody had decided, so more people were told.
    Escalated {
        /// Who.
        to: Vec<UserId>,
    },
    /// Somebody is on it.
    Claimed {
        /// Who.
        by: UserId,
    },
    /// Somebody was on it, and is not any more.
    Lapsed {
        /// Who.
        by: UserId,
    },
    /// Everybody who is to be told was, and nobody has decided.
    Exhausted,
    /// Somebody has decided.
    Decided,
}

impl News {
    /// Whether it is no news any more once somebody has decided.
    pub fn is_of_waiting(&self) -> bool {
        !matches!(self, Self::Decided)
    }
}
