//! One source: it is asked at most once a minute and never twice at once, and what it said last is remembered.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::calendar::CalendarFile;
use super::pagerduty::PagerDuty;
use super::shift::{Shift, Who};
use super::trouble::Trouble;
use super::week;
use super::{Tools, groups};
use crate::config::{ConfigError, DutyFilter, OnCall, OnCallSource, WeekShift};
use crate::domain::person::UserGroupId;

/// How long an answer is awaited.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(3);
/// How long an answer counts.
const COUNTS_FOR: Duration = Duration::from_secs(60);
/// How long a source is left alone that did not answer, where it names no time; and at most, where it does.
const LEFT_ALONE_FOR: Duration = Duration::from_secs(10);
const LEFT_ALONE_AT_MOST: Duration = Duration::from_secs(60);
/// How far ahead PagerDuty is asked, so that what is remembered survives a change of shifts.
const AHEAD: Duration = Duration::from_secs(24 * 60 * 60);
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
}

#[derive(Default)]
struct Known {
    said: Option<Said>,
    trouble: Option<Trouble>,
    /// Until when it is not asked again.
    until: Option<Timestamp>,
    /// What the ledger holds, and of when.
    written: Option<(String, Timestamp)>,
}

/// As the ledger keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Of what it was said: settings that ask for something else do not go by it.
    about: String,
    shifts: Vec<Shift>,
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

    /// What is known of it now. Whoever asks while it is being asked waits for the same answer.
    pub(super) async fn now(&self, tools: &Tools) -> Now {
        let now = tools.clock.now();
        if let Kind::Week(shifts) = &self.kind {
            return Now { said: Some(Said { shifts: week::at(shifts, now), at: now }), trouble: None };
        }
        let mut known = self.known.lock().await;
        if known.until.is_none_or(|until| until <= now) {
            let asked = tokio::time::timeout(ANSWERS_WITHIN, self.ask(tools, now)).await;
            match asked.unwrap_or(Err(Trouble::Slow)) {
                Ok(shifts) => self.heard(&mut known, shifts, now, tools).await,
                Err(trouble) => self.failed(&mut known, trouble, now, tools).await,
            }
        }
        Now { said: known.said.clone(), trouble: known.trouble.clone() }
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
        self.keep(known, &shifts, now, tools).await;
        known.said = Some(Said { shifts, at: now });
        known.until = Some(now + COUNTS_FOR);
    }

    async fn failed(&self, known: &mut Known, trouble: Trouble, now: Timestamp, tools: &Tools) {
        tools.metrics.on_call(&self.name, trouble.kind());
        if known.trouble.is_none() {
            tracing::warn!(
                source = self.name, why = %trouble,
                "the on-call source does not say who is on call: what it said last is used while it holds"
            );
        }
        if known.said.is_none() {
            known.said = self.remembered(tools).await;
        }
        let asked_to_wait = match &trouble {
            Trouble::Busy { retry_after } => *retry_after,
            _ => None,
        };
        let pause = asked_to_wait.unwrap_or(LEFT_ALONE_FOR).clamp(LEFT_ALONE_FOR, LEFT_ALONE_AT_MOST);
        known.until = Some(now + pause);
        known.trouble = Some(trouble);
    }

    /// Writes down what was said, where it is news or the last note is old. A calendar is a file already.
    async fn keep(&self, known: &mut Known, shifts: &[Shift], now: Timestamp, tools: &Tools) {
        let (Some(ledger), Some(about)) = (&tools.ledger, self.about()) else { return };
        let Ok(body) = serde_json::to_string(&Kept { about, shifts: shifts.to_vec() }) else { return };
        if known.written.as_ref().is_some_and(|(written, at)| *written == body && now < *at + WRITTEN_EVERY) {
            return;
        }
        match ledger.keep_oncall_answer(self.name.clone(), body.clone(), now).await {
            Ok(()) => known.written = Some((body, now)),
            Err(error) => {
                tracing::error!(source = self.name, %error, "what an on-call source says could not be written down");
            }
        }
    }

    async fn remembered(&self, tools: &Tools) -> Option<Said> {
        let (ledger, about) = (tools.ledger.as_ref()?, self.about()?);
        let kept = ledger.oncall_answer(&self.name).await;
        let kept = kept.inspect_err(|error| tracing::error!(source = self.name, %error, "the ledger cannot be read"));
        let (body, at) = kept.ok().flatten()?;
        let kept: Kept = serde_json::from_str(&body).ok()?;
        (kept.about == about).then_some(Said { shifts: kept.shifts, at })
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
