//! Whose authority a call carries. P0 has no "act as" field: the actor is whoever the bearer belongs to.

use std::collections::{HashMap, HashSet};

use http::{HeaderMap, header};
use serde::Serialize;

use super::assertion::{self, TrustedIssuer};
use super::login::{self, Logins};
use super::shared::Shared;

/// The identity of the shared credential, which stands for no person.
pub(super) const SERVICE: &str = "service";

/// What sort of bearer a call carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BearerKind {
    /// No `Authorization: Bearer …` at all.
    None,
    /// Something that is neither registered nor a JWT.
    Unknown,
    /// An opaque token registered with `trust_token`.
    Token,
    /// A JWT of a login provider that was trusted with `trust_login`.
    Login,
    /// Any other JWT, of a trusted issuer or not.
    Assertion,
    /// The shared credential.
    Service,
    /// The key of the settings API, which decides nothing.
    SettingsApiKey,
}

/// The bearer of one call, looked up.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) kind: BearerKind,
    /// Who it is, or why it is nobody. An API key is nobody where a person is asked for.
    pub(super) identity: Result<String, &'static str>,
    /// The `sub` of a JWT that is somebody's.
    pub(super) subject: Option<String>,
}

/// Whose a JWT is.
pub(super) struct Owner {
    pub(super) email: String,
    pub(super) subject: String,
}

impl Caller {
    /// A bearer without a subject.
    fn opaque(kind: BearerKind, identity: Result<String, &'static str>) -> Self {
        Self { kind, identity, subject: None }
    }

    fn with_jwt(kind: BearerKind, owner: Result<Owner, &'static str>) -> Self {
        match owner {
            Ok(owner) => Self { kind, identity: Ok(owner.email), subject: Some(owner.subject) },
            Err(why) => Self::opaque(kind, Err(why)),
        }
    }
}

/// The bearers that this P0 knows.
#[derive(Default)]
pub(super) struct Credentials {
    /// Opaque token to e-mail.
    pub(super) tokens: HashMap<String, String>,
    /// Shared credentials.
    pub(super) service: HashSet<String>,
    /// Whose assertions are accepted.
    pub(super) issuers: Vec<TrustedIssuer>,
    /// Where people log in whose tokens are accepted.
    pub(super) logins: Logins,
    /// `iss` and `jti` of the assertions seen so far.
    pub(super) spent: HashSet<(String, String)>,
}

/// Looks up who is calling. An assertion is spent by this, whatever becomes of the call:
/// a client that sends one twice is found out even after a scripted 429.
pub(super) async fn identify(shared: &Shared, headers: &HeaderMap) -> Caller {
    let Some(token) = bearer_token(headers) else {
        return Caller::opaque(BearerKind::None, Err("no bearer"));
    };
    if token == shared.settings_api_key {
        return Caller::opaque(BearerKind::SettingsApiKey, Err("an API key is for settings only"));
    }
    let (person, is_service) =
        shared.read(|state| (state.credentials.tokens.get(token).cloned(), state.credentials.service.contains(token)));
    if let Some(email) = person {
        return Caller::opaque(BearerKind::Token, Ok(email));
    }
    if is_service {
        return Caller::opaque(BearerKind::Service, Ok(SERVICE.to_owned()));
    }
    if token.split('.').count() != 3 {
        return Caller::opaque(BearerKind::Unknown, Err("unknown or revoked token"));
    }
    match login::verify(shared, token).await {
        Some(owner) => Caller::with_jwt(BearerKind::Login, owner),
        None => Caller::with_jwt(BearerKind::Assertion, assertion::verify(shared, token).await),
    }
}

/// The token of the one `Authorization` header. Two such headers are none: which one counts would be a guess.
fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
