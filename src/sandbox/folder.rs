//! The throw-away folder.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::new_secret;

/// A folder that only its owner can read, and that is gone with this value.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// A new one among the system's temporary files.
    pub(super) fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("p0-chatops-sandbox-{}", new_secret()));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file that only its owner can read: the bot refuses others as token files.
    pub(super) fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.0.join(name))?;
        file.write_all(text.as_bytes())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the sandbox's temporary folder could not be removed");
        }
    }
}
