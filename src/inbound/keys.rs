//! P0's public keys: from a file at the start, or from an address that is asked when a token needs it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use url::Url;

use crate::clock::Clock;
use crate::config::{ConfigError, NotifierKeySource};

/// How long one answer of the address is believed.
const BELIEVED: Duration = Duration::from_secs(10 * 60);
/// The shortest time between two questions, whatever tokens name: strangers must not make us ask.
const ASK_EVERY: Duration = Duration::from_secs(30);
/// How long the address may take to answer.
const ASK_WITHIN: Duration = Duration::from_secs(3);

/// A public key of P0's. Its type fixes the algorithm: a token cannot choose another.
#[derive(Clone)]
pub struct NotifierKey {
    pub(super) id: Option<String>,
    pub(super) key: DecodingKey,
    pub(super) algorithm: Algorithm,
}

impl NotifierKey {
    fn from_pem(pem: &[u8]) -> Option<Self> {
        let key = |key: DecodingKey, algorithm| Self { id: None, key, algorithm };
        DecodingKey::from_ec_pem(pem)
            .map(|ec| key(ec, Algorithm::ES256))
            .or_else(|_| DecodingKey::from_ed_pem(pem).map(|ed| key(ed, Algorithm::EdDSA)))
            .or_else(|_| DecodingKey::from_rsa_pem(pem).map(|rsa| key(rsa, Algorithm::RS256)))
            .ok()
    }

    /// A symmetric key in a set that anybody can read is no secret: it is passed over, as are curves that no algorithm
    /// of ours is on.
    fn from_jwk(jwk: &Jwk) -> Option<Self> {
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
            AlgorithmParameters::RSA(_) => Algorithm::RS256,
            _ => return None,
        };
        Some(Self { id: jwk.common.key_id.clone(), key: DecodingKey::from_jwk(jwk).ok()?, algorithm })
    }
}

/// The keys of a JSON Web Key Set that tokens can be checked by.
///
/// # Errors
/// Where the text is no key set.
pub fn of_key_set(text: &[u8]) -> Result<Vec<NotifierKey>, serde_json::Error> {
    let set: JwkSet = serde_json::from_slice(text)?;
    Ok(set.keys.iter().filter_map(NotifierKey::from_jwk).collect())
}

/// What a file holds instead of a public key.
fn not_a_key(pem: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(pem);
    if text.contains("PRIVATE KEY-----") {
        "holds a PRIVATE key: the bot only needs the public one, and whoever holds the private one can speak as P0"
    } else if text.contains("-----BEGIN CERTIFICATE-----") {
        "holds a certificate: the public key in it is needed (openssl x509 -pubkey -noout)"
    } else {
        "is no public key in PEM form: RSA, P-256 and Ed25519 are known"
    }
}

/// Where the keys come from; cheap to clone.
#[derive(Clone)]
pub struct NotifierKeys(Source);

#[derive(Clone)]
enum Source {
    Fixed(NotifierKey),
    Asked(Arc<Asked>),
}

struct Asked {
    client: reqwest::Client,
    url: Url,
    clock: Clock,
    known: Mutex<Known>,
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: Vec<NotifierKey>,
    answered: Option<Timestamp>,
    asked: Option<Timestamp>,
}

/// The keys cannot be had right now: that is no judgement on a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoKeys;

impl NotifierKeys {
    /// Reads the file, or remembers the address: a start asks nobody.
    ///
    /// # Errors
    /// Where the file cannot be read or holds no public key of a type that is known.
    pub fn new(source: &NotifierKeySource, client: reqwest::Client, clock: Clock) -> Result<Self, ConfigError> {
        let path = match source {
            NotifierKeySource::File(path) => path,
            NotifierKeySource::Jwks(url) => {
                let asked = Asked {
                    client,
                    url: url.clone(),
                    clock,
                    known: Mutex::default(),
                    asking: tokio::sync::Mutex::default(),
                };
                return Ok(Self(Source::Asked(Arc::new(asked))));
            }
        };
        let refused = |problem: String| ConfigError::new("notifier.public_key_file", problem);
        let shown = path.display();
        let pem = std::fs::read(path).map_err(|error| refused(format!("{shown} cannot be read: {error}")))?;
        let key = NotifierKey::from_pem(&pem).ok_or_else(|| refused(format!("{shown} {}", not_a_key(&pem))))?;
        Ok(Self(Source::Fixed(key)))
    }

    /// The keys by which a token that names `id` may be checked.
    pub(super) async fn for_token(&self, id: Option<&str>) -> Result<Vec<NotifierKey>, NoKeys> {
        match &self.0 {
            Source::Fixed(key) => Ok(vec![key.clone()]),
            Source::Asked(asked) => asked.for_token(id).await,
        }
    }
}

impl Asked {
    async fn for_token(self: &Arc<Self>, id: Option<&str>) -> Result<Vec<NotifierKey>, NoKeys> {
        if let Some(keys) = self.known(id) {
            return keys;
        }
        // A stranger who hangs up must not end the question that others wait for.
        let asking = self.clone();
        let _ = tokio::spawn(async move { asking.ask_once().await }).await;
        self.known(id).unwrap_or(Err(NoKeys))
    }

    /// What can be said without asking; `None` where it is time to ask.
    fn known(&self, id: Option<&str>) -> Option<Result<Vec<NotifierKey>, NoKeys>> {
        let now = self.clock.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let named = |key: &&NotifierKey| id.is_none() || key.id.is_none() || key.id.as_deref() == id;
        let fitting: Vec<NotifierKey> = known.keys.iter().filter(named).cloned().collect();
        let fresh = known.answered.is_some_and(|at| now < at + BELIEVED) && !fitting.is_empty();
        if !fresh && known.asked.is_none_or(|at| now >= at + ASK_EVERY) {
            return None;
        }
        // Old keys are better than none while the address is silent.
        Some(if known.answered.is_some() { Ok(fitting) } else { Err(NoKeys) })
    }

    async fn ask_once(&self) {
        let _one_at_a_time = self.asking.lock().await;
        let now = self.clock.now();
        let due = |known: &Known| known.asked.is_none_or(|at| now >= at + ASK_EVERY);
        if !due(&self.known.lock().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        let keys = self.ask().await;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.asked = Some(now);
        if let Some(keys) = keys {
            (known.keys, known.answered) = (keys, Some(now));
        }
    }

    async fn ask(&self) -> Option<Vec<NotifierKey>> {
        let answer = self.client.get(self.url.clone()).timeout(ASK_WITHIN).send().await;
        let set = match answer.and_then(reqwest::Response::error_for_status) {
            Ok(answer) => answer.bytes().await,
            Err(error) => Err(error),
        };
        let keys = set
            .map_err(|error| error.without_url().to_string())
            .and_then(|set| of_key_set(&set).map_err(|error| error.to_string()));
        keys.inspect_err(|error| tracing::error!(error, "notifier.jwks_url did not answer with keys")).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_set_only_keys_that_can_check_a_token_are_taken() {
        let point = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let taken = |key: serde_json::Value| of_key_set(json!({ "keys": [key] }).to_string().as_bytes()).unwrap().len();
        assert_eq!(taken(json!({ "kty": "EC", "crv": "P-256", "x": point, "y": point })), 1);
        assert_eq!(taken(json!({ "kty": "EC", "crv": "P-384", "x": point, "y": point })), 0);
        assert_eq!(taken(json!({ "kty": "OKP", "crv": "Ed25519", "x": point })), 1);
        assert_eq!(taken(json!({ "kty": "oct", "k": point })), 0);
    }
}
