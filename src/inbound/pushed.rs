//! The notifier's gate: no handler sees a push that was not capped, verified and read as JSON.

use axum::extract::{FromRef, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::Value;

use super::jwt::{self, NotifierKey};
use super::{body, push};
use crate::clock::Clock;
use crate::config::Notifier;
use crate::domain::request::Push;
use crate::ledger::deliveries::DeliveryKeys;
use crate::telemetry::Metrics;

/// What the notifier's gate needs to know.
#[derive(Clone)]
pub struct NotifierGate {
    /// P0's public key.
    pub key: NotifierKey,
    /// What its tokens have to say.
    pub notifier: Notifier,
    /// Against which they are held.
    pub clock: Clock,
    /// Where refusals are counted.
    pub metrics: Metrics,
}

/// A body that came with a token of P0's.
pub struct Pushed {
    /// What it says; `None` where it does not read as a request.
    pub push: Option<Push>,
    /// The body itself, for the operator to map.
    pub body: String,
    /// Where a token opens the door once only: what makes this one the same as another.
    pub once: Option<DeliveryKeys>,
}

impl<S> FromRequest<S> for Pushed
where
    S: Send + Sync,
    NotifierGate: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let gate = NotifierGate::from_ref(state);
        let turned_away = |reason: &'static str, answer: Response| {
            gate.metrics.turned_away("notifier", reason);
            answer
        };
        let (parts, body) = request.into_parts();
        let bytes =
            body::read(&parts.headers, body).await.map_err(|bad| turned_away(bad.reason(), bad.into_response()))?;
        let token = jwt::verify(&parts.headers, &gate.key, &gate.notifier, gate.clock.now())
            .map_err(|untrusted| turned_away(untrusted.reason(), StatusCode::UNAUTHORIZED.into_response()))?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|_| turned_away("unreadable", StatusCode::BAD_REQUEST.into_response()))?;
        Ok(Self {
            push: push::read(&value, &gate.notifier.fields),
            body: value.to_string(),
            once: gate.notifier.single_use.then(|| DeliveryKeys::new([("token", token)])),
        })
    }
}
