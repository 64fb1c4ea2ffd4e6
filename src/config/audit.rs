//! What vouches for the evidence.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ConfigError;
use super::raw::RawAudit;
use super::values::{Checked, span};

/// More often nobody could keep up with; less often is too long a time in which a cut would not show.
const EVERY: std::ops::RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(24 * 60 * 60);

/// How the evidence is vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The private key that signs checkpoints; none: they are not signed.
    pub key_file: Option<PathBuf>,
    /// How often there is one, where something has happened.
    pub checkpoint_every: Duration,
}

pub(super) fn check(raw: RawAudit, folder: &Path) -> Checked<Audit> {
    const KEY: &str = "audit.checkpoint_every";
    let text = raw.checkpoint_every.as_deref().unwrap_or("10m");
    let checkpoint_every = span(KEY, text)?;
    if !EVERY.contains(&checkpoint_every) {
        return Err(ConfigError::new(KEY, format!("{text:?}: has to be from 1m to 24h")));
    }
    Ok(Audit { key_file: raw.key_file.map(|path| folder.join(path)), checkpoint_every })
}
