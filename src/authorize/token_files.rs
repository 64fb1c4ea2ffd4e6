//! Mode `tokens`, from files: each holds a person's own bearer token, and is read anew for each decision.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tokio::io::AsyncReadExt as _;
use zeroize::Zeroizing;

use super::private_file;
use crate::domain::person::UserId;

/// Largest token file that is read, in bytes.
const MOST_BYTES: usize = 16 * 1024;

/// The file of each person.
pub(super) struct TokenFiles(pub(super) BTreeMap<UserId, PathBuf>);

impl TokenFiles {
    pub(super) async fn report_unusable(&self) {
        for (user, path) in &self.0 {
            if let Err(problem) = read(path).await {
                tracing::warn!(user = user.as_str(), path = %path.display(), problem, "a token file cannot be used");
            }
        }
    }
}

/// What the file holds, without white space around it.
pub(super) async fn read(path: &Path) -> Result<Zeroizing<String>, &'static str> {
    // What is checked is what is read: the file behind the path may change in between.
    let file = tokio::fs::File::open(path).await.map_err(|error| private_file::not_opened(&error))?;
    let metadata = file.metadata().await.map_err(|_| "it cannot be looked at")?;
    private_file::check(&metadata)?;
    // Never grown, since what moves leaves a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES + 64));
    file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).await.map_err(|_| "it cannot be read")?;
    if bytes.len() > MOST_BYTES {
        return Err("it is larger than 16 KiB");
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| "it cannot be read as text")?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}
