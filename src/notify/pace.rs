//! Slack's pace: about one message a second in each channel, a tier's rate for each other method, and silence for as
//! long as a 429 asks for.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

/// A method that the courier calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// About one a second in each channel.
    Post,
    /// Tier 3: 50 a minute.
    Update,
    /// Tier 4: 100 a minute.
    PostPrivate,
}

impl Method {
    /// The shortest time between two calls: in one channel for posts, in the workspace for the others.
    fn between(self) -> Duration {
        match self {
            Self::Post => Duration::from_millis(1050),
            Self::Update => Duration::from_millis(1250),
            Self::PostPrivate => Duration::from_millis(650),
        }
    }

    /// Calls that may come at once after a pause.
    fn burst(self) -> i32 {
        match self {
            Self::Post => 1,
            Self::Update => 8,
            Self::PostPrivate => 8,
        }
    }
}

/// When the next call may go out.
#[derive(Debug, Default)]
pub struct Pace {
    spent: HashMap<(Method, Option<String>), Timestamp>,
    silent: HashMap<Method, Timestamp>,
}

impl Pace {
    /// When `method` may be called for `target` (a channel, or a person to write to); that is now where the answer is not after `now`.
    pub fn next(&self, method: Method, target: &str) -> Timestamp {
        let free = self.spent.get(&key(method, target)).map_or(Timestamp::MIN, |spent| {
            spent.checked_sub(method.between() * (method.burst() - 1).unsigned_abs()).unwrap_or(Timestamp::MIN)
        });
        free.max(self.silent.get(&method).copied().unwrap_or(Timestamp::MIN))
    }

    /// Notes that `method` is called for `target` at `now`.
    pub fn spend(&mut self, method: Method, target: &str, now: Timestamp) {
        // Where nothing was called for a while there is nothing to remember.
        self.spent.retain(|_, spent| *spent > now);
        let spent = self.spent.entry(key(method, target)).or_insert(now);
        *spent = (*spent).max(now) + method.between();
    }

    /// Leaves `method` alone until `until`, in the whole workspace: that is what a 429 asks for.
    pub fn silence(&mut self, method: Method, until: Timestamp) {
        let silent = self.silent.entry(method).or_insert(until);
        *silent = (*silent).max(until);
    }
}

fn key(method: Method, target: &str) -> (Method, Option<String>) {
    match method {
        Method::Post => (method, Some(target.to_owned())),
        Method::Update | Method::PostPrivate => (method, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    #[test]
    fn one_post_a_second_in_each_channel_and_a_burst_of_updates() {
        let mut pace = Pace::default();
        let (a, b) = ("C1", "C2");
        pace.spend(Method::Post, a, at(0));
        assert_eq!(pace.next(Method::Post, a), at(1050));
        assert!(pace.next(Method::Post, b) <= at(0));
        for _ in 0..8 {
            assert!(pace.next(Method::Update, a) <= at(0));
            pace.spend(Method::Update, a, at(0));
        }
        assert_eq!(pace.next(Method::Update, b), at(1250));
    }

    #[test]
    fn a_429_silences_its_method_everywhere_and_no_other() {
        let mut pace = Pace::default();
        let a = "C1";
        pace.silence(Method::Post, at(30_000));
        pace.silence(Method::Post, at(10_000));
        assert_eq!(pace.next(Method::Post, a), at(30_000));
        assert!(pace.next(Method::Update, a) < at(0));
    }
}
