//! A refresh token for new tokens (RFC 6749 6). Where it rotates, an old one that comes back was stolen from somebody:
//! nobody can tell from whom, so all of the family ends (RFC 9700 4.14.2).

use serde_json::Value;

use super::given::{self, Given};
use crate::sandbox::idp::calls::Call;
use crate::sandbox::idp::params::Params;
use crate::sandbox::idp::refusal::Refusal;
use crate::sandbox::idp::setup::Client;
use crate::sandbox::idp::state::State;

pub(super) fn answer(state: &mut State, client: &Client, form: &Params, call: &mut Call) -> Result<Value, Refusal> {
    let value = form.need("refresh_token")?;
    let now = state.now();
    let token = state.refresh_tokens.get(value).ok_or_else(|| Refusal::invalid_grant("unknown refresh token"))?;
    let (id, expires, spent) = (token.family, token.expires, token.spent);
    let family = state.family(id);
    if family.client != client.id {
        return Err(Refusal::invalid_grant("another client's refresh token"));
    }
    let subject = family.signed_in.subject.clone();
    call.subject = Some(subject.clone());
    if !family.alive {
        return Err(Refusal::invalid_grant("the family was revoked"));
    }
    if expires <= now {
        return Err(Refusal::invalid_grant("the refresh token has expired"));
    }
    if spent.is_some_and(|spent| now >= spent + state.setup.rotation_grace) {
        state.kill(id);
        return Err(Refusal::invalid_grant("used before: the family counts no more"));
    }
    if state.enabled(&subject).is_none() {
        return Err(Refusal::invalid_grant("the account is switched off"));
    }
    let scope = match form.words("scope") {
        words if words.is_empty() => family.scope.clone(),
        words if words.iter().all(|word| family.may(word)) => words,
        _ => return Err(Refusal::new("invalid_scope", "more than was granted")),
    };
    let refresh_token = state.setup.rotates.then(|| state.give_refresh_token(id));
    if let Some(token) = state.refresh_tokens.get_mut(value).filter(|token| token.spent.is_none())
        && refresh_token.is_some()
    {
        token.spent = Some(now);
    }
    let with_id_token = state.setup.refreshes_id_token;
    let nonce = state.family(id).signed_in.nonce.clone().filter(|_| state.setup.repeats_nonce);
    Ok(given::answer(state, id, Given { scope: &scope, nonce: nonce.as_deref(), with_id_token, refresh_token }))
}
