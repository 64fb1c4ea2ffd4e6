//! PagerDuty's REST API, as far as it says who is on call.
//!
//! Facts, where nothing else is said, are of its OpenAPI document (github.com/PagerDuty/api-schema,
//! `reference/REST/openapiv3.json`).

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::shift::{Shift, Who};
use super::trouble::Trouble;
use crate::config::{DutyFilter, PagerDutyAccount};
use crate::domain::person::Email;
use crate::domain::text::cut;
use crate::inbound::bounded;

/// The version of the API that is meant.
const VERSION: &str = "application/vnd.pagerduty+json;version=2";
/// Entries of a page; the API has no more (its guide to pagination).
const PAGE: usize = 100;
/// Pages that are read: nobody has more people on call at once.
const MOST_PAGES: usize = 10;
/// Bytes of a page that are read.
const MOST_BYTES: usize = 1024 * 1024;
/// Characters of a name that are kept.
const LONGEST_NAME: usize = 100;

/// A client of one account; cheap to clone.
#[derive(Clone)]
pub(super) struct PagerDuty {
    http: Client,
    account: PagerDutyAccount,
}

#[derive(Deserialize)]
struct Page {
    oncalls: Vec<Entry>,
    #[serde(default)]
    more: bool,
}

#[derive(Deserialize)]
struct Entry {
    user: User,
    escalation_level: Option<u32>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

/// Named by reference, or whole where users are included: then with a name and an address.
#[derive(Deserialize)]
struct User {
    id: String,
    name: Option<String>,
    summary: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct PolicyAnswer {
    escalation_policy: Named,
}

#[derive(Deserialize)]
struct ScheduleAnswer {
    schedule: Named,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
    summary: Option<String>,
    #[serde(default)]
    escalation_policies: Vec<serde::de::IgnoredAny>,
}

/// A policy or schedule of the settings, as PagerDuty knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is called there: foreign text.
    pub name: String,
    /// Whether PagerDuty tells who is on call by it: of a schedule that is in no escalation policy it does not.
    pub is_told: bool,
}

impl PagerDuty {
    pub(super) fn new(http: Client, account: PagerDutyAccount) -> Self {
        Self { http, account }
    }

    /// Who is on call at any time of a range.
    pub(super) async fn on_calls(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Shift>, Trouble> {
        let mut shifts = Vec::new();
        let (mut offset, mut pages) = (0, 0);
        loop {
            let page: Page = self.ask(self.page(from, until, offset)?).await?;
            let count = page.oncalls.len();
            shifts.extend(page.oncalls.into_iter().map(|entry| self.shift(entry)));
            (offset, pages) = (offset + count, pages + 1);
            if !page.more {
                return Ok(shifts);
            }
            if count == 0 || pages == MOST_PAGES {
                return Err(Trouble::Unreadable("it has no end".to_owned()));
            }
        }
    }

    fn page(&self, from: Timestamp, until: Timestamp, offset: usize) -> Result<Url, Trouble> {
        let mut url = self.address(&["oncalls"])?;
        let (name, ids) = match &self.account.filter {
            DutyFilter::Policies(ids) => ("escalation_policy_ids[]", ids),
            DutyFilter::Schedules(ids) => ("schedule_ids[]", ids),
        };
        url.query_pairs_mut()
            .append_pair("include[]", "users")
            .extend_pairs(ids.iter().map(|id| (name, id)))
            .append_pair("since", &from.to_string())
            .append_pair("until", &until.to_string())
            .append_pair("limit", &PAGE.to_string())
            .append_pair("offset", &offset.to_string());
        Ok(url)
    }

    fn shift(&self, Entry { user, escalation_level, start, end }: Entry) -> Shift {
        let level = match self.account.filter {
            DutyFilter::Policies(_) => escalation_level.unwrap_or(1),
            DutyFilter::Schedules(_) => 1,
        };
        let name = user.name.or(user.summary).unwrap_or_else(|| user.id.clone());
        let email = user.email.as_deref().and_then(Email::parse);
        Shift { level, who: Who::Named { id: Some(user.id), name: cut(&name, LONGEST_NAME), email }, start, end }
    }

    /// What PagerDuty knows of an escalation policy; `None` where there is none with this id.
    pub(super) async fn policy(&self, id: &str) -> Result<Option<Found>, Trouble> {
        let answer = self.ask::<PolicyAnswer>(self.address(&["escalation_policies", id])?).await;
        found(answer.map(|answer| answer.escalation_policy), |_| true)
    }

    /// What PagerDuty knows of a schedule; `None` where there is none with this id.
    pub(super) async fn schedule(&self, id: &str) -> Result<Option<Found>, Trouble> {
        let answer = self.ask::<ScheduleAnswer>(self.address(&["schedules", id])?).await;
        found(answer.map(|answer| answer.schedule), |schedule| !schedule.escalation_policies.is_empty())
    }

    fn address(&self, path: &[&str]) -> Result<Url, Trouble> {
        self.account.base_url.join(&path.join("/")).map_err(|_| Trouble::Unreadable("no address".to_owned()))
    }

    async fn ask<T: DeserializeOwned>(&self, url: Url) -> Result<T, Trouble> {
        let key = format!("Token token={}", self.account.api_key.expose());
        let mut key = HeaderValue::from_str(&key).map_err(|_| Trouble::Refused(401))?;
        key.set_sensitive(true);
        let call = self
            .http
            .get(url)
            .header(header::AUTHORIZATION, key)
            .header(header::ACCEPT, VERSION)
            // The document asks for it although a GET has no body.
            .header(header::CONTENT_TYPE, "application/json");
        let answer = call.send().await.map_err(|error| Trouble::Unreachable(reason(&error.without_url())))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::TOO_MANY_REQUESTS => return Err(Trouble::Busy { retry_after: retry_after(answer.headers()) }),
            status if status.is_server_error() => return Err(Trouble::Unwell(status.as_u16())),
            status => return Err(Trouble::Refused(status.as_u16())),
        }
        let body = bounded::read(answer, MOST_BYTES).await.map_err(Trouble::Unreachable)?;
        // What serde says may quote what it read.
        serde_json::from_slice(&body).map_err(|error| Trouble::Unreadable(format!("{:?} error", error.classify())))
    }
}

fn found(answer: Result<Named, Trouble>, is_told: impl Fn(&Named) -> bool) -> Result<Option<Found>, Trouble> {
    match answer {
        Ok(known) => {
            let is_told = is_told(&known);
            let name = known.name.or(known.summary).unwrap_or_default();
            Ok(Some(Found { name: cut(&name, LONGEST_NAME), is_told }))
        }
        Err(Trouble::Refused(404)) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// PagerDuty says it in `ratelimit-reset` (its page on rate limits), what stands before it in `Retry-After`; in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let said = ["ratelimit-reset", "retry-after"].iter().find_map(|name| headers.get(*name));
    said.and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs)
}

/// The innermost reason, which says most.
fn reason(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
