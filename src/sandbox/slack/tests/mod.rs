//! The stand-in, called over its socket as a bot would.

mod acting;
mod admin;
mod block_rules;
mod shortcuts;
mod sign_in;
mod threads;
mod unfurls;
mod web_api;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use url::form_urlencoded;

use super::{Slack, SlackSetup};
use crate::clock::Clock;

/// What the fake bot was sent.
#[derive(Clone, Debug)]
struct Heard {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn field(&self, name: &str) -> String {
        let mut fields = form_urlencoded::parse(&self.body);
        fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    fn payload(&self) -> Value {
        serde_json::from_str(&self.field("payload")).unwrap()
    }

    /// The trigger of an interaction or slash command.
    fn trigger(&self) -> Value {
        match self.field("trigger_id") {
            form if form.is_empty() => self.payload()["trigger_id"].clone(),
            form => json!(form),
        }
    }

    fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A bot that notes what it is told and answers what it was given to say.
#[derive(Clone, Default)]
struct Bot {
    heard: Arc<Mutex<Vec<Heard>>>,
    says: Arc<Mutex<String>>,
    /// How many deliveries it still answers 503.
    failing: Arc<AtomicU32>,
    came: Arc<Notify>,
}

impl Bot {
    fn last(&self) -> Heard {
        self.heard.lock().unwrap().last().unwrap().clone()
    }

    fn fail(&self, deliveries: u32) {
        self.failing.store(deliveries, Ordering::SeqCst);
    }

    /// All that it was sent, once that is so much.
    async fn heard(&self, count: usize) -> Vec<Heard> {
        loop {
            let came = self.came.notified();
            let heard = self.heard.lock().unwrap().clone();
            if heard.len() >= count {
                return heard;
            }
            came.await;
        }
    }

    fn will_say(&self, answer: &Value) {
        *self.says.lock().unwrap() = answer.to_string();
    }
}

struct World {
    slack: Slack,
    clock: Clock,
    bot: Bot,
    http: reqwest::Client,
    token: String,
}

impl World {
    async fn new() -> Self {
        Self::with(|setup| setup).await
    }

    async fn with(change: impl FnOnce(SlackSetup) -> SlackSetup) -> Self {
        let clock = Clock::stepped();
        let setup = change(SlackSetup { answer_within: Duration::from_secs(20), ..SlackSetup::new(clock.clone()) });
        let token = setup.bot_token.clone();
        let slack = Slack::start(setup).await.unwrap();
        let bot = Bot::default();
        let door = async |State(bot): State<Bot>, uri: Uri, headers: HeaderMap, body: Bytes| {
            bot.heard.lock().unwrap().push(Heard { path: uri.path().to_owned(), headers, body });
            bot.came.notify_waiters();
            let fails =
                bot.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            let status = if fails { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
            (status, bot.says.lock().unwrap().clone())
        };
        let app = Router::new().route("/slack/{door}", post(door)).with_state(bot.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        slack.connect(&format!("http://{}", listener.local_addr().unwrap()));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let http = super::person::http_client(Duration::from_secs(20)).unwrap();
        Self { slack, clock, bot, http, token }
    }

    fn url(&self, method: &str) -> String {
        format!("{}{method}", self.slack.api_base_url())
    }

    async fn raw(&self, method: &str, args: &Value) -> reqwest::Result<reqwest::Response> {
        self.http.post(self.url(method)).bearer_auth(&self.token).json(args).send().await
    }

    /// Calls a method with JSON.
    async fn call(&self, method: &str, args: Value) -> Value {
        self.raw(method, &args).await.unwrap().json().await.unwrap()
    }

    /// Calls a method with a form.
    async fn form(&self, method: &str, args: &[(&str, &str)]) -> Value {
        let request = self.http.post(self.url(method)).bearer_auth(&self.token).form(args);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Posts the card of [`card`] and gives its `ts`.
    async fn card(&self) -> String {
        let posted =
            self.call("chat.postMessage", json!({"channel": "C01ACCESS", "text": "card", "blocks": card()})).await;
        posted["ts"].as_str().unwrap_or_else(|| panic!("{posted}")).to_owned()
    }

    /// Uses a response URL; gives status and error.
    async fn respond(&self, url: &str, args: &Value) -> (u16, Value) {
        let response = self.http.post(url).json(args).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.unwrap()["error"].clone())
    }
}

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text})
}

fn option(text: &str) -> Value {
    json!({"text": plain(text), "value": format!("v1.key.{text}")})
}

/// A card like the bot's: a text, a button, a select.
fn card() -> Value {
    json!([
        {"type": "section", "text": {"type": "mrkdwn", "text": "req-1", "verbatim": true}},
        {"type": "actions", "block_id": "decide", "elements": [
            {"type": "button", "action_id": "approve", "text": plain("Approve 1h"), "value": "v1.key.1h", "style": "primary"},
            {"type": "static_select", "action_id": "length", "placeholder": plain("Approve for…"),
             "options": [option("1h"), option("4h")]},
        ]},
    ])
}

/// A modal that asks for a reason and a length.
fn modal() -> Value {
    json!({"type": "modal", "title": plain("Deny"), "submit": plain("Deny"), "private_metadata": "v1.key", "blocks": [
        {"type": "input", "block_id": "why", "label": plain("Why"),
         "element": {"type": "plain_text_input", "action_id": "reason", "max_length": 10}},
        {"type": "input", "block_id": "long", "label": plain("Length"), "optional": true,
         "element": {"type": "static_select", "action_id": "length", "options": [option("1h")]}},
    ]})
}
