//! Tokens that somebody else signs and this provider trusts: actors (RFC 8693) and assertions (RFC 7523).

use jiff::Timestamp;
use serde::Deserialize;

use super::calls::Call;
use super::request::Request;
use super::setup::Grant;
use super::state::{Shared, State};
use crate::sandbox::jws::{Audience, IssuerKeys, Jws};

/// The longest that such a token may still be good for, in seconds (RFC 7523 3 lets a server bound it).
const LONGEST_LIFE_SECONDS: i64 = 3600;

/// The type of a JWT (RFC 8693, 3).
pub(super) const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// An issuer whose JWTs are taken as actors and assertions, when they are for this provider.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// What `iss` has to be, exactly.
    pub issuer: String,
    /// Where its public keys are.
    pub keys: IssuerKeys,
}

/// A foreign token whose signature is good; what it says is still to be checked.
#[derive(Deserialize)]
pub(super) struct Foreign {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) aud: Audience,
    exp: i64,
    iat: Option<i64>,
    nbf: Option<i64>,
    jti: Option<String>,
}

/// The foreign token of a call, looked up before the state is locked because keys may have to be fetched.
/// `None`: there is none in it.
pub(super) async fn of(shared: &Shared, call: &Call, request: &Request) -> Option<Result<Foreign, &'static str>> {
    let form = request.form().ok()?;
    let name = match call.grant? {
        // Without an actor the subject may be the word of somebody who is trusted.
        Grant::TokenExchange if form.get("actor_token").is_none() && form.get("subject_token_type") == Some(JWT) => {
            "subject_token"
        }
        Grant::TokenExchange => "actor_token",
        Grant::JwtBearer => "assertion",
        _ => return None,
    };
    Some(verify(shared, form.get(name)?).await)
}

async fn verify(shared: &Shared, token: &str) -> Result<Foreign, &'static str> {
    let jws = Jws::read(token)?;
    let claims: Foreign = serde_json::from_slice(&jws.payload).map_err(|_| "iss, sub, aud or exp is missing")?;
    let issuer = shared
        .read(|state| state.trusted.iter().find(|trusted| trusted.issuer == claims.iss).cloned())
        .ok_or("unknown issuer")?;
    let keys = issuer.keys.load(&shared.http).await.ok_or("the issuer's keys cannot be fetched")?;
    if jws.is_signed_by_one_of(&keys) { Ok(claims) } else { Err("no key of the issuer made this signature") }
}

impl State {
    /// Takes a foreign token: everything but its signature is looked at, and one with a `jti` is spent.
    pub(super) fn take(&mut self, token: &Foreign) -> Result<(), &'static str> {
        token.check(&[&self.issuer, &format!("{}/token", self.issuer)], self.now())?;
        match &token.jti {
            Some(jti) if !self.spent.insert((token.iss.clone(), jti.clone())) => Err("used before"),
            _ => Ok(()),
        }
    }
}

impl Foreign {
    /// No leeway: both clocks are the same machine's.
    fn check(&self, audiences: &[&str], now: Timestamp) -> Result<(), &'static str> {
        let now = now.as_second();
        if !audiences.iter().any(|audience| self.aud.contains(audience)) {
            return Err("for another audience");
        }
        if self.exp <= now {
            return Err("expired");
        }
        if self.exp.saturating_sub(now) > LONGEST_LIFE_SECONDS {
            return Err("good for more than an hour");
        }
        if self.iat.is_some_and(|iat| iat > now) || self.nbf.is_some_and(|nbf| nbf > now) {
            return Err("from the future");
        }
        Ok(())
    }
}
