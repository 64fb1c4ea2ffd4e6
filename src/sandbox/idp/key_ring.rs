//! The keys that sign, and those that still count.

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};

use crate::sandbox::keys::KeyPair;

/// A key pair with the name that tokens call it by.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) pair: KeyPair,
}

impl Key {
    fn generate() -> Self {
        Self { id: format!("{:08x}", rand::random::<u32>()), pair: KeyPair::generate() }
    }

    fn public(&self) -> Jwk {
        let mut jwk =
            Jwk::from_encoding_key(&self.pair.private, Algorithm::ES256).expect("a P-256 key has a form as JWK");
        jwk.common.key_id = Some(self.id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        jwk
    }
}

/// The published keys. The newest one signs.
pub(super) struct KeyRing {
    newest: Key,
    older: Vec<Key>,
}

impl Default for KeyRing {
    fn default() -> Self {
        Self { newest: Key::generate(), older: Vec::new() }
    }
}

impl KeyRing {
    pub(super) fn signing(&self) -> &Key {
        &self.newest
    }

    /// What `/jwks` shows.
    pub(super) fn public(&self) -> JwkSet {
        JwkSet { keys: std::iter::once(&self.newest).chain(&self.older).map(Key::public).collect() }
    }

    /// Signs with a new key from now on. With `overlap` the older ones still count.
    pub(super) fn rotate(&mut self, overlap: bool) {
        let last = std::mem::replace(&mut self.newest, Key::generate());
        if overlap {
            self.older.push(last);
        } else {
            self.older.clear();
        }
    }
}
