//! How often each method may be called. Slack publishes "about one message a second in a channel"
//! and tiers of calls a minute; who asks for more gets 429 and must keep off for `Retry-After` seconds.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;

/// The limits; the defaults are the numbers Slack promises at the least.
#[derive(Clone, Debug)]
pub struct Rates {
    /// How many messages a channel (or a response URL) takes at once, before one a second counts.
    pub burst: u32,
    /// Calls a minute of `usergroups.*` (Slack: 20 and more).
    pub tier2: u32,
    /// Calls a minute of `chat.update`, `chat.unfurl`, `conversations.*`, `users.lookupByEmail` (Slack: 50 and more).
    pub tier3: u32,
    /// Calls a minute of `users.info`, `views.*`, `chat.postEphemeral` (Slack: 100 and more).
    pub tier4: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Self { burst: 4, tier2: 20, tier3: 50, tier4: 100 }
    }
}

/// Which of the limits holds for a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    Unlimited,
    PerChannel,
    Two,
    Three,
    Four,
}

/// What was called when.
#[derive(Debug, Default)]
pub(super) struct Meter {
    minutes: HashMap<String, VecDeque<i64>>,
    buckets: HashMap<String, Bucket>,
    /// Methods that were told to keep off, until when (epoch milliseconds).
    closed: HashMap<String, i64>,
}

/// A bucket of `burst` messages that gains one a second; kept in thousandths of a message.
#[derive(Debug)]
struct Bucket {
    level: i64,
    at: i64,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

impl Meter {
    /// Counts a call, or says after how many seconds the method may be asked again.
    /// A 429 closes the method for the whole workspace, not only for one channel.
    pub(super) fn admit(
        &mut self,
        rates: &Rates,
        tier: Tier,
        method: &str,
        channel: &str,
        now: Timestamp,
    ) -> Result<(), u64> {
        let now = now.as_millisecond();
        let waits = match self.closed.get(method) {
            Some(&until) if now < until => Some(until - now),
            _ => match tier {
                Tier::Unlimited => None,
                Tier::PerChannel => self.take(method, channel, i64::from(rates.burst), now),
                Tier::Two => self.count(method, rates.tier2, now),
                Tier::Three => self.count(method, rates.tier3, now),
                Tier::Four => self.count(method, rates.tier4, now),
            },
        };
        let Some(waits) = waits else { return Ok(()) };
        let seconds = (waits.max(1) + SECOND - 1) / SECOND;
        self.closed
            .entry(method.to_owned())
            .and_modify(|until| *until = (*until).max(now + waits))
            .or_insert(now + waits);
        Err(seconds.unsigned_abs())
    }

    /// The window of one minute; gives the milliseconds until its oldest call leaves it.
    fn count(&mut self, method: &str, most: u32, now: i64) -> Option<i64> {
        let calls = self.minutes.entry(method.to_owned()).or_default();
        while calls.front().is_some_and(|&at| at + MINUTE <= now) {
            calls.pop_front();
        }
        if calls.len() < most as usize {
            calls.push_back(now);
            return None;
        }
        Some(calls.front().map_or(MINUTE, |&oldest| oldest + MINUTE - now))
    }

    fn take(&mut self, method: &str, channel: &str, burst: i64, now: i64) -> Option<i64> {
        let full = burst * SECOND;
        let bucket =
            self.buckets.entry(format!("{method} {channel}")).or_insert_with(|| Bucket { level: full, at: now });
        bucket.level = full.min(bucket.level + (now - bucket.at));
        bucket.at = now;
        if bucket.level < SECOND {
            return Some(SECOND - bucket.level);
        }
        bucket.level -= SECOND;
        None
    }
}
