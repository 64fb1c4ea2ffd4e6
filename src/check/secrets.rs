//! Who on this machine can read the files that hold secrets.

use std::path::{Path, PathBuf};

use super::report::Report;
use crate::config::{Identity, Settings};

/// Says of each file with a secret in it whether others can read it. Token files are looked at with their person: one
/// that others can read is refused there.
pub(super) fn check(settings: &Settings, report: &mut Report<'_>) {
    let files = holding_secrets(settings);
    let open: Vec<_> = files.iter().filter_map(|(key, path)| Some((key, path, mode_of_open(path)?))).collect();
    for (key, path, mode) in &open {
        let shown = path.display();
        report.warn(
            "secrets",
            format!("{key}: everybody on this machine can read or write {shown} (mode {mode:03o})"),
            format!("chmod o-rwx {shown}"),
        );
    }
    if open.is_empty() {
        report.ok(
            "secrets",
            match files.len() {
                0 => "none of them is in a file".to_owned(),
                1 => "nobody else on this machine can read the file that holds them".to_owned(),
                n => format!("nobody else on this machine can read the {n} files that hold them"),
            },
        );
    }
}

fn holding_secrets(settings: &Settings) -> Vec<(String, PathBuf)> {
    let mut files = settings.origin.files.clone();
    if let (Some(file), false) = (&settings.origin.file, settings.origin.stated.is_empty()) {
        files.push((settings.origin.stated.join(" and "), file.clone()));
    }
    if let Identity::Assertion(assertion) = &settings.identity {
        files.push(("identity.assertion.private_key_file".to_owned(), assertion.private_key_file.clone()));
    }
    files
}

/// The mode of a file that everybody can read or write.
#[cfg(unix)]
fn mode_of_open(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS: u32 = 0o006;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & OTHERS != 0).then_some(mode)
}

#[cfg(not(unix))]
fn mode_of_open(_: &Path) -> Option<u32> {
    None
}
