//! A request for access: what was asked, where it stands, and how news of it is taken in.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::expiration::ExpirationLength;
use super::facts::Facts;
use super::phase::{Actor, Approval, Phase};
use super::status::{Ending, Standing};
use super::text::{is_trick, path_segment};

/// Longest request id, in characters.
const MOST_ID_CHARACTERS: usize = 200;

/// How far P0's clock may be ahead of ours.
const MOST_AHEAD: Duration = Duration::from_secs(5 * 60);

/// P0's name for a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(String);

/// The text cannot be a request id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request id has 1 to 200 characters, without spaces and slashes")]
pub struct BadRequestId;

impl RequestId {
    /// Takes 1–200 characters without control characters, white space and `/`; never `.` or `..`,
    /// which would climb out of the path that the id becomes a segment of.
    pub fn parse(text: &str) -> Result<Self, BadRequestId> {
        let fits = (1..=MOST_ID_CHARACTERS).contains(&text.chars().count())
            && !text.chars().any(|c| c.is_control() || c.is_whitespace() || is_trick(c) || c == '/')
            && text != "."
            && text != "..";
        if fits { Ok(Self(text.to_owned())) } else { Err(BadRequestId) }
    }

    /// The id as P0 wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as one segment of a URL's path.
    pub fn path_segment(&self) -> String {
        path_segment(&self.0)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// P0's times of a request; epoch milliseconds on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// When it was asked for.
    pub requested: Option<Timestamp>,
    /// When access was granted.
    pub granted: Option<Timestamp>,
    /// When access runs out.
    pub expires: Option<Timestamp>,
}

/// One push of P0's about one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Which request.
    pub id: RequestId,
    /// P0's word for where it stands, as sent.
    pub status: String,
    /// What it says about what was asked.
    pub facts: Facts,
    /// P0's `lastUpdatedTimestamp`.
    pub updated: Option<Timestamp>,
    /// P0's other times.
    pub times: Times,
    /// Whom P0 names as the approver.
    pub approver: Actor,
}

/// What a push did to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The request stands elsewhere than before.
    pub moved: bool,
    /// What was asked is not what it was.
    pub changed: bool,
    /// Something that people see is different.
    pub visible: bool,
}

/// A request as the bot knows it: P0 offers no way to read one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its name.
    pub id: RequestId,
    /// What was asked.
    pub facts: Facts,
    /// Where it stands.
    pub phase: Phase,
    /// P0's latest word, where it is one that is not known here.
    pub unknown_status: Option<String>,
    /// P0's time of what stands here; `None` where an answer to us said so.
    pub updated: Option<Timestamp>,
    /// P0's other times.
    pub times: Times,
    /// When the bot first heard of it.
    pub first_seen: Timestamp,
    /// When what was asked last changed after people had been shown it.
    pub changed: Option<Timestamp>,
}

impl Request {
    /// A request that P0 has told nothing of.
    pub fn unheard(id: RequestId, now: Timestamp) -> Self {
        Self {
            id,
            facts: Facts::default(),
            phase: Phase::Pending,
            unknown_status: None,
            updated: None,
            times: Times::default(),
            first_seen: now,
            changed: None,
        }
    }

    /// A request that the bot hears of for the first time.
    pub fn first_heard(push: Push, now: Timestamp) -> Self {
        let mut request = Self::unheard(push.id.clone(), now);
        request.apply(push, now);
        request.changed = None;
        request
    }

    /// Takes a push in. Old news changes nothing; newer facts replace older ones and are remembered as a change.
    pub fn apply(&mut self, mut push: Push, now: Timestamp) -> Applied {
        let before = self.clone();
        // A time that is far ahead of us would make all later news old: it is no time.
        push.updated = push.updated.filter(|updated| *updated <= now.checked_add(MOST_AHEAD).unwrap_or(Timestamp::MAX));
        let standing = Standing::of(&push.status);
        if !self.is_news(&push, standing) {
            return Applied { moved: false, changed: false, visible: false };
        }
        self.facts = self.facts.updated(push.facts);
        self.times = Times {
            requested: push.times.requested.or(self.times.requested),
            granted: push.times.granted.or(self.times.granted),
            expires: push.times.expires.or(self.times.expires),
        };
        self.updated = push.updated.or(self.updated);
        match standing {
            Some(standing) => {
                self.unknown_status = None;
                self.phase = self.moved_to(standing, push.approver, push.updated.unwrap_or(now));
            }
            None => self.unknown_status = Some(push.status),
        }
        let changed = self.facts.digest() != before.facts.digest();
        if changed {
            self.changed = Some(now);
        }
        let moved = self.phase != before.phase;
        let visible = changed || moved || self.times != before.times || self.unknown_status != before.unknown_status;
        Applied { moved, changed, visible }
    }

    /// P0's order of pushes: the newer time where both have one, else the rank of the standings;
    /// what has ended never goes back to pending.
    fn is_news(&self, push: &Push, standing: Option<Standing>) -> bool {
        if self.phase.is_ended() && standing == Some(Standing::Pending) {
            return false;
        }
        match (push.updated, self.updated, standing) {
            (Some(theirs), Some(ours), _) if theirs != ours => theirs > ours,
            (_, _, Some(standing)) => standing.rank() >= self.phase.rank(),
            (_, _, None) => true,
        }
    }

    fn moved_to(&self, standing: Standing, approver: Actor, at: Timestamp) -> Phase {
        let approval = || {
            // Who decided here is known better than whom a push names.
            let known = self.phase.approval().filter(|known| known.by != Actor::Unnamed);
            known.cloned().unwrap_or(Approval { by: approver.clone(), at, length: None })
        };
        match (standing, &self.phase) {
            (Standing::Pending, _) => Phase::Pending,
            (Standing::Approved, _) => Phase::Approved(approval()),
            (Standing::Active, _) => Phase::Active(approval()),
            (Standing::Closing(how), Phase::Closing { how: was, .. }) if *was == how => self.phase.clone(),
            (Standing::Closing(how), _) => Phase::Closing { how, at, of: self.phase.approval().cloned() },
            (Standing::Ended(how), Phase::Ended { how: was, .. }) if *was == how => self.phase.clone(),
            (Standing::Ended(how), _) => {
                Phase::Ended { how, by: Actor::Unnamed, at, reason: None, of: self.phase.approval().cloned() }
            }
        }
    }

    /// P0 took an approval that was sent from here.
    pub fn approved(&mut self, by: Actor, length: ExpirationLength, at: Timestamp) {
        let approval = Approval { by, at, length: Some(length) };
        match &self.phase {
            Phase::Pending | Phase::Approved(_) => self.move_by_answer(Phase::Approved(approval)),
            // A push overtook the answer: it stands where it stands, and now it is known who did it.
            Phase::Active(_) => self.move_by_answer(Phase::Active(approval)),
            Phase::Closing { .. } | Phase::Ended { .. } => {}
        }
    }

    /// P0 took a denial that was sent from here.
    pub fn denied(&mut self, by: Actor, reason: Option<String>, at: Timestamp) {
        self.end_by_answer(Ending::Denied, by, reason, at);
    }

    /// P0 took a revocation that was sent from here (its document calls that answer "Access revoked").
    pub fn revoked(&mut self, by: Actor, at: Timestamp) {
        self.end_by_answer(Ending::Revoked, by, None, at);
    }

    fn end_by_answer(&mut self, how: Ending, by: Actor, reason: Option<String>, at: Timestamp) {
        match &self.phase {
            Phase::Ended { how: was, .. } if *was != how => {}
            phase => {
                let of = phase.approval().cloned();
                self.move_by_answer(Phase::Ended { how, by, at, reason, of });
            }
        }
    }

    fn move_by_answer(&mut self, phase: Phase) {
        self.phase = phase;
        self.unknown_status = None;
        // P0's answers carry no time: from here on the rank tells old news from new.
        self.updated = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_millisecond;
    use crate::domain::person::{Authority, SlackUser, TeamId, UserId};

    fn push(status: &str, updated: Option<i64>) -> Push {
        Push {
            id: RequestId::parse("req-1").unwrap(),
            status: status.into(),
            facts: Facts { requester: Some("bob@example.com".into()), duration: Some("2h".into()), ..Facts::default() },
            updated: updated.map(from_millisecond),
            times: Times::default(),
            approver: Actor::Unnamed,
        }
    }

    fn now() -> Timestamp {
        from_millisecond(1_000_000)
    }

    fn alice() -> Actor {
        Actor::Here {
            user: SlackUser { team: TeamId::parse("T1").unwrap(), user: UserId::parse("U1").unwrap() },
            identity: "alice@example.com".into(),
            authority: Authority::OwnToken,
        }
    }

    #[test]
    fn ids_cannot_climb_out_of_their_path() {
        for bad in ["", ".", "..", "a/b", "a b", "a\nb", "a\u{7}", "\u{2003}", &"x".repeat(201)] {
            assert_eq!(RequestId::parse(bad), Err(BadRequestId), "{bad:?}");
        }
        assert_eq!(RequestId::parse("a%2Fb?c#d").unwrap().path_segment(), "a%252Fb%3Fc%23d");
        assert_eq!(RequestId::parse("ünï").unwrap().path_segment(), "%C3%BCn%C3%AF");
    }

    #[test]
    fn older_news_changes_nothing() {
        let mut request = Request::first_heard(push("DONE", Some(20)), now());
        assert!(!request.apply(push("NEW", Some(10)), now()).visible);
        assert!(!request.apply(push("APPROVED", None), now()).visible);
        assert!(matches!(request.phase, Phase::Active(_)));
    }

    #[test]
    fn what_has_ended_never_goes_back_to_pending() {
        let mut request = Request::first_heard(push("DENIED", Some(10)), now());
        assert!(!request.apply(push("NEW", Some(20)), now()).visible);
        assert!(request.phase.is_ended());
    }

    #[test]
    fn a_late_pending_push_does_not_undo_our_own_approval() {
        let mut request = Request::first_heard(push("PENDING_APPROVAL", Some(10)), now());
        request.approved(alice(), "2h".parse().unwrap(), now());
        assert!(!request.apply(push("PENDING_APPROVAL", Some(11)), now()).visible);
        assert!(matches!(&request.phase, Phase::Approved(a) if a.by == alice()));
    }

    #[test]
    fn a_push_that_overtakes_the_answer_keeps_the_standing_and_learns_the_name() {
        let mut request = Request::first_heard(push("PENDING_APPROVAL", Some(10)), now());
        request.apply(push("DONE", Some(12)), now());
        request.approved(alice(), "2h".parse().unwrap(), now());
        assert!(matches!(&request.phase, Phase::Active(a) if a.by == alice()));
    }

    #[test]
    fn an_unknown_status_is_kept_as_sent() {
        let mut request = Request::first_heard(push("PENDING_APPROVAL", Some(10)), now());
        assert!(request.apply(push("ON_HOLD", Some(11)), now()).visible);
        assert_eq!(request.unknown_status.as_deref(), Some("ON_HOLD"));
        assert_eq!(request.phase, Phase::Pending);
    }

    #[test]
    fn facts_that_are_not_mentioned_stay_and_others_are_a_change() {
        let mut request = Request::first_heard(push("NEW", Some(10)), now());
        let bare = Push { facts: Facts::default(), ..push("NEW", Some(11)) };
        assert!(!request.apply(bare, now()).changed);
        let longer = Push { facts: Facts { duration: Some("8h".into()), ..Facts::default() }, ..push("NEW", Some(12)) };
        assert!(request.apply(longer, now()).changed);
        assert_eq!(request.facts.requester.as_deref(), Some("bob@example.com"));
    }
}
