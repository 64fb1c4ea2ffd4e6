//! What a bot could be at best: the same door with nothing behind it, and with one durable row behind it.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use sha2::Sha256;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use url::form_urlencoded;

use crate::click::SECRET;

/// A click and who waits until it is on disk.
type Waiting = (Click, oneshot::Sender<()>);

/// Serves the floor of this name on a free port, which it prints, until it is killed.
pub async fn serve(name: &str, folder: &str) {
    let writer = match name {
        "door" => None,
        "durable" => Some(sqlite(&format!("{folder}/durable.db")).await),
        other => panic!("no floor is called {other}"),
    };
    let router = Router::new().route("/slack/interactivity", post(take)).with_state(writer);
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
    eprintln!("{}", listener.local_addr().expect("it is bound"));
    axum::serve(listener, router).await.expect("it serves");
}

async fn take(State(writer): State<Option<mpsc::Sender<Waiting>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(click) = is_signed(&headers, &body).then(|| read(&body)).flatten() else {
        return StatusCode::UNAUTHORIZED;
    };
    let Some(writer) = writer else { return StatusCode::OK };
    let (tell, told) = oneshot::channel();
    match writer.send((click, tell)).await {
        Ok(()) if told.await.is_ok() => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn is_signed(headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(stamp), Some(signature)) = (header("x-slack-request-timestamp"), header("x-slack-signature")) else {
        return false;
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes keys of any length");
    for part in [b"v0:", stamp.as_bytes(), b":", body] {
        mac.update(part);
    }
    let ours: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    signature.strip_prefix("v0=") == Some(&ours)
}

#[derive(Deserialize)]
struct Payload {
    user: Named,
    trigger_id: String,
    actions: Vec<Action>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Action {
    action_id: String,
    value: String,
}

struct Click {
    delivery: String,
    person: String,
    control: String,
    value: String,
}

fn read(body: &[u8]) -> Option<Click> {
    let (_, payload) = form_urlencoded::parse(body).find(|(name, _)| name == "payload")?;
    let payload: Payload = serde_json::from_str(&payload).ok()?;
    let action = payload.actions.into_iter().next()?;
    Some(Click {
        delivery: payload.trigger_id,
        person: payload.user.id,
        control: action.action_id,
        value: action.value,
    })
}

async fn sqlite(path: &str) -> mpsc::Sender<Waiting> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a file");
    sqlx::query("CREATE TABLE clicks (delivery TEXT NOT NULL PRIMARY KEY, person TEXT NOT NULL, control TEXT NOT NULL, value TEXT NOT NULL)")
        .execute(&mut connection)
        .await
        .expect("a table");
    let (queue, mut clicks) = mpsc::channel::<Waiting>(1024);
    tokio::spawn(async move {
        let mut batch = Vec::new();
        while clicks.recv_many(&mut batch, 64).await > 0 {
            let mut transaction = connection.begin().await.expect("it begins");
            let mut waiting = Vec::new();
            for (click, tell) in batch.drain(..) {
                sqlx::query("INSERT INTO clicks (delivery, person, control, value) VALUES ($1, $2, $3, $4)")
                    .bind(click.delivery)
                    .bind(click.person)
                    .bind(click.control)
                    .bind(click.value)
                    .execute(&mut *transaction)
                    .await
                    .expect("one row");
                waiting.push(tell);
            }
            transaction.commit().await.expect("on disk");
            for tell in waiting {
                let _ = tell.send(());
            }
        }
    });
    queue
}
