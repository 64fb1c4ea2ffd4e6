//! An envelope, answered by those who answer over HTTP: acknowledged once what it asks for is on disk, and never before.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::body::to_bytes;
use axum::response::Response;
use futures_util::FutureExt as _;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::decide::Tools;
use crate::inbound::body::MOST_BYTES;
use crate::inbound::socket::{Envelope, Unread};

/// How long an answer may take, as long as a connection over HTTP lasts: whoever waited is long gone by then.
const WITHIN: Duration = Duration::from_secs(20);

/// What acknowledges an envelope.
pub(super) struct Ack {
    /// Which kind it was.
    pub(super) kind: &'static str,
    /// As it is sent.
    pub(super) text: String,
}

/// What to say to Slack; `None`: nothing, so that the person sees an error, and Slack tells of an event again.
pub(super) async fn answer(tools: &Tools, envelope: Envelope) -> Option<Ack> {
    let began = Instant::now();
    let Envelope { id, kind, takes_answer, content } = envelope;
    let said = match content {
        Ok(arrival) => handled(tools.slack(arrival)).await,
        Err(unread) => keep(tools, &unread).await,
    };
    tools.metrics.answered("socket", began.elapsed());
    match said {
        Ok(said) => {
            let said = said.filter(|_| takes_answer);
            let mut ack = json!({ "envelope_id": id });
            said.into_iter().for_each(|payload| ack["payload"] = payload);
            Some(Ack { kind, text: ack.to_string() })
        }
        Err(why) => {
            tools.metrics.envelope(kind, why);
            None
        }
    }
}

/// Nobody can acknowledge what has no id: it is counted and kept, and no more.
pub(super) async fn note(tools: &Tools, garbage: &Unread) {
    if keep(tools, garbage).await.is_ok() {
        tools.metrics.envelope("garbage", "kept");
    }
}

/// Slack would send it again and again: it is kept for the operator, and acknowledged.
async fn keep(tools: &Tools, unread: &Unread) -> Result<Option<Value>, &'static str> {
    tools.metrics.not_understood("slack", "unread");
    tools.ledger.keep_unread(&unread.as_text()).await.map(|()| None).map_err(|error| {
        tracing::error!(%error, "an envelope that cannot be read could not be kept");
        "not_recorded"
    })
}

/// What a handler says, else why it says nothing. What panics costs this one answer.
async fn handled(handling: impl Future<Output = Response>) -> Result<Option<Value>, &'static str> {
    match tokio::time::timeout(WITHIN, AssertUnwindSafe(handling).catch_unwind()).await {
        Ok(Ok(response)) if response.status() == StatusCode::OK => {
            let body = to_bytes(response.into_body(), MOST_BYTES).await.unwrap_or_default();
            Ok(serde_json::from_slice(&body).ok())
        }
        Ok(Ok(_)) => Err("not_recorded"),
        Ok(Err(_)) => {
            tracing::error!("an envelope's handler panicked: whoever acted sees an error");
            Err("panicked")
        }
        Err(_) => Err("too_slow"),
    }
}

#[cfg(test)]
mod tests {
    use axum::Json;
    use axum::response::IntoResponse as _;

    use super::*;

    #[tokio::test]
    async fn only_what_was_done_is_acknowledged() {
        let with = |response: Response| handled(std::future::ready(response));
        assert_eq!(with(StatusCode::OK.into_response()).await, Ok(None));
        let said = json!({ "response_action": "clear" });
        assert_eq!(with(Json(said.clone()).into_response()).await, Ok(Some(said)));
        for status in [StatusCode::SERVICE_UNAVAILABLE, StatusCode::NO_CONTENT, StatusCode::BAD_REQUEST] {
            assert_eq!(with(status.into_response()).await, Err("not_recorded"));
        }
    }

    #[tokio::test]
    async fn a_panic_costs_one_answer() {
        let panicking = handled(async { panic!("on purpose") });
        assert_eq!(panicking.await, Err("panicked"));
    }
}
