//! How long to wait before another socket is asked for.

use std::time::Duration;

use rand::RngExt as _;

/// The longest pause, but for one that Slack asks for.
const LONGEST: Duration = Duration::from_secs(30);

/// What went wrong of late.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    asked: Option<Duration>,
}

impl Backoff {
    /// Something failed; Slack may have said for how long to leave it alone.
    pub(super) fn failed(&mut self, asked: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        self.asked = asked;
    }

    /// All was well.
    pub(super) fn steady(&mut self) {
        *self = Self::default();
    }

    /// The pause that is due, where the one after a first failure is `first`. Bots that lost Slack together do not come
    /// back together.
    pub(super) fn pause(&self, first: Duration) -> Duration {
        if self.failures == 0 {
            return Duration::ZERO;
        }
        let doubled = first.saturating_mul(2_u32.saturating_pow(self.failures - 1)).min(LONGEST.max(first));
        doubled.mul_f64(rand::rng().random_range(0.5..=1.0)) + self.asked.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_grow_to_half_a_minute_and_never_undercut_slack() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.pause(FIRST), Duration::ZERO);
        for longest in [1, 2, 4, 8, 16, 30, 30] {
            backoff.failed(None);
            let (pause, longest) = (backoff.pause(FIRST), Duration::from_secs(longest));
            assert!(pause >= longest / 2 && pause <= longest, "{pause:?} {longest:?}");
        }
        backoff.failed(Some(Duration::from_secs(90)));
        assert!(backoff.pause(FIRST) > Duration::from_secs(90));
        backoff.failed(None);
        assert!(backoff.pause(FIRST) <= Duration::from_secs(30));
        backoff.steady();
        assert_eq!(backoff.pause(FIRST), Duration::ZERO);
    }
}
