//! With what it starts: the account's people, schedules and escalation policies.

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::Clock;

/// With what a stand-in starts. Everything can be changed while it runs, with
/// [`PagerDuty::change`](super::PagerDuty::change).
#[derive(Clone, Debug)]
pub struct PagerDutySetup {
    /// Where it reads the time.
    pub clock: Clock,
    /// The one key that it takes.
    pub api_key: String,
    /// Entries of one page at most, whatever is asked for: PagerDuty's own bound is 100.
    pub page: usize,
    /// Who has an account.
    pub users: Vec<User>,
    /// Who is on duty when.
    pub schedules: Vec<Schedule>,
    /// Whom an incident is escalated to.
    pub policies: Vec<Policy>,
}

impl Default for PagerDutySetup {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            api_key: "sandbox-pagerduty-key".to_owned(),
            page: 2,
            users: ["alice", "bob", "carol", "dave"].map(User::named).into(),
            schedules: Vec::new(),
            policies: Vec::new(),
        }
    }
}

/// Somebody with an account.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    /// The id, such as `PT23IWX`.
    pub id: String,
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

impl User {
    /// A user such as `PALICE`, `Alice`, `alice@example.com`.
    pub fn named(name: &str) -> Self {
        let mut letters = name.chars();
        let initial = letters.next().into_iter().flat_map(char::to_uppercase);
        Self {
            id: format!("P{}", name.to_uppercase()),
            name: initial.chain(letters).collect(),
            email: format!("{name}@example.com"),
        }
    }
}

/// Who is on duty when.
#[derive(Clone, Debug, Serialize)]
pub struct Schedule {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The shifts, in any order; where none is, nobody is on duty.
    pub shifts: Vec<Shift>,
}

/// A time on duty.
#[derive(Clone, Debug, Serialize)]
pub struct Shift {
    /// Whose, by id.
    pub user: String,
    /// The first moment within.
    pub start: Timestamp,
    /// The first moment that is not.
    pub end: Timestamp,
}

/// Whom an incident is escalated to.
#[derive(Clone, Debug, Serialize)]
pub struct Policy {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// Who is told on each level; the first is level 1.
    pub levels: Vec<Vec<OnDuty>>,
}

/// Who is told on a level.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDuty {
    /// A person, at any time.
    User(String),
    /// Whoever is on duty by a schedule.
    Schedule(String),
}
