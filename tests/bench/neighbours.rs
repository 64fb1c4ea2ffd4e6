//! Slack and P0 as a bot would wish them: each call is answered at once, and with yes. What is measured is the bot.

use axum::extract::{Path, RawQuery, State};
use axum::routing::{any, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::net::TcpListener;

use crate::click::TEAM;

/// Both of them, at one address.
#[derive(Clone, Default)]
pub struct Neighbours {
    /// Decisions that reached P0.
    pub decided: Arc<AtomicU64>,
    messages: Arc<AtomicU64>,
}

impl Neighbours {
    /// Serves both from a thread of its own; answers `http://<address>`.
    pub fn start(&self) -> String {
        let router =
            Router::new().route("/api/{method}", any(slack)).route("/o/{*path}", post(p0)).with_state(self.clone());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        listener.set_nonblocking(true).expect("a socket");
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a socket");
                axum::serve(listener, router).await.expect("it serves");
            });
        });
        format!("http://{address}")
    }
}

async fn slack(State(us): State<Neighbours>, Path(method): Path<String>, RawQuery(query): RawQuery) -> Json<Value> {
    let ts = || format!("1800000000.{:06}", us.messages.fetch_add(1, Ordering::Relaxed));
    let said = |name: &str| {
        let query = query.as_deref().unwrap_or_default();
        query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned)).unwrap_or_default()
    };
    Json(match method.as_str() {
        "auth.test" => {
            json!({"ok": true, "team_id": TEAM, "user_id": "U0BOT", "bot_id": "B01P0CHATOPS", "team": "acme", "user": "p0"})
        }
        "users.info" => json!({"ok": true, "user": {
            "id": said("user"), "team_id": TEAM, "name": "ann", "deleted": false, "is_bot": false, "is_app_user": false,
            "is_restricted": false, "is_ultra_restricted": false, "is_stranger": false, "is_email_confirmed": true,
            "profile": {"email": format!("{}@example.com", said("user").to_lowercase())}, "tz": "Europe/Berlin",
        }}),
        "conversations.info" => {
            json!({"ok": true, "channel": {"id": said("channel"), "is_ext_shared": false, "is_member": true}})
        }
        "conversations.open" => json!({"ok": true, "channel": {"id": "D01DIRECT"}}),
        _ => json!({"ok": true, "ts": ts(), "channel": "C01ACCESS"}),
    })
}

async fn p0(State(us): State<Neighbours>, Path(_): Path<String>) -> Json<Value> {
    us.decided.fetch_add(1, Ordering::Relaxed);
    Json(json!({}))
}
