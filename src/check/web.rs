//! One question to another server: bounded in time and size, with its clock, and with words for why nothing came.

use std::error::Error;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;
use url::Url;

use super::Install;
use crate::domain::text::cut;

/// How long one answer may take.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// How long a look-up of a name may take.
const NAMED_WITHIN: Duration = Duration::from_secs(2);
/// Bytes of an answer that are read.
const MOST_BYTES: usize = 256 * 1024;
/// Characters of a reason of the system's or the library's.
const MOST_REASON: usize = 160;

/// What a server answered.
pub(super) struct Heard {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// By how many milliseconds our clock is ahead of the server's `Date`, which knows whole seconds only.
    pub(super) ahead: Option<i64>,
}

/// Why a server did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Silence {
    #[error("the name {0} is not known")]
    Name(String),
    #[error("no connection: {0}")]
    Connect(String),
    #[error("no connection through the proxy: {0}")]
    Proxy(String),
    #[error("TLS: {0}")]
    Tls(String),
    #[error("no answer within {} s", ANSWERS_WITHIN.as_secs())]
    Slow,
    #[error("the answer broke off: {0}")]
    Broken(String),
}

impl Silence {
    /// What to do about it, where `key` is the setting with the address.
    pub(super) fn remedy(&self, key: &str) -> String {
        match self {
            Self::Name(_) => format!("correct {key}, or let this machine look names up (DNS)"),
            Self::Connect(_) | Self::Slow => {
                format!(
                    "see that {key} is right and that nothing blocks the way; where only a proxy leads out, set proxy"
                )
            }
            Self::Proxy(_) => "see that proxy is right and lets the bot out".to_owned(),
            Self::Tls(_) => {
                format!("see that {key} has a certificate that is trusted, and set ca_file for one of your own")
            }
            Self::Broken(_) => format!("see what answers at {key}"),
        }
    }
}

impl Heard {
    /// The body as JSON, where it is.
    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Whether a page for people came.
    pub(super) fn is_page(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }
}

/// Asks, and reads the answer.
pub(super) async fn ask(install: &Install, request: reqwest::RequestBuilder) -> Result<Heard, Silence> {
    let before = install.clock.now();
    let request = request.timeout(ANSWERS_WITHIN);
    let (client, request) = request.build_split();
    let request = request.map_err(|error| Silence::Broken(reason(&error)))?;
    let url = request.url().clone();
    let mut answer = match client.execute(request).await {
        Ok(answer) => answer,
        Err(error) => return Err(silence(install, error, &url).await),
    };
    let halfway = (before.as_millisecond() + install.clock.now().as_millisecond()) / 2;
    let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
    let theirs = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    let mut body = Vec::new();
    while body.len() < MOST_BYTES {
        match answer.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Err(silence(install, error, &url).await),
        }
    }
    Ok(Heard {
        status: answer.status(),
        headers: answer.headers().clone(),
        body,
        // The middle of the second that the header names.
        ahead: theirs.map(|theirs| halfway - (theirs.as_millisecond() + 500)),
    })
}

async fn silence(install: &Install, error: reqwest::Error, url: &Url) -> Silence {
    let error = error.without_url();
    if let Some(tls) = tls_error(&error) {
        return Silence::Tls(cut(&tls.to_string(), MOST_REASON));
    }
    if !error.is_connect() {
        return if error.is_timeout() { Silence::Slow } else { Silence::Broken(reason(&error)) };
    }
    // Names are then the proxy's business.
    if install.settings.outbound.proxy.is_some() {
        return Silence::Proxy(reason(&error));
    }
    let host = url.host_str().unwrap_or_default();
    let named = tokio::net::lookup_host((host.trim_matches(['[', ']']), url.port_or_known_default().unwrap_or(443)));
    match tokio::time::timeout(NAMED_WITHIN, named).await {
        Ok(Ok(_)) if error.is_timeout() => Silence::Connect("nothing answered".to_owned()),
        Ok(Ok(_)) => Silence::Connect(reason(&error)),
        Ok(Err(_)) | Err(_) => Silence::Name(host.to_owned()),
    }
}

/// The innermost cause, which says most.
fn reason(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    cut(&innermost.to_string(), MOST_REASON)
}

fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref() {
            return Some(tls);
        }
        // An I/O error hides the error that it was made from.
        let within = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match within {
            Some(inner) => Some(inner as &dyn Error),
            None => error.source(),
        };
    }
    None
}
