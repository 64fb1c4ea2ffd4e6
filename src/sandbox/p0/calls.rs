//! The log of calls: what arrived, from whom, what was answered and whether it counted. Never a token.

use std::collections::BTreeMap;

use http::{HeaderMap, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::bearer::{BearerKind, Caller};
use super::route::Verb;

/// One call as it arrived and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// When it arrived, by the stand-in's clock.
    pub at: Timestamp,
    /// On which connection since the start, counted from 1: two calls with one number rode the same connection.
    pub connection: u64,
    /// The HTTP method.
    pub method: String,
    /// Path and query as they stood in the request line, not decoded.
    pub path: String,
    /// What the call wanted; `None` for a path that P0 does not know.
    pub verb: Option<Verb>,
    /// The decoded request id of a decision.
    pub request_id: Option<String>,
    /// Whose authority it carried: an e-mail, or `service` for the shared credential; `None` where it was nobody's.
    pub identity: Option<String>,
    /// The `sub` of the token, where it was a JWT and somebody's.
    pub subject: Option<String>,
    /// What sort of bearer it was.
    pub bearer: BearerKind,
    /// Why the bearer was refused with 401, for people who look for the mistake; P0 itself only says "Unauthorized".
    pub bearer_refused: Option<String>,
    /// The `User-Agent`.
    pub user_agent: Option<String>,
    /// All other headers, except `Authorization` and cookies.
    pub headers: BTreeMap<String, String>,
    /// The body: JSON as parsed, anything else as a string; `None` where it was empty.
    pub body: Option<Value>,
    /// The status answered; `None` while the answer is out, and for ever where none was sent.
    pub status: Option<u16>,
    /// Whether it changed anything at P0, answered or not.
    pub effect: bool,
}

impl Call {
    /// What is known before the bearer is looked at.
    pub(super) fn arrived(
        at: Timestamp,
        connection: u64,
        method: &str,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Self {
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let unlogged = [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE, header::USER_AGENT];
        Self {
            at,
            connection,
            method: method.to_owned(),
            path: path.to_owned(),
            verb: None,
            request_id: None,
            identity: None,
            subject: None,
            bearer: BearerKind::None,
            bearer_refused: None,
            user_agent: headers.get(header::USER_AGENT).map(text),
            headers: headers
                .iter()
                .filter(|(name, _)| !unlogged.contains(name))
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body: (!body.is_empty()).then(|| {
                serde_json::from_slice(body)
                    .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
            }),
            status: None,
            effect: false,
        }
    }

    /// Adds what was answered, and why if the bearer was the reason.
    pub(super) fn answered(&mut self, status: Option<u16>, caller: &Caller) {
        self.status = status;
        if status == Some(401) {
            self.bearer_refused = caller.identity.clone().err().map(str::to_owned);
        }
    }

    /// Adds whose bearer it was.
    pub(super) fn carried_by(&mut self, caller: &Caller) {
        self.bearer = caller.kind;
        self.identity = caller.identity.clone().ok();
        self.subject.clone_from(&caller.subject);
    }
}
