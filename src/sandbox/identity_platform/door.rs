//! The two addresses: log, key, fault or work, answer.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, RawQuery, State};
use axum::response::Response;
use axum::routing::post;
use http::{HeaderMap, header};
use url::form_urlencoded;

use super::Shared;
use super::calls::{Call, Endpoint};
use super::reply::{self, UNREADABLE, WRONG_KEY, Worked};
use super::state::State as Memory;
use super::{refresh, sign_in};
use crate::sandbox::date_header;
use crate::sandbox::wire::{Fault, Line, Reply, Sending};

/// Below this are the calls of `identitytoolkit.googleapis.com`.
pub(super) const IDENTITY_TOOLKIT: &str = "/identitytoolkit";
/// Below this are the calls of `securetoken.googleapis.com`.
pub(super) const SECURE_TOKEN: &str = "/securetoken";
/// The largest body that is read, in bytes.
const BODY_CAP: usize = 64 * 1024;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let on = |endpoint| {
        post(async move |State(shared), ConnectInfo(line), RawQuery(query), headers, body| {
            handle(shared, line, Incoming { endpoint, query, headers, body }).await
        })
    };
    Router::new()
        .route(&format!("{IDENTITY_TOOLKIT}/v1/accounts:signInWithIdp"), on(Endpoint::SignIn))
        .route(&format!("{SECURE_TOKEN}/v1/token"), on(Endpoint::Refresh))
        .layer(DefaultBodyLimit::max(BODY_CAP))
        .with_state(shared)
}

/// One call as it arrived.
struct Incoming {
    endpoint: Endpoint,
    query: Option<String>,
    headers: HeaderMap,
    body: Bytes,
}

async fn handle(shared: Arc<Shared>, line: Line, call: Incoming) -> Response {
    let clock = shared.setup.clock.clone();
    // In a task of its own, because a server finishes its work although the caller has hung up.
    let work = tokio::spawn(async move { answer(&shared, &call).await });
    let mut response = work.await.expect("answering a call does not panic").into_response(&line).await;
    response.headers_mut().insert(header::DATE, date_header(clock.now()));
    response
}

async fn answer(shared: &Shared, call: &Incoming) -> Sending {
    let (number, mut fault) = shared.with(|state| {
        state.calls.push(Call::arrived(shared.setup.clock.now(), call.endpoint));
        (state.calls.len() - 1, state.faults.take(|target| target.is_none_or(|target| target == call.endpoint)))
    });
    if let Some(Fault::Late(wait)) = fault {
        tokio::time::sleep(wait).await;
        fault = None;
    }
    let asked = call.read(shared).await;
    shared.with(|state| {
        let sending = Sending::of(fault, || {
            let worked = asked.and_then(|asked| asked.work(shared, state));
            let call = &mut state.calls[number];
            match worked {
                Ok((account, answer)) => {
                    call.was_for(&account);
                    Reply::json(200, &answer)
                }
                Err(message) => {
                    let refusal = reply::error(&message);
                    call.refused = Some(message);
                    refusal
                }
            }
        });
        state.calls[number].status = sending.status();
        sending
    })
}

/// A call whose key is right, and whose proof is.
enum Asked<'a> {
    SignIn(Box<sign_in::Proof>),
    Refresh(&'a [u8]),
}

impl Incoming {
    async fn read(&self, shared: &Shared) -> Result<Asked<'_>, String> {
        let mut fields = form_urlencoded::parse(self.query.as_deref().unwrap_or_default().as_bytes());
        if !fields.any(|(name, value)| name == "key" && value == shared.setup.api_key) {
            return Err(WRONG_KEY.to_owned());
        }
        let declared = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = declared.split(';').next().unwrap_or_default().trim();
        match (self.endpoint, essence) {
            (Endpoint::SignIn, "application/json") => {
                sign_in::check(shared, &self.body).await.map(Box::new).map(Asked::SignIn)
            }
            (Endpoint::Refresh, "application/x-www-form-urlencoded") => Ok(Asked::Refresh(&self.body)),
            _ => Err(UNREADABLE.to_owned()),
        }
    }
}

impl Asked<'_> {
    fn work(self, shared: &Shared, state: &mut Memory) -> Worked {
        match self {
            Self::SignIn(proof) => sign_in::sign_in(shared, state, *proof),
            Self::Refresh(body) => refresh::refresh(shared, state, body),
        }
    }
}
