//! Programs that the bot runs to be handed a secret.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::ConfigError;
use super::values::Checked;

/// A program with its arguments, as they stand in the settings: no shell reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// A name to look for in `PATH`, or where it is.
    pub name: OsString,
    /// What it is told.
    pub arguments: Vec<String>,
    /// How long it may take.
    pub within: Duration,
}

/// `key` names the command; how long it may take is `<key>_within`.
pub(super) fn program(
    key: &str,
    argv: Vec<String>,
    within: &str,
    longest: Duration,
    folder: &Path,
) -> Checked<Program> {
    let mut arguments = argv.into_iter();
    let name = arguments.next().filter(|name| !name.trim().is_empty()).ok_or_else(|| {
        ConfigError::new(key, "is empty: has to be a program and its arguments, as [\"prog\", \"argument\"]")
    })?;
    let within = seconds(within).filter(|within| *within <= longest).ok_or_else(|| {
        let most = longest.as_secs();
        ConfigError::new(format!("{key}_within"), format!("{within:?}: has to be whole seconds from 1s to {most}s"))
    })?;
    let name = if name.contains('/') { folder.join(name).into() } else { name.into() };
    Ok(Program { name, arguments: arguments.collect(), within })
}

/// Programs are waited for in seconds; every other length of the settings is in minutes at least.
fn seconds(text: &str) -> Option<Duration> {
    let count = text.trim().strip_suffix('s').filter(|count| count.bytes().all(|b| b.is_ascii_digit()))?;
    count.parse().ok().filter(|count| *count > 0).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(argv: &[&str], within: &str) -> Result<Program, String> {
        let argv = argv.iter().map(|&part| part.to_owned()).collect();
        let folder = Path::new("/etc/p0");
        program("vault.key_command", argv, within, Duration::from_secs(60), folder).map_err(|error| error.to_string())
    }

    #[test]
    fn a_program_is_looked_for_in_path_or_beside_the_settings() {
        for (name, found) in [("vault", "vault"), ("bin/key", "/etc/p0/bin/key"), ("/bin/key", "/bin/key")] {
            let program = read(&[name, "kv get", ""], "10s").unwrap();
            assert_eq!((program.name.to_str(), program.within.as_secs()), (Some(found), 10));
            assert_eq!(program.arguments, ["kv get", ""]);
        }
    }

    #[test]
    fn what_cannot_be_run_or_waited_for_is_refused() {
        let empty = "vault.key_command: is empty: has to be a program and its arguments, as [\"prog\", \"argument\"]";
        assert_eq!(read(&[], "1s").unwrap_err(), empty);
        assert_eq!(read(&[" "], "1s").unwrap_err(), empty);
        for within in ["0s", "61s", "1", "1m", "+1s", "-1s", "1.5s", "s", "99999999999999999999s"] {
            let problem = format!("vault.key_command_within: {within:?}: has to be whole seconds from 1s to 60s");
            assert_eq!(read(&["prog"], within).unwrap_err(), problem);
        }
    }
}
