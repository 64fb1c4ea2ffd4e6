//! What a test or the sandbox's page does with a running stand-in: set the stage, let things go wrong, look at what came.

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::PagerDuty;
use super::calls::{Call, Endpoint};
use super::setup::{OnDuty, PagerDutySetup, Policy, Schedule, Shift};
use super::state::State;
use crate::sandbox::wire::{Answer, Fault};

/// 429 as PagerDuty answers it: how long to wait stands in `ratelimit-reset`, in seconds.
pub fn rate_limited(reset: u32) -> Fault {
    Fault::Status(Answer {
        code: 429,
        content_type: "application/json".to_owned(),
        body: json!({ "error": { "message": "Rate Limit Exceeded", "code": 2020 } }).to_string(),
        headers: [
            "ratelimit-limit: 960".to_owned(),
            "ratelimit-remaining: 0".to_owned(),
            format!("ratelimit-reset: {reset}"),
        ]
        .iter()
        .filter_map(|header| header.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect(),
    })
}

impl PagerDuty {
    /// Changes anything that it started with. The clock stays what it is to those who have it already.
    pub fn change(&self, change: impl FnOnce(&mut PagerDutySetup)) {
        self.shared.write(|state| change(&mut state.setup));
    }

    /// Puts a person on duty by a schedule for a time. A schedule that is not there is made.
    pub fn put_on_duty(&self, schedule: &str, user: &str, start: Timestamp, end: Timestamp) {
        let shift = Shift { user: user.to_owned(), start, end };
        self.change(|setup| match setup.schedules.iter_mut().find(|known| known.id == schedule) {
            Some(known) => known.shifts.push(shift),
            None => {
                let (id, name) = (schedule.to_owned(), format!("Schedule {schedule}"));
                setup.schedules.push(Schedule { id, name, shifts: vec![shift] });
            }
        });
    }

    /// Takes everybody off duty by a schedule.
    pub fn empty_schedule(&self, schedule: &str) {
        self.change(|setup| {
            setup.schedules.iter_mut().filter(|known| known.id == schedule).for_each(|known| known.shifts.clear());
        });
    }

    /// Says who is told on each level of a policy, in place of what there was.
    pub fn set_policy(&self, policy: &str, levels: Vec<Vec<OnDuty>>) {
        self.change(|setup| {
            setup.policies.retain(|known| known.id != policy);
            setup.policies.push(Policy { id: policy.to_owned(), name: format!("Policy {policy}"), levels });
        });
    }

    /// The next `calls` calls to this endpoint (`None`: to any) meet this fault; faults scripted earlier come first.
    pub fn fail_next(&self, calls: u32, endpoint: impl Into<Option<Endpoint>>, fault: Fault) {
        self.shared.write(|state| state.faults.add(endpoint.into(), fault, Some(calls)));
    }

    /// Every call to this endpoint (`None`: to any) meets this fault until [`PagerDuty::clear_faults`].
    pub fn fail_until_cleared(&self, endpoint: impl Into<Option<Endpoint>>, fault: Fault) {
        self.shared.write(|state| state.faults.add(endpoint.into(), fault, None));
    }

    /// Forgets every fault to come. Calls that hang already go on hanging.
    pub fn clear_faults(&self) {
        self.shared.write(|state| state.faults.clear());
    }

    /// Every call so far, in the order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.read(|state| state.calls.clone())
    }

    /// A receiver that sees a new number after every change, for live pages and for tests that wait.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.version.subscribe()
    }

    /// All that a page may show: people, schedules, policies, faults, calls. The key is not in it.
    pub fn snapshot(&self) -> Value {
        let mut all = self.shared.read(State::to_json);
        all["baseUrl"] = json!(self.base_url());
        all["version"] = json!(*self.shared.version.borrow());
        all
    }
}
