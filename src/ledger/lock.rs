//! The lock beside the file, which is `serve`'s alone: two would forward a choice twice.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{LedgerError, make_private};

/// Who only looks has the lock for an instant; after this long it was another `serve`.
const LOOKED_WITHIN: Duration = Duration::from_millis(100);

/// Takes the lock for as long as the file that comes back is kept.
pub(super) async fn take(ledger: &Path) -> Result<File, LedgerError> {
    make_private(ledger)?;
    let path = beside(ledger).map_err(|error| LedgerError::File { path: ledger.to_owned(), error })?;
    let refused = |error| LedgerError::File { path: path.clone(), error };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(refused)?;
    let mut tried = file.try_lock();
    if matches!(tried, Err(TryLockError::WouldBlock)) {
        tokio::time::sleep(LOOKED_WITHIN).await;
        tried = file.try_lock();
    }
    match tried {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Locked(ledger.to_owned())),
        Err(TryLockError::Error(error)) => Err(refused(error)),
    }
}

/// Whether a `serve` has the ledger. The answer takes a shared lock for an instant, for which a starting `serve` waits:
/// what the system lists of locks leaves out those of other containers, and names some disks by another number.
///
/// # Errors
/// Where the lock's file cannot be looked at.
pub fn is_taken(ledger: &Path) -> std::io::Result<bool> {
    let looked = beside(ledger).and_then(File::open);
    let file = match looked {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Where the lock of a ledger is. Two names of one file are one file.
fn beside(ledger: &Path) -> std::io::Result<PathBuf> {
    let ledger = std::fs::canonicalize(ledger)?;
    Ok(PathBuf::from(format!("{}-lock", ledger.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn looking_neither_makes_a_lock_nor_keeps_one() {
        let folder = std::env::temp_dir().join(format!("p0-chatops-lock-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (ledger, link) = (folder.join("p0.db"), folder.join("link.db"));
        assert!(!is_taken(&ledger).unwrap());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        let lock = take(&ledger).await.unwrap();
        std::os::unix::fs::symlink(&ledger, &link).unwrap();
        assert!(is_taken(&ledger).unwrap() && is_taken(&link).unwrap());
        assert!(matches!(take(&ledger).await, Err(LedgerError::Locked(_))));
        drop(lock);
        assert!(!is_taken(&ledger).unwrap());
        take(&ledger).await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    async fn whoever_only_looks_is_waited_for() {
        let ledger = std::env::temp_dir().join(format!("p0-chatops-look-{}.db", std::process::id()));
        drop(take(&ledger).await.unwrap());
        let looker = File::open(beside(&ledger).unwrap()).unwrap();
        looker.try_lock_shared().unwrap();
        let (taken, ()) = tokio::join!(take(&ledger), async { drop(looker) });
        taken.unwrap();
        std::fs::remove_file(beside(&ledger).unwrap()).unwrap();
        std::fs::remove_file(&ledger).unwrap();
    }
}
