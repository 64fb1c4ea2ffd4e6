//! Mode `assertion`: the bot signs a short token for a person of the table. Whoever holds its key can decide as anybody,
//! so it needs an acknowledgement, and card and audit say "asserted by the bot".

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, JwkSet, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, errors};
use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::credentials::Credential;
use crate::config::{Assertion, ConfigError, Secret};
use crate::domain::person::{Authority, Email, SlackUser};
use crate::domain::refusal::Refusal;

/// Signs for people.
pub struct Signer {
    settings: Assertion,
    key: EncodingKey,
    key_id: String,
    jwks: Value,
}

impl Signer {
    /// Reads the private key, and those that are published beside it.
    ///
    /// # Errors
    /// Where one cannot be read, or the one that signs does not fit the algorithm.
    pub fn new(settings: Assertion) -> Result<Self, ConfigError> {
        let refused = |problem: String| ConfigError::new("identity.assertion.private_key_file", problem);
        let path = settings.private_key_file.display();
        let pem = read(&settings.private_key_file).map_err(&refused)?;
        let unfit = |_| refused(format!("{path} holds no private key for {:?} in PEM form", settings.algorithm));
        let key = match settings.algorithm {
            Algorithm::EdDSA => EncodingKey::from_ed_pem(&pem),
            Algorithm::RS256 => EncodingKey::from_rsa_pem(&pem),
            _ => EncodingKey::from_ec_pem(&pem),
        };
        let key = key.map_err(unfit)?;
        let mut jwk = Jwk::from_encoding_key(&key, settings.algorithm).map_err(unfit)?;
        let key_id = jwk.thumbprint(ThumbprintHash::SHA256).map_err(unfit)?;
        jwk.common.key_id = Some(key_id.clone());
        let mut keys = vec![jwk];
        for path in &settings.also_publish {
            let jwk =
                published(path).map_err(|problem| ConfigError::new("identity.assertion.also_publish", problem))?;
            // Two of the same id are one key.
            if keys.iter().all(|known| known.common.key_id != jwk.common.key_id) {
                keys.push(jwk);
            }
        }
        let jwks = serde_json::to_value(JwkSet { keys }).map_err(|_| refused("has no public form".to_owned()))?;
        Ok(Self { settings, key, key_id, jwks })
    }

    /// The public keys, the one that signs first, for `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Value {
        self.jwks.clone()
    }

    pub(super) fn credential(&self, by: &SlackUser, identity: &str, now: Timestamp) -> Result<Credential, Refusal> {
        let mut header = Header::new(self.settings.algorithm);
        header.kid = Some(self.key_id.clone());
        let issued = now.as_second();
        let lifetime = i64::try_from(self.settings.lifetime.as_secs()).unwrap_or(0);
        let mut claims = json!({
            "iss": self.settings.issuer,
            "aud": self.settings.audience,
            "sub": identity,
            "act": { "sub": self.settings.issuer, "slack_team": by.team, "slack_user": by.user },
            "jti": Alphanumeric.sample_string(&mut rand::rng(), 32),
            "iat": issued,
            "exp": issued + lifetime,
        });
        if let Some(email) = Email::parse(identity) {
            claims["email"] = json!(email);
        }
        let bearer = jsonwebtoken::encode(&header, &claims, &self.key).map_err(|_| {
            tracing::error!("an assertion could not be signed");
            Refusal::CredentialUnusable
        })?;
        Ok(Credential {
            identity: Some(identity.to_owned()),
            bearer: Secret::new(bearer),
            authority: Authority::AssertedByBot,
            names: Vec::new(),
        })
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    fs::read(path).map(Zeroizing::new).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// The public form of a key, from its private half or its public one.
fn published(path: &Path) -> Result<Jwk, String> {
    let pem = read(path)?;
    let mut jwk = public_form(&pem)
        .ok_or_else(|| format!("{} holds no key in PEM form: P-256, Ed25519 or RSA", path.display()))?;
    jwk.common.key_id = jwk.thumbprint(ThumbprintHash::SHA256).ok();
    Ok(jwk)
}

fn public_form(pem: &[u8]) -> Option<Jwk> {
    let private = |key: errors::Result<EncodingKey>, alg| Jwk::from_encoding_key(&key.ok()?, alg).ok();
    let public = |key: errors::Result<DecodingKey>, alg| Jwk::from_decoding_key(&key.ok()?, Some(alg)).ok();
    private(EncodingKey::from_ec_pem(pem), Algorithm::ES256)
        .or_else(|| private(EncodingKey::from_ed_pem(pem), Algorithm::EdDSA))
        .or_else(|| private(EncodingKey::from_rsa_pem(pem), Algorithm::RS256))
        .or_else(|| public(DecodingKey::from_ec_pem(pem), Algorithm::ES256))
        .or_else(|| public(DecodingKey::from_ed_pem(pem), Algorithm::EdDSA))
        .or_else(|| public(DecodingKey::from_rsa_pem(pem), Algorithm::RS256))
}
