//! One HTTP request, as the endpoints look at it.

use axum::body::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, header};

use super::params::Params;
use super::refusal::Refusal;

/// What came.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    body: Bytes,
}

impl Request {
    pub(super) fn new(parts: Parts, body: Bytes) -> Self {
        Self {
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            method: parts.method,
            headers: parts.headers,
            body,
        }
    }

    /// The form that a client posts. Nothing may stand in the URL, where proxies log it (RFC 6749 2.3.1 and 3.2).
    pub(super) fn form(&self) -> Result<Params, Refusal> {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
            return Err(Refusal::invalid_request("the body is no form"));
        }
        if !self.query.is_empty() {
            return Err(Refusal::invalid_request("parameters stand in the URL"));
        }
        self.browser_form()
    }

    /// The form that one of the pages posts.
    pub(super) fn browser_form(&self) -> Result<Params, Refusal> {
        Params::read(&self.body)
            .map_err(|(_, repeated)| Refusal::invalid_request(format!("{} is there twice", repeated.join(" "))))
    }
}
