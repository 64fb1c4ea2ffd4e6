//! The bot as the actor of a token exchange: a short token of its own, which says who acts for the person.

use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Value, json};
use url::Url;

use super::signing_key::SigningKey;
use crate::config::{ConfigError, Exchange, Secret};

/// How long the actor's token is good, in seconds: it is used at once.
const LIFE: i64 = 60;

/// Signs as the actor.
pub struct Actor {
    name: String,
    key: SigningKey,
}

impl Actor {
    /// Reads the key.
    ///
    /// # Errors
    /// Where it cannot be read, or does not fit the algorithm.
    pub fn new(exchange: &Exchange) -> Result<Self, ConfigError> {
        let setting = "identity.exchange.actor_key_file";
        let key = SigningKey::read(&exchange.actor_key_file, exchange.actor_algorithm, setting)?;
        Ok(Self { name: exchange.actor.clone(), key })
    }

    /// The public key, for `/.well-known/jwks.json`.
    pub(crate) fn jwks(&self) -> Value {
        json!(JwkSet { keys: vec![self.key.jwk().clone()] })
    }

    /// A token for one exchange at `endpoint`; `None` where it cannot be signed, which is logged.
    pub(super) fn token(&self, endpoint: &Url, now: Timestamp) -> Option<Secret> {
        let issued = now.as_second();
        let claims = json!({
            "iss": self.name,
            "sub": self.name,
            "aud": endpoint,
            "jti": Alphanumeric.sample_string(&mut rand::rng(), 32),
            "iat": issued,
            "exp": issued + LIFE,
        });
        self.key.sign(&claims)
    }
}
