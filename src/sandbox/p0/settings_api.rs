//! `/o/{org}/settings/…`: the lengths that an organisation offers. Write-only, as at P0: nothing reads them back.

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

use super::bearer::BearerKind;
use super::permission_api::json_object;
use super::route::SettingsCall;
use super::state::{State, Undocumented};
use crate::sandbox::wire::Reply;

/// The unit of a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// `m`
    #[serde(rename = "m")]
    Minutes,
    /// `h`
    #[serde(rename = "h")]
    Hours,
    /// `d`
    #[serde(rename = "d")]
    Days,
    /// `w`
    #[serde(rename = "w")]
    Weeks,
}

impl Unit {
    fn minutes(self) -> f64 {
        match self {
            Self::Minutes => 1.0,
            Self::Hours => 60.0,
            Self::Days => 24.0 * 60.0,
            Self::Weeks => 7.0 * 24.0 * 60.0,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Minutes => "minute",
            Self::Hours => "hour",
            Self::Days => "day",
            Self::Weeks => "week",
        }
    }
}

/// A length as the settings API answers it (`DurationOptionResponse`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DurationOption {
    /// How many units; any JSON number, fractions too.
    pub time: Number,
    /// Of what.
    pub unit: Unit,
    /// The human label, which is also the key under which it is removed.
    pub value: String,
}

impl DurationOption {
    /// A length with the label P0's documentation would give it.
    pub fn new(time: u32, unit: Unit) -> Self {
        Self::labelled(time.into(), unit, Labels::Largest)
    }

    fn labelled(time: Number, unit: Unit, labels: Labels) -> Self {
        let minutes = time.as_f64().unwrap_or_default() * unit.minutes();
        let units = [Unit::Weeks, Unit::Days, Unit::Hours, Unit::Minutes];
        let largest = units.into_iter().find(|unit| minutes % unit.minutes() == 0.0);
        let (amount, unit_shown) = match (labels, largest) {
            (Labels::Largest, Some(largest)) => (minutes / largest.minutes(), largest),
            _ => (minutes / unit.minutes(), unit),
        };
        let plural = if amount == 1.0 { "" } else { "s" };
        Self { time, unit, value: format!("{amount} {}{plural}", unit_shown.word()) }
    }

    /// Its length in minutes.
    pub(super) fn minutes(&self) -> f64 {
        self.time.as_f64().unwrap_or_default() * self.unit.minutes()
    }
}

/// How labels are computed on add. P0's own sources disagree on 24 h, so a client must not rely on either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Labels {
    /// In the largest unit that divides the length: 24 h is "1 day", as in P0's documentation.
    #[default]
    Largest,
    /// In the unit sent: 24 h is "24 hours", as in P0's Terraform provider.
    AsSent,
}

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
    /// P0's presets, with the organisation's longest grant.
    pub(super) fn new(maximum: DurationOption) -> Self {
        Self {
            options: presets(),
            maximum,
            standing_access_duration: DurationOption::new(30, Unit::Days),
            approvable_duration: None,
            default_approvals: None,
        }
    }
}

/// The list that `_reset` answers in P0's documentation.
fn presets() -> Vec<DurationOption> {
    vec![
        DurationOption::new(5, Unit::Minutes),
        DurationOption::new(1, Unit::Hours),
        DurationOption::new(24, Unit::Hours),
        DurationOption::new(168, Unit::Hours),
        DurationOption::new(720, Unit::Hours),
    ]
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
    let labels = state.behaviour.labels;
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
            settings.options = presets();
            let answer = json!({
                "options": settings.options,
                "maxAccessDuration": settings.maximum,
                "standingAccessDuration": settings.standing_access_duration,
            });
            Ok(Reply::json(200, &answer).with_effect())
        }
        SettingsCall::SetMaximum => {
            settings.maximum = duration_option(body, labels)?;
            Ok(Reply::json(200, &json!({ "ok": true, "maxAccessDuration": settings.maximum })).with_effect())
        }
        SettingsCall::SetStanding => {
            settings.standing_access_duration = duration_option(body, labels)?;
            let answer = json!({ "ok": true, "standingAccessDuration": settings.standing_access_duration });
            Ok(Reply::json(200, &answer).with_effect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_follow_the_documentation_or_what_was_sent() {
        let label = |time: u32, unit, labels| DurationOption::labelled(time.into(), unit, labels).value;
        assert_eq!(label(2, Unit::Hours, Labels::Largest), "2 hours");
        assert_eq!(label(60, Unit::Minutes, Labels::Largest), "1 hour");
        assert_eq!(label(90, Unit::Minutes, Labels::Largest), "90 minutes");
        assert_eq!(label(24, Unit::Hours, Labels::Largest), "1 day");
        assert_eq!(label(24, Unit::Hours, Labels::AsSent), "24 hours");
        assert_eq!(label(1, Unit::Weeks, Labels::AsSent), "1 week");
        let half = Number::from_f64(1.5).unwrap();
        assert_eq!(DurationOption::labelled(half, Unit::Hours, Labels::AsSent).value, "1.5 hours");
    }

    #[test]
    fn the_presets_carry_the_labels_of_the_documentation() {
        let labels: Vec<String> = presets().into_iter().map(|option| option.value).collect();
        assert_eq!(labels, ["5 minutes", "1 hour", "1 day", "1 week", "30 days"]);
    }
}
