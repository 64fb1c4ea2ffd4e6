//! When a grant ends, as far as it is known here.

use jiff::Timestamp;

use super::expiration::ExpirationLength;
use super::phase::Phase;
use super::request::Request;
use super::watch::{ENDS_SOON, OVERDUE_AFTER};

/// The end of a grant that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantEnd {
    /// When.
    pub at: Timestamp,
    /// Whether P0 has not said it, and it is reckoned from the approval.
    pub is_about: bool,
}

/// How much is left of a grant, in words that hold for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeLeft {
    /// More than this.
    MoreThan(ExpirationLength),
    /// This, or less.
    AtMost(ExpirationLength),
    /// It should have ended, and P0 may still be about to say so.
    Over,
    /// It should have ended a while ago, and P0 has not said that it has.
    Overdue,
}

/// Minutes of which it is said that a grant has at most so much left, the fewest first. There are few of them: each has
/// pages drawn anew.
const RUNGS: [u64; 6] = [10, 60, 2 * 60, 4 * 60, 8 * 60, 24 * 60];

impl Request {
    /// How much is left of the grant at this moment, and when that is to be said in other words; `None` where no end is
    /// known.
    pub fn time_left(&self, now: Timestamp) -> Option<(TimeLeft, Option<Timestamp>)> {
        let (end, overdue) = (self.grant_end()?.at, self.overdue_at()?);
        if overdue <= now {
            return Some((TimeLeft::Overdue, None));
        }
        if end <= now {
            return Some((TimeLeft::Over, Some(overdue)));
        }
        let mut below = end;
        let mut longest = None;
        for length in RUNGS.into_iter().filter_map(ExpirationLength::from_minutes) {
            let Ok(begins) = end.checked_sub(length.duration()) else { break };
            if begins <= now {
                return Some((TimeLeft::AtMost(length), Some(below)));
            }
            (below, longest) = (begins, Some(length));
        }
        longest.map(|length| (TimeLeft::MoreThan(length), Some(below)))
    }

    /// When the grant ends; `None` where there is none, where it is being taken back or over, or where nobody said.
    pub fn grant_end(&self) -> Option<GrantEnd> {
        let (Phase::Approved(approval) | Phase::Active(approval)) = &self.phase else { return None };
        // What lies before the approval is some other end.
        if let Some(at) = self.times.expires.filter(|at| *at > approval.at) {
            return Some(GrantEnd { at, is_about: false });
        }
        let at = approval.at.checked_add(approval.length?.duration()).ok()?;
        Some(GrantEnd { at, is_about: true })
    }

    /// Whether the grant should have ended a while ago, and P0 has not said that it has.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.overdue_at().is_some_and(|at| at <= now)
    }

    /// From when on the grant is overdue.
    pub fn overdue_at(&self) -> Option<Timestamp> {
        self.grant_end()?.at.checked_add(OVERDUE_AFTER).ok()
    }

    /// When its owner is to hear that the grant ends soon; `None` also for one that is so short that it is no news.
    pub fn ends_soon_at(&self) -> Option<Timestamp> {
        let (end, approval) = (self.grant_end()?, self.phase.approval()?);
        let at = end.at.checked_sub(ENDS_SOON).ok()?;
        approval.at.checked_add(ENDS_SOON).is_ok_and(|least| least <= at).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::from_millisecond;
    use crate::domain::facts::Facts;
    use crate::domain::phase::{Actor, Approval};
    use crate::domain::request::{Push, RequestId, Times};

    const MINUTE: i64 = 60_000;

    fn granted(length: Option<&str>, expires: Option<i64>) -> Request {
        let push = Push {
            id: RequestId::parse("req-1").unwrap(),
            status: "DONE".into(),
            facts: Facts::default(),
            updated: None,
            times: Times { expires: expires.map(|minute| from_millisecond(minute * MINUTE)), ..Times::default() },
            approver: Actor::Unnamed,
        };
        let mut request = Request::first_heard(push, from_millisecond(0));
        let length = length.map(|length| length.parse().unwrap());
        request.phase = Phase::Active(Approval { by: Actor::Unnamed, at: from_millisecond(0), length });
        request
    }

    fn minutes(at: Option<Timestamp>) -> Option<i64> {
        at.map(|at| at.as_millisecond() / MINUTE)
    }

    #[test]
    fn what_p0_says_counts_and_else_the_length_from_the_approval_on() {
        for (length, expires, end) in [
            (None, None, None),
            (Some("2h"), None, Some((120, true))),
            (Some("2h"), Some(130), Some((130, false))),
            (None, Some(130), Some((130, false))),
            (Some("2h"), Some(0), Some((120, true))),
        ] {
            let known =
                granted(length, expires).grant_end().map(|end| (end.at.as_millisecond() / MINUTE, end.is_about));
            assert_eq!(known, end, "{length:?} {expires:?}");
        }
    }

    #[test]
    fn the_end_is_news_ten_minutes_before_it_unless_all_of_the_grant_is_short() {
        for (length, told) in [("2h", Some(110)), ("20m", Some(10)), ("19m", None), ("5m", None)] {
            assert_eq!(minutes(granted(Some(length), None).ends_soon_at()), told, "{length}");
        }
    }

    #[test]
    fn what_is_said_of_the_time_left_holds_until_it_is_said_in_other_words() {
        let request = granted(Some("30h"), None);
        let (mut at, mut said) = (from_millisecond(0), Vec::new());
        loop {
            let (left, until) = request.time_left(at).unwrap();
            said.push((at.as_millisecond() / MINUTE, left));
            let Some(until) = until else { break };
            assert_eq!(request.time_left(until - Duration::from_millis(1)).unwrap(), (left, Some(until)));
            at = until;
        }
        let length = |text: &str| text.parse::<ExpirationLength>().unwrap();
        let at_most = |hours: i64, text: &str| ((30 - hours) * 60, TimeLeft::AtMost(length(text)));
        assert_eq!(
            said,
            [
                (0, TimeLeft::MoreThan(length("24h"))),
                at_most(24, "24h"),
                at_most(8, "8h"),
                at_most(4, "4h"),
                at_most(2, "2h"),
                at_most(1, "1h"),
                (29 * 60 + 50, TimeLeft::AtMost(length("10m"))),
                (30 * 60, TimeLeft::Over),
                (30 * 60 + 5, TimeLeft::Overdue),
            ]
        );
    }

    #[test]
    fn it_is_overdue_five_minutes_after_its_end_and_no_more_once_it_is_over() {
        let mut request = granted(Some("1h"), None);
        let due = from_millisecond(65 * MINUTE);
        assert!(!request.is_overdue(due - Duration::from_millis(1)) && request.is_overdue(due));
        request.revoked(Actor::Unnamed, due);
        assert!(!request.is_overdue(due));
    }
}
