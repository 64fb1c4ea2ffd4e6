//! The one HTTP handler: cap, log, identify, fault or work, answer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use http::request::Parts;
use http::{HeaderMap, header};

use super::bearer::{self, Caller};
use super::calls::Call;
use super::discovery;
use super::faults::Fault;
use super::line::Line;
use super::permission_api::{self, Decision};
use super::reply::Reply;
use super::route::Route;
use super::settings_api;
use super::shared::Shared;
use super::state::State as Memory;
use crate::sandbox::date_header;

/// The largest body that is read, in bytes. The calls of the contract are far below it.
const BODY_CAP: usize = 64 * 1024;

/// How an answer leaves the house.
enum Sending {
    Whole(Reply),
    After(Duration, Reply),
    /// Headers and half a body, then the connection ends.
    Truncated(u16),
    /// Nothing, and the connection ends.
    Cut,
    /// Nothing, and the connection stays.
    Never,
}

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
    let mut response = match work.await.expect("answering a call does not panic") {
        Sending::Whole(reply) => reply.into_response(),
        Sending::After(wait, reply) => {
            tokio::time::sleep(wait).await;
            reply.into_response()
        }
        Sending::Truncated(status) => truncated(status),
        Sending::Cut => {
            line.cut();
            Response::new(Body::empty())
        }
        Sending::Never => std::future::pending().await,
    };
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
        state.faults.take(verb)
    });
    if let Some(Fault::Late(wait)) = fault {
        tokio::time::sleep(wait).await;
        fault = None;
    }
    shared.write(|state| {
        let mut work = || {
            let reply = work(state, shared, route.as_ref(), &caller, headers, &body);
            state.calls[number].effect = reply.effect;
            reply
        };
        let sending = match fault {
            None | Some(Fault::Late(_)) => Sending::Whole(work()),
            Some(Fault::Status(answer)) => Sending::Whole(answer.reply()),
            Some(Fault::ErrorAt200(text)) => Sending::Whole(Reply::error(200, &text)),
            Some(Fault::Slow(wait)) => Sending::After(wait, work()),
            Some(Fault::Hang) => Sending::Never,
            Some(Fault::LostAnswer) => {
                work();
                Sending::Cut
            }
            Some(Fault::Drop) => Sending::Cut,
            Some(Fault::Truncated) => match work().status {
                204 => Sending::Cut,
                status => Sending::Truncated(status),
            },
        };
        state.calls[number].answered(sending.status(), &caller);
        sending
    })
}

impl Sending {
    fn status(&self) -> Option<u16> {
        match self {
            Self::Whole(reply) | Self::After(_, reply) => Some(reply.status),
            Self::Truncated(status) => Some(*status),
            Self::Cut | Self::Never => None,
        }
    }
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
            discovery::organisation(org, state.behaviour.app_url.as_deref())
        }
        Some(Route::Discovery { .. }) | None => Reply::not_found_page(),
    }
}

/// An answer that promises more bytes than it delivers.
fn truncated(status: u16) -> Response {
    let half = stream::once(async { Ok(Bytes::from_static(b"{\"ok\":")) });
    // The pause lets the server flush what it has before the error makes it drop the connection.
    let end = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::other("the stand-in breaks off here"))
    });
    let length = ("Content-Length".to_owned(), "11".to_owned());
    let mut response =
        Reply::text(status, "application/json", String::new()).with_headers(vec![length]).into_response();
    *response.body_mut() = Body::from_stream(half.chain(end));
    response
}
