//! Settings: read once, checked once, refused with the name of the key. The only file tree that reads the environment.

mod app;
mod audit;
mod check;
mod file;
mod host;
mod identity;
mod linked;
mod oncall;
mod own_tokens;
mod program;
mod raw;
mod routes;
mod secret;
mod settings;
mod values;
mod vault;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use app::{AppLinking, Delivery, SlackApp};
pub use audit::Audit;
pub use check::assumed_lengths;
pub use host::{is_surely_loopback, may_be_this_machine};
pub use program::Program;
pub use secret::{Secret, SettingsKey};
pub use settings::{
    Accounts, AdminList, Assertion, AssertionGrant, Changes, Durations, DutyFilter, Exchange, FIELDS, Fields, Flow,
    Identity, Linked, Notifier, NotifierKeySource, OnCall, OnCallSource, Origin, Outbound, P0, PagerDutyAccount,
    RedeemedAssertion, SentToken, Settings, Slack, SlackClient, SlackMode, SocketMode, SubjectToken, TokenSource,
    Tokens, WeekShift,
};
pub use vault::{VaultKey, VaultKeys};

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
pub fn load(file: Option<&Path>) -> Result<Settings, ConfigError> {
    let Sources { file, text, environment } = sources(file)?;
    let folder = file.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    let mut settings = parse(&text, environment, &folder)?;
    settings.origin.file = file;
    Ok(settings)
}

/// Reads from the same places what the Slack app is made from. Secrets, keys and routes may be missing: most of them
/// exist only once the app does.
///
/// # Errors
/// Unknown keys anywhere, and what is wrong with the few that are used, each with its key.
pub fn load_app(file: Option<&Path>) -> Result<SlackApp, ConfigError> {
    let Sources { text, environment, .. } = sources(file)?;
    parse_app(&text, environment)
}

/// What settings are read from.
struct Sources {
    /// The settings file, where there is one.
    file: Option<PathBuf>,
    /// Its text.
    text: String,
    /// The variables that are ours.
    environment: Vec<(String, String)>,
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn sources(file: Option<&Path>) -> Result<Sources, ConfigError> {
    let file = match file {
        Some(path) => Some(path.to_owned()),
        None => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()),
    };
    let text = match &file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| ConfigError::new(path.display().to_string(), format!("cannot be read: {error}")))?,
        None => String::new(),
    };
    let ours = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let environment = ours
        .filter(|(name, _)| name.strip_prefix(ENVIRONMENT_PREFIX).is_some_and(|rest| !is_service_link(rest)))
        .map(|(name, value)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(ConfigError::new(name, "is not UTF-8")),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if file.is_none() && environment.is_empty() {
        let folder = std::env::current_dir().unwrap_or_default();
        let nowhere =
            format!("is not in {}, and no {ENVIRONMENT_PREFIX}… is set: name it with --config", folder.display());
        return Err(ConfigError::new(DEFAULT_FILE, nowhere));
    }
    Ok(Sources { file, text, environment })
}

/// The names of the environment's variables that are ours, secrets among them: programs that the bot runs do not get
/// them.
#[expect(clippy::disallowed_methods, reason = "this is the one file that reads the environment")]
pub fn own_variables() -> impl Iterator<Item = OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| name.as_encoded_bytes().starts_with(ENVIRONMENT_PREFIX.as_bytes()))
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

/// Reads what the Slack app is made from, from text and variables.
///
/// # Errors
/// As [`load_app`].
pub fn parse_app(text: &str, environment: impl IntoIterator<Item = (String, String)>) -> Result<SlackApp, ConfigError> {
    let mut table = file::table(text)?;
    file::overlay(&mut table, environment)?;
    file::leave_out_secret_files(&mut table);
    SlackApp::check(raw::Raw::read(table)?)
}

#[cfg(test)]
mod app_test;
#[cfg(test)]
mod example_test;
#[cfg(test)]
mod linked_test;
#[cfg(test)]
mod oncall_test;
#[cfg(test)]
mod routes_test;
#[cfg(test)]
mod tests;
