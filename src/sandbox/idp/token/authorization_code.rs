//! A code from a browser for a family of tokens (RFC 6749 4.1.3, RFC 7636 4.6).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::given::{self, Given};
use crate::sandbox::idp::calls::Call;
use crate::sandbox::idp::params::Params;
use crate::sandbox::idp::refusal::Refusal;
use crate::sandbox::idp::setup::Client;
use crate::sandbox::idp::state::State;

pub(super) fn answer(state: &mut State, client: &Client, form: &Params, call: &mut Call) -> Result<Value, Refusal> {
    let value = form.need("code")?;
    let redirect_uri = form.need("redirect_uri")?;
    let verifier = form.need("code_verifier")?;
    let now = state.now();
    let code = state.codes.get(value).ok_or_else(|| Refusal::invalid_grant("unknown code"))?;
    if code.asked.client != client.id {
        return Err(Refusal::invalid_grant("another client's code"));
    }
    call.subject = Some(code.signed_in.subject.clone());
    if let Some(family) = code.given {
        state.kill(family);
        return Err(Refusal::invalid_grant("the code was used before: what it gave counts no more"));
    }
    if code.expires <= now {
        return Err(Refusal::invalid_grant("the code has expired"));
    }
    if code.asked.back.redirect_uri != redirect_uri {
        return Err(Refusal::invalid_grant("not the redirect_uri of the authorization request"));
    }
    if !is_verifier(verifier) || URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != code.asked.challenge {
        return Err(Refusal::invalid_grant("the code_verifier does not fit the code_challenge"));
    }
    let (asked, signed_in) = (code.asked.clone(), code.signed_in.clone());
    if state.enabled(&signed_in.subject).is_none() {
        return Err(Refusal::invalid_grant("the account is switched off"));
    }
    let family = state.found(&client.id, signed_in, asked.scope.clone());
    if let Some(code) = state.codes.get_mut(value) {
        code.given = Some(family);
    }
    let refresh_token = given::first_refresh_token(state, client, family);
    let given = Given { scope: &asked.scope, nonce: asked.nonce.as_deref(), with_id_token: true, refresh_token };
    Ok(given::answer(state, family, given))
}

/// 43 to 128 unreserved characters (RFC 7636 4.1).
fn is_verifier(verifier: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved)
}
