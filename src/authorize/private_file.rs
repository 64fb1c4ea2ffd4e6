//! Files that only the bot may read: whoever else could read or write them could decide as somebody.

use std::fs::Metadata;

/// Whether the file is one, and closed to others; a group may read it.
///
/// # Errors
/// What is wrong with it, for the operator.
pub(super) fn check(metadata: &Metadata) -> Result<(), &'static str> {
    if !metadata.is_file() {
        return Err("it is no file");
    }
    check_mode(metadata)
}

#[cfg(unix)]
fn check_mode(metadata: &Metadata) -> Result<(), &'static str> {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS: u32 = 0o006;
    const GROUP_WRITES: u32 = 0o020;
    match metadata.permissions().mode() {
        mode if mode & OTHERS != 0 => Err("others can read or write it (chmod o-rwx)"),
        mode if mode & GROUP_WRITES != 0 => Err("its group can write it (chmod g-w)"),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Metadata) -> Result<(), &'static str> {
    Ok(())
}

/// In words, why a file could not be opened.
pub(super) fn not_opened(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it is not there",
        std::io::ErrorKind::PermissionDenied => "the bot's user may not read it",
        _ => "it cannot be opened",
    }
}
