//! When to try again.

use std::time::Duration;

use rand::RngExt;

/// Longest wait that is taken on somebody's word; past that we ask again.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// The wait before another try: 1, 2, 4 … 30 s and up to half as much again by chance (as P0's own client does), and
/// never less than what the other side asked for.
pub fn wait(attempts: u32, asked: Option<Duration>) -> Duration {
    let step = Duration::from_secs((1 << attempts.saturating_sub(1).min(5)).min(30));
    let chance = step.mul_f64(rand::rng().random_range(0.0..0.5));
    (step + chance).max(asked.unwrap_or_default().min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_but_not_for_ever() {
        for (attempts, least) in [(0, 1), (1, 1), (2, 2), (3, 4), (6, 30), (60, 30)] {
            let seconds = wait(attempts, None).as_secs_f64();
            assert!((f64::from(least)..f64::from(least) * 1.5).contains(&seconds), "{attempts}: {seconds}");
        }
        assert_eq!(wait(1, Some(Duration::from_secs(90))).as_secs(), 90);
        assert_eq!(wait(1, Some(Duration::from_secs(90_000))), LONGEST);
    }
}
