//! What a token says of itself, where it is a JWT. It is read to refuse, never to believe, so the signature is P0's
//! business; any other token is opaque, and the table vouches for it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

use crate::clock::from_millisecond;
use crate::domain::person::folded;
use crate::domain::refusal::Refusal;

/// Claims that name the person: OpenID Connect's, and those of Entra, which often sends no `email`.
const NAMES: [&str; 5] = ["email", "upn", "preferred_username", "unique_name", "sub"];

/// The names that a token gives its owner, none where it is opaque.
///
/// # Errors
/// Where it says that it has run out, or is not the person's whom P0 knows as `identity`.
pub(super) fn names(token: &str, identity: Option<&str>, now: Timestamp) -> Result<Vec<String>, Refusal> {
    let own: Vec<&str> = identity.into_iter().collect();
    readable(token).map_or(Ok(Vec::new()), |claims| check(&claims, &own, now))
}

/// The claims, where there are any to read.
pub(super) fn readable(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims.is_object().then_some(claims)
}

/// Whom a token is about, by the name that its issuer has for them.
pub(super) fn subject(token: &str) -> Option<String> {
    Some(readable(token)?.get("sub")?.as_str()?.to_owned())
}

/// Until when a token says that it is good.
pub(super) fn expires(token: &str) -> Option<Timestamp> {
    let seconds = readable(token)?.get("exp")?.as_f64()?;
    Some(from_millisecond((seconds * 1000.0) as i64))
}

/// Refuses a token that has run out, or that says it is somebody's who has none of the names in `own`; where there are
/// none, anybody's. An address that it calls the person's e-mail has to be the first of them: the others may be names
/// that people choose for themselves. Answers the names that it gives its owner.
pub(super) fn check(claims: &Value, own: &[&str], now: Timestamp) -> Result<Vec<String>, Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    if claims.get("exp").and_then(Value::as_f64).is_some_and(|exp| exp <= now.as_second() as f64) {
        return Err(Refusal::CredentialExpired);
    }
    let is_own = |name: &String| own.is_empty() || own.iter().any(|own| folded(name) == folded(own));
    let is_identity = |email: &str| own.first().is_none_or(|identity| folded(email) == folded(identity));
    if text("email").is_some_and(|email| !is_identity(&email)) {
        return Err(Refusal::CredentialOfAnother);
    }
    let names: Vec<String> = NAMES.iter().filter_map(|name| text(name)).collect();
    // Without an e-mail, whatever looks like an address says whose it is; any other subject is P0's own id.
    let addresses: Vec<&String> = names.iter().filter(|name| name.contains('@')).collect();
    if !addresses.is_empty() && !addresses.into_iter().any(is_own) {
        return Err(Refusal::CredentialOfAnother);
    }
    Ok(names)
}
