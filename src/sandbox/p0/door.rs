//! The one HTTP handler: cap, log, identify, fault or work, answer.

use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, header};

use super::bearer::{self, Caller};
use super::calls::Call;
use super::discovery;
use super::permission_api::{self, Decision};
use super::route::Route;
use super::settings_api;
use super::shared::Shared;
use super::state::State as Memory;
use crate::sandbox::date_header;
use crate::sandbox::wire::{Fault, Line, Reply, Sending};

/// The largest body that is read, in bytes. The calls of the contract are far below it.
const BODY_CAP: usize = 64 * 1024;

/// Every path leads to one handler, which reads the raw path itself: a router's parameters are decoded already.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).with_state(shared)
}

async fn handle(State(shared): State<Arc<Shared>>, ConnectInfo(line): ConnectInfo<Line>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // Too long or broken off; it is looked at no further, but the log has it.
    let body = to_bytes(body, BODY_CAP).await.ok();
    let (connection, clock) = (line.number, shared.clock.clone());
    // In a task of its own, because a server finishes its work although the caller has hung up.
    let work = tokio::spawn(async move { answer(&shared, connection, &parts, body).await });
    let sending = work.await.expect("answering a call does not panic");
    let mut response = sending.into_response(&line).await;
    response.headers_mut().insert(header::DATE, date_header(clock.now()));
    response
}

/// Logs the call, lets the script have its way with it or does the work.
async fn answer(shared: &Shared, connection: u64, parts: &Parts, body: Option<Bytes>) -> Sending {
    let (uri, headers) = (&parts.uri, &parts.headers);
    let route = Route::of(&parts.method, uri.path());
    let verb = route.as_ref().map(Route::verb);
    let path = uri.path_and_query().map_or(uri.path(), |path| path.as_str());
    let logged = body.as_deref().unwrap_or_default();
    let mut call = Call::arrived(shared.clock.now(), connection, parts.method.as_str(), path, headers, logged);
    call.verb = verb;
    call.request_id = route.as_ref().and_then(Route::request_id).map(str::to_owned);
    let Some(body) = body else {
        let reply = Reply::error(413, "Request body too large");
        call.status = Some(reply.status);
        shared.write(|state| state.calls.push(call));
        return Sending::Whole(reply);
    };
    let number = shared.write(|state| {
        state.calls.push(call);
        state.calls.len() - 1
    });
    let caller = bearer::identify(shared, headers).await;
    let mut fault = shared.write(|state| {
        state.calls[number].carried_by(&caller);
        state.faults.take(|target| target.meets(verb, &caller))
    });
    if let Some(Fault::Late(wait)) = fault {
        tokio::time::sleep(wait).await;
        fault = None;
    }
    shared.write(|state| {
        let sending = Sending::of(fault, || {
            let reply = work(state, shared, route.as_ref(), &caller, headers, &body);
            state.calls[number].effect = reply.effect;
            reply
        });
        state.calls[number].answered(sending.status(), &caller);
        sending
    })
}

/// The honest work of a call.
fn work(
    state: &mut Memory,
    shared: &Shared,
    route: Option<&Route>,
    caller: &Caller,
    headers: &HeaderMap,
    body: &[u8],
) -> Reply {
    let own_org = |org: &str| org == shared.org;
    let now = shared.clock.now();
    match route {
        Some(Route::Decision { verb, org, id }) => {
            let decision = Decision { verb: *verb, own_org: own_org(org), id, caller, headers, body, now };
            permission_api::decide(state, &decision)
        }
        Some(Route::Settings { org, call }) => {
            settings_api::settle(state, own_org(org), call, caller.kind, headers, body)
        }
        Some(Route::Account { org }) => discovery::account(own_org(org), caller),
        Some(Route::Discovery { org }) if own_org(org) => {
            discovery::organisation(&state.behaviour.sign_on, state.behaviour.app_url.as_deref())
        }
        Some(Route::Discovery { .. }) | None => Reply::not_found_page(),
    }
}
