//! Revocation (RFC 7009): one token is shown, its whole family ends.

use super::calls::Call;
use super::client_auth;
use super::refusal::Refusal;
use super::request::Request;
use super::state::State;
use super::token::own;

/// A client gives tokens back. One that is not known is no error: it does not count, which is what was wanted.
pub(super) fn answer(state: &mut State, request: &Request, call: &mut Call) -> Result<(), Refusal> {
    let form = request.form()?;
    let client = client_auth::authenticate(state, request, &form)?;
    call.client = Some(client.id.clone());
    let token = form.need("token")?;
    let refreshes = state.refresh_tokens.get(token).map(|token| token.family);
    let Some(family) = refreshes.or_else(|| own::family_of(state, token)) else { return Ok(()) };
    call.subject = Some(state.family(family).signed_in.subject.clone());
    if state.family(family).client != client.id {
        return Err(Refusal::invalid_grant("another client's token"));
    }
    state.kill(family);
    Ok(())
}
