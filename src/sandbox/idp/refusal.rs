//! How OAuth says no: RFC 6749 5.2, and the codes that RFC 8628 and 8693 add.

use serde_json::json;

use crate::sandbox::wire::Reply;

/// An error code and what is said of it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) why: String,
}

impl Refusal {
    /// Any code; `why` is the `error_description`.
    pub(super) fn new(code: &'static str, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }

    pub(super) fn invalid_request(why: impl Into<String>) -> Self {
        Self::new("invalid_request", why)
    }

    pub(super) fn invalid_client(why: &str) -> Self {
        Self::new("invalid_client", why)
    }

    pub(super) fn invalid_grant(why: &str) -> Self {
        Self::new("invalid_grant", why)
    }

    pub(super) fn unauthorized_client() -> Self {
        Self::new("unauthorized_client", "the client may not use this grant")
    }

    /// As a token endpoint says it.
    pub(super) fn reply(&self) -> Reply {
        let body = json!({ "error": self.code, "error_description": self.why });
        if self.code != "invalid_client" {
            return Reply::json(400, &body);
        }
        let challenge = ("WWW-Authenticate".to_owned(), "Basic realm=\"sandbox\"".to_owned());
        Reply::json(401, &body).with_headers(vec![challenge])
    }
}
