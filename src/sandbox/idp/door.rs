//! The one HTTP handler: cap, log, fault or work, answer.

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, State as Behind};
use axum::response::Response;
use http::{HeaderValue, header};
use serde_json::json;

use super::calls::{Call, Endpoint};
use super::refusal::Refusal;
use super::request::Request;
use super::state::{Shared, State};
use super::token::{self, Shown};
use super::{authorize, device, discovery, foreign, page, revoke};
use crate::sandbox::date_header;
use crate::sandbox::wire::{Fault, Line, Reply, Sending};

/// The largest body that is read, in bytes.
const BODY_CAP: usize = 64 * 1024;

/// Every path leads to one handler.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).with_state(shared)
}

async fn handle(
    Behind(shared): Behind<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: axum::extract::Request,
) -> Response {
    let (parts, body) = request.into_parts();
    // What is too long or broken off is refused like an empty body: something is missing in it.
    let body = to_bytes(body, BODY_CAP).await.unwrap_or_default();
    let request = Request::new(parts, body);
    let (number, clock) = (line.number, shared.read(|state| state.setup.clock.clone()));
    // In a task of its own, because a server finishes its work although the caller has hung up.
    let work = tokio::spawn(async move { answer(&shared, number, &request).await });
    let sending = work.await.expect("answering a call does not panic");
    let mut response = sending.into_response(&line).await;
    response.headers_mut().insert(header::DATE, date_header(clock.now()));
    // Also on discovery and keys, which real providers let be kept: whoever keeps them has to know for how long.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Logs the call, lets the script have its way with it or does the work.
async fn answer(shared: &Shared, connection: u64, request: &Request) -> Sending {
    let endpoint = Endpoint::of(&request.path);
    let mut call = Call {
        at: shared.read(State::now),
        connection,
        method: request.method.to_string(),
        endpoint,
        grant: token::grant_of(request).filter(|_| endpoint == Some(Endpoint::Token)),
        client: None,
        subject: None,
        outcome: None,
        why: None,
        status: None,
    };
    let (number, mut fault) = shared.write(|state| {
        state.calls.push(call.clone());
        (state.calls.len() - 1, state.faults.take(|target| target.meets(&call)))
    });
    if let Some(Fault::Late(wait)) = fault {
        tokio::time::sleep(wait).await;
        fault = None;
    }
    let shown = foreign::of(shared, &call, request).await;
    shared.write(|state| {
        let sending = Sending::of(fault, || work(state, request, shown, &mut call));
        call.status = sending.status();
        state.calls[number] = call;
        sending
    })
}

/// The honest work of a call.
fn work(state: &mut State, request: &Request, shown: Shown, call: &mut Call) -> Reply {
    let Some(endpoint) = call.endpoint else {
        call.refused(&Refusal::new("refused", "no such path"));
        return page::stop(404, "There is nothing here.");
    };
    if !endpoint.allows().contains(&request.method.as_str()) {
        call.refused(&Refusal::new("refused", "no such method here"));
        let allow = ("Allow".to_owned(), endpoint.allows().join(", "));
        return Reply::empty(405).with_headers(vec![allow]);
    }
    let is_get = request.method == http::Method::GET;
    let given = match endpoint {
        Endpoint::Authorize if is_get => return authorize::begin(state, request, call),
        Endpoint::Authorize => return authorize::decide(state, request, call),
        Endpoint::Device if is_get => return device::look(state, request, call),
        Endpoint::Device => return device::decide(state, request, call),
        Endpoint::Discovery => Ok(Reply::json(200, &discovery::document(&state.setup, &state.issuer))),
        Endpoint::Jwks => Ok(Reply::json(200, &json!(state.keys.public()))),
        Endpoint::Token => token::answer(state, request, shown, call).map(|given| Reply::json(200, &given)),
        Endpoint::DeviceAuthorization => device::begin(state, request, call).map(|given| Reply::json(200, &given)),
        Endpoint::Revoke => revoke::answer(state, request, call).map(|()| Reply::empty(200)),
    };
    match given {
        Ok(reply) => {
            call.done();
            reply
        }
        Err(refusal) => {
            call.refused(&refusal);
            refusal.reply()
        }
    }
}
