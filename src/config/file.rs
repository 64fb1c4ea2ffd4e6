//! The settings file, the variables over it, and the files that hold secrets.

use std::path::{Path, PathBuf};

use toml::{Table, Value};
use zeroize::Zeroizing;

use super::{ConfigError, ENVIRONMENT_PREFIX};
use crate::domain::person::UserId;

/// Keys that may stand in a file of their own as `<key>_file`; `*` is any section, and the first stands in none.
const SECRETS: &[(&str, &str)] = &[
    ("", "database_url"),
    ("slack", "signing_secrets"),
    ("slack", "bot_token"),
    ("slack", "app_token"),
    ("slack", "client_secret"),
    ("p0", "settings_api_key"),
    ("identity.linked", "client_secret"),
    ("identity.exchange", "client_secret"),
    ("identity.assertion", "client_secret"),
    ("identity.service", "token"),
    ("oncall.*", "api_key"),
];

/// Secrets whose file is read by the room that uses it, and anew when it changes.
const READ_LATER: &[(&str, &str)] = &[("vault", "key")];

pub(super) fn table(text: &str) -> Result<Table, ConfigError> {
    text.parse::<Table>().map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
        ConfigError::new(format!("settings file, line {line}"), error.message().to_owned())
    })
}

/// Lays `P0_CHATOPS_<SECTION>__<KEY>` over the file. Values are TOML; a bare string stands for itself.
pub(super) fn overlay(
    table: &mut Table,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ConfigError> {
    let environment: Vec<(String, String)> = environment.into_iter().collect();
    for (name, value) in &environment {
        if let Some(other) = name.strip_suffix("_FILE")
            && environment.iter().any(|(set, _)| set == other)
        {
            return Err(ConfigError::new(name, format!("contradicts {other}: set one of them")));
        }
        let path = name.strip_prefix(ENVIRONMENT_PREFIX).unwrap_or(name).to_owned();
        // Sections and keys are lower case; only Slack's own ids, which name people, are not.
        let keys: Vec<String> = path
            .split("__")
            .map(|key| if is_slack_user(key) { key.to_owned() } else { key.to_ascii_lowercase() })
            .collect();
        if keys[0] == "route" {
            return Err(ConfigError::new(name, "routes can only be set in the settings file"));
        }
        let (last, sections) = keys.split_last().expect("split gives at least one part");
        let mut place = &mut *table;
        for section in sections {
            place = match place.entry(section.clone()).or_insert_with(|| Value::Table(Table::new())) {
                Value::Table(table) => table,
                _ => return Err(ConfigError::new(name, format!("{section} is no section"))),
            };
        }
        // A secret of the environment takes the place of the file's, whichever way each is given.
        place.remove(&format!("{last}_file"));
        if let Some(key) = last.strip_suffix("_file") {
            place.remove(key);
        }
        place.insert(last.clone(), parse_value(value));
    }
    Ok(())
}

fn is_slack_user(key: &str) -> bool {
    key.len() > 6 && !key.contains('_') && UserId::parse(key).is_some()
}

fn parse_value(text: &str) -> Value {
    let parsed = format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The keys of the secrets that a settings file states itself. An address counts where it holds a password.
pub(super) fn stated_secrets(table: &Table) -> Vec<String> {
    let stated = |section: &str, key: &str| {
        section.split('.').try_fold(table, |t, part| t.get(part)?.as_table()).is_some_and(|t| t.contains_key(key))
    };
    let holds_password = |key: &str| table.get(key).and_then(Value::as_str).is_some_and(|text| text.contains('@'));
    let secrets = SECRETS.iter().chain(READ_LATER).flat_map(|(pattern, key)| {
        sections(table, pattern).into_iter().filter(|section| stated(section, key)).map(move |s| format!("{s}.{key}"))
    });
    let mut keys: Vec<String> = secrets.collect();
    keys.extend(["proxy", "database_url"].into_iter().filter(|key| holds_password(key)).map(str::to_owned));
    keys
}

/// Puts the content of each `<key>_file` where `<key>` is read; answers the keys and the files.
pub(super) fn read_secret_files(table: &mut Table, folder: &Path) -> Result<Vec<(String, PathBuf)>, ConfigError> {
    let mut files = Vec::new();
    for (section, key) in secrets(table) {
        let Some(place) = section_of(table, &section) else { continue };
        let file_key = format!("{key}_file");
        let Some(path) = place.remove(&file_key) else { continue };
        let dotted = |key: &str| format!("{section}.{key}").trim_start_matches('.').to_owned();
        let named = || dotted(&file_key);
        if place.contains_key(key) {
            return Err(ConfigError::new(named(), format!("contradicts {}: set one of them", dotted(key))));
        }
        let Value::String(path) = path else { return Err(ConfigError::new(named(), "has to be the path of a file")) };
        let text = std::fs::read_to_string(folder.join(&path))
            .map(Zeroizing::new)
            .map_err(|error| ConfigError::new(named(), format!("{path} cannot be read: {error}")))?;
        let lines =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| Value::String(line.to_owned()));
        let value = match key {
            "signing_secrets" => Value::Array(lines.collect()),
            _ => Value::String(text.trim().to_owned()),
        };
        place.insert(key.to_owned(), value);
        files.push((named(), folder.join(path)));
    }
    Ok(files)
}

/// Takes each `<key>_file` of a secret away, for whoever needs none: the files may not be there yet.
pub(super) fn leave_out_secret_files(table: &mut Table) {
    for (section, key) in secrets(table) {
        if let Some(place) = section_of(table, &section) {
            place.remove(&format!("{key}_file"));
        }
    }
}

/// The sections and keys of secrets, for those sections that `*` stands for.
fn secrets(table: &Table) -> Vec<(String, &'static str)> {
    SECRETS.iter().flat_map(|(of, key)| sections(table, of).into_iter().map(move |section| (section, *key))).collect()
}

/// The sections that a pattern means.
fn sections(table: &Table, pattern: &str) -> Vec<String> {
    let Some(above) = pattern.strip_suffix(".*") else { return vec![pattern.to_owned()] };
    let below = table.get(above).and_then(Value::as_table);
    below.map(|below| below.keys().map(|name| format!("{above}.{name}")).collect()).unwrap_or_default()
}

fn section_of<'t>(table: &'t mut Table, section: &str) -> Option<&'t mut Table> {
    section
        .split('.')
        .filter(|part| !part.is_empty())
        .try_fold(table, |table, part| table.get_mut(part)?.as_table_mut())
}
