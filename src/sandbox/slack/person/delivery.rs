//! Signed requests to the bot's doors, or envelopes over its sockets.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Cannot, Delivered};
use crate::sandbox::slack::Slack;
use crate::sandbox::slack::payloads::VERIFICATION_TOKEN;
use crate::sandbox::slack::signature::sign;
use crate::sandbox::slack::socket::Envelope;

/// One request to the bot, kept to be sent again.
#[derive(Clone, Debug)]
pub(in crate::sandbox::slack) struct Delivery {
    path: String,
    body: Bytes,
    headers: HeaderMap,
}

/// The bot's doors below the URL it was connected with.
#[derive(Clone, Copy)]
pub(in crate::sandbox::slack) enum Door {
    Interactivity,
    Commands,
    Events,
}

impl Door {
    fn path(self) -> &'static str {
        match self {
            Self::Interactivity => "/slack/interactivity",
            Self::Commands => "/slack/commands",
            Self::Events => "/slack/events",
        }
    }

    fn at(path: &str) -> Option<Self> {
        [Self::Interactivity, Self::Commands, Self::Events].into_iter().find(|door| door.path() == path)
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Interactivity | Self::Commands => "application/x-www-form-urlencoded",
            Self::Events => "application/json",
        }
    }
}

/// A client that waits as long as Slack does, follows nothing and uses no proxy. It brings its own provider
/// of TLS, because the process may not have installed one.
pub(in crate::sandbox::slack) fn http_client(
    answer_within: Duration,
) -> Result<reqwest::Client, Box<dyn std::error::Error + Send + Sync>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(answer_within)
        .build()?)
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-slack-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-slack-request-timestamp");
const RETRY_NUM: HeaderName = HeaderName::from_static("x-slack-retry-num");
const RETRY_REASON: HeaderName = HeaderName::from_static("x-slack-retry-reason");

impl Slack {
    /// `X-Slack-Signature` and `X-Slack-Request-Timestamp` for a body, of now and with the signing secret.
    pub fn signed(&self, body: &[u8]) -> HeaderMap {
        let (seconds, signature) = self.shared.look(|slack| {
            let seconds = slack.setup.clock.now().as_second();
            (seconds, sign(&slack.setup.signing_secret, seconds, body))
        });
        let mut headers = HeaderMap::new();
        headers.insert(TIMESTAMP, HeaderValue::from(seconds));
        headers.insert(SIGNATURE, ascii(&signature));
        headers
    }

    /// Sends any bytes with any headers to a path of the bot, for stories about strangers at the door.
    pub async fn deliver(&self, path: &str, body: impl Into<Bytes>, headers: HeaderMap) -> Result<Delivered, Cannot> {
        self.send(Delivery { path: path.to_owned(), body: body.into(), headers }).await
    }

    /// Tells a body of a story's own making as Slack would at this path: signed now, or in an envelope.
    pub async fn tell_at(&self, path: &str, body: Vec<u8>) -> Result<Delivered, Cannot> {
        let headers = self.signed(&body);
        match Door::at(path).filter(|_| self.is_in_socket_mode()) {
            Some(door) => self.post(Envelope::new(door, &body, None)).await,
            None => self.deliver(path, body, headers).await,
        }
    }

    /// Sends the last delivery of a person's act again, byte for byte, with its old signature or envelope: a replay.
    pub async fn redeliver(&self) -> Result<Delivered, Cannot> {
        if self.is_in_socket_mode() {
            return self.post_again().await;
        }
        let last = self.shared.look(|slack| slack.last_delivery.clone()).ok_or(Cannot::NothingToRepeat)?;
        self.send(last).await
    }

    /// Sends the last event once more as Slack does when it got no 2xx: signed anew and numbered.
    /// Slack does so up to three times; its reasons are e.g. `http_timeout` and `http_error`.
    pub async fn retry_event(&self, number: u8, reason: &str) -> Result<Delivered, Cannot> {
        let body = self.shared.look(|slack| slack.last_event.clone()).ok_or(Cannot::NothingToRepeat)?;
        self.announce_again(body, number, reason).await
    }

    async fn announce_again(&self, body: Vec<u8>, number: u8, reason: &str) -> Result<Delivered, Cannot> {
        if self.is_in_socket_mode() {
            return self.post(Envelope::new(Door::Events, &body, Some((number, reason.to_owned())))).await;
        }
        let mut headers = self.headers_for(Door::Events, &body);
        headers.insert(RETRY_NUM, HeaderValue::from(u16::from(number)));
        headers.insert(RETRY_REASON, ascii(reason));
        self.send(Delivery { path: Door::Events.path().to_owned(), body: body.into(), headers }).await
    }

    /// Asks the events door to prove itself, as when its URL is entered in the app's settings;
    /// the answer should hold the challenge.
    pub async fn verify_url(&self, challenge: &str) -> Result<Delivered, Cannot> {
        let body = json!({"type": "url_verification", "token": VERIFICATION_TOKEN, "challenge": challenge});
        self.tell(Door::Events, body.to_string().into_bytes()).await
    }

    /// The occasional `ssl_check=1` at the commands door, which no person typed.
    pub async fn check_ssl(&self) -> Result<Delivered, Cannot> {
        self.tell(Door::Commands, format!("ssl_check=1&token={VERIFICATION_TOKEN}").into_bytes()).await
    }

    /// An interaction, as the form field `payload`.
    pub(super) async fn interact(&self, payload: &Value) -> Result<Delivered, Cannot> {
        // The serializer may not be held over the wait: it cannot be sent between threads.
        let form =
            form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
        self.tell(Door::Interactivity, form.into_bytes()).await
    }

    /// An event, as JSON. Where the bot does not take it, it comes again by itself if the setup says so.
    pub(super) async fn announce(&self, event: &Value) -> Result<Delivered, Cannot> {
        let body = event.to_string().into_bytes();
        self.shared.change(|slack| slack.last_event = Some(body.clone()));
        let answer = self.tell(Door::Events, body.clone()).await;
        if let Some(reason) = not_taken(&answer) {
            self.retry_by_itself(body, reason);
        }
        answer
    }

    fn retry_by_itself(&self, body: Vec<u8>, reason: &'static str) {
        let waits = self.shared.look(|slack| slack.setup.event_retries.clone());
        let slack = self.clone();
        let retrying = async move {
            for (number, wait) in (1..).zip(waits) {
                tokio::time::sleep(wait).await;
                if not_taken(&slack.announce_again(body.clone(), number, reason).await).is_none() {
                    return;
                }
            }
        };
        tokio::spawn(self.stop.clone().run_until_cancelled_owned(retrying));
    }

    fn is_in_socket_mode(&self) -> bool {
        self.shared.look(|slack| slack.setup.socket_mode)
    }

    pub(super) async fn tell(&self, door: Door, body: Vec<u8>) -> Result<Delivered, Cannot> {
        if self.is_in_socket_mode() {
            return self.post(Envelope::new(door, &body, None)).await;
        }
        let headers = self.headers_for(door, &body);
        let delivery = Delivery { path: door.path().to_owned(), body: body.into(), headers };
        self.shared.change(|slack| slack.last_delivery = Some(delivery.clone()));
        self.send(delivery).await
    }

    fn headers_for(&self, door: Door, body: &[u8]) -> HeaderMap {
        let mut headers = self.signed(body);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(door.content_type()));
        headers.insert(USER_AGENT, HeaderValue::from_static("Slackbot 1.0 (+https://api.slack.com/robots)"));
        headers
    }

    async fn send(&self, delivery: Delivery) -> Result<Delivered, Cannot> {
        let base = self.shared.look(|slack| slack.bot_url.clone()).ok_or(Cannot::NotConnected)?;
        let request = self.http.post(format!("{base}{}", delivery.path)).headers(delivery.headers).body(delivery.body);
        let no_answer = |error: reqwest::Error| {
            let is_connect = error.is_connect();
            let why = format!("{:#}", anyhow::Error::new(error));
            if is_connect { Cannot::NotReached(why) } else { Cannot::NoAnswer(why) }
        };
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(no_answer)?;
        Ok(Delivered { status, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// Why an event has to come again, in Slack's words; `None` where the bot took it.
fn not_taken(answer: &Result<Delivered, Cannot>) -> Option<&'static str> {
    match answer {
        Ok(delivered) if (200..300).contains(&delivered.status) => None,
        Ok(_) => Some("http_error"),
        Err(Cannot::NoAnswer(_)) => Some("http_timeout"),
        Err(_) => Some("connection_failed"),
    }
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
