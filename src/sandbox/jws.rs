//! Reading tokens that somebody else has signed. The writer is in `keys`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Header};
use serde::Deserialize;

/// The public keys of an issuer that a stand-in trusts.
#[derive(Clone, Debug)]
pub enum IssuerKeys {
    /// Fetched for every token, so that a key withdrawn there counts for nothing at once.
    Url(String),
    /// Known from the beginning.
    Set(JwkSet),
}

impl IssuerKeys {
    /// The keys as they are now; `None` where they cannot be had.
    pub(super) async fn load(&self, http: &reqwest::Client) -> Option<JwkSet> {
        match self {
            Self::Set(keys) => Some(keys.clone()),
            Self::Url(url) => http.get(url).send().await.ok()?.error_for_status().ok()?.json().await.ok(),
        }
    }
}

/// The claim `aud`.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// Whether this is one of those it is for.
    pub(super) fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

/// A compact JWS, taken apart. Nothing in it is true before [`Jws::is_signed_by_one_of`] says so.
pub(super) struct Jws<'a> {
    header: Header,
    message: &'a str,
    signature: &'a str,
    /// The decoded payload.
    pub(super) payload: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart, or says why it is none.
    pub(super) fn read(token: &'a str) -> Result<Self, &'static str> {
        let (message, signature) = token.rsplit_once('.').ok_or("no JWT")?;
        let (_, payload) = message.split_once('.').ok_or("no JWT")?;
        let header =
            jsonwebtoken::decode_header(token).map_err(|_| "the header is unreadable or its algorithm unknown")?;
        let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| "the payload is not base64url")?;
        Ok(Self { header, message, signature, payload })
    }

    /// Whether one of the keys made the signature.
    pub(super) fn is_signed_by_one_of(&self, keys: &JwkSet) -> bool {
        keys.keys.iter().any(|key| self.is_signed_by(key))
    }

    /// The key fixes the algorithm's family and HMAC is never one: a public key is no secret, whatever the token's
    /// header asks for.
    fn is_signed_by(&self, key: &Jwk) -> bool {
        let header = &self.header;
        let other_name = header.kid.is_some() && header.kid != key.common.key_id;
        let other_algorithm = key.common.key_algorithm.is_some_and(|own| own.to_string() != name_of(header.alg));
        if other_name || other_algorithm || header.alg.family() == AlgorithmFamily::Hmac {
            return false;
        }
        DecodingKey::from_jwk(key).is_ok_and(|decoding| {
            decoding.family() == header.alg.family()
                && jsonwebtoken::crypto::verify(self.signature, self.message.as_bytes(), &decoding, header.alg)
                    .unwrap_or(false)
        })
    }
}

fn name_of(algorithm: Algorithm) -> String {
    format!("{algorithm:?}")
}
