//! What goes wrong on purpose, scripted for the next calls or until cleared.

use std::time::Duration;

use serde::Serialize;

use super::reply::Reply;

/// How a call goes wrong.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// This answer instead of the work; nothing is changed.
    Status(Answer),
    /// 200 with `{"error": text}` and nothing done: both official clients treat `error` as failure at any status.
    ErrorAt200(String),
    /// The work is done at once, the answer comes this much later (in real time, whatever the clock says).
    Slow(Duration),
    /// The work is begun this much later (in real time), and answered at once when it is done.
    Late(Duration),
    /// Nothing is done and no answer comes, for as long as the caller waits.
    Hang,
    /// The work is done, then the connection is closed without a byte of an answer.
    LostAnswer,
    /// The connection is closed without the work being done.
    Drop,
    /// The work is done; of the answer the headers and half a body arrive, then the connection ends.
    /// A 204 has no body to break off, so its answer is lost whole.
    Truncated,
}

impl Fault {
    /// 429 in P0's error shape, with `Retry-After` in seconds where given.
    pub fn too_many(retry_after: Option<u32>) -> Self {
        let headers = retry_after.map(|seconds| ("Retry-After".to_owned(), seconds.to_string()));
        Self::status(429, "application/json", r#"{"error":"Too many requests"}"#, headers.into_iter().collect())
    }

    /// Any status with P0's `{"error": text}`.
    pub fn error(code: u16, text: &str) -> Self {
        let body = serde_json::json!({ "error": text }).to_string();
        Self::status(code, "application/json", &body, Vec::new())
    }

    /// Any status with plain text, as a proxy on the way may answer.
    pub fn text(code: u16, text: &str) -> Self {
        Self::status(code, "text/plain", text, Vec::new())
    }

    /// 502 with a load balancer's HTML page.
    pub fn bad_gateway() -> Self {
        Self::status(502, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>", Vec::new())
    }

    /// 302 to `location`, which a client that carries a bearer must not follow.
    pub fn redirect(location: &str) -> Self {
        Self::status(302, "text/html", "Found", vec![("Location".to_owned(), location.to_owned())])
    }

    fn status(code: u16, content_type: &str, body: &str, headers: Vec<(String, String)>) -> Self {
        Self::Status(Answer { code, content_type: content_type.to_owned(), body: body.to_owned(), headers })
    }
}

/// An answer in full, as it goes over the wire.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The HTTP status.
    pub code: u16,
    /// The `Content-Type`, whether the body agrees with it or not.
    pub content_type: String,
    /// The body.
    pub body: String,
    /// Further headers, such as `Retry-After` or `Location`.
    pub headers: Vec<(String, String)>,
}

impl Answer {
    /// As the stand-in's own answers.
    pub(in crate::sandbox) fn reply(self) -> Reply {
        Reply::text(self.code, &self.content_type, self.body).with_headers(self.headers)
    }
}

/// The faults to come, in the order in which they were scripted, each for the calls that its `T` names.
#[derive(Clone, Debug, Serialize)]
pub(in crate::sandbox) struct Script<T>(Vec<Scripted<T>>);

#[derive(Clone, Debug, Serialize)]
struct Scripted<T> {
    #[serde(rename = "for")]
    target: T,
    fault: Fault,
    /// How many calls it still meets; `None` until cleared.
    left: Option<u32>,
}

impl<T> Default for Script<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Script<T> {
    /// Adds a fault behind those already there, for so many calls (`None`: until cleared); 0 calls add nothing.
    pub(in crate::sandbox) fn add(&mut self, target: T, fault: Fault, calls: Option<u32>) {
        if calls != Some(0) {
            self.0.push(Scripted { target, fault, left: calls });
        }
    }

    /// The first fault whose target `meets` this call, used up by one.
    pub(in crate::sandbox) fn take(&mut self, meets: impl Fn(&T) -> bool) -> Option<Fault> {
        let at = self.0.iter().position(|scripted| meets(&scripted.target))?;
        let fault = self.0[at].fault.clone();
        if let Some(left) = &mut self.0[at].left {
            *left -= 1;
            if *left == 0 {
                self.0.remove(at);
            }
        }
        Some(fault)
    }

    /// Forgets those for these calls.
    pub(in crate::sandbox) fn clear_of(&mut self, target: &T)
    where
        T: PartialEq,
    {
        self.0.retain(|scripted| scripted.target != *target);
    }

    /// Forgets all of them.
    pub(in crate::sandbox) fn clear(&mut self) {
        self.0.clear();
    }
}
