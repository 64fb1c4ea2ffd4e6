//! Who may talk to the page: browsers that were sent to this very address, and no other page in them.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// On every answer. Nothing is fetched from elsewhere, nothing is kept, and no other page may frame this one. The hash is
/// that of the page's import map, the one script that has to stand in the page itself.
pub(super) const HEADERS: [(HeaderName, &str); 5] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'self'; script-src 'self' 'sha256-47oHmI6JSs1CrOWyfMvxWPCyqC4lN13uS6N98buzum0='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (CACHE_CONTROL, "no-store"),
    // The address holds the token.
    (REFERRER_POLICY, "no-referrer"),
];

/// The names by which the page may be called. Another one is a foreign name that was made to resolve to this machine.
#[derive(Clone)]
pub(super) struct Guard(Arc<[String; 2]>);

impl Guard {
    pub(super) fn new(port: u16) -> Self {
        Self(Arc::new(["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}"))))
    }

    /// The status for those who are turned away.
    fn check(&self, headers: &HeaderMap) -> Result<(), StatusCode> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = match (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) {
            (Some(host), None) if self.0.iter().any(|own| own == host) => host,
            _ => return Err(StatusCode::MISDIRECTED_REQUEST),
        };
        let own = format!("http://{host}");
        let foreign = headers.get_all(ORIGIN).iter().any(|origin| origin.as_bytes() != own.as_bytes());
        if foreign { Err(StatusCode::FORBIDDEN) } else { Ok(()) }
    }
}

/// Lets a request pass or turns it away.
pub(super) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = match guard.check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(status) => status.into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
