//! Bytes of a story's own making, as Slack and strangers send them, and what the operator sees of them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use p0_chatops::sandbox::slack::Delivered;
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::{Connection as _, SqliteConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{Card, World};

pub const INTERACTIVITY: &str = "/slack/interactivity";
pub const COMMANDS: &str = "/slack/commands";
pub const EVENTS: &str = "/slack/events";
pub const DOORS: [&str; 3] = [INTERACTIVITY, COMMANDS, EVENTS];

/// Everything in which a delivery could leave something.
const TABLES: [&str; 8] =
    ["requests", "cards", "decisions", "copies", "notices", "drafts", "deliveries", "unread_pushes"];

impl World {
    /// Tells bytes as Slack would: signed now, with the app's secret, or in an envelope.
    pub async fn signed(&self, door: &str, body: impl Into<Vec<u8>>) -> Delivered {
        self.slack.tell_at(door, body.into()).await.unwrap()
    }

    /// Sends bytes with these headers and no others.
    pub async fn sent(&self, door: &str, body: impl Into<Vec<u8>>, headers: &[(&str, &str)]) -> Delivered {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        self.slack.deliver(door, body.into(), map).await.unwrap()
    }

    /// The payload of a press on a card, as Slack would send it, for a story to change.
    pub fn press_payload(&self, who: &str, card: &Card, control: &str) -> Value {
        let element = self.slack.element(&card.channel, &card.ts, control).expect("the control");
        json!({
            "type": "block_actions",
            "team": {"id": "T01ACME", "domain": "acme"},
            "enterprise": null,
            "user": {"id": who, "username": "somebody", "team_id": "T01ACME"},
            "trigger_id": format!("1.2.{:032x}", rand::random::<u128>()),
            "container": {"type": "message", "channel_id": card.channel, "message_ts": card.ts, "is_ephemeral": false},
            "actions": [element],
        })
    }

    /// What one of the operator's probes says.
    pub async fn probe(&self, path: &str) -> (StatusCode, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let router = self.app().probes();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let answer = reqwest::get(url).await.unwrap();
        let said = (answer.status(), answer.text().await.unwrap());
        serving.abort();
        said
    }

    /// What `/metrics` says.
    pub async fn metrics(&self) -> String {
        self.probe("/metrics").await.1
    }

    /// One counter of `/metrics`, all its labels together; `having` narrows it to lines that hold this text.
    pub async fn counted(&self, counter: &str, having: &str) -> u64 {
        let metrics = self.metrics().await;
        let name = format!("p0_chatops_{counter}_total{{");
        let lines = metrics.lines().filter(|line| line.starts_with(&name) && line.contains(having));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }

    /// A connection to the ledger's file beside the bot's own.
    pub async fn database(&self) -> SqliteConnection {
        SqliteConnection::connect(&format!("sqlite://{}/p0-chatops.db", self.folder.display())).await.unwrap()
    }

    /// How many rows a table has.
    pub async fn rows(&self, table: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        sqlx::query_scalar(sql).fetch_one(&mut self.database().await).await.unwrap()
    }

    /// How many rows there are in all.
    pub async fn stored(&self) -> i64 {
        let mut stored = 0;
        for table in TABLES {
            stored += self.rows(table).await;
        }
        stored
    }

    /// Writes bytes to a socket of the bot's and reads the status of the answer, however the writing ends.
    pub async fn status_of_raw(&self, request: Vec<u8>) -> u16 {
        let mut socket = TcpStream::connect(self.base.trim_start_matches("http://")).await.unwrap();
        let _ = socket.write_all(&request).await;
        let mut answer = vec![0; 12];
        socket.read_exact(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()[9..].parse().unwrap()
    }
}

/// The form that carries an interaction.
pub fn form(payload: &Value) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
}

/// A mention of the bot, as an event.
pub fn mention(who: &str, text: &str) -> Value {
    json!({
        "type": "event_callback", "team_id": "T01ACME", "event_id": format!("Ev{:x}", rand::random::<u64>()),
        "authorizations": [{"team_id": "T01ACME", "enterprise_id": null}],
        "event": {"type": "app_mention", "user": who, "team": "T01ACME", "channel": "C01ACCESS", "ts": "1.1",
            "text": format!("<@U0BOT> {text}")},
    })
}

/// The signature of a body at a time, made apart from the bot's and the stand-in's.
pub fn signature(secret: &str, stamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{stamp}:{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={hex}")
}
