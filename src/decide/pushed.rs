//! What P0 tells of a request: on disk, with what follows from it, before P0 is answered.

use axum::response::IntoResponse;
use http::StatusCode;

use super::Tools;
use crate::answer::{Answer, ok};
use crate::domain::request::RequestId;
use crate::domain::watch::Watch;
use crate::inbound::pushed::Pushed;
use crate::ledger::requests::Taken;

impl Tools {
    pub(super) async fn take_push(&self, pushed: Pushed) -> Answer {
        let Some(push) = pushed.push else {
            if let Some(keys) = pushed.once
                && !self.ledger.first_delivery(keys).await?
            {
                self.metrics.turned_away("notifier", "token_used");
                return Ok(StatusCode::UNAUTHORIZED.into_response());
            }
            self.ledger.keep_unread(&pushed.body).await?;
            self.metrics.push("unread");
            return ok();
        };
        let id = push.id.clone();
        match self.ledger.take_push(push, self.limits.routes.clone(), pushed.once).await? {
            None => {
                self.metrics.turned_away("notifier", "token_used");
                Ok(StatusCode::UNAUTHORIZED.into_response())
            }
            Some(Taken { applied, begun }) => {
                self.metrics.push(if applied.moved {
                    "moved"
                } else if applied.changed {
                    "changed"
                } else {
                    "same"
                });
                tracing::info!(request = %id, moved = applied.moved, changed = applied.changed, "P0 told of a request");
                begun.iter().for_each(|watch| self.warn_of_route(&id, watch));
                ok()
            }
        }
    }

    /// A request that no rule was surely written for is loud: P0's fields may be elsewhere, or a rule is missing.
    fn warn_of_route(&self, request: &RequestId, watch: &Watch) {
        if !watch.is_unsure(&self.limits.routes) {
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
