//! What stands between the outside and the bot, and what it may do to what passes: proxies, firewalls, strangers.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use url::form_urlencoded;

/// What it does.
#[derive(Clone, Debug)]
pub enum Mood {
    /// Forwards everything as it is.
    Honest,
    /// Reads bodies and writes them again, as some firewalls do.
    Rewrites,
    /// Takes a header away.
    Drops(&'static str),
    /// Turns away what is not plain ASCII.
    Blocks,
    /// Answers this, whatever it is asked.
    Answers(u16, &'static [(&'static str, &'static str)], &'static str),
    /// Answers challenges without a look at who signed them.
    Parrot,
    /// Forwards, and answers something of its own.
    Muffles,
    /// Never answers.
    Silent,
    /// Forwards Slack's doors, and answers at P0's itself.
    KeepsP0(u16, &'static [(&'static str, &'static str)]),
    /// Forwards every door, and answers at the pages itself.
    KeepsPages(u16),
    /// The same at the bot's keys.
    KeepsKeys(&'static str),
}

/// A running one.
pub struct Front {
    host: String,
    to: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Way {
    mood: Mood,
    to: Arc<Mutex<Vec<String>>>,
    client: reqwest::Client,
}

impl Way {
    fn next(&self) -> String {
        let mut to = self.to.lock().unwrap();
        to.rotate_left(1);
        to.last().expect("somebody is behind it").clone()
    }
}

pub async fn honest() -> Front {
    start(Mood::Honest).await
}

pub async fn start(mood: Mood) -> Front {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let to = Arc::<Mutex<Vec<String>>>::default();
    let way = Way { mood, to: to.clone(), client: reqwest::Client::new() };
    let router = Router::new().fallback(pass).with_state(way);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Front { host, to }
}

impl Front {
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Where it forwards to: host and port.
    pub fn leads_to(&self, host: &str) {
        self.leads_by_turns(&[host]);
    }

    /// The same for several, as a balancer does: each in its turn, the first first.
    pub fn leads_by_turns(&self, hosts: &[&str]) {
        *self.to.lock().unwrap() = hosts.iter().map(|host| (*host).to_owned()).collect();
    }
}

async fn pass(State(way): State<Way>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    match &way.mood {
        Mood::Honest | Mood::Muffles => {}
        Mood::Rewrites => body = rewritten(&body),
        Mood::Drops(name) => drop(parts.headers.remove(*name)),
        Mood::Blocks if body.is_ascii() && !body.contains(&b'%') => {}
        Mood::Blocks => return StatusCode::FORBIDDEN.into_response(),
        Mood::Answers(status, headers, text) => return answer(*status, headers, text),
        Mood::Parrot => {
            let challenge = serde_json::from_slice::<Value>(&body).map(|asked| asked["challenge"].clone());
            return challenge
                .map_or_else(|_| Response::default(), |it| axum::Json(json!({ "challenge": it })).into_response());
        }
        Mood::Silent => std::future::pending().await,
        Mood::KeepsP0(status, headers) if parts.uri.path() == "/p0/notifications" => {
            return answer(*status, headers, "");
        }
        Mood::KeepsPages(status) if parts.uri.path().starts_with("/link/") => return answer(*status, &[], ""),
        Mood::KeepsKeys(text) if parts.uri.path() == "/.well-known/jwks.json" => return answer(200, &[], text),
        Mood::KeepsP0(..) | Mood::KeepsPages(_) | Mood::KeepsKeys(_) => {}
    }
    let url = format!("http://{}{}", way.next(), parts.uri.path());
    parts.headers.remove(header::HOST);
    parts.headers.remove(header::CONTENT_LENGTH);
    let Ok(heard) = way.client.request(parts.method, url).headers(parts.headers).body(body).send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    if matches!(way.mood, Mood::Muffles) {
        return answer(200, &[], "thank you");
    }
    (heard.status(), Body::from(heard.bytes().await.unwrap())).into_response()
}

fn answer(status: u16, headers: &[(&'static str, &'static str)], text: &'static str) -> Response {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect();
    (StatusCode::from_u16(status).unwrap(), headers, text).into_response()
}

fn rewritten(body: &Bytes) -> Bytes {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => value.to_string().into(),
        Err(_) => {
            let pairs = form_urlencoded::parse(body).into_owned();
            form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into()
        }
    }
}
