//! The file that holds the vault's keys, one a line, the one that seals first.

use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::authorize::private_file;
use crate::config::{ConfigError, VaultKey};

/// Largest key file that is read, in bytes: some three hundred keys.
const MOST_BYTES: usize = 16 * 1024;

/// By what a change of the file is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    #[cfg(unix)]
    place: (u64, u64),
    length: u64,
    written: Option<std::time::SystemTime>,
}

impl Mark {
    /// The file's mark as it is now; `None` where it cannot be looked at.
    pub(super) fn now(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|metadata| Self::of(&metadata))
    }

    fn of(metadata: &Metadata) -> Self {
        Self {
            #[cfg(unix)]
            place: {
                use std::os::unix::fs::MetadataExt as _;
                (metadata.dev(), metadata.ino())
            },
            length: metadata.len(),
            written: metadata.modified().ok(),
        }
    }
}

/// Reads the keys, and by what to see that the file has changed.
///
/// # Errors
/// What is wrong with the file, never what it says.
pub(super) fn read(path: &Path) -> Result<(Vec<VaultKey>, Mark), ConfigError> {
    let file = File::open(path).map_err(|error| unusable(path, private_file::not_opened(&error)))?;
    let (keys, metadata) = read_open(path, &file)?;
    Ok((keys, Mark::of(&metadata)))
}

/// Puts other keys in the place of the file's, all at once: whoever reads it meanwhile reads the old ones or the new.
/// Its owner and its mode stay.
///
/// # Errors
/// Where the file cannot be read or replaced, or somebody else is replacing it.
pub fn rewrite(path: &Path, change: impl FnOnce(Vec<VaultKey>) -> Vec<VaultKey>) -> Result<(), ConfigError> {
    // Beside the file itself, where the path is a link to it.
    let path = &fs::canonicalize(path).map_err(|error| unusable(path, private_file::not_opened(&error)))?;
    let file = File::open(path).map_err(|error| unusable(path, private_file::not_opened(&error)))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(refused(path, "is being changed by another p0-chatops vault")),
        Err(TryLockError::Error(error)) => return Err(refused(path, &format!("cannot be locked: {error}"))),
    }
    let (keys, metadata) = read_open(path, &file)?;
    let keys = change(keys);
    // A key that another has put in front meanwhile would be lost, and with it all that it has sealed.
    if Mark::now(path) != Some(Mark::of(&metadata)) {
        return Err(refused(path, "has just been changed: run this again"));
    }
    replace(path, &metadata, &keys).map_err(|error| refused(path, &format!("cannot be replaced: {error}")))
}

fn read_open(path: &Path, file: &File) -> Result<(Vec<VaultKey>, Metadata), ConfigError> {
    // What is checked is what is read: the file behind the path may change in between.
    let metadata = file.metadata().map_err(|_| unusable(path, "it cannot be looked at"))?;
    private_file::check(&metadata).map_err(|problem| unusable(path, problem))?;
    let mut text = Zeroizing::new(String::with_capacity(MOST_BYTES + 64));
    let read = file.take(MOST_BYTES as u64 + 1).read_to_string(&mut text);
    read.map_err(|_| unusable(path, "it cannot be read as text"))?;
    if text.len() > MOST_BYTES {
        return Err(unusable(path, "it is larger than 16 KiB"));
    }
    Ok((VaultKey::parse_lines(&text).map_err(|problem| refused(path, &problem))?, metadata))
}

fn replace(path: &Path, like: &Metadata, keys: &[VaultKey]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let new = Unfinished(folder.join(format!(".p0-chatops-vault-{:016x}", rand::random::<u64>())));
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new.0)?;
    for key in keys {
        file.write_all(key.to_base64().as_bytes())?;
        file.write_all(b"\n")?;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if file.metadata().map(|own| (own.uid(), own.gid()))? != (like.uid(), like.gid()) {
            std::os::unix::fs::fchown(&file, Some(like.uid()), Some(like.gid()))?;
        }
    }
    file.set_permissions(like.permissions())?;
    file.sync_all()?;
    fs::rename(&new.0, path)?;
    File::open(folder)?.sync_all()
}

/// A file that is removed where it does not come into another's place.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn unusable(path: &Path, problem: &str) -> ConfigError {
    refused(path, &format!("cannot be used: {problem}"))
}

fn refused(path: &Path, problem: &str) -> ConfigError {
    ConfigError::new("vault.key_file", format!("{} {problem}", path.display()))
}
