//! One source: it is asked at most once a minute and never twice at once, and what it said last is remembered.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::calendar::CalendarFile;
use super::pagerduty::PagerDuty;
use super::people::counts;
use super::shift::{Shift, Who};
use super::trouble::Trouble;
use super::week;
use super::{Tools, groups};
use crate::config::{ConfigError, DutyFilter, OnCall, OnCallSource, WeekShift};
use crate::domain::person::{Email, UserGroupId, UserId};
use crate::domain::watch::GROUP_SOURCE;

/// How long an answer is awaited.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(3);
/// How long an answer counts.
const COUNTS_FOR: Duration = Duration::from_secs(60);
/// How long a source is left alone that did not answer, where it names no time; and at most, where it does.
const LEFT_ALONE_FOR: Duration = Duration::from_secs(10);
const LEFT_ALONE_AT_MOST: Duration = Duration::from_secs(60);
/// How far ahead PagerDuty is asked, so that what is remembered survives a change of shifts.
pub(super) const AHEAD: Duration = Duration::from_secs(24 * 60 * 60);
/// How old what the ledger holds may become while the source keeps saying the same.
const WRITTEN_EVERY: Duration = Duration::from_secs(60 * 60);

/// One source.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) settings: OnCall,
    pub(super) kind: Kind,
    known: Mutex<Known>,
}

/// Where it is asked.
pub(super) enum Kind {
    PagerDuty(PagerDuty),
    Group(UserGroupId),
    Week(Vec<WeekShift>),
    Calendar(CalendarFile),
}

/// What a source said.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) shifts: Vec<Shift>,
    /// When it said so.
    pub(super) at: Timestamp,
}

/// What is known of it now.
#[derive(Clone, Debug)]
pub(super) struct Now {
    /// What it said last; `None`: nothing yet.
    pub(super) said: Option<Said>,
    /// Why it does not say so now.
    pub(super) trouble: Option<Trouble>,
    /// Who its people are in Slack, as far as they were found by their addresses.
    pub(super) found: BTreeMap<Email, UserId>,
}

#[derive(Default)]
struct Known {
    said: Option<Said>,
    found: BTreeMap<Email, UserId>,
    trouble: Option<Trouble>,
    /// When it was asked last, and for how long it is not asked again.
    asked: Option<(Timestamp, Duration)>,
    /// Whether the ledger was read.
    is_read: bool,
    /// What the ledger holds, and of when.
    written: Option<(String, Timestamp)>,
}

/// As the ledger keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Of what it was said: settings that ask for something else do not go by it.
    about: String,
    shifts: Vec<Shift>,
    /// Who people are in Slack, by their addresses.
    #[serde(default)]
    found: BTreeMap<Email, UserId>,
}

impl Source {
    /// # Errors
    /// Where its file cannot be used.
    pub(super) fn new(name: String, settings: OnCall, tools: &Tools) -> Result<Self, ConfigError> {
        let kind = match &settings.source {
            OnCallSource::PagerDuty(account) => {
                Kind::PagerDuty(PagerDuty::new(tools.client.clone(), (**account).clone()))
            }
            OnCallSource::UserGroup(group) => Kind::Group(group.clone()),
            OnCallSource::Week(shifts) => Kind::Week(shifts.clone()),
            OnCallSource::Calendar { file, zone } => {
                let read = CalendarFile::read(file.clone(), zone.clone());
                Kind::Calendar(read.map_err(|problem| ConfigError::new(format!("oncall.{name}.file"), problem))?)
            }
        };
        Ok(Self { name, settings, kind, known: Mutex::default() })
    }

    /// The user group as a source of its own, for routes that name it.
    pub(super) fn group(group: UserGroupId) -> Self {
        let settings =
            OnCall { source: OnCallSource::UserGroup(group.clone()), people: BTreeMap::new(), email_match: false };
        Self { name: format!("{GROUP_SOURCE}{group}"), settings, kind: Kind::Group(group), known: Mutex::default() }
    }

    /// What is known of it now. Whoever asks while it is being asked waits for the same answer.
    pub(super) async fn now(&self, tools: &Tools) -> Now {
        let now = tools.clock.now();
        if let Kind::Week(shifts) = &self.kind {
            let said = Some(Said { shifts: week::at(shifts, now), at: now });
            return Now { said, trouble: None, found: BTreeMap::new() };
        }
        let mut known = self.known.lock().await;
        if !known.is_read {
            self.read(&mut known, tools).await;
        }
        if !known.asked.is_some_and(|(at, length)| counts(at, length, now)) {
            let asked = tokio::time::timeout(ANSWERS_WITHIN, self.ask(tools, now)).await;
            match asked.unwrap_or(Err(Trouble::Slow)) {
                Ok(shifts) => self.heard(&mut known, shifts, now, tools).await,
                Err(trouble) => self.failed(&mut known, trouble, now, tools).await,
            }
        }
        Now { said: known.said.clone(), trouble: known.trouble.clone(), found: known.found.clone() }
    }

    /// Remembers who people of it are in Slack.
    pub(super) async fn found(&self, found: Vec<(Email, UserId)>, tools: &Tools) {
        let mut known = self.known.lock().await;
        if found.iter().all(|(email, user)| known.found.get(email) == Some(user)) {
            return;
        }
        known.found.extend(found);
        self.keep(&mut known, tools).await;
    }

    async fn ask(&self, tools: &Tools, now: Timestamp) -> Result<Vec<Shift>, Trouble> {
        match &self.kind {
            Kind::PagerDuty(pagerduty) => pagerduty.on_calls(now, now + AHEAD).await,
            Kind::Calendar(file) => file.shifts(now).await,
            Kind::Week(shifts) => Ok(week::at(shifts, now)),
            Kind::Group(group) => {
                let members = groups::members(tools, group).await?.into_iter();
                Ok(members.map(|user| Shift { level: 1, who: Who::Slack(user), start: None, end: None }).collect())
            }
        }
    }

    async fn heard(&self, known: &mut Known, shifts: Vec<Shift>, now: Timestamp, tools: &Tools) {
        tools.metrics.on_call(&self.name, "answered");
        if known.trouble.take().is_some() {
            tracing::info!(source = self.name, "the on-call source answers again");
        }
        known.said = Some(Said { shifts, at: now });
        known.asked = Some((now, COUNTS_FOR));
        self.keep(known, tools).await;
    }

    async fn failed(&self, known: &mut Known, trouble: Trouble, now: Timestamp, tools: &Tools) {
        tools.metrics.on_call(&self.name, trouble.kind());
        if known.trouble.is_none() {
            tracing::warn!(
                source = self.name, why = %trouble,
                "the on-call source does not say who is on call: what it said last is used while it holds"
            );
        }
        let asked_to_wait = match &trouble {
            Trouble::Busy { retry_after } => *retry_after,
            _ => None,
        };
        let pause = asked_to_wait.unwrap_or(LEFT_ALONE_FOR).clamp(LEFT_ALONE_FOR, LEFT_ALONE_AT_MOST);
        known.asked = Some((now, pause));
        known.trouble = Some(trouble);
    }

    /// Writes down what was said, where it is news or the last note is old. A calendar is a file already.
    async fn keep(&self, known: &mut Known, tools: &Tools) {
        let (Some(ledger), Some(about), Some(Said { shifts, at: said })) = (&tools.ledger, self.about(), &known.said)
        else {
            return;
        };
        let kept = Kept { about, shifts: shifts.clone(), found: known.found.clone() };
        let Ok(body) = serde_json::to_string(&kept) else { return };
        if known.written.as_ref().is_some_and(|(written, at)| *written == body && counts(*at, WRITTEN_EVERY, *said)) {
            return;
        }
        match ledger.keep_oncall_answer(self.name.clone(), body.clone(), *said).await {
            Ok(()) => known.written = Some((body, *said)),
            Err(error) => {
                tracing::error!(source = self.name, %error, "what an on-call source says could not be written down");
            }
        }
    }

    /// Reads what the ledger remembers of it.
    async fn read(&self, known: &mut Known, tools: &Tools) {
        let (Some(ledger), Some(about)) = (tools.ledger.as_ref(), self.about()) else { return };
        match ledger.oncall_answer(&self.name).await {
            Ok(kept) => {
                known.is_read = true;
                let kept = kept.and_then(|(body, at)| Some((serde_json::from_str::<Kept>(&body).ok()?, at)));
                if let Some((kept, at)) = kept.filter(|(kept, _)| kept.about == about) {
                    known.found.extend(kept.found);
                    known.said.get_or_insert(Said { shifts: kept.shifts, at });
                }
            }
            Err(error) => tracing::error!(source = self.name, %error, "the ledger cannot be read"),
        }
    }

    /// What it is asked, where what it says is worth a note.
    fn about(&self) -> Option<String> {
        match &self.settings.source {
            OnCallSource::PagerDuty(account) => Some(match &account.filter {
                DutyFilter::Policies(ids) => format!("pagerduty policies {}", ids.join(" ")),
                DutyFilter::Schedules(ids) => format!("pagerduty schedules {}", ids.join(" ")),
            }),
            OnCallSource::UserGroup(group) => Some(format!("user group {group}")),
            OnCallSource::Week(_) | OnCallSource::Calendar { .. } => None,
        }
    }
}
