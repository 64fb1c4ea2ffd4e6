//! One escalation policy or schedule, and how things are named within others.

use serde_json::{Value, json};

use super::door::Refusal;
use super::setup::OnDuty;
use super::state::State;

/// Where the account's pages would be.
const PAGES: &str = "https://sandbox.pagerduty.example";

/// An escalation policy by its id.
pub(super) fn policy(state: &State, id: &str) -> Result<Value, Refusal> {
    let policy = state.setup.policies.iter().find(|policy| policy.id == id);
    let policy = policy.ok_or_else(|| Refusal::not_found(format!("no escalation policy {id}")))?;
    let target = |on_duty: &OnDuty| match on_duty {
        OnDuty::User(user) => reference("user", user, user),
        OnDuty::Schedule(schedule) => reference("schedule", schedule, schedule),
    };
    let rules = policy.levels.iter().map(|level| {
        let targets: Vec<Value> = level.iter().map(target).collect();
        json!({ "escalation_delay_in_minutes": 30, "targets": targets })
    });
    let mut found = whole("escalation_policy", id, &policy.name);
    found["escalation_rules"] = rules.collect();
    Ok(json!({ "escalation_policy": found }))
}

/// A schedule by its id.
pub(super) fn schedule(state: &State, id: &str) -> Result<Value, Refusal> {
    let schedule = state.schedule(id).ok_or_else(|| Refusal::not_found(format!("no schedule {id}")))?;
    let mut found = whole("schedule", id, &schedule.name);
    found["time_zone"] = json!("UTC");
    let is_in =
        |level: &Vec<OnDuty>| level.iter().any(|on_duty| matches!(on_duty, OnDuty::Schedule(used) if used == id));
    let policies = state.setup.policies.iter().filter(|policy| policy.levels.iter().any(is_in));
    found["escalation_policies"] =
        policies.map(|policy| reference("escalation_policy", &policy.id, &policy.name)).collect();
    Ok(json!({ "schedule": found }))
}

/// How another object names one.
pub(super) fn reference(kind: &str, id: &str, name: &str) -> Value {
    let mut named = whole(kind, id, name);
    named["type"] = json!(format!("{kind}_reference"));
    named.as_object_mut().expect("an object").remove("name");
    named
}

/// One as it is shown whole.
pub(super) fn whole(kind: &str, id: &str, name: &str) -> Value {
    let place = match kind {
        "escalation_policy" => "escalation_policies".to_owned(),
        _ => format!("{kind}s"),
    };
    json!({
        "id": id, "type": kind, "summary": name, "name": name,
        "self": format!("https://api.pagerduty.com/{place}/{id}"), "html_url": format!("{PAGES}/{place}/{id}"),
    })
}
