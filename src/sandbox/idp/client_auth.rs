//! Which client calls (RFC 6749 2.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use url::form_urlencoded;

use super::params::Params;
use super::refusal::Refusal;
use super::request::Request;
use super::setup::{AuthMethod, Client, Grant};
use super::state::State;

impl Client {
    /// Whether this client has a grant.
    pub(super) fn may(&self, grant: Grant) -> Result<(), Refusal> {
        if self.grants.contains(&grant) { Ok(()) } else { Err(Refusal::unauthorized_client()) }
    }
}

/// The client that a call comes from.
pub(super) fn authenticate(state: &State, request: &Request, form: &Params) -> Result<Client, Refusal> {
    identify(state, request, form)?.ok_or_else(|| Refusal::invalid_client("the call names no client"))
}

/// The client that a call comes from, if it says so at all; what it says has to be right.
pub(super) fn identify(state: &State, request: &Request, form: &Params) -> Result<Option<Client>, Refusal> {
    let basic = basic(&request.headers)?;
    let (named, posted) = (form.get("client_id"), form.get("client_secret"));
    if basic.is_some() && posted.is_some() {
        return Err(Refusal::invalid_request("the secret is shown in two ways"));
    }
    if let (Some((id, _)), Some(named)) = (&basic, named)
        && id != named
    {
        return Err(Refusal::invalid_request("the header and the body name different clients"));
    }
    let method = basic.as_ref().map_or(AuthMethod::ClientSecretPost, |_| AuthMethod::ClientSecretBasic);
    let (id, secret) = match &basic {
        Some((id, secret)) => (Some(id.as_str()), Some(secret.as_str())),
        None => (named, posted),
    };
    let Some(id) = id else { return Ok(None) };
    let client = state.client(id).ok_or_else(|| Refusal::invalid_client("no such client"))?;
    if secret != client.secret.as_deref() {
        return Err(Refusal::invalid_client("not this client's secret"));
    }
    if secret.is_some() && !state.setup.auth_methods.contains(&method) {
        return Err(Refusal::invalid_client("secrets are not taken in this way"));
    }
    Ok(Some(client.clone()))
}

/// Id and secret of the header, each form-decoded: a `%`, `+` or `:` in them arrives only from who has encoded it.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Refusal> {
    let unreadable = || Refusal::invalid_client("the Authorization header is not Basic with id and secret");
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::invalid_request("two Authorization headers"));
    }
    let (scheme, encoded) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(unreadable)?;
    let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.filter(|_| scheme.eq_ignore_ascii_case("basic")).ok_or_else(unreadable)?;
    let (id, secret) = decoded.split_once(':').ok_or_else(unreadable)?;
    Ok(Some((form_decoded(id), form_decoded(secret))))
}

fn form_decoded(text: &str) -> String {
    // As a name without a value; what would end it is put back into its code.
    let text = text.replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).collect()
}
