//! Who knows who is on call.

use std::collections::BTreeMap;

use super::ConfigError;
use super::raw::RawOnCall;
use super::settings::{OnCall, OnCallSource};
use super::values::{Checked, not_built, required};
use crate::domain::person::{UserGroupId, UserId};

/// The sources, by the names that routes use.
pub(super) fn check(raw: BTreeMap<String, RawOnCall>) -> Checked<BTreeMap<String, OnCall>> {
    raw.into_iter().map(|(name, raw)| Ok((name.clone(), source(&name, raw)?))).collect()
}

fn source(name: &str, raw: RawOnCall) -> Checked<OnCall> {
    let key = |key: &str| format!("oncall.{name}.{key}");
    let source = match required(&key("source"), raw.source)?.as_str() {
        "user-group" => {
            let group = required(&key("group"), raw.group)?;
            let parsed = UserGroupId::parse(&group);
            let parsed =
                parsed.ok_or_else(|| ConfigError::new(key("group"), format!("{group:?} is no user group (S…)")));
            OnCallSource::UserGroup(parsed?)
        }
        other => return Err(not_built(&key("source"), &format!("{other:?}"))),
    };
    let people = raw.people.unwrap_or_default().into_iter().map(|(who, user)| match UserId::parse(&user) {
        Some(user) => Ok((who, user)),
        None => Err(ConfigError::new(key(&format!("people.{who}")), format!("{user:?} is no user (U…)"))),
    });
    Ok(OnCall { source, people: people.collect::<Checked<_>>()?, email_match: raw.email_match.unwrap_or(false) })
}
