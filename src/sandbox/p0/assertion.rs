//! JWTs that somebody else signs and this P0 trusts: short, for one audience, used once.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Header};
use serde::Deserialize;

use super::shared::Shared;

/// The longest that an assertion may be good for, `exp - iat`, in seconds.
const LONGEST_LIFE_SECONDS: i64 = 300;

/// An issuer whose JWTs stand for the person named in their `email` claim.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// What `iss` has to be, exactly.
    pub issuer: String,
    /// What `aud` has to be or to contain.
    pub audience: String,
    /// Where its public keys are.
    pub keys: IssuerKeys,
}

/// The public keys of a trusted issuer.
#[derive(Clone, Debug)]
pub enum IssuerKeys {
    /// Fetched for every assertion, so that a key withdrawn there counts for nothing at once.
    Url(String),
    /// Known from the beginning.
    Set(JwkSet),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: Option<String>,
    aud: Audience,
    email: Option<String>,
    iat: i64,
    exp: i64,
    nbf: Option<i64>,
    jti: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

/// The e-mail that `token` stands for, or why it stands for nobody. A good token is spent.
pub(super) async fn verify(shared: &Shared, token: &str) -> Result<String, &'static str> {
    let (message, signature) = token.rsplit_once('.').ok_or("no JWT")?;
    let (_, payload) = message.split_once('.').ok_or("no JWT")?;
    let header = jsonwebtoken::decode_header(token).map_err(|_| "the header is unreadable or its algorithm unknown")?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| "the payload is not base64url")?;
    let claims: Claims = serde_json::from_slice(&payload).map_err(|_| "iss, aud, iat or exp is missing")?;
    let issuer = shared
        .read(|state| state.credentials.issuers.iter().find(|trusted| trusted.issuer == claims.iss).cloned())
        .ok_or("unknown issuer")?;
    let keys = match &issuer.keys {
        IssuerKeys::Set(keys) => keys.clone(),
        IssuerKeys::Url(url) => fetch(&shared.http, url).await.ok_or("the issuer's keys cannot be fetched")?,
    };
    if !keys.keys.iter().any(|key| is_signed_by(key, &header, message, signature)) {
        return Err("no key of the issuer made this signature");
    }
    let email = claims.check(&issuer.audience, shared.clock.now())?;
    let jti = claims.jti.filter(|jti| !jti.is_empty()).ok_or("no jti")?;
    let is_new = shared.write(|state| state.credentials.spent.insert((claims.iss, jti)));
    if is_new { Ok(email) } else { Err("used before") }
}

impl Claims {
    /// Everything but the signature and the single use. No leeway: both clocks are the same machine's.
    fn check(&self, audience: &str, now: Timestamp) -> Result<String, &'static str> {
        let now = now.as_second();
        if !self.aud.contains(audience) {
            return Err("for another audience");
        }
        if self.exp <= now {
            return Err("expired");
        }
        if self.iat > now || self.nbf.is_some_and(|nbf| nbf > now) {
            return Err("from the future");
        }
        if self.exp.saturating_sub(self.iat) > LONGEST_LIFE_SECONDS {
            return Err("good for more than 5 minutes");
        }
        if self.sub.as_deref().is_none_or(str::is_empty) {
            return Err("no sub");
        }
        self.email.clone().filter(|email| email.contains('@')).ok_or("no email")
    }
}

/// Whether `key` made the signature. The key fixes the algorithm's family and HMAC is never one:
/// a public key is no secret, whatever the token's header asks for.
fn is_signed_by(key: &Jwk, header: &Header, message: &str, signature: &str) -> bool {
    let other_name = header.kid.is_some() && header.kid != key.common.key_id;
    let other_algorithm = key.common.key_algorithm.is_some_and(|own| own.to_string() != name_of(header.alg));
    if other_name || other_algorithm || header.alg.family() == AlgorithmFamily::Hmac {
        return false;
    }
    DecodingKey::from_jwk(key).is_ok_and(|decoding| {
        decoding.family() == header.alg.family()
            && jsonwebtoken::crypto::verify(signature, message.as_bytes(), &decoding, header.alg).unwrap_or(false)
    })
}

fn name_of(algorithm: Algorithm) -> String {
    format!("{algorithm:?}")
}

async fn fetch(http: &reqwest::Client, url: &str) -> Option<JwkSet> {
    http.get(url).send().await.ok()?.error_for_status().ok()?.json().await.ok()
}
