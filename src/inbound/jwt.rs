//! The notifier's tokens: they prove where a push comes from. They do not cover its body.

use std::time::Duration;

use http::{HeaderMap, header};
use jiff::Timestamp;
use jsonwebtoken::Validation;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::keys::PublicKey;
use super::notifier_keys::NotifierKeys;
use crate::config::Notifier;

/// How far P0's clock may be ahead of ours.
pub const AHEAD: Duration = Duration::from_secs(30);

/// Why a push is not believed. Metrics count these; the sender learns nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Untrusted {
    Missing,
    Token,
    NoKeys,
    TooOld,
    Expired,
    Ahead,
}

impl Untrusted {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Token => "token_wrong",
            Self::NoKeys => "no_keys",
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
pub(super) async fn verify(
    headers: &HeaderMap,
    keys: &NotifierKeys,
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
    // Of the header only the key's name is looked at: neither its algorithm nor an address of a key is believed.
    let header = jsonwebtoken::decode_header(token).map_err(|_| Untrusted::Token)?;
    let keys = keys.for_token(header.kid.as_deref()).await.map_err(|_| Untrusted::NoKeys)?;
    let claims = keys.iter().find_map(|key| claims(token, key, notifier)).ok_or(Untrusted::Token)?;
    if notifier.subject.is_some() && claims.sub != notifier.subject {
        return Err(Untrusted::Token);
    }
    check_times(&claims, notifier.max_token_age, now)?;
    Ok(Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The claims, where the key signed them for us.
fn claims(token: &str, key: &PublicKey, notifier: &Notifier) -> Option<Claims> {
    let mut validation = Validation::new(key.algorithm);
    validation.set_issuer(&[&notifier.issuer]);
    validation.set_audience(&[&notifier.audience]);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    // Times are held against our own clock, which the library does not know.
    validation.validate_exp = false;
    jsonwebtoken::decode::<Claims>(token, &key.key, &validation).ok().map(|data| data.claims)
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
