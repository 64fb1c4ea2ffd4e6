//! The bot's doors for the time of a check, where no `serve` has them: the same gates, and nothing behind them.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{FromRef, FromRequest as _, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::Install;
use super::probe::{KEYS, P0_DOOR, PAGES, SLACK_DOORS};
use crate::inbound::body::MOST_BYTES;
use crate::inbound::notifier_keys::NotifierKeys;
use crate::inbound::pushed::{NotifierGate, Pushed};
use crate::inbound::signed::{Gate, Signed};
use crate::inbound::slack::Arrival;
use crate::link::browser;
use crate::telemetry::Metrics;

/// Deliveries that are remembered; a check makes about ten.
const MOST_SEEN: usize = 64;

/// A delivery as it arrived.
#[derive(Clone)]
pub(super) struct Arrived {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// What has arrived so far; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Vec<Arrived>>>);

impl Seen {
    /// The delivery with this text in its body.
    pub(super) fn with(&self, text: &str) -> Option<Arrived> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().find(|arrived| arrived.body.windows(text.len()).any(|part| part == text.as_bytes())).cloned()
    }

    async fn note(&self, request: Request) -> Result<Request, StatusCode> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MOST_BYTES).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < MOST_SEEN {
            seen.push(Arrived { headers: parts.headers.clone(), body: body.to_vec() });
        }
        Ok(Request::from_parts(parts, Body::from(body)))
    }
}

#[derive(Clone, FromRef)]
struct SlackDesk {
    gate: Gate,
    seen: Seen,
}

#[derive(Clone, FromRef)]
struct P0Desk {
    gate: NotifierGate,
    seen: Seen,
}

/// The doors, behind which nothing is kept. Without keys P0's door believes nobody.
pub(super) fn router(install: &Install, keys: Option<NotifierKeys>, seen: Seen) -> Router {
    let (clock, metrics) = (install.clock.clone(), Metrics::default());
    let secrets = install.settings.slack.signing_secrets().to_vec();
    let gate = Gate { secrets, clock: clock.clone(), metrics: metrics.clone() };
    let slack_doors = SLACK_DOORS.iter().fold(Router::new(), |doors, door| doors.route(door, post(slack)));
    let slack_doors = slack_doors.with_state(SlackDesk { gate, seen: seen.clone() });
    let p0_door = match keys {
        Some(keys) => {
            let gate = NotifierGate { keys, notifier: install.settings.notifier.clone(), clock, metrics };
            Router::new().route(P0_DOOR, post(pushed)).with_state(P0Desk { gate, seen })
        }
        None => Router::new().route(P0_DOOR, post(StatusCode::UNAUTHORIZED)),
    };
    // Nobody has been given a page of this one's.
    let pages = Router::new().route(&format!("{PAGES}{{ticket}}"), get(browser::nothing));
    let keys = match install.jwks.clone() {
        Some(jwks) => Router::new().route(KEYS, get(move || async move { Json(jwks) })),
        None => Router::new(),
    };
    slack_doors.merge(p0_door).merge(pages).merge(keys)
}

async fn slack(State(desk): State<SlackDesk>, request: Request) -> Response {
    let request = match desk.seen.note(request).await {
        Ok(request) => request,
        Err(status) => return status.into_response(),
    };
    match Signed::from_request(request, &desk).await {
        Ok(Signed(Arrival::Handshake { challenge })) => Json(json!({ "challenge": challenge })).into_response(),
        Ok(Signed(Arrival::NotUnderstood { .. })) => StatusCode::OK.into_response(),
        // Somebody's choice, and nobody here to keep it: they see an error at the button. The rest Slack sends again.
        Ok(Signed(Arrival::Deed(_) | Arrival::Departure(_))) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(refusal) => refusal,
    }
}

async fn pushed(State(desk): State<P0Desk>, request: Request) -> Response {
    let request = match desk.seen.note(request).await {
        Ok(request) => request,
        Err(status) => return status.into_response(),
    };
    match Pushed::from_request(request, &desk).await {
        // P0 sends again.
        Ok(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}
