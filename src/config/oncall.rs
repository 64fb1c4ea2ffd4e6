//! Who knows who is on call.

use std::collections::BTreeMap;
use std::path::Path;

use url::Url;

use super::ConfigError;
use super::raw::{RawOnCall, RawShift};
use super::routes::{hours, zone};
use super::settings::{DutyFilter, OnCall, OnCallSource, PagerDutyAccount, WeekShift};
use super::values::{Checked, https_base, ids, required, required_secret};
use crate::domain::person::{UserGroupId, UserId, folded};

/// Where accounts of the US service region are.
const PAGERDUTY: &str = "https://api.pagerduty.com";
/// Characters of a source's name.
const LONGEST_NAME: usize = 40;
/// Policies, or schedules, of one source: they stand in one address.
const MOST_IDS: usize = 20;

/// The sources, by the names that routes use. Relative paths are relative to `folder`.
pub(super) fn check(raw: BTreeMap<String, RawOnCall>, folder: &Path) -> Checked<BTreeMap<String, OnCall>> {
    raw.into_iter().map(|(name, raw)| Ok((name.clone(), source(&name, raw, folder)?))).collect()
}

fn source(name: &str, raw: RawOnCall, folder: &Path) -> Checked<OnCall> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_plain) {
        let told = format!("{name:?} has to be 1 to {LONGEST_NAME} of a-z, 0-9, - and _: routes name it oncall:NAME");
        return Err(ConfigError::new("oncall", told));
    }
    let key = |key: &str| format!("oncall.{name}.{key}");
    let kind = required(&key("source"), raw.source.clone())?;
    only_its_own(&kind, &raw, &key)?;
    let is_named_by_slack = matches!(kind.as_str(), "user-group" | "week");
    let source = match kind.as_str() {
        "pagerduty" => OnCallSource::PagerDuty(Box::new(pagerduty(&raw, &key)?)),
        "user-group" => {
            let group = required(&key("group"), raw.group)?;
            let parsed = UserGroupId::parse(&group);
            let parsed =
                parsed.ok_or_else(|| ConfigError::new(key("group"), format!("{group:?} is no user group (S…)")));
            OnCallSource::UserGroup(parsed?)
        }
        "week" => OnCallSource::Week(week(raw.week.unwrap_or_default(), raw.time_zone.as_deref(), &key)?),
        "calendar" => OnCallSource::Calendar {
            file: folder.join(required(&key("file"), raw.file)?),
            zone: zone(&key("time_zone"), raw.time_zone.as_deref())?,
        },
        other => {
            let told = format!("is {other:?}: has to be pagerduty, user-group, week or calendar");
            return Err(ConfigError::new(key("source"), told));
        }
    };
    let (people, email_match) = (people(raw.people, &key)?, raw.email_match.unwrap_or(false));
    if people.is_empty() && !email_match && !is_named_by_slack {
        let told = "is missing, and email_match is off: nobody whom the source names could be told";
        return Err(ConfigError::new(key("people"), told));
    }
    Ok(OnCall { source, people, email_match })
}

/// Keys that another kind of source is made of.
fn only_its_own(kind: &str, raw: &RawOnCall, key: &impl Fn(&str) -> String) -> Checked<()> {
    const NAMED_ELSEWHERE: &[&str] = &["pagerduty", "calendar"];
    for (which, is_set, of) in [
        ("api_key", raw.api_key.is_some(), &["pagerduty"][..]),
        ("api_base_url", raw.api_base_url.is_some(), &["pagerduty"]),
        ("escalation_policies", raw.escalation_policies.is_some(), &["pagerduty"]),
        ("schedules", raw.schedules.is_some(), &["pagerduty"]),
        ("group", raw.group.is_some(), &["user-group"]),
        ("file", raw.file.is_some(), &["calendar"]),
        ("week", raw.week.is_some(), &["week"]),
        ("time_zone", raw.time_zone.is_some(), &["week", "calendar"]),
        ("people", raw.people.is_some(), NAMED_ELSEWHERE),
        ("email_match", raw.email_match.is_some(), NAMED_ELSEWHERE),
    ] {
        let is_known = ["pagerduty", "user-group", "week", "calendar"].contains(&kind);
        if is_set && is_known && !of.contains(&kind) {
            let of: Vec<String> = of.iter().map(|kind| format!("{kind:?}")).collect();
            return Err(ConfigError::new(key(which), format!("is only used with source = {}", of.join(" or "))));
        }
    }
    Ok(())
}

fn pagerduty(raw: &RawOnCall, key: &impl Fn(&str) -> String) -> Checked<PagerDutyAccount> {
    let is_id = |text: &str| {
        let plain = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        plain.then(|| text.to_owned())
    };
    let listed = |which: &str, texts: &Option<Vec<String>>| {
        let key = key(which);
        let found = ids(&key, texts.clone(), is_id, "an id: it stands at the end of the address of its page")?;
        match found.len() {
            0 if texts.is_some() => Err(ConfigError::new(key, "is an empty list")),
            count if count > MOST_IDS => Err(ConfigError::new(key, format!("has to be {MOST_IDS} at most"))),
            _ => Ok(found),
        }
    };
    let filter = match (listed("escalation_policies", &raw.escalation_policies)?, listed("schedules", &raw.schedules)?)
    {
        (policies, schedules) if schedules.is_empty() && !policies.is_empty() => DutyFilter::Policies(policies),
        (policies, schedules) if policies.is_empty() && !schedules.is_empty() => DutyFilter::Schedules(schedules),
        (policies, _) if policies.is_empty() => {
            let told = "is missing, and so is schedules: everybody in the account who is on call would be told";
            return Err(ConfigError::new(key("escalation_policies"), told));
        }
        _ => {
            let told = "contradicts escalation_policies: set one of them. Only policies have levels";
            return Err(ConfigError::new(key("schedules"), told));
        }
    };
    let base_url = https_base(&key("api_base_url"), raw.api_base_url.as_deref().unwrap_or(PAGERDUTY))?;
    Ok(PagerDutyAccount {
        api_key: required_secret(&key("api_key"), raw.api_key.clone())?,
        base_url: folder(base_url),
        filter,
    })
}

/// An address that ends with `/`, so that paths join on to it.
fn folder(mut url: Url) -> Url {
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

fn week(shifts: Vec<RawShift>, time_zone: Option<&str>, key: &impl Fn(&str) -> String) -> Checked<Vec<WeekShift>> {
    if shifts.is_empty() {
        return Err(ConfigError::new(key("week"), "is missing: who is on call, and at which hours"));
    }
    let zone = zone(&key("time_zone"), time_zone)?;
    let shift = |shift: RawShift| {
        let hours = shift.hours.ok_or_else(|| ConfigError::new(key("week.hours"), "is missing"))?;
        let who = ids(&key("week.who"), shift.who, UserId::parse, "a user (U…)")?;
        if who.is_empty() {
            return Err(ConfigError::new(key("week.who"), "is missing, or an empty list"));
        }
        Ok(WeekShift { hours: self::hours(&key("week.hours"), hours, &zone)?, who })
    };
    shifts.into_iter().map(shift).collect()
}

/// Who is who in Slack, by names as they are compared.
fn people(raw: Option<BTreeMap<String, String>>, key: &impl Fn(&str) -> String) -> Checked<BTreeMap<String, UserId>> {
    let mut people = BTreeMap::new();
    for (who, user) in raw.unwrap_or_default() {
        let which = || key(&format!("people.{who}"));
        let parsed = UserId::parse(&user);
        let user = parsed.ok_or_else(|| ConfigError::new(which(), format!("{user:?} is no user (U…)")))?;
        if people.insert(folded(&who), user).is_some() {
            return Err(ConfigError::new(which(), "stands there twice: case does not count"));
        }
    }
    Ok(people)
}
