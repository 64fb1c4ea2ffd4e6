//! The authorization endpoint: a page that asks who it is, and the way back to the client.

use super::calls::Call;
use super::page;
use super::params::Params;
use super::refusal::Refusal;
use super::request::Request;
use super::sign_in::{Code, SignIn, Unasked, WayBack};
use super::state::State;
use crate::sandbox::new_secret;
use crate::sandbox::wire::Reply;

/// A browser comes with the client's request.
pub(super) fn begin(state: &mut State, request: &Request, call: &mut Call) -> Reply {
    let (params, repeated) = match Params::read(request.query.as_bytes()) {
        Ok(params) => (params, Vec::new()),
        Err((params, repeated)) => (params, repeated),
    };
    call.client = params.get("client_id").map(str::to_owned);
    match SignIn::read(state, &params, &repeated) {
        Ok(asked) => {
            let interaction = new_secret();
            let page = page::sign_in(&asked, &state.setup.accounts, &interaction);
            state.sign_ins.insert(interaction, asked);
            call.done();
            page
        }
        Err(Unasked::Stays(why)) => refused(call, 400, why),
        Err(Unasked::GoesBack(back, refusal)) => refused_there(call, &back, &refusal),
    }
}

/// Somebody has pressed a button of the page.
pub(super) fn decide(state: &mut State, request: &Request, call: &mut Call) -> Reply {
    let form = request.browser_form().unwrap_or_default();
    let interaction = form.get("interaction").unwrap_or_default();
    let now = state.now();
    let Some(asked) = state.sign_ins.get(interaction).filter(|asked| asked.expires > now).cloned() else {
        return refused(call, 400, "This sign-in is over. Go back to where you came from and start again.");
    };
    call.client = Some(asked.client.clone());
    let Some(subject) = form.get("account") else {
        state.sign_ins.remove(interaction);
        let refusal = Refusal::new("access_denied", "the person pressed Cancel");
        return refused_there(call, &asked.back, &refusal);
    };
    call.subject = Some(subject.to_owned());
    let Some(account) = state.enabled(subject) else {
        return refused(call, 403, "This account is switched off.");
    };
    let signed_in = asked.signed_in(state, account);
    state.sign_ins.remove(interaction);
    match signed_in {
        Ok(signed_in) => {
            let value = new_secret();
            let back = asked.back.with(&[("code", &value)]);
            let expires = now + state.setup.code_life;
            state.codes.insert(value, Code { asked, signed_in, expires, given: None });
            call.done();
            to(back)
        }
        Err(refusal) => refused_there(call, &asked.back, &refusal),
    }
}

/// The browser brings the error to the client.
fn refused_there(call: &mut Call, back: &WayBack, refusal: &Refusal) -> Reply {
    call.refused(refusal);
    to(back.with(&[("error", refusal.code), ("error_description", &refusal.why)]))
}

fn refused(call: &mut Call, status: u16, why: &'static str) -> Reply {
    call.refused(&Refusal::new("refused", why));
    page::stop(status, why)
}

/// 303, so that the browser comes with a GET.
fn to(location: String) -> Reply {
    Reply::empty(303).with_headers(vec![("Location".to_owned(), location)])
}
