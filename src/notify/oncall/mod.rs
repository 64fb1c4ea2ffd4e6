//! Who is on call: whom a route means at this moment.

mod calendar;
mod gaps;
mod groups;
mod pagerduty;
mod people;
mod shift;
mod source;
mod trouble;
mod week;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

pub use pagerduty::Found;
pub use people::NotFound;
pub use trouble::Trouble;

use crate::authorize::directory::Directory;
use crate::authorize::workspace::Workspace;
use crate::clock::Clock;
use crate::config::{ConfigError, DutyFilter, OnCall, OnCallSource};
use crate::domain::person::{UserGroupId, UserId};
use crate::domain::route::routes::Recipient;
use crate::domain::text::{cut, plain};
use crate::domain::watch::{GROUP_SOURCE, LeftOut, Reason};
use crate::ledger::Ledger;
use crate::telemetry::Metrics;
use people::{People, counts};
use shift::{Shift, Who};
use source::{AHEAD, Kind, Source};

/// People of whom Slack is asked at most, each, whether they are there: nobody tells more of a group than that at once.
const LOOKED_AT: usize = 50;
/// Characters of a foreign name that are kept.
const LONGEST_NAME: usize = 100;

/// Whom a recipient stands for at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meant {
    /// The people, each with why.
    pub people: Vec<(UserId, Reason)>,
    /// Who was not found.
    pub left_out: Vec<LeftOut>,
    /// Whether nothing that a source has said reaches to now: it may be anybody.
    pub is_blind: bool,
}

/// Who is on call by a source now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Level by level.
    pub on: Vec<OnDuty>,
    /// When the source said so, where it does not answer now and has said something.
    pub as_of: Option<Timestamp>,
    /// Why it does not answer now.
    pub trouble: Option<Trouble>,
}

impl Meant {
    /// A source does not say.
    fn of_nobody(source: String) -> Self {
        Self { left_out: vec![LeftOut::SourceDown { source }], is_blind: true, ..Self::default() }
    }

    /// Whether a source did not answer: there may be others.
    pub fn is_unsure(&self) -> bool {
        self.left_out.iter().any(|left_out| matches!(left_out, LeftOut::SourceDown { .. }))
    }
}

/// Somebody who is on call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnDuty {
    /// On which level; the first is 1.
    pub level: u32,
    /// As the source names them: foreign text.
    pub name: String,
    /// Who it is in Slack, or why they are not told.
    pub user: Result<UserId, NotFound>,
}

/// What the roster works with.
pub struct Tools {
    /// Who knows the people and the user groups of Slack.
    pub directory: Arc<dyn Directory>,
    /// Whose members may decide: nobody else is told. User groups are looked for in its workspaces.
    pub workspace: Workspace,
    /// How PagerDuty is called: without redirects, since it carries a key.
    pub client: reqwest::Client,
    /// Where it is written down what a source said last; `None`: it is not.
    pub ledger: Option<Ledger>,
    /// What time it is.
    pub clock: Clock,
    /// Counts answers.
    pub metrics: Metrics,
}

/// Knows who is on call; cheap to clone.
#[derive(Clone)]
pub struct Roster(Arc<Inner>);

struct Inner {
    sources: BTreeMap<String, Source>,
    /// Groups that routes name themselves.
    groups: Mutex<HashMap<UserGroupId, Arc<Source>>>,
    people: People,
    tools: Tools,
}

impl Roster {
    /// A roster of the sources that the settings name. Nobody is asked yet; files are read.
    ///
    /// # Errors
    /// Where a calendar's file cannot be used, with its key and the line.
    pub fn new(tools: Tools, sources: BTreeMap<String, OnCall>) -> Result<Self, ConfigError> {
        let source = |(name, settings): (String, OnCall)| {
            Source::new(name.clone(), settings, &tools).map(|source| (name, source))
        };
        let sources = sources.into_iter().map(source).collect::<Result<_, _>>()?;
        let people = People::new(tools.directory.clone(), tools.workspace.clone(), tools.clock.clone());
        Ok(Self(Arc::new(Inner { sources, groups: Mutex::default(), people, tools })))
    }

    /// Whether a source has levels, of which the next is told where nobody of the one before decides.
    pub fn has_levels(&self, source: &str) -> bool {
        self.0.sources.get(source).is_some_and(|known| known.settings.has_levels())
    }

    /// Whom the recipient stands for now. It always answers, within 3 seconds for the source and 4 for finding its people
    /// in Slack: what is not known is left out.
    pub async fn meant(&self, recipient: &Recipient) -> Meant {
        match recipient {
            Recipient::User(user) => self.present(vec![(user.clone(), Reason::Named)]).await,
            Recipient::Group(group) => self.group(group).await,
            Recipient::OnCall { source, level } => self.on_call(source, *level).await,
        }
    }

    /// The same by a time that others share: what is not known by then is left out, and may be asked again. People whom the
    /// recipient names are taken for there.
    pub async fn meant_by(&self, recipient: &Recipient, by: Instant) -> Meant {
        match (timeout_at(by, self.meant(recipient)).await, recipient) {
            (Ok(meant), _) => meant,
            (Err(_), Recipient::User(user)) => {
                Meant { people: vec![(user.clone(), Reason::Named)], ..Meant::default() }
            }
            (Err(_), Recipient::Group(group)) => Meant::of_nobody(format!("{GROUP_SOURCE}{group}")),
            (Err(_), Recipient::OnCall { source, .. }) => Meant::of_nobody(source.clone()),
        }
    }

    /// Whether somebody may be told, as far as it is known by then; where it is not, they may.
    pub async fn is_there_by(&self, user: &UserId, by: Instant) -> bool {
        timeout_at(by, self.is_there(user)).await.unwrap_or(true)
    }

    /// Whether somebody may be told: a member who may decide. Where Slack does not say within 2 seconds, they may.
    pub async fn is_there(&self, user: &UserId) -> bool {
        self.0.people.is_there(user).await
    }

    /// The people who are there; the others are left out.
    async fn present(&self, people: Vec<(UserId, Reason)>) -> Meant {
        let looked_at = people.iter().take(LOOKED_AT);
        let there = join_all(looked_at.map(|(user, _)| self.is_there(user))).await;
        let mut meant = Meant::default();
        for (nth, (user, reason)) in people.into_iter().enumerate() {
            match there.get(nth) {
                Some(false) => meant.left_out.push(LeftOut::NotThere { user }),
                _ => meant.people.push((user, reason)),
            }
        }
        meant
    }

    async fn on_call(&self, source: &str, level: u32) -> Meant {
        let mut meant = Meant::default();
        let source = source.to_owned();
        let Some(duty) = self.duty(&source, Some(level)).await else {
            return Meant::of_nobody(source);
        };
        if duty.on.is_empty() {
            let is_down = duty.trouble.is_some();
            let now = self.0.tools.clock.now();
            meant.is_blind = is_down && !duty.as_of.is_some_and(|said| counts(said, AHEAD, now));
            meant.left_out.push(match is_down {
                true => LeftOut::SourceDown { source: source.clone() },
                false => LeftOut::NobodyOnCall { source: source.clone(), level },
            });
        }
        for OnDuty { name, user, .. } in duty.on {
            let reason = || Reason::OnCall { source: source.clone(), level, as_of: duty.as_of };
            match user {
                Ok(user) if meant.people.iter().any(|(known, _)| *known == user) => {}
                Ok(user) => meant.people.push((user, reason())),
                Err(NotFound::Unmatched) => meant.left_out.push(LeftOut::Unmatched { source: source.clone(), name }),
                Err(NotFound::Silent) => {
                    meant.left_out.push(LeftOut::SourceDown { source: source.clone() });
                    meant.is_blind = true;
                }
                Err(NotFound::NotThere(user)) => meant.left_out.push(LeftOut::NotThere { user }),
            }
        }
        meant
    }

    /// Who is on call by a source now, on one level or on all of them; `None` where the settings name no such source.
    pub async fn duty(&self, source: &str, level: Option<u32>) -> Option<Duty> {
        let Inner { sources, people, tools, .. } = &*self.0;
        let source = sources.get(source)?;
        let known = source.now(tools).await;
        let (now, said) = (tools.clock.now(), known.said);
        let as_of = known.trouble.as_ref().and(said.as_ref().map(|said| said.at));
        let mut on: Vec<Shift> = said.map(|said| said.shifts).unwrap_or_default();
        on.retain(|shift| shift.holds(now) && level.is_none_or(|level| level == shift.level));
        on.sort_by_key(|shift| shift.level);
        // One person may be on call by several policies, or by a schedule that several of them use.
        let mut once: Vec<Shift> = Vec::new();
        for shift in on {
            if !once.iter().any(|known| known.level == shift.level && known.who == shift.who) {
                once.push(shift);
            }
        }
        let find = once.iter().map(|shift| people.find(&shift.who, &source.settings, &known.found));
        let found = join_all(find).await;
        let by_address = once.iter().zip(&found).filter_map(|(shift, user)| match (&shift.who, user) {
            (Who::Named { email: Some(email), .. }, Ok(user)) if source.settings.email_match => {
                Some((email.clone(), user.clone()))
            }
            _ => None,
        });
        source.found(by_address.collect(), tools).await;
        let on = once.iter().zip(found).map(|(shift, user)| {
            let name = cut(&plain(shift.who.name()), LONGEST_NAME);
            if let Err(why) = &user {
                tools.metrics.on_call(&source.name, "unmatched");
                tracing::warn!(source = source.name, who = name, ?why, "somebody on call is not told");
            }
            OnDuty { level: shift.level, name, user }
        });
        Some(Duty { on: on.collect(), as_of, trouble: known.trouble })
    }

    /// What PagerDuty knows of the policies or schedules that a source names, each by its id; empty for other sources.
    ///
    /// # Errors
    /// Why PagerDuty does not say.
    pub async fn look_up(&self, source: &str) -> Result<Vec<(String, Option<Found>)>, Trouble> {
        let Some(Source { kind: Kind::PagerDuty(pagerduty), settings, .. }) = self.0.sources.get(source) else {
            return Ok(Vec::new());
        };
        let OnCallSource::PagerDuty(account) = &settings.source else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let (DutyFilter::Policies(ids) | DutyFilter::Schedules(ids)) = &account.filter;
        for id in ids {
            let known = async {
                match &account.filter {
                    DutyFilter::Policies(_) => pagerduty.policy(id).await,
                    DutyFilter::Schedules(_) => pagerduty.schedule(id).await,
                }
            };
            let known = tokio::time::timeout(source::ANSWERS_WITHIN, known).await.unwrap_or(Err(Trouble::Slow))?;
            found.push((id.clone(), known));
        }
        Ok(found)
    }

    /// When a rota has nobody, from now on; empty for sources that have none here.
    pub async fn gaps(&self, source: &str, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let now = self.0.tools.clock.now();
        match self.0.sources.get(source).map(|source| &source.kind) {
            Some(Kind::Week(shifts)) => gaps::gaps(now, until, |at| shifts.iter().any(|shift| shift.hours.contain(at))),
            Some(Kind::Calendar(file)) => {
                let shifts = file.shifts(now).await.unwrap_or_default();
                gaps::gaps(now, until, |at| shifts.iter().any(|shift| shift.holds(at)))
            }
            _ => Vec::new(),
        }
    }

    /// Everybody in a group that a route names itself, as Slack said within the last minute, or said last.
    async fn group(&self, group: &UserGroupId) -> Meant {
        let source = {
            let mut groups = self.0.groups.lock().unwrap_or_else(PoisonError::into_inner);
            groups.entry(group.clone()).or_insert_with(|| Arc::new(Source::group(group.clone()))).clone()
        };
        let known = source.now(&self.0.tools).await;
        let Some(said) = known.said else {
            return Meant::of_nobody(source.name.clone());
        };
        let as_of = known.trouble.map(|_| said.at);
        let reason = Reason::Group { group: group.clone(), as_of };
        let member = |shift: Shift| match shift.who {
            Who::Slack(user) => Some((user, reason.clone())),
            Who::Named { .. } => None,
        };
        let members: Vec<_> = said.shifts.into_iter().filter_map(member).collect();
        if members.is_empty() {
            return Meant { left_out: vec![LeftOut::EmptyGroup { group: group.clone() }], ..Meant::default() };
        }
        self.present(members).await
    }
}
