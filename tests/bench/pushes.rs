//! Requests for the bot to know of, pushed through its own door, and the keys that its cards have got.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::click::Card;

/// Pushes that are under way at one time.
const AT_ONCE: usize = 16;

/// Pushes so many requests.
pub async fn send(host: &str, authorization: &str, requests: usize) {
    let next = Arc::new(AtomicUsize::new(0));
    let mut lines = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (host, authorization, next) = (host.to_owned(), authorization.to_owned(), next.clone());
        lines.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    return;
                }
                let answer = push(&host, &authorization, number).await.expect("the bot listens");
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            }
        });
    }
    lines.join_all().await;
}

async fn push(host: &str, authorization: &str, number: usize) -> std::io::Result<String> {
    let body = json!({"eventType": "request-updated", "data": {
        "requestId": format!("req-{number}"), "status": "PENDING_APPROVAL", "type": "aws", "access": "role",
        "permission": {"role": "AdministratorAccess", "accountId": "111122223333"},
        "requestor": "bob@example.com", "principal": "bob@example.com", "reason": "The nightly import has stopped",
        "duration": "2 hours", "requestedTimestamp": 1_795_000_000_000_u64,
        "display": {"rows": [
            {"label": "Role", "content": "AdministratorAccess"},
            {"label": "Account", "content": "production (111122223333)"},
        ]},
    }})
    .to_string();
    let mut stream = TcpStream::connect(host).await?;
    let head = format!(
        "POST /p0/notifications HTTP/1.1\r\nhost: {host}\r\nauthorization: {authorization}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len(),
    );
    stream.write_all((head + &body).as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// The cards of all requests: Slack would send their keys back with a press.
pub async fn cards(folder: &Path) -> Vec<Card> {
    let options = SqliteConnectOptions::new().filename(folder.join("p0-chatops.db")).read_only(true);
    let mut ledger = SqliteConnection::connect_with(&options).await.expect("the bot's ledger");
    let rows = sqlx::query("SELECT key FROM cards ORDER BY key").fetch_all(&mut ledger).await.expect("its cards");
    rows.iter().map(|row| Card { key: row.get("key") }).collect()
}
