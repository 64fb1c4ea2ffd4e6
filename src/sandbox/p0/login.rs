//! Tokens with which people have logged in: a provider's access or ID tokens, used as often as they like until they
//! expire. What P0 asks of them beside the issuer, the audience and the time is not published.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::bearer::Owner;
use super::shared::Shared;
use crate::sandbox::jws::{Audience, IssuerKeys, Jws};

/// How far a provider's clock may be ahead, which need not be this machine's.
const AHEAD: Duration = Duration::from_secs(60);

/// A login provider whose JWTs stand for the person named in their `email` claim.
#[derive(Clone, Debug)]
pub struct TrustedLogin {
    /// What `iss` has to be, exactly.
    pub issuer: String,
    /// What `aud` has to be or to contain.
    pub audience: String,
    /// Where its public keys are.
    pub keys: IssuerKeys,
}

/// The trusted logins, each with the organisation whose people log in there.
#[derive(Default)]
pub(super) struct Logins {
    trusted: Vec<(TrustedLogin, String)>,
    /// Every token that was taken so far.
    taken: HashSet<String>,
    /// Those that are not taken any more.
    forgotten: HashSet<String>,
}

impl Logins {
    /// Trusts a login for an organisation; an earlier trust in the same `iss` and `aud` is replaced.
    pub(super) fn trust(&mut self, login: TrustedLogin, org: &str) {
        self.trusted.retain(|(known, _)| known.issuer != login.issuer || known.audience != login.audience);
        self.trusted.push((login, org.to_owned()));
    }

    /// Takes none of the tokens any more that were taken so far.
    pub(super) fn forget(&mut self) {
        self.forgotten.extend(self.taken.drain());
    }

    /// Notes that a token is taken, unless it was forgotten.
    fn take(&mut self, token: &str) -> Result<(), &'static str> {
        if self.forgotten.contains(token) {
            return Err("forgotten");
        }
        self.taken.insert(token.to_owned());
        Ok(())
    }

    fn of(&self, issuer: &str) -> Vec<(TrustedLogin, String)> {
        self.trusted.iter().filter(|(login, _)| login.issuer == issuer).cloned().collect()
    }
}

#[derive(Deserialize)]
struct Issued {
    iss: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    aud: Audience,
    email: Option<String>,
    iat: i64,
    exp: i64,
    nbf: Option<i64>,
    firebase: Option<Firebase>,
}

/// What Identity Platform adds.
#[derive(Deserialize)]
struct Firebase {
    tenant: Option<String>,
}

/// Whose `token` is, or why it is nobody's; `None` where its issuer is no login.
pub(super) async fn verify(shared: &Shared, token: &str) -> Option<Result<Owner, &'static str>> {
    let jws = Jws::read(token).ok()?;
    let issuer = serde_json::from_slice::<Issued>(&jws.payload).ok()?.iss;
    let logins = shared.read(|state| state.credentials.logins.of(&issuer));
    if logins.is_empty() {
        return None;
    }
    let owner = owner(shared, &jws, logins).await;
    Some(owner.and_then(|owner| shared.write(|state| state.credentials.logins.take(token)).map(|()| owner)))
}

async fn owner(shared: &Shared, jws: &Jws<'_>, logins: Vec<(TrustedLogin, String)>) -> Result<Owner, &'static str> {
    let claims: Claims = serde_json::from_slice(&jws.payload).map_err(|_| "sub, aud, iat or exp is missing")?;
    let (login, org) =
        logins.into_iter().find(|(login, _)| claims.aud.contains(&login.audience)).ok_or("for another audience")?;
    let keys = login.keys.load(&shared.http).await.ok_or("the issuer's keys cannot be fetched")?;
    if !jws.is_signed_by_one_of(&keys) {
        return Err("no key of the issuer made this signature");
    }
    claims.check_times(shared.clock.now())?;
    let tenant = claims.firebase.and_then(|firebase| firebase.tenant);
    let other_tenant = tenant.is_some_and(|tenant| shared.read(|state| state.behaviour.sign_on.tenant_id != tenant));
    if org != shared.org || other_tenant {
        return Err("of another organisation");
    }
    let email = claims.email.filter(|email| email.contains('@')).ok_or("no email")?;
    Ok(Owner { email, subject: claims.sub })
}

impl Claims {
    fn check_times(&self, now: Timestamp) -> Result<(), &'static str> {
        let latest = (now + AHEAD).as_second();
        if self.exp <= now.as_second() {
            return Err("expired");
        }
        if self.iat > latest || self.nbf.is_some_and(|nbf| nbf > latest) {
            return Err("from the future");
        }
        Ok(())
    }
}
