//! P0's public keys: from a file at the start, or from an address that is asked when a token needs it.

use std::time::Duration;

use super::keys::{NoKeys, PublicKey, PublishedKeys};
use super::published::Terms;
use crate::clock::Clock;
use crate::config::{ConfigError, NotifierKeySource};

/// How long one answer of the address is believed.
const BELIEVED: Duration = Duration::from_secs(10 * 60);
/// How long the address may take to answer.
const ASK_WITHIN: Duration = Duration::from_secs(3);

/// Where the keys come from; cheap to clone.
#[derive(Clone)]
pub struct NotifierKeys(Source);

#[derive(Clone)]
enum Source {
    Fixed(PublicKey),
    Asked(PublishedKeys),
}

impl NotifierKeys {
    /// Reads the file, or remembers the address: a start asks nobody.
    ///
    /// # Errors
    /// Where the file cannot be read or holds no public key of a type that is known.
    pub fn new(source: &NotifierKeySource, client: reqwest::Client, clock: Clock) -> Result<Self, ConfigError> {
        let path = match source {
            NotifierKeySource::File(path) => path,
            NotifierKeySource::Jwks(url) => {
                let terms = Terms { name: "notifier.jwks_url".to_owned(), believed: BELIEVED, within: ASK_WITHIN };
                return Ok(Self(Source::Asked(PublishedKeys::new(client, url.clone(), clock, terms))));
            }
        };
        let refused = |problem: String| ConfigError::new("notifier.public_key_file", problem);
        let shown = path.display();
        let pem = std::fs::read(path).map_err(|error| refused(format!("{shown} cannot be read: {error}")))?;
        let key = PublicKey::from_pem(&pem).ok_or_else(|| refused(format!("{shown} {}", not_a_key(&pem))))?;
        Ok(Self(Source::Fixed(key)))
    }

    /// The keys by which a token that names `id` may be checked.
    pub(super) async fn for_token(&self, id: Option<&str>) -> Result<Vec<PublicKey>, NoKeys> {
        match &self.0 {
            Source::Fixed(key) => Ok(vec![key.clone()]),
            Source::Asked(published) => published.for_token(id).await,
        }
    }
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
