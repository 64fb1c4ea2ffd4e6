//! The provider's own tokens, when they come back to it.

use serde::Deserialize;

use crate::sandbox::idp::families::FamilyId;
use crate::sandbox::idp::state::State;
use crate::sandbox::jws::{Audience, Jws};

/// What sort of token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox::idp) enum Kind {
    Access,
    Id,
}

/// A token that was signed here.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox::idp) struct Issued {
    pub(in crate::sandbox::idp) kind: Kind,
    pub(in crate::sandbox::idp) family: Option<FamilyId>,
}

/// An own token that still counts.
pub(super) struct Own {
    pub(super) subject: String,
    pub(super) audience: Audience,
    pub(super) scope: Vec<String>,
    pub(super) kind: Kind,
    pub(super) family: Option<FamilyId>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    jti: String,
    #[serde(default)]
    scope: String,
}

/// Reads a token that is still to count, or says why it does not.
pub(super) fn read(state: &State, token: &str) -> Result<Own, &'static str> {
    let (claims, issued) = signed_here(state, token)?;
    if claims.iss != state.issuer {
        return Err("from another issuer");
    }
    if claims.exp <= state.now().as_second() {
        return Err("expired");
    }
    if issued.family.is_some_and(|family| !state.family(family).alive) {
        return Err("revoked");
    }
    if state.enabled(&claims.sub).is_none() {
        return Err("its account is switched off");
    }
    let scope = claims.scope.split_ascii_whitespace().map(str::to_owned).collect();
    Ok(Own { subject: claims.sub, audience: claims.aud, scope, kind: issued.kind, family: issued.family })
}

/// The family of an own access token or ID token, expired or not.
pub(in crate::sandbox::idp) fn family_of(state: &State, token: &str) -> Option<FamilyId> {
    signed_here(state, token).ok()?.1.family
}

fn signed_here(state: &State, token: &str) -> Result<(Claims, Issued), &'static str> {
    let jws = Jws::read(token)?;
    if !jws.is_signed_by_one_of(&state.keys.public()) {
        return Err("not signed here");
    }
    let claims: Claims = serde_json::from_slice(&jws.payload).map_err(|_| "not one of the tokens of here")?;
    let issued = state.issued.get(&claims.jti).copied().ok_or("not one of the tokens of here")?;
    Ok((claims, issued))
}
