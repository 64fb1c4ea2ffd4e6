//! What a provider gives for a code, a device code or a refresh token.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::id_token::{self, Expected};
use super::token_endpoint::TokenEndpoint;
use super::{Claims, Provider, Trouble};
use crate::config::Secret;
use crate::inbound::keys::PublishedKeys;

/// The longest that anything is said to last and is believed.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

/// What a provider gave.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The access token.
    pub access_token: Secret,
    /// Until when it is good, where the provider said so.
    pub access_expires: Option<Timestamp>,
    /// The refresh token. `None` after a refresh: the old one stays.
    pub refresh_token: Option<Secret>,
    /// The ID token, checked; a refresh may come without.
    pub id_token: Option<Secret>,
    /// What the ID token says.
    pub claims: Option<Claims>,
    /// Why the ID token that came for a refresh token is not believed; it is left out, and nothing beside it is proven.
    /// The old refresh token may be dead by now, so the new one is not lost for it.
    pub doubt: Option<Trouble>,
    /// Why the access token that came for a refresh token cannot be shown; it is left out, and the rest is kept as above.
    pub unfit: Option<Trouble>,
}

/// An answer of a token endpoint.
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    access_token: Secret,
    token_type: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<Duration>,
    refresh_token: Option<Secret>,
    id_token: Option<Secret>,
    pub(super) issued_token_type: Option<String>,
}

/// What a token answer always has.
pub(super) struct Access {
    pub(super) token: Secret,
    pub(super) expires: Option<Timestamp>,
}

impl TokenAnswer {
    /// The access token, where it can be shown as a bearer.
    pub(super) fn access(&self, types: &[&str], asked: Timestamp) -> Result<Access, Trouble> {
        let of_type = |kind: &str| types.iter().any(|known| known.eq_ignore_ascii_case(kind));
        if !self.token_type.as_deref().is_none_or(of_type) {
            return Err(Trouble::Untrusted("its token_type is not Bearer"));
        }
        let token = self.access_token.expose();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Trouble::Untrusted("its access token cannot stand in a header"));
        }
        Ok(Access { token: self.access_token.clone(), expires: self.expires_in.map(|span| asked + span) })
    }
}

impl Provider {
    /// Redeems the form at the token endpoint and checks the ID token that comes.
    pub(super) async fn grant(
        &self,
        endpoint: &TokenEndpoint,
        keys: &PublishedKeys,
        form: &[(&str, &str)],
        expected: Expected<'_>,
    ) -> Result<Grant, Trouble> {
        // What is redeemed is spent: that keys can be had is better known before.
        keys.for_token(None).await?;
        let asked = endpoint.clock.now();
        let answer: TokenAnswer = endpoint.ask(form).await?;
        let renewed = matches!(expected, Expected::Renewed { .. });
        let (access, unfit) = match answer.access(&["Bearer"], asked) {
            Ok(access) => (access, None),
            Err(trouble) if renewed => (Access { token: Secret::new(""), expires: None }, Some(trouble)),
            Err(trouble) => return Err(trouble),
        };
        let checked = match &answer.id_token {
            Some(token) => {
                let now = endpoint.clock.now();
                id_token::check(token, keys, &self.0.registration, &expected, now).await.map(Some)
            }
            None if renewed => Ok(None),
            None => Err(Trouble::Untrusted("no ID token came")),
        };
        let (id_token, claims, doubt) = match checked {
            Ok(claims) => (answer.id_token, claims, None),
            Err(trouble) if renewed => (None, None, Some(trouble)),
            Err(trouble) => return Err(trouble),
        };
        Ok(Grant {
            access_token: access.token,
            access_expires: access.expires,
            refresh_token: answer.refresh_token.filter(|token| !token.expose().is_empty()),
            id_token,
            claims,
            doubt,
            unfit,
        })
    }
}

/// A number of seconds, which some write as text; anything else says nothing.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let seconds = match Option::<Value>::deserialize(deserializer)? {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let span = seconds.and_then(|seconds: f64| Duration::try_from_secs_f64(seconds.floor()).ok());
    Ok(span.map(|span| span.min(LONGEST)))
}
