//! An assertion of a trusted issuer for an access token of the person it names (RFC 7523 2.1).

use serde_json::{Value, json};

use super::Shown;
use super::jwts::{self, Access};
use crate::sandbox::idp::calls::Call;
use crate::sandbox::idp::params::Params;
use crate::sandbox::idp::refusal::Refusal;
use crate::sandbox::idp::setup::Client;
use crate::sandbox::idp::state::State;

/// No refresh token and no ID token: the assertion can be made anew.
pub(super) fn answer(
    state: &mut State,
    client: Option<&Client>,
    form: &Params,
    shown: Shown,
    call: &mut Call,
) -> Result<Value, Refusal> {
    form.need("assertion")?;
    let assertion = shown.unwrap_or(Err("it cannot be read")).map_err(Refusal::invalid_grant)?;
    state.take(&assertion).map_err(Refusal::invalid_grant)?;
    let account = state.account(&assertion.sub).ok_or_else(|| Refusal::invalid_grant("sub is nobody here"))?;
    let (subject, disabled) = (account.subject.clone(), account.disabled);
    call.subject = Some(subject.clone());
    if disabled {
        return Err(Refusal::invalid_grant("the account is switched off"));
    }
    let scope = form.words("scope");
    if scope.iter().any(|word| !state.setup.scopes.contains(word)) {
        return Err(Refusal::new("invalid_scope", "a scope is not known"));
    }
    let audience = state.setup.audience.clone();
    let client = client.map(|client| client.id.as_str());
    let access = Access { subject: &subject, client, scope: &scope, audience: &audience, actor: None, family: None };
    Ok(json!({
        "access_token": jwts::access_token(state, &access),
        "token_type": "Bearer",
        "expires_in": state.setup.access_life.as_secs(),
        "scope": scope.join(" "),
    }))
}
