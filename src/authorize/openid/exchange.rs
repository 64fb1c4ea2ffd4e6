//! Tokens for other tokens at an endpoint that is named, not discovered: RFC 8693, and RFC 7523's assertions.

use jiff::Timestamp;

use super::Trouble;
use super::grant::TokenAnswer;
use super::token_endpoint::TokenEndpoint;
use crate::config::Secret;

/// The type of an access token (RFC 8693, 3).
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// The type of an ID token.
pub const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// The type of any other JWT.
pub const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// A token, and what it is.
#[derive(Clone, Debug)]
pub struct Typed<'a> {
    /// The token.
    pub token: &'a Secret,
    /// Its type, as [`ACCESS_TOKEN`].
    pub kind: &'a str,
}

/// What is to be exchanged.
#[derive(Clone, Debug)]
pub struct TokenExchange<'a> {
    /// On whose behalf.
    pub subject: Typed<'a>,
    /// Who acts for them.
    pub actor: Option<Typed<'a>>,
    /// For which service, by name.
    pub audience: Option<&'a str>,
    /// For which service, by address.
    pub resource: Option<&'a str>,
    /// For what, separated by spaces.
    pub scope: Option<&'a str>,
    /// What is wanted for it.
    pub requested_token_type: Option<&'a str>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Exchanged {
    /// The token.
    pub access_token: Secret,
    /// Until when it is good, where the server said so.
    pub expires: Option<Timestamp>,
    /// What it is, where the server said so.
    pub issued_token_type: Option<String>,
}

/// Exchanges a person's token for one that names them and who acts for them (RFC 8693).
///
/// # Errors
/// Where the server cannot be asked, refuses, or answers with what is no token.
pub async fn token_exchange(endpoint: &TokenEndpoint, ask: &TokenExchange<'_>) -> Result<Exchanged, Trouble> {
    let mut form = vec![
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", ask.subject.token.expose()),
        ("subject_token_type", ask.subject.kind),
    ];
    if let Some(actor) = &ask.actor {
        form.extend([("actor_token", actor.token.expose()), ("actor_token_type", actor.kind)]);
    }
    let optional = [
        ("audience", ask.audience),
        ("resource", ask.resource),
        ("scope", ask.scope),
        ("requested_token_type", ask.requested_token_type),
    ];
    form.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    // A token that is no access token has no type as a bearer: `N_A`.
    exchanged(endpoint, &form, &["Bearer", "N_A"]).await
}

/// An access token for an assertion that the caller signed (RFC 7523, 2.1).
///
/// # Errors
/// As [`token_exchange`].
pub async fn jwt_bearer(
    endpoint: &TokenEndpoint,
    assertion: &Secret,
    scope: Option<&str>,
) -> Result<Exchanged, Trouble> {
    let mut form =
        vec![("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.expose())];
    form.extend(scope.map(|scope| ("scope", scope)));
    exchanged(endpoint, &form, &["Bearer"]).await
}

async fn exchanged(endpoint: &TokenEndpoint, form: &[(&str, &str)], types: &[&str]) -> Result<Exchanged, Trouble> {
    let asked = endpoint.clock.now();
    let answer: TokenAnswer = endpoint.ask(form).await?;
    let access = answer.access(types, asked)?;
    Ok(Exchanged { access_token: access.token, expires: access.expires, issued_token_type: answer.issued_token_type })
}
