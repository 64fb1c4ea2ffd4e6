//! Opening a socket: Slack names an address for one, and the bot's one HTTP client asks it for a WebSocket (RFC 6455), so
//! that proxy, certificate authorities and TLS are those of every other call.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use futures_util::StreamExt as _;
use http::{StatusCode, header};
use jiff::Timestamp;
use reqwest::Upgraded;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;

use crate::config::Secret;
use crate::inbound::body::MOST_BYTES;
use crate::inbound::socket::{self, Farewell, Received};
use crate::notify::web_api::{SlackApi, SlackFailure};

/// How long the way to a WebSocket may take.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// How long Slack may take to say hello.
const GREETED_WITHIN: Duration = Duration::from_secs(10);

/// A socket over which Slack has said hello.
pub(crate) type Socket = WebSocketStream<Upgraded>;

/// Opens sockets.
pub(crate) struct Dialer {
    pub(crate) slack: SlackApi,
    pub(crate) app_token: Secret,
    pub(crate) client: reqwest::Client,
}

/// Why a socket is not open. No address is told: it holds a ticket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotOpened {
    #[error(transparent)]
    Slack(#[from] SlackFailure),
    #[error("Slack names an address that is none of its own")]
    ForeignAddress,
    #[error("the address that Slack names cannot be reached: {0}")]
    Unreachable(String),
    #[error("the address that Slack names gives no WebSocket (HTTP {0}): a proxy on the way may not let it through")]
    NoWebSocket(u16),
    #[error("Slack does not say hello")]
    NotGreeted,
    #[error("the app's Socket Mode is switched off")]
    Disabled,
}

impl NotOpened {
    /// For how long Slack wants to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Slack(SlackFailure::Busy { retry_after }) => *retry_after,
            _ => None,
        }
    }

    /// Whether it may end by itself.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Slack(failure) => failure.is_passing(),
            Self::Disabled => false,
            _ => true,
        }
    }
}

impl Dialer {
    /// Opens one, and hears Slack's hello.
    pub(crate) async fn open(&self) -> Result<Socket, NotOpened> {
        let address = self.slack.open_connection(&self.app_token).await?;
        let url = self.slack.may_listen_to(address).ok_or(NotOpened::ForeignAddress)?;
        let slow = |_| NotOpened::Unreachable("no answer in time".to_owned());
        let mut socket = tokio::time::timeout(OPEN_WITHIN, upgrade(&self.client, url)).await.map_err(slow)??;
        tokio::time::timeout(GREETED_WITHIN, greeted(&mut socket)).await.map_err(|_| NotOpened::NotGreeted)??;
        Ok(socket)
    }
}

/// Asks for a WebSocket at an `http` or `https` address.
async fn upgrade(client: &reqwest::Client, url: Url) -> Result<Socket, NotOpened> {
    let key = BASE64_STANDARD.encode(rand::random::<[u8; 16]>());
    let answer = client
        .get(url)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, &key)
        .send()
        .await
        .map_err(|error| unreachable(&error.without_url()))?;
    let said = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let is_one = answer.status() == StatusCode::SWITCHING_PROTOCOLS
        && said(header::UPGRADE).is_some_and(|to| to.eq_ignore_ascii_case("websocket"))
        && said(header::SEC_WEBSOCKET_ACCEPT) == Some(derive_accept_key(key.as_bytes()).as_str())
        // None was offered.
        && said(header::SEC_WEBSOCKET_EXTENSIONS).is_none();
    if !is_one {
        return Err(NotOpened::NoWebSocket(answer.status().as_u16()));
    }
    let stream = answer.upgrade().await.map_err(|error| unreachable(&error.without_url()))?;
    let bounds = WebSocketConfig::default().max_message_size(Some(MOST_BYTES)).max_frame_size(Some(MOST_BYTES));
    Ok(WebSocketStream::from_raw_socket(stream, Role::Client, Some(bounds)).await)
}

/// The reason behind the reasons.
fn unreachable(error: &reqwest::Error) -> NotOpened {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    NotOpened::Unreachable(innermost.to_string())
}

async fn greeted(socket: &mut Socket) -> Result<(), NotOpened> {
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        return match socket::read(&text, Timestamp::UNIX_EPOCH) {
            Received::Hello => Ok(()),
            Received::Disconnect(Farewell::LinkDisabled) => Err(NotOpened::Disabled),
            _ => Err(NotOpened::NotGreeted),
        };
    }
    Err(NotOpened::NotGreeted)
}
