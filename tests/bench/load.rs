//! How fast the bot takes clicks, beside two floors in the same run: `door` reads and checks a click and stores nothing,
//! `durable` puts one row on disk behind it. Machines are noisy, so what counts are ratios.

mod click;
mod floor;
mod generator;
mod neighbours;
mod subject;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use click::Card;
use generator::Measured;
use neighbours::Neighbours;
use serde_json::json;
use subject::Subject;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["floor", name, folder] => runtime.block_on(floor::serve(name, folder)),
        [] => runtime.block_on(run(10_000)),
        [clicks] => runtime.block_on(run(clicks.parse().expect("a number of clicks"))),
        _ => panic!("cargo bench [-- CLICKS]"),
    }
}

async fn run(clicks: usize) {
    let folder = std::env::temp_dir().join(format!("p0-chatops-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder that can be written");
    let _ = std::process::Command::new("taskset").args(["-cp", "1", &std::process::id().to_string()]).output();
    let nobodys: Vec<Card> =
        (0..clicks).map(|number| Card { request: format!("req-{number}"), key: format!("{number:022}") }).collect();
    let bodies = bodies_(&nobodys, 0);
    for name in ["door", "durable"] {
        let floor = Subject::floor(name, &folder);
        measure(name, &floor, &bodies).await;
    }
    let neighbours = Neighbours::default();
    let address = neighbours.start();
    let (folder, authorization) = subject::company(folder, &address);
    let bot = Subject::bot(&folder);
    println!("bot: started in {:?}, {:.1} MiB", bot.started, bot.memory("VmRSS"));
    push(&bot, &authorization, clicks * 2).await;
    println!("bot: {:.1} MiB after {} pushes", bot.memory("VmRSS"), clicks * 2);
    let cards = cards(&folder).await;
    assert_eq!(cards.len(), clicks * 2);
    measure("bot", &bot, &bodies_(&cards[..clicks], clicks)).await;
    println!("bot: {:.1} MiB, {} decisions at P0", bot.memory("VmRSS"), neighbours.decided.load(Ordering::Relaxed));
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!("bot: {:.1} MiB, {} decisions at P0", bot.memory("VmRSS"), neighbours.decided.load(Ordering::Relaxed));
    let m = generator::open(&bot.host, &bodies_(&cards[clicks..(clicks + clicks.min(5000))], clicks * 2), 500).await;
    println!("bot at 500/s: p50 {:.2} p99 {:.2} ms, {} failed", m.percentile(50.0), m.percentile(99.0), m.failed);
    drop(bot);
    let _ = std::fs::remove_dir_all(&folder);
}

async fn measure(name: &str, subject: &Subject, bodies: &Arc<Vec<String>>) -> Measured {
    let before = subject.processor_time();
    let measured = generator::closed(&subject.host, bodies).await;
    let spent = subject.processor_time() - before;
    println!(
        "{name}: {:.0}/s, {:.1} us of processor time each, p50 {:.2} p99 {:.2} ms, {} failed",
        measured.rate(),
        spent.as_secs_f64() * 1e6 / bodies.len() as f64,
        measured.percentile(50.0),
        measured.percentile(99.0),
        measured.failed,
    );
    measured
}

async fn push(bot: &Subject, authorization: &str, requests: usize) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let mut lines = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (host, next, authorization) = (bot.host.clone(), next.clone(), authorization.to_owned());
        lines.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests { return }
                let body = json!({"eventType": "request-updated", "data": {
                    "requestId": format!("req-{number}"), "status": "PENDING_APPROVAL", "type": "aws", "access": "role",
                    "permission": {"role": "AdministratorAccess", "accountId": "111122223333"},
                    "requestor": "bob@example.com", "principal": "bob@example.com", "reason": "The nightly import has stopped",
                    "duration": "2 hours", "requestedTimestamp": 1_795_000_000_000_u64,
                    "display": {"rows": [{"label": "Role", "content": "AdministratorAccess"}, {"label": "Account", "content": "production (111122223333)"}]},
                }}).to_string();
                let request = format!("POST /p0/notifications HTTP/1.1\r\nhost: {host}\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
                stream.write_all(request.as_bytes()).await.unwrap();
                let mut answer = vec![0; 64];
                let read = stream.read(&mut answer).await.unwrap();
                assert!(answer[..read].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..read]));
            }
        });
    }
    lines.join_all().await;
}

async fn cards(folder: &Path) -> Vec<Card> {
    use sqlx::{Connection as _, Row as _};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("p0-chatops.db"));
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.expect("the bot's ledger");
    let rows = sqlx::query("SELECT key, request_id FROM cards ORDER BY request_id")
        .fetch_all(&mut connection)
        .await
        .expect("its cards");
    rows.iter().map(|row| Card { key: row.get("key"), request: row.get("request_id") }).collect()
}

fn bodies_(cards: &[Card], first: usize) -> Arc<Vec<String>> {
    Arc::new(cards.iter().enumerate().map(|(nth, card)| click::body(card, first + nth)).collect())
}
