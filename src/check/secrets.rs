//! What others on this machine can do with the bot's files: read the secrets, or write what is believed.

use std::path::{Path, PathBuf};

use super::report::Report;
use crate::config::{Identity, NotifierKeySource, Settings};
use crate::evidence::KEY_FILE;

/// What others may not do with a file, as bits of its mode.
const READ: u32 = 0o004;
const WRITE: u32 = 0o002;

/// A file, and what it would mean if others could do what they may not.
struct Watched {
    key: String,
    path: PathBuf,
    closed: u32,
    then: &'static str,
}

/// Says of each file with a secret in it whether others can read it, and of each that is believed whether they can write
/// it. Token files are looked at with their person: one that others can read is refused there.
pub(super) fn check(settings: &Settings, report: &mut Report<'_>) {
    let secret = holding_secrets(settings);
    let secrets = secret.len();
    let mut all_closed = true;
    for file in secret.into_iter().chain(believed(settings)) {
        let Some(mode) = mode_of(&file.path).filter(|mode| mode & file.closed != 0) else { continue };
        all_closed = false;
        let can = match (mode & file.closed & READ, mode & WRITE) {
            (0, _) => "write",
            (_, 0) => "read",
            _ => "read and write",
        };
        let (shown, then) = (file.path.display(), file.then);
        let remedy = if file.closed & READ != 0 { "chmod o-rwx" } else { "chmod o-w" };
        report.warn(
            "secrets",
            format!("{}: everybody on this machine can {can} {shown} (mode {mode:03o}){then}", file.key),
            format!("{remedy} {shown}"),
        );
    }
    if all_closed {
        report.ok(
            "secrets",
            match secrets {
                0 => "none of them is in a file".to_owned(),
                1 => "only its owner and group can read the file that holds the bot's own secrets".to_owned(),
                n => format!("only their owner and group can read the {n} files that hold the bot's own secrets"),
            },
        );
    }
}

fn holding_secrets(settings: &Settings) -> Vec<Watched> {
    let mut files = settings.origin.files.clone();
    if let (Some(file), false) = (&settings.origin.file, settings.origin.stated.is_empty()) {
        files.push((settings.origin.stated.join(" and "), file.clone()));
    }
    if let Identity::Assertion(assertion) = &settings.identity {
        files.push(("identity.assertion.private_key_file".to_owned(), assertion.private_key_file.clone()));
        let published = assertion.also_publish.iter().cloned();
        files.extend(published.map(|path| ("identity.assertion.also_publish".to_owned(), path)));
    }
    files.extend(settings.audit.key_file.iter().map(|path| (KEY_FILE.to_owned(), path.clone())));
    if let Identity::Exchange(exchange) = &settings.identity {
        files.push(("identity.exchange.actor_key_file".to_owned(), exchange.actor_key_file.clone()));
    }
    let watched = |(key, path)| Watched { key, path, closed: READ | WRITE, then: "" };
    files.into_iter().map(watched).collect()
}

/// Files that hold no secret, and that the bot believes.
fn believed(settings: &Settings) -> Vec<Watched> {
    let mut files = Vec::new();
    let mut watch = |key: &str, path: &Path, then| {
        files.push(Watched { key: key.to_owned(), path: path.to_owned(), closed: WRITE, then });
    };
    if let Some(file) = settings.origin.file.as_ref().filter(|_| settings.origin.stated.is_empty()) {
        watch("settings", file, ": whoever does can decide as others");
    }
    if let NotifierKeySource::File(path) = &settings.notifier.key {
        watch("notifier.public_key_file", path, ": whoever does can push as P0");
    }
    if let Some(path) = &settings.outbound.ca_file {
        watch("ca_file", path, ": whoever does can answer as Slack and P0");
    }
    files
}

/// The mode of a file that is there.
#[cfg(unix)]
fn mode_of(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode_of(_: &Path) -> Option<u32> {
    None
}
