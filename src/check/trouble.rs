//! Why what is sent to `public_url` does not arrive as it should, by what came back and by what came in.

use std::net::SocketAddr;

use http::{StatusCode, header};
use url::Url;

use super::doors::Arrived;
use super::probe::Probe;
use super::web::Heard;
use crate::inbound::signature::{SIGNATURE, TIMESTAMP};

/// Why a door does not work from outside, and what to do.
pub(super) struct Trouble {
    pub(super) message: String,
    pub(super) remedy: String,
    /// Whether nothing answers at all, so that the other doors need not be tried.
    pub(super) silent: bool,
}

impl Trouble {
    pub(super) fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into(), silent: false }
    }

    /// What an answer means that is not the bot's.
    pub(super) fn judged(heard: &Heard, base: &Url, listen: SocketAddr) -> Self {
        let status = heard.status.as_u16();
        let forward = format!("let the proxy forward /slack/ and /p0/ of {base} to {listen}");
        match heard.status {
            StatusCode::UNAUTHORIZED if heard.headers.contains_key(header::WWW_AUTHENTICATE) => Self::new(
                "something before the bot asks for a login (HTTP 401)",
                "let the proxy pass /slack/ without a login of its own",
            ),
            StatusCode::UNAUTHORIZED => Self::new(
                "what answers does not take this signature (HTTP 401): another bot, another signing secret, or Slack's \
                 headers are taken away",
                format!(
                    "see that public_url leads to {listen}, and that X-Slack-Signature and X-Slack-Request-Timestamp are \
                     passed on"
                ),
            ),
            status if status.is_redirection() => {
                let to = heard.headers.get(header::LOCATION).and_then(|to| base.join(to.to_str().ok()?).ok());
                let to = to.map(|to| format!(" to {}", to.origin().ascii_serialization())).unwrap_or_default();
                Self::new(
                    format!("answers with a redirect{to} (HTTP {}), which Slack does not follow", status.as_u16()),
                    "set public_url to where it leads, or let the proxy forward without redirecting",
                )
            }
            gone if is_not_there(gone) => Self::new(
                format!("does not lead to the bot (HTTP {status}): the proxy does not forward this path"),
                forward,
            ),
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                Self::new(format!("the proxy reaches nothing behind it (HTTP {status})"), forward)
            }
            code if code.is_success() && heard.is_page() => {
                Self::new("answers with a web page, not the bot's answer", forward)
            }
            code if code.is_success() => Self::new("answers, but not what the bot would", forward),
            _ => Self::new(format!("turns away what Slack would send (HTTP {status})"), forward),
        }
    }

    /// What happened to a delivery that arrived here and was not let in.
    pub(super) fn damaged(probe: &Probe, arrived: &Arrived) -> Self {
        for name in [SIGNATURE, TIMESTAMP] {
            if !arrived.headers.contains_key(&name) {
                return Self::new(
                    format!("the header {name} is taken away on the way"),
                    "let the proxy pass every header of Slack's on",
                );
            }
        }
        let first = probe.body.iter().zip(&arrived.body).position(|(sent, came)| sent != came);
        let at = first.unwrap_or_else(|| probe.body.len().min(arrived.body.len()));
        if arrived.body == probe.body {
            return Self::new(
                "arrives, but its answer or its headers are changed on the way",
                "let the proxy pass headers and answers on as they are",
            );
        }
        Self::new(
            format!(
                "the body is changed on the way: {} bytes were sent, {} arrived, and they differ from byte {at} on",
                probe.body.len(),
                arrived.body.len()
            ),
            "let the proxy or firewall pass bodies of /slack/ as they are, byte for byte",
        )
    }
}

/// Whether nothing is behind a path.
pub(super) fn is_not_there(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
}
