//! What goes back to the caller, in Slack's shapes.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use crate::sandbox::slack::records::Answered;

/// A refusal: a code, and where the form is wrong a message with a JSON pointer for each fault.
#[derive(Debug)]
pub(in crate::sandbox::slack) struct Refusal {
    code: String,
    messages: Vec<String>,
    more: Map<String, Value>,
    retry_after: Option<u64>,
}

impl Refusal {
    pub(in crate::sandbox::slack) fn new(code: &str) -> Self {
        Self { code: code.to_owned(), messages: Vec::new(), more: Map::new(), retry_after: None }
    }

    /// HTTP 429.
    pub(in crate::sandbox::slack) fn rate_limited(seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::new("ratelimited") }
    }

    /// A fault of form, e.g. `must be less than 3001 characters [json-pointer:/blocks/0/text/text]`.
    pub(in crate::sandbox::slack) fn with_messages(mut self, messages: Vec<String>) -> Self {
        self.messages = messages;
        self
    }

    pub(super) fn with(mut self, key: &str, value: Value) -> Self {
        self.more.insert(key.to_owned(), value);
        self
    }

    /// `invalid_arguments` for a field that must be there.
    pub(super) fn missing(field: &str) -> Self {
        Self::new("invalid_arguments").with_messages(vec![format!("missing required field: {field}")])
    }

    pub(in crate::sandbox::slack) fn messages(&self) -> &[String] {
        &self.messages
    }
}

impl From<&'static str> for Refusal {
    fn from(code: &'static str) -> Self {
        Self::new(code)
    }
}

/// An answer ready for the wire.
#[derive(Debug)]
pub(in crate::sandbox::slack) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
    answered: Answered,
}

impl Reply {
    /// `ok: true` and these fields.
    pub(in crate::sandbox::slack) fn ok(body: Value) -> Self {
        let mut fields = Map::from_iter([("ok".to_owned(), json!(true))]);
        if let Value::Object(more) = body {
            fields.extend(more);
        }
        Self { status: StatusCode::OK, headers: HeaderMap::new(), body: Value::Object(fields), answered: Answered::Ok }
    }

    /// A document that is no answer of a method: just these fields.
    pub(in crate::sandbox::slack) fn document(body: Value) -> Self {
        Self { status: StatusCode::OK, headers: HeaderMap::new(), body, answered: Answered::Ok }
    }

    /// The same answer with another status, as response URLs give.
    pub(in crate::sandbox::slack) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(super) fn with_scopes(mut self, granted: &str, accepted: &str) -> Self {
        for (name, value) in [("x-oauth-scopes", granted), ("x-accepted-oauth-scopes", accepted)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                self.headers.insert(HeaderName::from_static(name), value);
            }
        }
        self
    }

    /// For the record of calls.
    pub(in crate::sandbox::slack) fn answered(&self) -> Answered {
        self.answered.clone()
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let mut headers = HeaderMap::new();
        let (status, answered) = match refusal.retry_after {
            Some(seconds) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
                (StatusCode::TOO_MANY_REQUESTS, Answered::RateLimited(seconds))
            }
            None => (StatusCode::OK, Answered::Error(refusal.code.clone())),
        };
        let mut body = Map::from_iter([("ok".to_owned(), json!(false)), ("error".to_owned(), json!(refusal.code))]);
        body.extend(refusal.more);
        if !refusal.messages.is_empty() {
            let told: Vec<String> = refusal.messages.iter().map(|message| format!("[ERROR] {message}")).collect();
            body.insert("errors".into(), json!(refusal.messages));
            body.insert("response_metadata".into(), json!({ "messages": told }));
        }
        Self { status, headers, body: Value::Object(body), answered }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let json = (CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        (self.status, self.headers, [json], self.body.to_string()).into_response()
    }
}
