//! The log of calls: what was asked and what came of it. Never the key.

use jiff::Timestamp;
use serde::Serialize;

/// Where a call goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `GET /oncalls`
    OnCalls,
    /// `GET /escalation_policies/{id}`
    Policy(String),
    /// `GET /schedules/{id}`
    Schedule(String),
}

impl Endpoint {
    pub(super) fn of(path: &str) -> Option<Self> {
        let one = |rest: &str| (!rest.is_empty() && !rest.contains('/')).then(|| rest.to_owned());
        match path.strip_prefix('/')?.split_once('/') {
            None if path == "/oncalls" => Some(Self::OnCalls),
            Some(("escalation_policies", id)) => one(id).map(Self::Policy),
            Some(("schedules", id)) => one(id).map(Self::Schedule),
            _ => None,
        }
    }
}

/// One call as it arrived and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// When it arrived, by the stand-in's clock.
    pub at: Timestamp,
    /// On which connection since the start, counted from 1.
    pub connection: u64,
    /// The HTTP method.
    pub method: String,
    /// Where it went to; `None` for a path that is nothing here.
    pub endpoint: Option<Endpoint>,
    /// The query, decoded, in its order.
    pub query: Vec<(String, String)>,
    /// Why it was refused, for people who look for the mistake.
    pub why: Option<String>,
    /// The status answered; `None` while the answer is out, and for ever where none was sent.
    pub status: Option<u16>,
}
