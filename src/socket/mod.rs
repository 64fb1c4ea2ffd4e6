//! Socket Mode: Slack is called, and tells over WebSockets what it would else call the bot for.
//!
//! [`wire`] opens a socket, [`line`] keeps one, [`answer`] has an envelope answered by those who answer over HTTP. Here it
//! is seen to that as many are open as the settings ask for, and that a new one is there before an old one goes.

mod answer;
mod backoff;
mod line;
pub(crate) mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Mutex, Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::SocketMode;
use crate::decide::Tools;
use crate::notify::web_api::SlackFailure;
use backoff::Backoff;
use line::{End, Line};
use wire::{Dialer, NotOpened, Socket};

/// Envelopes that are being answered at one time, over all sockets.
const MOST_IN_HAND: usize = 256;
/// A socket that has lasted this long was no failure, however it ended.
const STEADY_AFTER: Duration = Duration::from_secs(30);
/// How long a stop waits for what is being answered: Slack itself gives up after 3 s.
const ANSWERED_WITHIN: Duration = Duration::from_secs(4);

/// The waits that a socket's life consists of.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// After so much silence Slack is asked whether it is there.
    pub quiet: Duration,
    /// After so much more the connection is given up.
    pub deaf: Duration,
    /// How long one goes on listening that has been replaced, where Slack does not close it.
    pub linger: Duration,
    /// The pause after the first failure; each further one is twice as long, to half a minute.
    pub pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(10),
            deaf: Duration::from_secs(20),
            linger: Duration::from_secs(15),
            pause: Duration::from_secs(1),
        }
    }
}

/// The sockets of a running bot; cheap to clone.
#[derive(Clone)]
pub struct Sockets {
    /// How patient they are.
    pub pace: Pace,
    connections: usize,
    dialer: Arc<Dialer>,
    tools: Tools,
    /// One is opened at a time: Slack's patience with that is everybody's.
    opening: Arc<Mutex<Backoff>>,
    open: Arc<AtomicUsize>,
    room: Arc<Semaphore>,
    in_hand: TaskTracker,
}

impl Sockets {
    pub(crate) fn new(mode: &SocketMode, client: reqwest::Client, tools: Tools) -> Self {
        tools.metrics.sockets(0);
        Self {
            pace: Pace::default(),
            connections: mode.connections,
            dialer: Arc::new(Dialer { slack: tools.slack.clone(), app_token: mode.app_token.clone(), client }),
            tools,
            opening: Arc::default(),
            open: Arc::default(),
            room: Arc::new(Semaphore::new(MOST_IN_HAND)),
            in_hand: TaskTracker::new(),
        }
    }

    /// Whether Slack can tell anything.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst) > 0
    }

    /// Keeps sockets open until `stop` is cancelled, and then until what was in hand is answered.
    pub async fn run(self, stop: CancellationToken) {
        join_all((0..self.connections).map(|_| self.keep(&stop))).await;
        self.in_hand.close();
        if tokio::time::timeout(ANSWERED_WITHIN, self.in_hand.wait()).await.is_err() {
            tracing::warn!("envelopes that were still being answered were given up");
        }
    }

    /// Keeps one socket open. While it is replaced there are two.
    async fn keep(&self, stop: &CancellationToken) {
        let mut lines = JoinSet::new();
        let mut replaced = CancellationToken::new();
        while let Some(socket) = stop.run_until_cancelled(self.open()).await {
            replaced.cancel();
            replaced = CancellationToken::new();
            let began = Instant::now();
            let (tell, going) = oneshot::channel();
            let line = Line::new(self.clone(), socket, tell);
            lines.spawn(line.serve(replaced.clone(), stop.clone()));
            // A line that panicked has told nothing.
            let end = going.await.unwrap_or(End::Broken);
            if let End::Stopped = end {
                break;
            }
            self.report(end);
            let mut backoff = self.opening.lock().await;
            if matches!(end, End::Refresh) || began.elapsed() >= STEADY_AFTER {
                backoff.steady();
            } else {
                backoff.failed(None);
            }
            while lines.try_join_next().is_some() {}
        }
        while lines.join_next().await.is_some() {}
    }

    /// Opens a socket, however long it takes.
    async fn open(&self) -> Socket {
        let mut backoff = self.opening.lock().await;
        loop {
            tokio::time::sleep(backoff.pause(self.pace.pause)).await;
            match self.dialer.open().await {
                Ok(socket) => return socket,
                Err(failure) => {
                    self.tools.metrics.socket_end("not_opened");
                    backoff.failed(failure.retry_after());
                    self.complain(&failure);
                }
            }
        }
    }

    fn complain(&self, failure: &NotOpened) {
        match failure {
            NotOpened::Slack(SlackFailure::Refused(code)) if !failure.is_passing() => tracing::error!(
                code,
                "slack.app_token is refused by Slack: nothing that people do reaches the bot. Set the app-level token \
                 that Slack shows under Basic Information, with the scope connections:write"
            ),
            NotOpened::Disabled => disabled(),
            _ if self.is_open() => tracing::warn!(%failure, "a socket to Slack could not be opened, another is"),
            _ => tracing::error!(%failure, "no socket to Slack is open: nothing that people do reaches the bot"),
        }
    }

    fn report(&self, end: End) {
        self.tools.metrics.socket_end(end.reason());
        match end {
            End::Refresh => tracing::debug!("Slack wants another socket in the place of one"),
            End::Disabled => disabled(),
            _ => tracing::warn!(why = end.reason(), "a socket to Slack has ended"),
        }
    }
}

fn disabled() {
    tracing::error!(
        "the app's Socket Mode is switched off: nothing that people do reaches the bot. Switch it on in the app's \
         settings, or set slack.mode = \"http\""
    );
}
