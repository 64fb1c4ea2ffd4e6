//! The gate: no handler sees bytes of Slack's that were not capped, verified and read.

use axum::extract::{FromRef, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::{body, signature, slack};
use crate::clock::Clock;
use crate::config::Secret;
use crate::telemetry::Metrics;

/// What the gate needs to know.
#[derive(Clone)]
pub struct Gate {
    /// Any of these may have signed a delivery.
    pub secrets: Vec<Secret>,
    /// Against which a delivery's time is held.
    pub clock: Clock,
    /// Where refusals are counted.
    pub metrics: Metrics,
}

/// A delivery that Slack signed.
pub struct Signed(pub slack::Arrival);

impl<S> FromRequest<S> for Signed
where
    S: Send + Sync,
    Gate: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let gate = Gate::from_ref(state);
        let turned_away = |reason: &'static str, answer: Response| {
            gate.metrics.turned_away("slack", reason);
            answer
        };
        let (parts, body) = request.into_parts();
        let bytes =
            body::read(&parts.headers, body).await.map_err(|bad| turned_away(bad.reason(), bad.into_response()))?;
        if slack::is_ssl_check(&bytes) {
            return Err(StatusCode::OK.into_response());
        }
        let verified = signature::verify(&gate.secrets, &parts.headers, &bytes, gate.clock.now())
            .map_err(|unsigned| turned_away(unsigned.reason(), StatusCode::UNAUTHORIZED.into_response()))?;
        slack::read(&verified, &bytes)
            .map(Self)
            .map_err(|_| turned_away("unreadable", StatusCode::BAD_REQUEST.into_response()))
    }
}
