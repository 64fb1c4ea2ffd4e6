//! What P0 tells of a request: on disk, with what follows from it, before P0 is answered.

use std::sync::Arc;

use axum::response::IntoResponse;
use http::StatusCode;

use super::Tools;
use crate::answer::{Answer, ok};
use crate::domain::door::Door;
use crate::domain::request::{Applied, RequestId};
use crate::domain::route::routes::Routes;
use crate::domain::watch::Watch;
use crate::inbound::pushed::Pushed;
use crate::ledger::requests::Taken;
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Metrics;

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is on disk, with what it did.
    Kept {
        /// Of which request it tells.
        request: RequestId,
        /// What that did: `moved`, `changed` or `same`.
        did: &'static str,
    },
    /// It does not read as a request, and was kept for the operator to look at.
    Unread,
    /// Its token has opened the door before, and may do so once only.
    TokenUsed,
}

/// Where pushes are received.
#[derive(Clone)]
pub struct Reception {
    /// What is durable.
    pub ledger: Ledger,
    /// By which a new request goes.
    pub routes: Arc<Routes>,
    /// Through which door they come.
    pub door: Door,
    /// What is counted.
    pub metrics: Metrics,
}

impl Tools {
    pub(super) async fn take_push(&self, pushed: Pushed) -> Answer {
        let (ledger, routes, metrics) = (self.ledger.clone(), self.limits.routes.clone(), self.metrics.clone());
        match (Reception { ledger, routes, door: Door::Http, metrics }).receive(pushed).await? {
            Received::TokenUsed => Ok(StatusCode::UNAUTHORIZED.into_response()),
            Received::Kept { .. } | Received::Unread => ok(),
        }
    }
}

impl Reception {
    /// Puts a push on disk.
    ///
    /// # Errors
    /// Where it cannot be written: then its sender must not be told that it was.
    pub async fn receive(&self, pushed: Pushed) -> Result<Received, LedgerError> {
        let Some(push) = pushed.push else {
            if let Some(keys) = pushed.once
                && !self.ledger.first_delivery(keys).await?
            {
                return Ok(self.token_used());
            }
            self.ledger.keep_unread(&pushed.body).await?;
            self.metrics.push("unread");
            return Ok(Received::Unread);
        };
        let request = push.id.clone();
        let Some(taken) = self.ledger.take_push(push, self.routes.clone(), pushed.once, self.door).await? else {
            return Ok(self.token_used());
        };
        let Taken { applied: Applied { moved, changed, .. }, begun } = taken;
        let did = match (moved, changed) {
            (true, _) => "moved",
            (false, true) => "changed",
            (false, false) => "same",
        };
        self.metrics.push(did);
        tracing::info!(%request, moved, changed, "P0 told of a request");
        begun.iter().for_each(|watch| self.warn_of_route(&request, watch));
        Ok(Received::Kept { request, did })
    }

    fn token_used(&self) -> Received {
        self.metrics.turned_away("notifier", "token_used");
        Received::TokenUsed
    }

    /// A request that no rule was surely written for is loud: P0's fields may be elsewhere, or a rule is missing.
    fn warn_of_route(&self, request: &RequestId, watch: &Watch) {
        if !watch.is_unsure(&self.routes) {
            return;
        }
        let (perhaps, missing) = (watch.perhaps.iter().map(|(route, _)| route).collect::<Vec<_>>(), watch.missing());
        if watch.is_default {
            self.metrics.watch("default_route", 1);
            tracing::warn!(%request, ?perhaps, ?missing, "no route but the default one surely takes a request");
        } else {
            self.metrics.watch("unsure_route", 1);
            tracing::warn!(%request, route = watch.route, ?perhaps, ?missing, "a request may be of other routes too");
        }
    }
}
