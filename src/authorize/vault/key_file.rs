//! The file that holds the vault's keys, one a line, the one that seals first.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::authorize::private_file;
use crate::config::{ConfigError, VaultKey};

/// Largest key file that is read, in bytes: some two hundred keys.
const MOST_BYTES: usize = 16 * 1024;

/// The setting that names the file.
pub const SETTING: &str = "vault.key_file";

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
        std::fs::metadata(path).ok().map(|metadata| Self::of(&metadata))
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
pub(super) fn read_marked(path: &Path) -> Result<(Vec<VaultKey>, Mark), ConfigError> {
    let refused = |problem: String| ConfigError::new(SETTING, format!("{} {problem}", path.display()));
    let unusable = |problem: &str| refused(format!("cannot be used: {problem}"));
    // What is checked is what is read: the file behind the path may change in between.
    let mut file = File::open(path).map_err(|error| unusable(private_file::not_opened(&error)))?;
    let metadata = file.metadata().map_err(|_| unusable("it cannot be looked at"))?;
    private_file::check(&metadata).map_err(unusable)?;
    let mut text = Zeroizing::new(String::with_capacity(MOST_BYTES + 64));
    let most = MOST_BYTES as u64 + 1;
    file.by_ref().take(most).read_to_string(&mut text).map_err(|_| unusable("it cannot be read as text"))?;
    if text.len() > MOST_BYTES {
        return Err(unusable("it is larger than 16 KiB"));
    }
    Ok((VaultKey::parse_lines(&text).map_err(refused)?, Mark::of(&metadata)))
}
