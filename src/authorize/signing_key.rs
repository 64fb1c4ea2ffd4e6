//! A private key of the bot's own, and its public half as it is published.

use std::fs;
use std::path::Path;

use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, errors};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::config::{ConfigError, Secret};

/// Signs tokens.
pub(crate) struct SigningKey {
    key: EncodingKey,
    algorithm: Algorithm,
    key_id: String,
    jwk: Jwk,
}

impl SigningKey {
    /// Reads a private key, PEM; `setting` names it.
    ///
    /// # Errors
    /// Where it cannot be read, or does not fit the algorithm.
    pub(crate) fn read(path: &Path, algorithm: Algorithm, setting: &str) -> Result<Self, ConfigError> {
        let refused = |problem: String| ConfigError::new(setting, format!("{} {problem}", path.display()));
        let pem = read(path).map_err(refused)?;
        let unfit = |_| refused(format!("holds no private key for {algorithm:?} in PEM form"));
        let key = match algorithm {
            Algorithm::EdDSA => EncodingKey::from_ed_pem(&pem),
            Algorithm::RS256 => EncodingKey::from_rsa_pem(&pem),
            _ => EncodingKey::from_ec_pem(&pem),
        };
        let key = key.map_err(unfit)?;
        let mut jwk = Jwk::from_encoding_key(&key, algorithm).map_err(unfit)?;
        let key_id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(unfit)?;
        jwk.common.key_id = Some(key_id.clone());
        Ok(Self { key, algorithm, key_id, jwk })
    }

    /// The public half.
    pub(crate) fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// A token with these claims; `None` where the library fails, which is logged.
    pub(crate) fn sign(&self, claims: &Value) -> Option<Secret> {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.key_id.clone());
        let token = jsonwebtoken::encode(&header, claims, &self.key);
        token.inspect_err(|_| tracing::error!("a token could not be signed")).ok().map(Secret::new)
    }
}

/// The public half of a key that signs nothing here, from either of its halves, PEM; `setting` names it.
///
/// # Errors
/// Where it cannot be read, or is no key.
pub(super) fn published(path: &Path, setting: &str) -> Result<Jwk, ConfigError> {
    let refused = |problem: String| ConfigError::new(setting, format!("{} {problem}", path.display()));
    let pem = read(path).map_err(refused)?;
    let none = || refused("holds no key in PEM form: P-256, Ed25519 and RSA are known".to_owned());
    let mut jwk = public_half(&pem).ok_or_else(none)?;
    jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| none())?);
    Ok(jwk)
}

fn public_half(pem: &[u8]) -> Option<Jwk> {
    let private = |key: errors::Result<EncodingKey>, alg| Jwk::from_encoding_key(&key.ok()?, alg).ok();
    let public = |key: errors::Result<DecodingKey>, alg| Jwk::from_decoding_key(&key.ok()?, Some(alg)).ok();
    private(EncodingKey::from_ec_pem(pem), Algorithm::ES256)
        .or_else(|| private(EncodingKey::from_ed_pem(pem), Algorithm::EdDSA))
        .or_else(|| private(EncodingKey::from_rsa_pem(pem), Algorithm::RS256))
        .or_else(|| public(DecodingKey::from_ec_pem(pem), Algorithm::ES256))
        .or_else(|| public(DecodingKey::from_ed_pem(pem), Algorithm::EdDSA))
        .or_else(|| public(DecodingKey::from_rsa_pem(pem), Algorithm::RS256))
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    fs::read(path).map(Zeroizing::new).map_err(|error| format!("cannot be read: {error}"))
}
