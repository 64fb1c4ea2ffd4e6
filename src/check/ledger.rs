//! The ledger: a place that can be written and keeps what it is told to keep, and a schema that this program knows.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::mounts::{self, Kind};
use super::report::Report;
use super::server;
use crate::config::DatabaseUrl;
use crate::ledger::inspect::{self, Schema};
use crate::ledger::lock;

/// How long the disk may take; a network's can hang for ever.
const WITHIN: Duration = Duration::from_secs(5);
/// What is written to be kept.
const PROBE: &[u8] = b"p0-chatops check: this file may be removed\n";
/// What SQLite and `serve` keep beside the file, by what is put behind its name.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-lock"];

/// Looks at the ledger from beside a `serve` that may have it open.
pub(super) async fn check(url: &DatabaseUrl, report: &mut Report<'_>) {
    let DatabaseUrl::Sqlite(path) = url else { return server::check(url, report).await };
    let shown = path.display().to_string();
    let probed = {
        let path = path.clone();
        tokio::time::timeout(WITHIN, tokio::task::spawn_blocking(move || probe(&path))).await
    };
    match probed {
        Ok(Ok(Ok(None))) => {}
        Ok(Ok(Ok(Some(file)))) => report.warn(
            "ledger",
            format!("{} belongs to another user than the one who runs `check`", file.display()),
            "run `check` as the user that runs `serve`: whether that one can write is not known",
        ),
        Ok(Ok(Err(NotKept { message, remedy }))) => return report.fail("ledger", message, remedy),
        Ok(Err(_)) | Err(_) => {
            let seconds = WITHIN.as_secs();
            return report.fail(
                "ledger",
                format!("the disk of {shown} did not answer within {seconds} s"),
                "see whether that disk is well, or set database_url to a file on another",
            );
        }
    }
    match tokio::time::timeout(WITHIN, inspect::schema(url)).await {
        Ok(Ok(Schema::Fresh)) => {
            report.ok("ledger", format!("{shown} will be made at the first start; its folder keeps what is written"))
        }
        Ok(Ok(Schema::Current)) => report.ok("ledger", format!("{shown} can be written and keeps what is written")),
        Ok(Ok(Schema::Older)) => {
            report.ok("ledger", format!("{shown} is an older version's; the next start brings it up to date"))
        }
        Ok(Ok(Schema::Newer)) => report.fail(
            "ledger",
            format!("{shown} was written by a newer version of p0-chatops"),
            "install that version again, or set database_url to a copy from before it",
        ),
        Ok(Ok(Schema::Foreign)) => report.fail(
            "ledger",
            format!("{shown} is a database, but not one of p0-chatops'"),
            "set database_url to a file of the bot's own",
        ),
        Ok(Err(error)) => report.fail(
            "ledger",
            format!("{shown}: {error}"),
            "set database_url to a file of the bot's own, or restore it from a backup",
        ),
        Err(_) => report.fail(
            "ledger",
            format!("{shown} could not be read within {} s", WITHIN.as_secs()),
            "see what holds it locked",
        ),
    }
    disk(path, report);
}

/// Whether a `serve` has the ledger. Where that cannot be seen, the lock's file was told of already.
pub(super) async fn is_taken(url: &DatabaseUrl) -> bool {
    let Some(path) = url.file().map(Path::to_owned) else { return false };
    let looked = tokio::time::timeout(WITHIN, tokio::task::spawn_blocking(move || lock::is_taken(&path))).await;
    matches!(looked, Ok(Ok(Ok(true))))
}

/// What kind of disk it is.
fn disk(path: &Path, report: &mut Report<'_>) {
    let shown = path.display();
    let Some((name, kind)) = mounts::kind_of(folder_of(path)) else {
        return report.ok("ledger.disk", "this system does not tell what kind of disk it is on");
    };
    let warning = match kind {
        Kind::Disk => return report.ok("ledger.disk", format!("{shown} is on {name}")),
        Kind::Memory => "what is written there is gone when this machine starts anew",
        Kind::Container => "what is written there is gone with the container",
        Kind::Remote => "SQLite's locks and fsync may not hold there",
    };
    let message = format!("{shown} is on {name}: {warning}");
    report.warn("ledger.disk", message, "set database_url to a file on a disk that lasts");
}

/// Why the ledger cannot be kept at its place.
struct NotKept {
    message: String,
    remedy: String,
}

/// Writes a file beside the ledger through to the disk, removes it, and sees that the ledger's own can be written.
/// Answers one of them that is another user's.
fn probe(path: &Path) -> Result<Option<PathBuf>, NotKept> {
    let folder = folder_of(path);
    let shown = folder.display();
    if !folder.is_dir() {
        return Err(NotKept {
            message: format!("the folder {shown} does not exist"),
            remedy: format!("make it, or correct database_url: mkdir -p {shown}"),
        });
    }
    let owner = write_through(folder).map_err(|(what, error)| NotKept {
        message: format!("{what} in the folder {shown}: {error}"),
        remedy: "give the user that runs p0-chatops this folder, with room on its disk".to_owned(),
    })?;
    let mut foreign = None;
    for ending in BESIDE {
        let mut name = OsString::from(path);
        name.push(ending);
        let file = PathBuf::from(name);
        let shown = file.display();
        match File::options().write(true).open(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(NotKept {
                    message: format!("{shown} cannot be written: {error}"),
                    remedy: "give it to the user that runs p0-chatops, and run `check` as that user".to_owned(),
                });
            }
            Ok(opened) if opened.metadata().is_ok_and(|metadata| owner_of(&metadata) != owner) => foreign = Some(file),
            Ok(_) => {}
        }
    }
    Ok(foreign)
}

/// Answers whose file a new one is.
fn write_through(folder: &Path) -> Result<Option<u32>, (&'static str, io::Error)> {
    let path = folder.join(format!(".p0-chatops-check-{}", std::process::id()));
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(|error| ("nothing can be made", error))?;
    let written = file
        .write_all(PROBE)
        .map_err(|error| ("nothing can be written", error))
        .and_then(|()| file.sync_all().map_err(|error| ("what is written is not kept (fsync)", error)))
        .and_then(|()| file.metadata().map_err(|error| ("nothing can be looked at", error)));
    fs::remove_file(&path).map_err(|error| ("nothing can be removed", error))?;
    written.map(|metadata| owner_of(&metadata))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn owner_of(metadata: &fs::Metadata) -> Option<u32> {
    Some(std::os::unix::fs::MetadataExt::uid(metadata))
}

#[cfg(not(unix))]
fn owner_of(_: &fs::Metadata) -> Option<u32> {
    None
}
