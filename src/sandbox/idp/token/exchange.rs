//! Token exchange (RFC 8693): the person's own token, and who acts for them, for a token that names both.

use serde_json::{Value, json};

use super::Shown;
use super::jwts::{self, Access};
use super::own::{self, Kind, Own};
use crate::sandbox::idp::calls::Call;
use crate::sandbox::idp::foreign::{Foreign, JWT};
use crate::sandbox::idp::params::Params;
use crate::sandbox::idp::refusal::Refusal;
use crate::sandbox::idp::setup::Client;
use crate::sandbox::idp::state::State;

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";

/// A bad subject or actor is `invalid_request` here, and no `invalid_grant` (RFC 8693 2.2.2).
pub(super) fn answer(
    state: &mut State,
    client: &Client,
    form: &Params,
    shown: Shown,
    call: &mut Call,
) -> Result<Value, Refusal> {
    if client.secret.is_none() {
        return Err(Refusal::unauthorized_client());
    }
    let audience = audience(state, form)?;
    let issued_type = match form.get("requested_token_type") {
        None | Some(ACCESS_TOKEN) => ACCESS_TOKEN,
        Some(JWT) => JWT,
        Some(_) => return Err(Refusal::invalid_request("only access tokens and JWTs are given")),
    };
    let (said, shown) = match form.get("actor_token") {
        Some(_) => (None, shown),
        None => (shown.and_then(Result::ok), None),
    };
    let subject = match said {
        Some(said) => said_subject(state, said)?,
        None => subject(state, client, form)?,
    };
    call.subject = Some(subject.subject.clone());
    let scope = match form.words("scope") {
        words if words.is_empty() => subject.scope,
        words if words.iter().all(|word| subject.scope.contains(word)) => words,
        _ => return Err(Refusal::new("invalid_scope", "more than the subject_token has")),
    };
    let actor = actor(state, form, shown)?.map(|actor| json!({ "iss": actor.iss, "sub": actor.sub }));
    let access = Access {
        subject: &subject.subject,
        client: Some(&client.id),
        scope: &scope,
        audience: &audience,
        actor,
        family: subject.family,
    };
    Ok(json!({
        "access_token": jwts::access_token(state, &access),
        "issued_token_type": issued_type,
        "token_type": "Bearer",
        "expires_in": state.setup.access_life.as_secs(),
        "scope": scope.join(" "),
    }))
}

fn audience(state: &State, form: &Params) -> Result<String, Refusal> {
    let asked = form.get("audience").or(form.get("resource"));
    let known =
        |asked: &&str| state.setup.audience == **asked || state.setup.exchange_audiences.iter().any(|one| one == asked);
    match asked {
        None => Ok(state.setup.audience.clone()),
        Some(asked) if known(&asked) => Ok(asked.to_owned()),
        Some(_) => Err(Refusal::new("invalid_target", "no token is given for this audience")),
    }
}

fn subject(state: &State, client: &Client, form: &Params) -> Result<Own, Refusal> {
    let (token, kind) = (form.need("subject_token")?, form.need("subject_token_type")?);
    let subject =
        own::read(state, token).map_err(|why| Refusal::invalid_request(format!("the subject_token is {why}")))?;
    let is_of_kind = match kind {
        ACCESS_TOKEN => subject.kind == Kind::Access,
        ID_TOKEN => subject.kind == Kind::Id,
        JWT => true,
        _ => false,
    };
    if !is_of_kind {
        return Err(Refusal::invalid_request("the subject_token is not what subject_token_type says"));
    }
    if subject.kind == Kind::Id && !subject.audience.contains(&client.id) {
        return Err(Refusal::invalid_request("the subject_token is another client's ID token"));
    }
    Ok(subject)
}

/// The subject is an account, by the word of an issuer that is trusted.
fn said_subject(state: &mut State, said: Foreign) -> Result<Own, Refusal> {
    let refused = |why: &str| Refusal::invalid_request(format!("the subject_token is not taken: {why}"));
    state.take(&said).map_err(refused)?;
    let account =
        state.account(&said.sub).filter(|account| !account.disabled).ok_or_else(|| refused("sub is nobody"))?;
    let subject = account.subject.clone();
    Ok(Own { subject, audience: said.aud, scope: Vec::new(), kind: Kind::Access, family: None })
}

fn actor(state: &mut State, form: &Params, shown: Shown) -> Result<Option<Foreign>, Refusal> {
    let Some(shown) = shown else {
        return match form.get("actor_token_type") {
            Some(_) => Err(Refusal::invalid_request("actor_token_type without actor_token")),
            None if state.setup.actor_required => Err(Refusal::invalid_request("actor_token is missing")),
            None => Ok(None),
        };
    };
    if form.need("actor_token_type")? != JWT {
        return Err(Refusal::invalid_request("an actor_token is a JWT"));
    }
    let refused = |why: &str| Refusal::invalid_request(format!("the actor_token is not taken: {why}"));
    let actor = shown.map_err(refused)?;
    state.take(&actor).map_err(refused)?;
    Ok(Some(actor))
}
