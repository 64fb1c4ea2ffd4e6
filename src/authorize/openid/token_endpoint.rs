//! Calls to a token endpoint: who the client is, what is asked, and how the answer is read.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use url::Url;
use zeroize::Zeroizing;

use super::Trouble;
use crate::clock::Clock;
use crate::config::Secret;
use crate::inbound::bounded;

/// How long a provider may take to answer.
pub const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read.
const MOST_BYTES: usize = 256 * 1024;
/// What is encoded in the halves of Basic. `~`, which Entra's secrets have, and its like mean the same either way, also to
/// a server that forgets to decode.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Fields of a form whose values must not come back in an error's words.
const SECRET_FIELDS: [&str; 9] = [
    "actor_token",
    "assertion",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "refresh_token",
    "subject_token",
    "token",
];
/// Errors that say that it may be tried again: RFC 6749, and Slack's own.
const PASSING: [&str; 8] = [
    "temporarily_unavailable",
    "server_error",
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
];

/// How a client shows who it is.
#[derive(Clone, Debug)]
pub enum Authentication {
    /// `client_secret_basic`.
    Basic {
        /// The client.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
    },
    /// `client_secret_post`.
    Post {
        /// The client.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
    },
    /// A public client only says its name.
    Public {
        /// The client.
        client_id: String,
    },
    /// What is sent speaks for itself, as an assertion may.
    None,
}

impl Authentication {
    /// The way that a provider offers which lists `methods`; where it lists none, the default of the standards.
    pub fn of_methods(client_id: String, client_secret: Secret, methods: &[String]) -> Self {
        if methods.is_empty() || methods.iter().any(|method| method == "client_secret_basic") {
            Self::Basic { client_id, client_secret }
        } else {
            Self::Post { client_id, client_secret }
        }
    }

    fn fields(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Basic { .. } | Self::None => Vec::new(),
            Self::Public { client_id } => vec![("client_id", client_id)],
            Self::Post { client_id, client_secret } => {
                vec![("client_id", client_id), ("client_secret", client_secret.expose())]
            }
        }
    }

    /// The halves are form-encoded before they are put together (RFC 6749, 2.3.1).
    fn header(&self) -> Option<Zeroizing<String>> {
        let Self::Basic { client_id, client_secret } = self else { return None };
        let encoded = |text| utf8_percent_encode(text, RESERVED);
        let both = Zeroizing::new(format!("{}:{}", encoded(client_id), encoded(client_secret.expose())));
        let both = Zeroizing::new(BASE64_STANDARD.encode(both.as_bytes()));
        Some(Zeroizing::new(format!("Basic {}", both.as_str())))
    }
}

/// An endpoint that takes a form and answers with JSON.
pub struct TokenEndpoint {
    url: Url,
    pub(super) authentication: Authentication,
    client: reqwest::Client,
    pub(super) clock: Clock,
    /// How long an answer is waited for.
    pub(super) answers_within: Duration,
}

#[derive(Deserialize)]
struct Failure {
    ok: Option<bool>,
    error: Option<Value>,
    error_description: Option<Value>,
}

impl TokenEndpoint {
    /// The endpoint at `url`. `client` must neither follow redirects nor retry: most of what is sent may be sent once.
    pub fn new(url: Url, authentication: Authentication, client: reqwest::Client, clock: Clock) -> Self {
        Self { url, authentication, client, clock, answers_within: ANSWERS_WITHIN }
    }

    /// Sends the form and reads the answer.
    pub(super) async fn ask<T: DeserializeOwned>(&self, form: &[(&str, &str)]) -> Result<T, Trouble> {
        let body = self.send(form).await?;
        // What the library says of an answer that it cannot read may quote it.
        serde_json::from_slice(&body).map_err(|error| match error.classify() {
            Category::Data => Trouble::Untrusted("its answer lacks what has to be in it"),
            _ => Trouble::Unavailable("its answer is empty".to_owned()),
        })
    }

    /// Sends the form; answers the body where it was not refused.
    pub(super) async fn send(&self, form: &[(&str, &str)]) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        let form: Vec<(&str, &str)> = form.iter().copied().chain(self.authentication.fields()).collect();
        let mut request = self.client.post(self.url.clone()).timeout(self.answers_within).form(&form);
        request = request.header(header::ACCEPT, "application/json");
        if let Some(basic) = self.authentication.header() {
            let mut basic = header::HeaderValue::from_str(&basic).expect("base64 stands in a header");
            basic.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, basic);
        }
        let unheard = |error: reqwest::Error| Trouble::Unavailable(error.without_url().to_string());
        let answer = request.send().await.map_err(unheard)?;
        let status = answer.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(Trouble::Unavailable(format!("HTTP {}", status.as_u16())));
        }
        let body = bounded::read(answer, MOST_BYTES).await.map(Zeroizing::new).map_err(Trouble::Unavailable)?;
        match refusal(status, &body, &form) {
            Some(trouble) => Err(trouble),
            None => Ok(body),
        }
    }
}

/// What an answer says that is none. Slack refuses with HTTP 200, and so may others.
fn refusal(status: StatusCode, body: &[u8], form: &[(&str, &str)]) -> Option<Trouble> {
    let said_nothing = |what: &str| Some(Trouble::Unavailable(format!("HTTP {} {what}", status.as_u16())));
    // Whoever gives a token back is answered with nothing.
    let failure: Failure = match serde_json::from_slice(body) {
        Ok(failure) => failure,
        Err(_) if status.is_success() && body.is_empty() => return None,
        Err(_) => return said_nothing("without a JSON object"),
    };
    if status.is_success() && failure.error.is_none() && failure.ok != Some(false) {
        return None;
    }
    let Some(Value::String(code)) = failure.error else { return said_nothing("without an OAuth error") };
    if PASSING.contains(&code.as_str()) {
        return Some(Trouble::Unavailable(code));
    }
    let words = failure.error_description.as_ref().and_then(Value::as_str).unwrap_or_default();
    Some(Trouble::refused(&without_secrets(&code, form), &without_secrets(words, form)))
}

/// Drops what was sent from what came back: some providers quote it.
fn without_secrets(words: &str, form: &[(&str, &str)]) -> String {
    let secrets = form.iter().filter(|(name, value)| SECRET_FIELDS.contains(name) && !value.is_empty());
    secrets.fold(words.to_owned(), |words, (_, secret)| words.replace(secret, "…"))
}
