//! `GET /oncalls`: who is on call in a range of time, by policy and level, a page at a time.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::door::Refusal;
use super::objects::{reference, whole};
use super::setup::{OnDuty, Policy, Schedule, User};
use super::state::State;

/// Entries of a page where none are asked for, as in the document's example.
const USUAL_LIMIT: usize = 25;
const MOST: usize = 100;

#[derive(Default)]
struct Query<'q> {
    policies: Vec<&'q str>,
    schedules: Vec<&'q str>,
    users: Vec<&'q str>,
    include: Vec<&'q str>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: Option<usize>,
    offset: usize,
}

impl<'q> Query<'q> {
    fn read(query: &'q [(String, String)]) -> Result<Self, Refusal> {
        let mut read = Self::default();
        let wrong = |name: &str| Refusal::invalid(format!("{name} cannot be read"));
        for (name, value) in query {
            match name.as_str() {
                "escalation_policy_ids[]" => read.policies.push(value),
                "schedule_ids[]" => read.schedules.push(value),
                "user_ids[]" => read.users.push(value),
                "include[]" if ["users", "schedules", "escalation_policies"].contains(&value.as_str()) => {
                    read.include.push(value);
                }
                "since" => read.since = Some(value.parse().map_err(|_| wrong(name))?),
                "until" => read.until = Some(value.parse().map_err(|_| wrong(name))?),
                "limit" => match value.parse() {
                    Ok(limit @ 1..=MOST) => read.limit = Some(limit),
                    _ => return Err(wrong(name)),
                },
                "offset" => read.offset = value.parse().map_err(|_| wrong(name))?,
                _ => return Err(Refusal::invalid(format!("{name}={value} is no parameter of this call"))),
            }
        }
        Ok(read)
    }
}

/// Where an entry comes from.
struct Entry<'s> {
    policy: &'s Policy,
    level: usize,
    user: &'s User,
    schedule: Option<&'s Schedule>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

/// The page that is asked for.
pub(super) fn list(state: &State, query: &[(String, String)]) -> Result<Value, Refusal> {
    let query = Query::read(query)?;
    let now = state.setup.clock.now();
    let (since, until) = (query.since.unwrap_or(now), query.until.unwrap_or(now));
    if until < since {
        return Err(Refusal::invalid("until is before since"));
    }
    let entries = entries(state, since, until);
    let named = |ids: &[&str], id: &str| ids.is_empty() || ids.contains(&id);
    let asked: Vec<&Entry<'_>> = entries
        .iter()
        .filter(|entry| named(&query.policies, &entry.policy.id) && named(&query.users, &entry.user.id))
        .filter(|entry| named(&query.schedules, entry.schedule.map_or("null", |schedule| &schedule.id)))
        .collect();
    let limit = query.limit.unwrap_or(USUAL_LIMIT).min(state.setup.page);
    let page: Vec<Value> =
        asked.iter().skip(query.offset).take(limit).map(|entry| shown(entry, &query.include)).collect();
    let more = query.offset + page.len() < asked.len();
    Ok(json!({ "oncalls": page, "limit": limit, "offset": query.offset, "more": more, "total": null }))
}

fn entries(state: &State, since: Timestamp, until: Timestamp) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    for policy in &state.setup.policies {
        for (nth, targets) in policy.levels.iter().enumerate() {
            for target in targets {
                let entry = |user, schedule, start, end| Entry { policy, level: nth + 1, user, schedule, start, end };
                match target {
                    OnDuty::User(id) => entries.extend(state.user(id).map(|user| entry(user, None, None, None))),
                    OnDuty::Schedule(id) => entries.extend(state.schedule(id).into_iter().flat_map(|schedule| {
                        let within = schedule.shifts.iter().filter(|shift| shift.start <= until && shift.end > since);
                        within.filter_map(move |shift| {
                            let user = state.user(&shift.user)?;
                            Some(entry(user, Some(schedule), Some(shift.start), Some(shift.end)))
                        })
                    })),
                }
            }
        }
    }
    entries
}

fn shown(entry: &Entry<'_>, include: &[&str]) -> Value {
    let one = |place: &str, kind: &str, id: &str, name: &str| match include.contains(&place) {
        true => whole(kind, id, name),
        false => reference(kind, id, name),
    };
    let mut user = one("users", "user", &entry.user.id, &entry.user.name);
    if include.contains(&"users") {
        user["email"] = json!(entry.user.email);
        user["time_zone"] = json!("Europe/Berlin");
        user["role"] = json!("user");
    }
    json!({
        "escalation_policy": one("escalation_policies", "escalation_policy", &entry.policy.id, &entry.policy.name),
        "escalation_level": entry.level,
        "schedule": entry.schedule.map(|schedule| one("schedules", "schedule", &schedule.id, &schedule.name)),
        "user": user,
        "start": entry.start,
        "end": entry.end,
    })
}
