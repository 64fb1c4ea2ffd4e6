//! Misfortunes that tests and the sandbox's page can order, for each method of the Web API
//! for response URLs (method name `response_url`), and for the two documents of Sign in with Slack
//! (`openid-configuration` and `openid.connect.keys`).

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// HTTP 429 with this `Retry-After`, whatever was really called.
    RateLimited {
        /// Whole seconds.
        retry_after_s: u64,
    },
    /// This status and body instead of an answer, e.g. 503 and a page of HTML.
    Status(u16, String),
    /// Waits in wall time before doing the work; nothing happens if the caller hangs up before.
    Hang(Duration),
    /// `{"ok":false,"error":…}` with this code.
    ApiError(String),
    /// Does the work, then closes the connection without a byte of an answer.
    LostAnswer,
    /// Closes the connection without doing the work.
    Drop,
}

/// How often an ordered fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// For this many calls.
    Count(u32),
    /// Until [`Slack::clear_faults`](super::Slack::clear_faults).
    UntilCleared,
}

/// The orders, in the order given, for each method.
#[derive(Debug, Default)]
pub(super) struct Faults(HashMap<String, VecDeque<(Fault, Times)>>);

impl Faults {
    pub(super) fn order(&mut self, method: &str, fault: Fault, times: Times) {
        if times != Times::Count(0) {
            self.0.entry(method.to_owned()).or_default().push_back((fault, times));
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What happens to this call of the method, if anything.
    pub(super) fn next(&mut self, method: &str) -> Option<Fault> {
        let orders = self.0.get_mut(method)?;
        let (fault, times) = orders.front_mut()?;
        let fault = fault.clone();
        match times {
            Times::UntilCleared => {}
            Times::Count(left) if *left > 1 => *left -= 1,
            Times::Count(_) => {
                orders.pop_front();
            }
        }
        Some(fault)
    }
}
