//! The generator: what Slack does to a bot when many people press at once, and how long each is kept waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::click;

/// Connections of the closed loop: each sends its next click when it has the last one's answer.
pub const CONNECTIONS: usize = 32;

/// What a load showed.
pub struct Measured {
    /// From the first click to the last answer.
    pub took: Duration,
    /// How long each click waited, shortest first.
    pub waits: Vec<Duration>,
    /// Clicks that were not answered 200.
    pub failed: usize,
}

impl Measured {
    fn new(took: Duration, answers: Vec<Option<Duration>>) -> Self {
        let failed = answers.iter().filter(|answer| answer.is_none()).count();
        let mut waits: Vec<Duration> = answers.into_iter().flatten().collect();
        waits.sort_unstable();
        Self { took, waits, failed }
    }

    /// Clicks answered in a second.
    pub fn rate(&self) -> f64 {
        self.waits.len() as f64 / self.took.as_secs_f64()
    }

    /// How long `percent` of the clicks waited at most, in milliseconds.
    pub fn percentile(&self, percent: f64) -> f64 {
        let at = (self.waits.len() as f64 * percent / 100.0).ceil() as usize;
        self.waits.get(at.saturating_sub(1)).map_or(f64::NAN, |wait| wait.as_secs_f64() * 1000.0)
    }
}

/// As fast as the subject answers, over [`CONNECTIONS`].
pub async fn closed(host: &str, bodies: &Arc<Vec<String>>) -> Measured {
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (host, bodies, next) = (host.to_owned(), bodies.clone(), next.clone());
        connections.spawn(async move {
            let (mut line, mut answers) = (Line::new(&host), Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(body) = bodies.get(number) else { return answers };
                let click = click::request(&host, body);
                let begun = Instant::now();
                answers.push(line.send(&click).await.then(|| begun.elapsed()));
            }
        });
    }
    let answers = connections.join_all().await.into_iter().flatten().collect();
    Measured::new(start.elapsed(), answers)
}

/// `rate` clicks a second whether or not the subject keeps up: a click's wait counts from when it was due.
pub async fn open(host: &str, bodies: &Arc<Vec<String>>, rate: u32) -> Measured {
    let start = Instant::now();
    let mut clicks = JoinSet::new();
    for number in 0..bodies.len() {
        let due = start + Duration::from_secs(1) * u32::try_from(number).expect("fewer clicks than that") / rate;
        tokio::time::sleep_until(due.into()).await;
        let (host, bodies) = (host.to_owned(), bodies.clone());
        clicks.spawn(async move {
            let click = click::request(&host, &bodies[number]);
            Line::new(&host).send(&click).await.then(|| due.elapsed())
        });
    }
    let answers = clicks.join_all().await;
    Measured::new(start.elapsed(), answers)
}

/// One connection, made anew where the other side has closed it.
struct Line {
    host: String,
    stream: Option<TcpStream>,
}

impl Line {
    fn new(host: &str) -> Self {
        Self { host: host.to_owned(), stream: None }
    }

    /// Whether the answer was 200.
    async fn send(&mut self, request: &[u8]) -> bool {
        self.exchange(request).await.unwrap_or(false)
    }

    async fn exchange(&mut self, request: &[u8]) -> std::io::Result<bool> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.host).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request).await?;
        let mut answer = Vec::with_capacity(512);
        let head = loop {
            if stream.read_buf(&mut answer).await? == 0 {
                return Ok(false);
            }
            if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = String::from_utf8_lossy(&answer[..head]).to_lowercase();
        let length: usize = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|length| length.trim().parse().ok())
            .unwrap_or(0);
        while answer.len() < head + length {
            if stream.read_buf(&mut answer).await? == 0 {
                return Ok(false);
            }
        }
        if !text.contains("connection: close") {
            self.stream = Some(stream);
        }
        Ok(text.starts_with("http/1.1 200"))
    }
}
