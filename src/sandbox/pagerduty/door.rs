//! The one HTTP handler: log, fault or work, answer.

use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State as Behind};
use axum::response::Response;
use http::{HeaderMap, Method, header};
use serde_json::json;
use url::form_urlencoded;

use super::calls::{Call, Endpoint};
use super::state::{Shared, State};
use super::{objects, oncalls};
use crate::sandbox::date_header;
use crate::sandbox::wire::{Fault, Line, Reply, Sending};

/// The version that the document is about.
const ACCEPTED: &str = "application/vnd.pagerduty+json;version=2";

/// Why a call is refused: the status, PagerDuty's own number and words, and what people who look for the mistake read.
pub(super) struct Refusal {
    status: u16,
    code: u32,
    message: &'static str,
    why: String,
}

impl Refusal {
    pub(super) fn invalid(why: impl Into<String>) -> Self {
        Self { status: 400, code: 2001, message: "Invalid Input Provided", why: why.into() }
    }

    pub(super) fn not_found(why: impl Into<String>) -> Self {
        Self { status: 404, code: 2100, message: "Not Found", why: why.into() }
    }

    fn unauthorized(why: &str) -> Self {
        Self { status: 401, code: 2006, message: "Unauthorized", why: why.to_owned() }
    }

    fn reply(&self) -> Reply {
        let error = json!({ "message": self.message, "code": self.code, "errors": [self.why] });
        Reply::json(self.status, &json!({ "error": error }))
    }
}

/// Every path leads to one handler.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).with_state(shared)
}

async fn handle(
    Behind(shared): Behind<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let (connection, clock) = (line.number, shared.read(|state| state.setup.clock.clone()));
    // In a task of its own, because a server finishes its work although the caller has hung up.
    let work = tokio::spawn(async move {
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let mut call = Call {
            at: shared.read(|state| state.setup.clock.now()),
            connection,
            method: parts.method.to_string(),
            endpoint: Endpoint::of(parts.uri.path()),
            query,
            why: None,
            status: None,
        };
        let (number, mut fault) = shared.write(|state| {
            state.calls.push(call.clone());
            let meets = |target: &Option<Endpoint>| target.is_none() || *target == call.endpoint;
            (state.calls.len() - 1, state.faults.take(meets))
        });
        if let Some(Fault::Late(wait)) = fault {
            tokio::time::sleep(wait).await;
            fault = None;
        }
        shared.write(|state| {
            let sending = Sending::of(fault, || {
                answer(state, &parts.method, &parts.headers, &call).unwrap_or_else(|refusal| {
                    call.why = Some(refusal.why.clone());
                    refusal.reply()
                })
            });
            call.status = sending.status();
            state.calls[number] = call;
            sending
        })
    });
    let sending = work.await.expect("answering a call does not panic");
    let mut response = sending.into_response(&line).await;
    response.headers_mut().insert(header::DATE, date_header(clock.now()));
    response
}

/// The honest work of a call.
fn answer(state: &State, method: &Method, headers: &HeaderMap, call: &Call) -> Result<Reply, Refusal> {
    let said = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match said(header::AUTHORIZATION).map(|value| value.strip_prefix("Token token=")) {
        None => return Err(Refusal::unauthorized("there is no Authorization header")),
        Some(None) => {
            return Err(Refusal::unauthorized("the Authorization header does not begin with \"Token token=\""));
        }
        Some(Some(key)) if key != state.setup.api_key => return Err(Refusal::unauthorized("another key")),
        Some(Some(_)) => {}
    }
    if said(header::ACCEPT) != Some(ACCEPTED) {
        return Err(Refusal::invalid(format!("the Accept header is not {ACCEPTED}")));
    }
    if said(header::CONTENT_TYPE) != Some("application/json") {
        return Err(Refusal::invalid("the Content-Type header is not application/json"));
    }
    let endpoint = call.endpoint.as_ref().ok_or_else(|| Refusal::not_found("no such path"))?;
    if method != Method::GET {
        return Err(Refusal::not_found("no such method here"));
    }
    let found = match endpoint {
        Endpoint::OnCalls => oncalls::list(state, &call.query)?,
        Endpoint::Policy(id) => objects::policy(state, id)?,
        Endpoint::Schedule(id) => objects::schedule(state, id)?,
    };
    Ok(Reply::json(200, &found))
}
