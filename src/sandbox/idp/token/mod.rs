//! The token endpoint: who asks, for which grant, and what is given.

mod authorization_code;
mod device_code;
mod exchange;
mod given;
mod jwt_bearer;
mod jwts;
pub(super) mod own;
mod refresh;

use serde_json::Value;

use super::calls::Call;
use super::claims::overrule;
use super::client_auth;
use super::foreign::Foreign;
use super::refusal::Refusal;
use super::request::Request;
use super::setup::Grant;
use super::state::State;

/// The foreign token of a call, if there is one, and whether its signature is good.
pub(super) type Shown = Option<Result<Foreign, &'static str>>;

/// What a call asks for, as far as the log and the faults want to know.
pub(super) fn grant_of(request: &Request) -> Option<Grant> {
    let form = request.form().ok()?;
    Grant::ALL.into_iter().find(|grant| form.get("grant_type") == Some(grant.name()))
}

/// Answers with tokens, oddly where the setup wants it.
pub(super) fn answer(state: &mut State, request: &Request, shown: Shown, call: &mut Call) -> Result<Value, Refusal> {
    let mut given = give(state, request, shown, call)?;
    overrule(&mut given, &state.setup.odd_tokens);
    Ok(given)
}

fn give(state: &mut State, request: &Request, shown: Shown, call: &mut Call) -> Result<Value, Refusal> {
    let form = request.form()?;
    let named = form.need("grant_type")?;
    let Some(grant) = call.grant else {
        return Err(Refusal::new("unsupported_grant_type", format!("no grant is called {named}")));
    };
    let client = client_auth::identify(state, request, &form)?;
    call.client = client.as_ref().map(|client| client.id.clone());
    if let Some(client) = &client {
        client.may(grant)?;
    }
    if grant == Grant::JwtBearer {
        // The assertion speaks for itself: a client may show who it is, but need not (RFC 7523 3.1).
        return jwt_bearer::answer(state, client.as_ref(), &form, shown, call);
    }
    let client = client.ok_or_else(|| Refusal::invalid_client("the call names no client"))?;
    match grant {
        Grant::AuthorizationCode => authorization_code::answer(state, &client, &form, call),
        Grant::RefreshToken => refresh::answer(state, &client, &form, call),
        Grant::DeviceCode => device_code::answer(state, &client, &form, call),
        Grant::TokenExchange | Grant::JwtBearer => exchange::answer(state, &client, &form, shown, call),
    }
}
