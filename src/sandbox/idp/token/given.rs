//! The answer that gives a family's tokens (RFC 6749 5.1, OpenID Connect Core 3.1.3.3 and 12.2).

use serde_json::{Value, json};

use super::jwts::{self, Access};
use crate::sandbox::idp::families::FamilyId;
use crate::sandbox::idp::setup::{Client, Grant, RefreshTokens};
use crate::sandbox::idp::state::State;

/// What is given beside the access token.
pub(super) struct Given<'a> {
    pub(super) scope: &'a [String],
    pub(super) nonce: Option<&'a str>,
    pub(super) with_id_token: bool,
    pub(super) refresh_token: Option<String>,
}

/// The first refresh token of a family, where there is to be one.
pub(super) fn first_refresh_token(state: &mut State, client: &Client, family: FamilyId) -> Option<String> {
    let always = state.setup.refresh_tokens == RefreshTokens::Always;
    let wanted = always || state.family(family).may("offline_access");
    (wanted && client.grants.contains(&Grant::RefreshToken)).then(|| state.give_refresh_token(family))
}

/// New tokens of a family.
pub(super) fn answer(state: &mut State, family: FamilyId, given: Given<'_>) -> Value {
    let (client, signed_in) = (state.family(family).client.clone(), state.family(family).signed_in.clone());
    let audience = state.setup.audience.clone();
    let access = Access {
        subject: &signed_in.subject,
        client: Some(&client),
        scope: given.scope,
        audience: &audience,
        actor: None,
        family: Some(family),
    };
    let access_token = jwts::access_token(state, &access);
    let mut answer = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": state.setup.access_life.as_secs(),
        "scope": given.scope.join(" "),
    });
    if given.with_id_token && given.scope.iter().any(|word| word == "openid") {
        answer["id_token"] = json!(jwts::id_token(state, family, given.scope, given.nonce, &access_token));
    }
    if let Some(refresh_token) = given.refresh_token {
        answer["refresh_token"] = json!(refresh_token);
    }
    answer
}
