//! `/o/{org}/settings/…`: the lengths that an organisation offers. Write-only, as at P0: nothing reads them back.

use http::HeaderMap;
use serde::{Deserialize as _, Serialize};
use serde_json::{Value, json};

use super::bearer::BearerKind;
use super::duration_option::{DurationOption, Labels, Unit};
use super::permission_api::json_object;
use super::route::SettingsCall;
use super::state::{Behaviour, State};
use super::variants::{ResetAnswer, Undocumented};
use crate::sandbox::wire::Reply;

/// What the organisation has set.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    pub(super) options: Vec<DurationOption>,
    #[serde(rename = "maxAccessDuration")]
    pub(super) maximum: DurationOption,
    pub(super) standing_access_duration: DurationOption,
    approvable_duration: Option<DurationOption>,
    default_approvals: Option<Value>,
}

impl Settings {
    /// What P0 begins with: its own list, where no other is stated.
    pub(super) fn new(options: Option<Vec<DurationOption>>, maximum: DurationOption, behaviour: &Behaviour) -> Self {
        Self {
            options: options.unwrap_or_else(|| behaviour.own_list.options(behaviour.labels)),
            maximum,
            standing_access_duration: DurationOption::new(30, Unit::Days),
            approvable_duration: None,
            default_approvals: None,
        }
    }
}

/// Carries out one call of the settings API.
pub(super) fn settle(
    state: &mut State,
    own_org: bool,
    call: &SettingsCall,
    bearer: BearerKind,
    headers: &HeaderMap,
    body: &[u8],
) -> Reply {
    if !own_org || bearer != BearerKind::SettingsApiKey {
        return Reply::error(401, "Unauthorized");
    }
    if matches!(call, SettingsCall::SetApprovable | SettingsCall::SetDefaultApprovals) {
        match state.behaviour.undocumented_settings {
            Undocumented::Answered => {}
            Undocumented::NotFound => return Reply::not_found_page(),
            Undocumented::BadRequest => return Reply::error(400, "Bad request"),
        }
    }
    let has_body = !matches!(call, SettingsCall::RemoveExpiry { .. } | SettingsCall::ResetExpiries);
    match json_object(headers, body, has_body) {
        Ok(body) => change(state, call, &body).unwrap_or_else(|refusal| refusal),
        Err(refusal) => refusal,
    }
}

fn change(state: &mut State, call: &SettingsCall, body: &Value) -> Result<Reply, Reply> {
    let Behaviour { labels, own_list, length_answer, reset_answer, .. } = state.behaviour;
    let settings = &mut state.settings;
    let no_content = Reply::empty(204).with_effect();
    match call {
        SettingsCall::AddExpiry => {
            let option = duration_option(body, labels)?;
            if settings.options.iter().any(|existing| existing.value == option.value) {
                return Err(Reply::error(400, &format!("{} exists already", option.value)));
            }
            settings.options.push(option);
            settings.options.sort_by(|one, other| one.minutes().total_cmp(&other.minutes()));
            Ok(no_content)
        }
        SettingsCall::RemoveExpiry { key } => {
            let at = settings.options.iter().position(|option| option.value == *key);
            settings.options.remove(at.ok_or_else(|| Reply::error(400, "No such expiry option"))?);
            Ok(no_content)
        }
        SettingsCall::ResetExpiries => {
            settings.options = own_list.options(labels);
            let mut answer = json!({ "options": settings.options });
            if reset_answer == ResetAnswer::Whole {
                answer["maxAccessDuration"] = json!(settings.maximum);
                answer["standingAccessDuration"] = json!(settings.standing_access_duration);
            }
            Ok(Reply::json(200, &answer).with_effect())
        }
        SettingsCall::SetMaximum => {
            let length = duration_option(body, labels)?;
            Ok(length_answer.set("maxAccessDuration", &mut settings.maximum, length))
        }
        SettingsCall::SetStanding => {
            let length = duration_option(body, labels)?;
            Ok(length_answer.set("standingAccessDuration", &mut settings.standing_access_duration, length))
        }
        SettingsCall::SetApprovable => {
            settings.approvable_duration = Some(duration_option(body, labels)?);
            Ok(no_content)
        }
        SettingsCall::SetDefaultApprovals => {
            let (Some(one_party), Some(_)) = (body["allowOneParty"].as_bool(), body["requireReason"].as_bool()) else {
                return Err(Reply::error(400, "allowOneParty and requireReason must be booleans"));
            };
            state.behaviour.one_party = one_party;
            settings.default_approvals = Some(body.clone());
            Ok(no_content)
        }
    }
}

/// A `DurationOptionRequest`; nothing and less than nothing are no lengths.
fn duration_option(body: &Value, labels: Labels) -> Result<DurationOption, Reply> {
    let time = body["time"].as_number().filter(|time| time.as_f64().is_some_and(|time| time > 0.0));
    let unit = Unit::deserialize(&body["unit"]).ok();
    match (time, unit) {
        (Some(time), Some(unit)) => Ok(DurationOption::labelled(time.clone(), unit, labels)),
        _ => Err(Reply::error(400, "time must be a positive number and unit one of m, h, d, w")),
    }
}
