//! Slack's pace: about one message a second in each channel, a tier's rate for each other method, and silence for as
//! long as a 429 asks for.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

/// The longest wait that is taken on Slack's word; past that we ask again.
pub const LONGEST_SILENCE: Duration = Duration::from_secs(5 * 60);

/// A method that the courier calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// About one a second in each channel.
    Post,
    /// Tier 3: 50 a minute.
    Update,
    /// Tier 4: 100 a minute.
    PostPrivate,
    /// Tier 4: 100 a minute.
    Publish,
    /// What is asked on the way: who somebody is, their direct messages, whether a channel is shared.
    Look,
}

impl Method {
    /// The shortest time between two calls: in one channel for posts, in the workspace for the others.
    fn between(self) -> Duration {
        match self {
            Self::Post => Duration::from_millis(1050),
            Self::Update => Duration::from_millis(1250),
            Self::PostPrivate | Self::Publish | Self::Look => Duration::from_millis(650),
        }
    }

    /// Calls that may come at once after a pause.
    fn burst(self) -> i32 {
        match self {
            Self::Post => 1,
            Self::Update => 8,
            Self::PostPrivate | Self::Publish | Self::Look => 8,
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

    /// Forgets what lies further ahead than this pace ever looks: the machine's clock was set back.
    pub fn after_clock_step(&mut self, now: Timestamp) {
        let furthest = now.checked_add(LONGEST_SILENCE).unwrap_or(Timestamp::MAX);
        self.spent.retain(|_, spent| *spent <= furthest);
        self.silent.retain(|_, until| *until <= furthest);
    }

    /// Notes that `method` is called for `target` at `now`.
    pub fn spend(&mut self, method: Method, target: &str, now: Timestamp) {
        // Where nothing was called for a while there is nothing to remember.
        self.spent.retain(|_, spent| *spent > now);
        let spent = self.spent.entry(key(method, target)).or_insert(now);
        *spent = (*spent).max(now) + method.between();
    }

    /// Leaves `method` alone for as long as a 429 asks for, in the whole workspace, but never longer than
    /// [`LONGEST_SILENCE`]. Says until when.
    pub fn silence(&mut self, method: Method, now: Timestamp, asked: Option<Duration>) -> Timestamp {
        let asked = asked.unwrap_or(Duration::from_secs(1)).min(LONGEST_SILENCE);
        let until = now.checked_add(asked).unwrap_or(Timestamp::MAX);
        let silent = self.silent.entry(method).or_insert(until);
        *silent = (*silent).max(until);
        *silent
    }
}

fn key(method: Method, target: &str) -> (Method, Option<String>) {
    match method {
        Method::Post => (method, Some(target.to_owned())),
        Method::Update | Method::PostPrivate | Method::Publish | Method::Look => (method, None),
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
        pace.silence(Method::Post, at(0), Some(Duration::from_secs(30)));
        pace.silence(Method::Post, at(0), Some(Duration::from_secs(10)));
        assert_eq!(pace.next(Method::Post, a), at(30_000));
        assert!(pace.next(Method::Update, a) < at(0));
        assert_eq!(pace.silence(Method::Look, at(0), Some(Duration::MAX)), at(300_000));
        pace.after_clock_step(at(-1_000_000));
        assert!(pace.next(Method::Post, a) < at(0));
    }
}
