//! The settings as they are written, every key of the contract, before anything is checked but its type.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{ConfigError, Secret, routes};

/// What stands in no section.
const TOP: &str = "settings file";

/// Every section.
#[derive(Default)]
pub(super) struct Raw {
    pub(super) top: RawTop,
    pub(super) slack: RawSlack,
    pub(super) p0: RawP0,
    pub(super) notifier: Option<RawNotifier>,
    pub(super) identity: RawIdentity,
    pub(super) vault: RawVault,
    pub(super) durations: RawDurations,
    pub(super) routes: Vec<RawRoute>,
    pub(super) oncall: BTreeMap<String, RawOnCall>,
    pub(super) settings: RawSettings,
    pub(super) audit: RawAudit,
}

impl Raw {
    pub(super) fn read(mut table: Table) -> Result<Self, ConfigError> {
        let mut section = |name: &str| table.remove(name).filter(|value| *value != Value::Table(Table::new()));
        let raw = Self {
            slack: read("slack", section("slack"))?.unwrap_or_default(),
            p0: read("p0", section("p0"))?.unwrap_or_default(),
            notifier: read("notifier", section("notifier"))?,
            identity: read("identity", section("identity"))?.unwrap_or_default(),
            vault: read("vault", section("vault"))?.unwrap_or_default(),
            durations: read("durations", section("durations"))?.unwrap_or_default(),
            routes: read("route", section("route"))?.unwrap_or_default(),
            oncall: read("oncall", section("oncall"))?.unwrap_or_default(),
            settings: read("settings", section("settings"))?.unwrap_or_default(),
            audit: read("audit", section("audit"))?.unwrap_or_default(),
            top: RawTop::default(),
        };
        Ok(Self { top: read(TOP, Some(Value::Table(table)))?.unwrap_or_default(), ..raw })
    }
}

fn read<T: DeserializeOwned>(section: &str, value: Option<Value>) -> Result<Option<T>, ConfigError> {
    let Some(value) = value else { return Ok(None) };
    value.try_into().map(Some).map_err(|error: toml::de::Error| {
        let (message, shown) = (error.message(), error.to_string());
        // Where it is stands behind the message, and nowhere else.
        let place = shown.strip_prefix(message).and_then(|rest| rest.trim().strip_prefix("in `")?.strip_suffix('`'));
        let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
        let section = Some(section).filter(|section| *section != TOP);
        let path: Vec<&str> = [section, place, unknown.map(|(key, _)| key)].into_iter().flatten().collect();
        let key = if path.is_empty() { TOP.to_owned() } else { path.join(".") };
        match unknown {
            Some((_, rest)) => ConfigError::new(key, format!("unknown key{rest}")),
            // A type error may quote the value, which may be a secret.
            None => ConfigError::new(key, type_problem(message)),
        }
    })
}

fn type_problem(message: &str) -> &str {
    match message.rfind("expected") {
        Some(start) => &message[start..],
        None => "cannot be read",
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTop {
    pub(super) listen: Option<String>,
    pub(super) public_url: Option<String>,
    pub(super) admin_listen: Option<String>,
    pub(super) database_url: Option<String>,
    pub(super) forward_within: Option<String>,
    pub(super) time_zone: Option<String>,
    pub(super) proxy: Option<String>,
    pub(super) ca_file: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSlack {
    pub(super) mode: Option<String>,
    pub(super) signing_secrets: Option<Vec<Secret>>,
    pub(super) bot_token: Option<Secret>,
    pub(super) app_token: Option<Secret>,
    pub(super) socket_connections: Option<u8>,
    pub(super) command: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<Secret>,
    pub(super) api_base_url: Option<String>,
    pub(super) hook_hosts: Option<Vec<String>>,
    pub(super) allowed_teams: Option<Vec<String>>,
    pub(super) allowed_enterprises: Option<Vec<String>>,
    pub(super) admins: Option<Vec<String>>,
    pub(super) allow_guests: Option<bool>,
    pub(super) unfurl_channels: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawP0 {
    pub(super) base_url: Option<String>,
    pub(super) org: Option<String>,
    pub(super) settings_api_key: Option<Secret>,
    pub(super) request_url: Option<String>,
    pub(super) one_party: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNotifier {
    pub(super) public_key_file: Option<String>,
    pub(super) jwks_url: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) max_token_age: Option<String>,
    pub(super) single_use: Option<bool>,
    pub(super) listen: Option<String>,
    pub(super) fields: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIdentity {
    pub(super) mode: Option<String>,
    pub(super) email_match: Option<bool>,
    pub(super) acknowledge_bot_signs_for_approvers: Option<bool>,
    pub(super) acknowledge_shared_credential: Option<bool>,
    pub(super) people: Option<BTreeMap<String, String>>,
    pub(super) tokens: Option<BTreeMap<String, String>>,
    pub(super) tokens_command: Option<Vec<String>>,
    pub(super) tokens_command_within: Option<String>,
    pub(super) linked: Option<RawLinked>,
    pub(super) exchange: Option<RawExchange>,
    pub(super) assertion: Option<RawAssertion>,
    pub(super) service: Option<RawService>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLinked {
    pub(super) issuer: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<Secret>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) flow: Option<String>,
    pub(super) send: Option<String>,
    pub(super) identity_toolkit_url: Option<String>,
    pub(super) secure_token_url: Option<String>,
    pub(super) trusted_email_issuers: Option<Vec<String>>,
    pub(super) session: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExchange {
    pub(super) endpoint: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<Secret>,
    pub(super) audience: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) actor: Option<String>,
    pub(super) actor_key_file: Option<String>,
    pub(super) actor_algorithm: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAssertion {
    pub(super) private_key_file: Option<String>,
    pub(super) also_publish: Option<Vec<String>>,
    pub(super) algorithm: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) lifetime: Option<String>,
    pub(super) token_endpoint: Option<String>,
    pub(super) grant: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<Secret>,
    pub(super) scope: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawService {
    pub(super) token: Option<Secret>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAudit {
    pub(super) key_file: Option<String>,
    pub(super) checkpoint_every: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVault {
    pub(super) key: Option<OneOrMore>,
    pub(super) key_file: Option<String>,
    pub(super) key_command: Option<Vec<String>>,
    pub(super) key_command_within: Option<String>,
}

/// A secret, or several in an array.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text or an array of texts")]
pub(super) enum OneOrMore {
    One(Secret),
    More(Vec<Secret>),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDurations {
    pub(super) presets: Option<Vec<String>>,
    pub(super) default: Option<String>,
    pub(super) maximum: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRoute {
    pub(super) name: Option<String>,
    #[serde(rename = "match", default)]
    pub(super) matches: RawMatch,
    pub(super) channel: Option<String>,
    pub(super) notify: Option<Vec<String>>,
    pub(super) escalate_to: Option<Vec<Vec<String>>>,
    pub(super) fallback: Option<Vec<String>>,
    pub(super) notify_at_most: Option<usize>,
    pub(super) deciders: Option<String>,
    pub(super) default: Option<String>,
    pub(super) longest: Option<String>,
    pub(super) quiet_hours: Option<routes::OneOrMore>,
    pub(super) time_zone: Option<String>,
    pub(super) remind_after: Option<String>,
    pub(super) escalate_after: Option<String>,
    pub(super) risk: Option<String>,
    pub(super) max_age: Option<String>,
    pub(super) acr_values: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMatch {
    #[serde(rename = "type")]
    pub(super) kind: Option<routes::OneOrMore>,
    pub(super) access: Option<routes::OneOrMore>,
    pub(super) resource: Option<routes::OneOrMore>,
    pub(super) requester: Option<routes::OneOrMore>,
    pub(super) principal: Option<routes::OneOrMore>,
    pub(super) longer_than: Option<String>,
    pub(super) hours: Option<routes::OneOrMore>,
    pub(super) outside: Option<routes::OneOrMore>,
    pub(super) tags: Option<BTreeMap<String, routes::OneOrMore>>,
}

impl RawMatch {
    pub(super) fn is_empty(&self) -> bool {
        let Self { kind, access, resource, requester, principal, longer_than, hours, outside, tags } = self;
        let texts = [kind, access, resource, requester, principal, hours, outside];
        texts.iter().all(|text| text.is_none()) && longer_than.is_none() && tags.as_ref().is_none_or(BTreeMap::is_empty)
    }
}

/// One on-call source.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOnCall {
    pub(super) source: Option<String>,
    pub(super) api_key: Option<Secret>,
    pub(super) api_base_url: Option<String>,
    pub(super) escalation_policies: Option<Vec<String>>,
    pub(super) schedules: Option<Vec<String>>,
    pub(super) group: Option<String>,
    pub(super) file: Option<String>,
    pub(super) week: Option<Vec<RawShift>>,
    pub(super) time_zone: Option<String>,
    pub(super) people: Option<BTreeMap<String, String>>,
    pub(super) email_match: Option<bool>,
}

/// One shift of a weekly table.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawShift {
    pub(super) hours: Option<routes::OneOrMore>,
    pub(super) who: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSettings {
    pub(super) second_admin: Option<String>,
    pub(super) approvals: Option<bool>,
    pub(super) announce_channel: Option<String>,
}
