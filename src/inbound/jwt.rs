//! The notifier's tokens: they prove where a push comes from. They do not cover its body.

use std::time::Duration;

use http::{HeaderMap, header};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::config::Notifier;

/// How far P0's clock may be ahead of ours.
const AHEAD: Duration = Duration::from_secs(30);

/// P0's public key. Its type fixes the algorithm: a token cannot choose another.
#[derive(Clone)]
pub struct NotifierKey {
    key: DecodingKey,
    algorithm: Algorithm,
}

/// The text is no public key of a kind that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no public key in PEM form: RSA, P-256 and Ed25519 are known")]
pub struct BadKey;

impl NotifierKey {
    /// Reads a public key in PEM form.
    ///
    /// # Errors
    /// Where it is none, or of a type that is not known.
    pub fn from_pem(pem: &[u8]) -> Result<Self, BadKey> {
        let key = |key: DecodingKey, algorithm| Self { key, algorithm };
        DecodingKey::from_ec_pem(pem)
            .map(|ec| key(ec, Algorithm::ES256))
            .or_else(|_| DecodingKey::from_ed_pem(pem).map(|ed| key(ed, Algorithm::EdDSA)))
            .or_else(|_| DecodingKey::from_rsa_pem(pem).map(|rsa| key(rsa, Algorithm::RS256)))
            .map_err(|_| BadKey)
    }
}

/// Why a push is not believed. Metrics count these; the sender learns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Untrusted {
    Missing,
    Token,
    TooOld,
    Expired,
    Ahead,
}

impl Untrusted {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Token => "token_wrong",
            Self::TooOld => "token_old",
            Self::Expired => "token_expired",
            Self::Ahead => "token_ahead",
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<String>,
    iat: f64,
    exp: f64,
    nbf: Option<f64>,
}

/// Checks the token of a push; answers what makes this token the same as another.
pub(super) fn verify(
    headers: &HeaderMap,
    key: &NotifierKey,
    notifier: &Notifier,
    now: Timestamp,
) -> Result<String, Untrusted> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return Err(Untrusted::Missing) };
    let value = value.to_str().map_err(|_| Untrusted::Missing)?.trim();
    let token = match value.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("bearer ") => value[7..].trim(),
        _ => value,
    };
    let mut validation = Validation::new(key.algorithm);
    validation.set_issuer(&[&notifier.issuer]);
    validation.set_audience(&[&notifier.audience]);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    // Times are held against our own clock below, which the library does not know.
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(token, &key.key, &validation).map_err(|_| Untrusted::Token)?.claims;
    if notifier.subject.is_some() && claims.sub != notifier.subject {
        return Err(Untrusted::Token);
    }
    check_times(&claims, notifier.max_token_age, now)?;
    Ok(Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn check_times(claims: &Claims, most_age: Duration, now: Timestamp) -> Result<(), Untrusted> {
    let now = now.as_millisecond() as f64 / 1000.0;
    if !claims.iat.is_finite() || !claims.exp.is_finite() {
        return Err(Untrusted::Token);
    }
    if claims.iat > now + AHEAD.as_secs_f64() || claims.nbf.is_some_and(|nbf| nbf > now + AHEAD.as_secs_f64()) {
        return Err(Untrusted::Ahead);
    }
    if claims.exp <= now {
        return Err(Untrusted::Expired);
    }
    if now - claims.iat > most_age.as_secs_f64() {
        return Err(Untrusted::TooOld);
    }
    Ok(())
}
