//! JWTs that somebody else signs and this P0 trusts: short, for one audience, used once.

use jiff::Timestamp;
use serde::Deserialize;

use super::bearer::Owner;
use super::shared::Shared;
use crate::sandbox::jws::{Audience, IssuerKeys, Jws};

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

/// Whom `token` stands for, or why it stands for nobody. A good token is spent.
pub(super) async fn verify(shared: &Shared, token: &str) -> Result<Owner, &'static str> {
    let jws = Jws::read(token)?;
    let claims: Claims = serde_json::from_slice(&jws.payload).map_err(|_| "iss, aud, iat or exp is missing")?;
    let issuer = shared
        .read(|state| state.credentials.issuers.iter().find(|trusted| trusted.issuer == claims.iss).cloned())
        .ok_or("unknown issuer")?;
    let keys = issuer.keys.load(&shared.http).await.ok_or("the issuer's keys cannot be fetched")?;
    if !jws.is_signed_by_one_of(&keys) {
        return Err("no key of the issuer made this signature");
    }
    let owner = claims.check(&issuer.audience, shared.clock.now())?;
    let jti = claims.jti.filter(|jti| !jti.is_empty()).ok_or("no jti")?;
    let is_new = shared.write(|state| state.credentials.spent.insert((claims.iss, jti)));
    if is_new { Ok(owner) } else { Err("used before") }
}

impl Claims {
    /// Everything but the signature and the single use. No leeway: both clocks are the same machine's.
    fn check(&self, audience: &str, now: Timestamp) -> Result<Owner, &'static str> {
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
        let subject = self.sub.clone().filter(|sub| !sub.is_empty()).ok_or("no sub")?;
        let email = self.email.clone().filter(|email| email.contains('@')).ok_or("no email")?;
        Ok(Owner { email, subject })
    }
}
