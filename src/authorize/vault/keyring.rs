//! The vault's keys by their ids, kept up with the file that they come from.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

use super::key_file::{self, Mark};
use crate::authorize::command;
use crate::config::{ConfigError, VaultKey, VaultKeys};

/// What is digested before a key, so that its id is of no use where the same bytes are another kind of key.
const LABEL: &[u8] = b"p0-chatops vault key id\0";
/// How much of the digest is the id, in bytes.
const ID_BYTES: usize = 8;

/// What a key is called in records and to operators: 16 hexadecimal digits, from which nothing follows about the key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// The id of a key.
    pub fn of(key: &VaultKey) -> Self {
        let digest = Sha256::new().chain_update(LABEL).chain_update(key.expose()).finalize();
        Self(digest[..ID_BYTES].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The id, if the text has the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 2 * ID_BYTES && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| Self(text.to_owned()))
    }

    /// As records have it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The keys as they were last read.
pub(super) struct Keyring {
    /// Where they are read anew.
    file: Option<PathBuf>,
    held: Mutex<Held>,
}

struct Held {
    /// Never empty; the one that seals is first.
    keys: Vec<(KeyId, VaultKey)>,
    /// The file's mark when it was last looked into, whatever it held.
    mark: Option<Mark>,
}

impl Keyring {
    pub(super) async fn open(keys: &VaultKeys) -> Result<Self, ConfigError> {
        let (held, file, mark) = match keys {
            VaultKeys::Stated(stated) => (stated.clone(), None, None),
            VaultKeys::File(path) => {
                let (held, mark) = key_file::read(path)?;
                (held, Some(path.clone()), Some(mark))
            }
            VaultKeys::Command(program) => {
                let refused = |problem: String| ConfigError::new(keys.setting(), problem);
                let printed = command::printed(program).await.map_err(|failure| refused(failure.to_string()))?;
                let held = VaultKey::parse_lines(&printed);
                (held.map_err(|problem| refused(format!("what it prints {problem}")))?, None, None)
            }
        };
        Ok(Self { file, held: Mutex::new(Held { keys: with_ids(held), mark }) })
    }

    /// The key that seals, after a look whether its file has changed.
    pub(super) fn current(&self) -> (KeyId, VaultKey) {
        self.up_to_date().keys[0].clone()
    }

    pub(super) fn key_ids(&self) -> Vec<KeyId> {
        self.up_to_date().keys.iter().map(|(id, _)| id.clone()).collect()
    }

    /// The key of that id. The file is only looked at where it is not known yet.
    pub(super) fn find(&self, id: &KeyId) -> Option<VaultKey> {
        let among = |held: &Held| held.keys.iter().find(|(held, _)| held == id).map(|(_, key)| key.clone());
        let known = among(&self.held());
        known.or_else(|| among(&self.up_to_date()))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is held, read anew where the file has changed. A file that cannot be used changes nothing: the keys that
    /// were read before still open and seal, and the log says what is wrong, once.
    fn up_to_date(&self) -> MutexGuard<'_, Held> {
        let mut held = self.held();
        let Some(path) = &self.file else { return held };
        let mark = Mark::now(path);
        if held.mark == mark {
            return held;
        }
        held.mark = mark;
        match key_file::read(path) {
            Ok((keys, mark)) => {
                *held = Held { keys: with_ids(keys), mark: Some(mark) };
                tracing::info!(current = %held.keys[0].0, keys = held.keys.len(), "the vault's keys were read anew");
            }
            Err(error) => tracing::error!(%error, "the vault's keys stay as they were"),
        }
        held
    }
}

/// Two of the same id are one key.
fn with_ids(keys: Vec<VaultKey>) -> Vec<(KeyId, VaultKey)> {
    let mut with_ids: Vec<(KeyId, VaultKey)> = Vec::with_capacity(keys.len());
    for key in keys {
        let id = KeyId::of(&key);
        if !with_ids.iter().any(|(known, _)| *known == id) {
            with_ids.push((id, key));
        }
    }
    with_ids
}
