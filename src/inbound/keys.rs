//! Public keys by which tokens are checked, and the sets in which their owners publish them (JWKS).

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::published::{Published, Terms, Unpublished};
use crate::clock::Clock;

/// A public key. Its type fixes the algorithm: a token cannot choose another.
#[derive(Clone)]
pub struct PublicKey {
    pub(crate) id: Option<String>,
    pub(crate) key: DecodingKey,
    pub(crate) algorithm: Algorithm,
}

impl PublicKey {
    pub(super) fn from_pem(pem: &[u8]) -> Option<Self> {
        let key = |key: DecodingKey, algorithm| Self { id: None, key, algorithm };
        DecodingKey::from_ec_pem(pem)
            .map(|ec| key(ec, Algorithm::ES256))
            .or_else(|_| DecodingKey::from_ed_pem(pem).map(|ed| key(ed, Algorithm::EdDSA)))
            .or_else(|_| DecodingKey::from_rsa_pem(pem).map(|rsa| key(rsa, Algorithm::RS256)))
            .ok()
    }

    /// A symmetric key in a set that anybody can read is no secret: it is passed over, as are keys for encryption and
    /// curves that no algorithm of ours is on.
    fn from_jwk(jwk: &Jwk) -> Option<Self> {
        if jwk.common.public_key_use == Some(PublicKeyUse::Encryption) {
            return None;
        }
        let algorithm = match (&jwk.algorithm, jwk.common.key_algorithm) {
            (AlgorithmParameters::EllipticCurve(key), _) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
            (AlgorithmParameters::OctetKeyPair(key), _) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
            (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::PS256)) => Algorithm::PS256,
            (AlgorithmParameters::RSA(_), None | Some(KeyAlgorithm::RS256)) => Algorithm::RS256,
            _ => return None,
        };
        Some(Self { id: jwk.common.key_id.clone(), key: DecodingKey::from_jwk(jwk).ok()?, algorithm })
    }

    /// Whether a token that names the key `id`, or none, may be signed by this one.
    fn may_be(&self, id: Option<&str>) -> bool {
        id.is_none() || self.id.is_none() || self.id.as_deref() == id
    }
}

/// The keys of a JSON Web Key Set that tokens can be checked by.
///
/// # Errors
/// Where the text is no key set. A key of a kind that nobody here knows does not spoil the others.
pub fn of_key_set(text: &[u8]) -> Result<Vec<PublicKey>, serde_json::Error> {
    #[derive(Deserialize)]
    struct KeySet {
        keys: Vec<Value>,
    }
    let set: KeySet = serde_json::from_slice(text)?;
    let keys = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
    Ok(keys.filter_map(|key| PublicKey::from_jwk(&key)).collect())
}

/// Keys behind an address that is asked when a token needs them; cheap to clone.
#[derive(Clone)]
pub(crate) struct PublishedKeys(Published<Vec<PublicKey>>);

/// The keys cannot be had right now: that is no judgement on a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoKeys(pub(crate) String);

impl PublishedKeys {
    /// Remembers the address: nobody is asked.
    pub(crate) fn new(client: reqwest::Client, url: Url, clock: Clock, terms: Terms) -> Self {
        let read = |text: &[u8]| {
            of_key_set(text).map_err(|error| Unpublished::Silent(format!("the answer is no key set: {error}")))
        };
        Self(Published::new(client, url, clock, terms, read))
    }

    /// The keys by which a token that names `id` may be checked; none where it is not published.
    pub(crate) async fn for_token(&self, id: Option<&str>) -> Result<Vec<PublicKey>, NoKeys> {
        match self.0.get(|keys| keys.iter().any(|key| key.may_be(id))).await {
            Ok(keys) => Ok(keys.into_iter().filter(|key| key.may_be(id)).collect()),
            Err(Unpublished::Silent(reason)) => Err(NoKeys(reason)),
            Err(Unpublished::Untrusted(rule)) => Err(NoKeys(rule.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(key: Value) -> Vec<Algorithm> {
        let keys = of_key_set(json!({ "keys": [key] }).to_string().as_bytes()).unwrap();
        keys.into_iter().map(|key| key.algorithm).collect()
    }

    #[test]
    fn of_a_set_only_keys_that_can_check_a_token_are_taken() {
        let point = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(taken(json!({ "kty": "EC", "crv": "P-256", "x": point, "y": point })), [Algorithm::ES256]);
        assert_eq!(taken(json!({ "kty": "EC", "crv": "P-384", "x": point, "y": point })), []);
        assert_eq!(taken(json!({ "kty": "OKP", "crv": "Ed25519", "x": point })), [Algorithm::EdDSA]);
        assert_eq!(taken(json!({ "kty": "oct", "k": point })), []);
    }

    #[test]
    fn an_rsa_key_checks_what_it_says_it_is_for() {
        let key = |more: Value| {
            let mut key = json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" });
            key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            taken(key)
        };
        assert_eq!(key(json!({})), [Algorithm::RS256]);
        assert_eq!(key(json!({ "use": "sig", "alg": "RS256" })), [Algorithm::RS256]);
        assert_eq!(key(json!({ "alg": "PS256" })), [Algorithm::PS256]);
        assert_eq!(key(json!({ "alg": "RSA-OAEP" })), []);
        assert_eq!(key(json!({ "use": "enc", "alg": "RS256" })), []);
    }

    #[test]
    fn a_key_that_nobody_knows_does_not_spoil_the_others() {
        let point = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let known = json!({ "kty": "EC", "crv": "P-256", "x": point, "y": point });
        let set = json!({ "keys": [7, { "kty": "AKP", "alg": "ML-DSA-44", "pub": "" }, { "kid": 1 }, known] });
        assert_eq!(of_key_set(set.to_string().as_bytes()).unwrap().len(), 1);
    }
}
