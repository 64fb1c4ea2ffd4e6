//! The notifier's gate: no handler sees a push that was not capped, verified and read as JSON.

use axum::extract::{FromRef, FromRequest, Request};
use http::StatusCode;

use super::jwt::{self, Untrusted};
use super::notifier_keys::NotifierKeys;
use super::{body, push};
use crate::clock::Clock;
use crate::config::Notifier;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::request::Push;
use crate::telemetry::Metrics;

/// What the notifier's gate needs to know.
#[derive(Clone)]
pub struct NotifierGate {
    /// P0's public keys.
    pub keys: NotifierKeys,
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

/// A push that was not let in.
pub struct TurnedAway {
    /// Why, as metrics name it; whoever sent it does not learn it.
    pub reason: &'static str,
    /// What its sender is answered.
    pub status: StatusCode,
}

impl NotifierGate {
    /// Lets a push in that carries a token of P0's.
    ///
    /// # Errors
    /// Where its body is too large or broken, it is no JSON, or its token is not to be believed.
    pub async fn admit(&self, request: Request) -> Result<Pushed, TurnedAway> {
        let turned_away = |reason: &'static str, status: StatusCode| {
            self.metrics.turned_away("notifier", reason);
            TurnedAway { reason, status }
        };
        let (parts, body) = request.into_parts();
        let bytes = body::read(&parts.headers, body).await.map_err(|bad| turned_away(bad.reason(), bad.status()))?;
        let token = jwt::verify(&parts.headers, &self.keys, &self.notifier, self.clock.now()).await;
        let token = token.map_err(|untrusted| {
            let status = match untrusted {
                // P0 sends again later, when the keys can be had.
                Untrusted::NoKeys => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::UNAUTHORIZED,
            };
            turned_away(untrusted.reason(), status)
        })?;
        let value = push::json(&bytes).ok_or_else(|| turned_away("unreadable", StatusCode::BAD_REQUEST))?;
        Ok(Pushed {
            push: push::read(&value, &self.notifier.fields),
            body: value.to_string(),
            once: self.notifier.single_use.then(|| DeliveryKeys::new([("token", token)])),
        })
    }
}

impl<S> FromRequest<S> for Pushed
where
    S: Send + Sync,
    NotifierGate: FromRef<S>,
{
    type Rejection = StatusCode;

    async fn from_request(request: Request, state: &S) -> Result<Self, StatusCode> {
        NotifierGate::from_ref(state).admit(request).await.map_err(|turned_away| turned_away.status)
    }
}
