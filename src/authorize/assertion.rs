//! Mode `assertion`: the bot signs a short token for a person of the table. Whoever holds its key can decide as anybody,
//! so it needs an acknowledgement, and card and audit say "asserted by the bot".

use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Value, json};

use super::credentials::Credential;
use super::signing_key::{self, SigningKey};
use crate::config::{Assertion, ConfigError};
use crate::domain::person::{Authority, Email, SlackUser};
use crate::domain::refusal::Refusal;

/// Signs for people.
pub struct Signer {
    settings: Assertion,
    key: SigningKey,
    /// Its public half, and the others that are published.
    published: JwkSet,
}

impl Signer {
    /// Reads the private key, and those that are published beside it.
    ///
    /// # Errors
    /// Where one cannot be read, or the one that signs does not fit the algorithm.
    pub fn new(settings: Assertion) -> Result<Self, ConfigError> {
        let setting = "identity.assertion.private_key_file";
        let key = SigningKey::read(&settings.private_key_file, settings.algorithm, setting)?;
        let mut keys = vec![key.jwk().clone()];
        for path in &settings.also_publish {
            let jwk = signing_key::published(path, "identity.assertion.also_publish")?;
            // Two of the same id are one key.
            if keys.iter().all(|known| known.common.key_id != jwk.common.key_id) {
                keys.push(jwk);
            }
        }
        Ok(Self { settings, key, published: JwkSet { keys } })
    }

    /// The public keys, the one that signs first, for `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Value {
        json!(self.published)
    }

    pub(super) fn credential(&self, by: &SlackUser, identity: &str, now: Timestamp) -> Result<Credential, Refusal> {
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
        let bearer = self.key.sign(&claims).ok_or(Refusal::CredentialUnusable)?;
        Ok(Credential {
            identity: Some(identity.to_owned()),
            bearer,
            authority: Authority::AssertedByBot,
            names: Vec::new(),
            link: None,
        })
    }
}
