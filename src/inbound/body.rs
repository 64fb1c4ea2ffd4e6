//! Bodies, capped before anything else looks at them.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// Largest body that is read, in bytes; Slack's and P0's are a few thousand.
pub const MOST_BYTES: usize = 1024 * 1024;
/// How long a body may take to arrive; Slack gives up after 3 s.
const ARRIVES_WITHIN: Duration = Duration::from_secs(3);

/// A body that was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadBody {
    TooLarge,
    TooSlow,
    Broken,
}

impl BadBody {
    /// The reason, as metrics name it.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::Broken => "broken",
        }
    }

    /// What whoever sent it is answered.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

impl IntoResponse for BadBody {
    fn into_response(self) -> Response {
        self.status().into_response()
    }
}

/// Reads at most [`MOST_BYTES`]; a body that declares more is not read at all.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, BadBody> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > MOST_BYTES as u64) {
        return Err(BadBody::TooLarge);
    }
    let reading = Limited::new(body, MOST_BYTES).collect();
    match tokio::time::timeout(ARRIVES_WITHIN, reading).await {
        Err(_) => Err(BadBody::TooSlow),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BadBody::TooLarge),
        Ok(Err(_)) => Err(BadBody::Broken),
    }
}
