//! What the stand-in answers, before it becomes HTTP.

use axum::body::Body;
use axum::response::Response;
use http::{StatusCode, header};
use serde_json::{Value, json};

/// An answer and whether the call changed anything.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Reply {
    pub(in crate::sandbox) status: u16,
    pub(in crate::sandbox) effect: bool,
    content_type: Option<String>,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    /// An answer without a body.
    pub(in crate::sandbox) fn empty(status: u16) -> Self {
        Self { status, effect: false, content_type: None, headers: Vec::new(), body: String::new() }
    }

    /// A JSON answer.
    pub(in crate::sandbox) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json; charset=utf-8", body.to_string())
    }

    /// Any body of any type.
    pub(in crate::sandbox) fn text(status: u16, content_type: &str, body: String) -> Self {
        Self { content_type: Some(content_type.to_owned()), body, ..Self::empty(status) }
    }

    /// P0's error shape, `{"error":"…"}`.
    pub(in crate::sandbox) fn error(status: u16, text: &str) -> Self {
        Self::json(status, &json!({ "error": text }))
    }

    /// What a load balancer answers where no service listens.
    pub(in crate::sandbox) fn not_found_page() -> Self {
        let page = "<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>";
        Self::text(404, "text/html; charset=utf-8", page.to_owned())
    }

    /// The same answer to a call that changed something.
    pub(in crate::sandbox) fn with_effect(self) -> Self {
        Self { effect: true, ..self }
    }

    /// The same answer with more headers.
    pub(in crate::sandbox) fn with_headers(self, headers: Vec<(String, String)>) -> Self {
        Self { headers, ..self }
    }

    /// The answer as HTTP. A scripted status or header that HTTP cannot carry becomes a 500 that says so.
    pub(in crate::sandbox) fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status);
        if let Some(content_type) = self.content_type {
            response = response.header(header::CONTENT_TYPE, content_type);
        }
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body)).unwrap_or_else(|error| {
            let mut response = Response::new(Body::from(format!("the scripted answer is no HTTP: {error}")));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}
