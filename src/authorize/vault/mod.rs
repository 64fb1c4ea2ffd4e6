//! Seals people's tokens before the ledger keeps them: XChaCha20-Poly1305, each record with a nonce of its own, bound to
//! the row that it belongs to.
//!
//! A sealed text is `v1.<key id>.<base64url of nonce and ciphertext>`: whoever reads a row can tell which key it needs,
//! and nothing else.

pub mod key_file;
mod keyring;
mod owner;

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::config::{ConfigError, VaultKey, VaultKeys};
pub use keyring::KeyId;
use keyring::Keyring;
pub use owner::Owner;

/// How a sealed text begins; another way of sealing would be another version.
const VERSION: &str = "v1";
/// The length of XChaCha20's nonce, in bytes: long enough for chance to keep them apart for ever.
const NONCE_BYTES: usize = 24;

/// Why a text was not opened, or not sealed. No word of what it holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsealable {
    /// The key that sealed it is not among the vault's.
    #[error("sealed with a key that is not here: {0}")]
    KeyNotHeld(KeyId),
    /// It was sealed for another row, or is not as it was.
    #[error("not its owner's, or changed")]
    NotOwners,
    /// The cipher takes no such length.
    #[error("too long to be sealed")]
    TooLong,
}

/// The keys, and what is done with them. Clones share what they know of the keys.
#[derive(Clone)]
pub struct Vault(Arc<Keyring>);

impl Vault {
    /// Gets the keys: reads their file, or runs the program that prints them.
    ///
    /// # Errors
    /// Where they cannot be had or used, with the setting that names them.
    pub async fn open(keys: &VaultKeys) -> Result<Self, ConfigError> {
        Keyring::open(keys).await.map(|keyring| Self(Arc::new(keyring)))
    }

    /// The key that seals.
    pub fn current(&self) -> KeyId {
        self.0.current().0
    }

    /// Every key that opens, the one that seals first.
    pub fn key_ids(&self) -> Vec<KeyId> {
        self.0.key_ids()
    }

    /// Whether the key is among the vault's.
    pub fn holds(&self, id: &KeyId) -> bool {
        self.0.find(id).is_some()
    }

    /// Seals a secret for its owner alone.
    ///
    /// # Errors
    /// Where it is longer than the cipher takes.
    pub fn seal(&self, owner: &Owner, secret: &[u8]) -> Result<String, Unsealable> {
        let (id, key) = self.0.current();
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: secret, aad: owner.as_bytes() };
        let sealed = cipher(&key).encrypt(&XNonce::from(nonce), payload).map_err(|_| Unsealable::TooLong)?;
        Ok(format!("{VERSION}.{id}.{}", BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())))
    }

    /// Opens what was sealed for this owner.
    ///
    /// # Errors
    /// Where its key is not here, or where it is another owner's or changed.
    pub fn unseal(&self, owner: &Owner, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (id, body) = parts(sealed).ok_or(Unsealable::NotOwners)?;
        let key = self.0.find(&id).ok_or(Unsealable::KeyNotHeld(id))?;
        let body = BASE64_URL_SAFE_NO_PAD.decode(body).map_err(|_| Unsealable::NotOwners)?;
        let (nonce, ciphertext) = body.split_first_chunk::<NONCE_BYTES>().ok_or(Unsealable::NotOwners)?;
        let payload = Payload { msg: ciphertext, aad: owner.as_bytes() };
        let secret = cipher(&key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unsealable::NotOwners)?;
        Ok(Zeroizing::new(secret))
    }
}

fn cipher(key: &VaultKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose().into())
}

/// The key id of a sealed text, and what comes after it; `None` where it has not the form of one.
fn parts(sealed: &str) -> Option<(KeyId, &str)> {
    let (version, rest) = sealed.split_once('.')?;
    let (id, body) = rest.split_once('.')?;
    Some((KeyId::parse(id).filter(|_| version == VERSION)?, body))
}

#[cfg(test)]
mod tests;
