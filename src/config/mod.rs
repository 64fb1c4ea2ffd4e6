//! Settings: read once, checked once, refused with the name of the key. The only file tree that reads the environment.

mod check;
mod file;
mod raw;
mod secret;
mod settings;
mod values;

use std::path::{Path, PathBuf};

pub use secret::Secret;
pub use settings::{
    Assertion, Durations, Fields, Identity, Notifier, NotifierKeySource, Origin, Outbound, P0, Preset, Route, Settings,
    Slack, Tokens,
};

/// The prefix of every variable of the environment that is a setting.
pub const ENVIRONMENT_PREFIX: &str = "P0_CHATOPS_";
/// The settings file that is read when none is named and this one exists.
pub const DEFAULT_FILE: &str = "p0-chatops.toml";

/// Why the settings were refused; one line that begins with the key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct ConfigError {
    /// The key, as the settings file writes it (`slack.bot_token`), or the file or variable at fault.
    pub key: String,
    /// What is wrong with it and what to do. Never the value of a secret.
    pub problem: String,
}

impl ConfigError {
    /// An error about `key`.
    pub fn new(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into() }
    }
}

/// Reads the settings: the file (`None`: [`DEFAULT_FILE`] where it exists), and over it the environment.
///
/// # Errors
/// Unknown keys, missing or short secrets and contradictions, each with its key.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn load(file: Option<&Path>) -> Result<Settings, ConfigError> {
    let path = match file {
        Some(path) => Some(path.to_owned()),
        None => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()),
    };
    let text = match &path {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| ConfigError::new(path.display().to_string(), format!("cannot be read: {error}")))?,
        None => String::new(),
    };
    let folder = path.as_deref().and_then(Path::parent).map_or_else(PathBuf::new, Path::to_owned);
    let ours = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let environment: Vec<(String, String)> = ours
        .filter(|(name, _)| name.strip_prefix(ENVIRONMENT_PREFIX).is_some_and(|rest| !is_service_link(rest)))
        .map(|(name, value)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(ConfigError::new(name, "is not UTF-8")),
        })
        .collect::<Result<_, _>>()?;
    let mut settings = parse(&text, environment, &folder)?;
    settings.origin.file = path;
    Ok(settings)
}

/// Kubernetes puts the address of a Service called `p0-chatops` into variables that look like ours.
fn is_service_link(name: &str) -> bool {
    name == "PORT" || name == "SERVICE_HOST" || name.starts_with("PORT_") || name.starts_with("SERVICE_PORT")
}

/// Reads settings from text and variables; relative paths are relative to `folder`.
///
/// # Errors
/// As [`load`].
pub fn parse(
    text: &str,
    environment: impl IntoIterator<Item = (String, String)>,
    folder: &Path,
) -> Result<Settings, ConfigError> {
    let mut table = file::table(text)?;
    let stated = file::stated_secrets(&table);
    file::overlay(&mut table, environment)?;
    let files = file::read_secret_files(&mut table, folder)?;
    let origin = Origin { file: None, stated, files };
    check::check(raw::Raw::read(table)?, folder, origin)
}

#[cfg(test)]
mod example_test;
#[cfg(test)]
mod tests;
