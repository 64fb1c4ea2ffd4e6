//! What happens in a night, round by round: all of it by the seed, none of it by what the bot does.

use p0_chatops::sandbox::p0::Fault as P0Fault;
use p0_chatops::sandbox::pagerduty::{Fault as PagerFault, rate_limited};
use p0_chatops::sandbox::slack::Fault;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::REQUESTS;
use crate::world::{ALICE, CAROL};

/// Rounds back from which people still take up a request.
const RECENT: u32 = 30;

/// Three minutes of it.
pub struct Round {
    /// P0's type of what is asked, which is what routes go by.
    pub kind: &'static str,
    pub requester: &'static str,
    pub slack: Option<(&'static str, Fault, u32)>,
    pub p0: Option<(P0Fault, u32)>,
    pub pager: Option<(PagerFault, u32)>,
    pub p0_is_up: bool,
    pub pager_is_up: bool,
    /// Whether the bot has time for what came before somebody does something.
    pub has_time: bool,
    /// The bot dies: after a request has come, and after somebody has done something.
    pub dies: [Option<Death>; 2],
    /// Somebody does something about a request.
    pub deed: Option<(u32, Deed)>,
    /// P0 moves a request by itself, or somebody does in its own app: to this status.
    pub elsewhere: Option<(u32, &'static str)>,
    /// Whether P0 tells what has moved since it last did.
    pub p0_tells: bool,
}

/// Between which of the bot's steps it dies.
#[derive(Clone, Copy)]
pub enum Death {
    BeforeAnything,
    /// It is written down who is told, and they were not.
    BeforeTelling,
    /// P0 was told, and nobody else.
    AfterForwarding,
}

#[derive(Clone, Copy)]
pub enum Deed {
    /// Presses a button of the channel's card.
    Press(&'static str, &'static str),
    /// Denies, in the form that asks why.
    Deny(&'static str),
    /// The first of those on call who was told looks at what else is known of it.
    Look,
}

/// The whole night.
pub fn plan(seed: u64) -> Vec<Round> {
    let mut chance = Chance(StdRng::seed_from_u64(seed));
    let (mut p0_down, mut pager_down) = (0_u32, 0_u32);
    (0..REQUESTS)
        .map(|nth| {
            (p0_down, pager_down) = (p0_down.saturating_sub(1), pager_down.saturating_sub(1));
            if chance.happens(2) {
                p0_down = chance.below(4);
            }
            if chance.happens(3) {
                pager_down = chance.below(12);
            }
            round(&mut chance, nth, p0_down == 0, pager_down == 0)
        })
        .collect()
}

fn round(chance: &mut Chance, nth: u32, p0_is_up: bool, pager_is_up: bool) -> Round {
    Round {
        kind: chance.of(&["aws", "aws", "k8s", "gcloud", "ssh"]),
        requester: chance.of(&["bob@example.com", "rita@example.com"]),
        slack: chance.slack(),
        p0: chance.p0(),
        pager: chance.pager(),
        p0_is_up,
        pager_is_up,
        has_time: chance.happens(50),
        dies: [chance.death(), chance.death()],
        deed: chance.deed().map(|deed| (chance.recent(nth), deed)),
        elsewhere: chance.elsewhere().map(|status| (chance.recent(nth), status)),
        p0_tells: chance.happens(60),
    }
}

struct Chance(StdRng);

impl Chance {
    fn below(&mut self, end: u32) -> u32 {
        self.0.random_range(0..end)
    }

    fn happens(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.0.random_range(0..all.len())]
    }

    fn recent(&mut self, nth: u32) -> u32 {
        nth - self.below(RECENT.min(nth + 1))
    }

    fn slack(&mut self) -> Option<(&'static str, Fault, u32)> {
        let times = self.below(3) + 1;
        let (method, fault) = match self.below(100) {
            0..4 => ("chat.postMessage", Fault::Drop),
            4..8 => ("chat.postMessage", Fault::LostAnswer),
            8..12 => ("chat.update", Fault::Status(503, String::new())),
            12..15 => ("chat.update", Fault::LostAnswer),
            15..20 => ("usergroups.users.list", Fault::ApiError("internal_error".into())),
            20..23 => ("conversations.open", Fault::RateLimited { retry_after_s: 20 }),
            23..26 => ("users.lookupByEmail", Fault::Status(503, String::new())),
            26..29 => ("users.info", Fault::ApiError("internal_error".into())),
            _ => return None,
        };
        Some((method, fault, times))
    }

    fn p0(&mut self) -> Option<(P0Fault, u32)> {
        let calls = self.below(2) + 1;
        let fault = match self.below(100) {
            0..3 => P0Fault::error(503, "Service unavailable"),
            3..6 => P0Fault::LostAnswer,
            6..8 => P0Fault::Drop,
            8..10 => P0Fault::too_many(Some(20)),
            _ => return None,
        };
        Some((fault, calls))
    }

    fn pager(&mut self) -> Option<(PagerFault, u32)> {
        let calls = self.below(4) + 1;
        let fault = match self.below(100) {
            0..4 => PagerFault::bad_gateway(),
            4..8 => rate_limited(30),
            8..11 => PagerFault::Truncated,
            // It is waited for in real time.
            11..12 => return Some((PagerFault::Hang, 1)),
            _ => return None,
        };
        Some((fault, calls))
    }

    fn death(&mut self) -> Option<Death> {
        let how = self.of(&[Death::BeforeAnything, Death::BeforeTelling, Death::AfterForwarding]);
        self.happens(10).then_some(how)
    }

    fn deed(&mut self) -> Option<Deed> {
        let who = self.of(&[ALICE, CAROL]);
        Some(match self.below(100) {
            0..35 => Deed::Press(who, "approve"),
            35..50 => Deed::Press(who, "claim"),
            50..60 => Deed::Press(who, "more"),
            60..66 => Deed::Deny(who),
            66..80 => Deed::Look,
            _ => return None,
        })
    }

    fn elsewhere(&mut self) -> Option<&'static str> {
        Some(match self.below(100) {
            0..4 => "APPROVED",
            4..7 => "DENIED",
            7..12 => "TIMED_OUT",
            12..14 => "ERRORED",
            _ => return None,
        })
    }
}
