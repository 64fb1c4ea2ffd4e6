//! Draws Homes anew whose content changed while people may be looking, at Slack's pace.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Drawn, Occasion};
use crate::decide::Tools;
use crate::ledger::LedgerError;
use crate::notify::pace::{Method, Pace};
use crate::notify::web_api::SlackFailure;

/// Homes that one look at the ledger brings.
const LOOK: u32 = 50;
/// How often the ledger is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Draws Homes by itself; cheap to clone.
#[derive(Clone)]
pub struct Painter {
    tools: Tools,
    pace: Arc<Mutex<Pace>>,
}

impl Painter {
    /// A painter with a pace of its own.
    pub fn new(tools: Tools) -> Self {
        Self { tools, pace: Arc::default() }
    }

    /// Draws Homes until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            self.step().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Draws what may be drawn now and says how much that was.
    pub async fn step(&self) -> usize {
        self.draw().await.unwrap_or_else(|error| {
            tracing::error!(%error, "Homes cannot be drawn anew");
            0
        })
    }

    async fn draw(&self) -> Result<usize, LedgerError> {
        let mut drawn = 0;
        for person in self.tools.ledger.stale_homes(LOOK).await? {
            if !self.may_publish() {
                break;
            }
            drawn += 1;
            match self.tools.draw_home(&person, Occasion::Changed).await {
                Ok(Drawn::Same) => {}
                Ok(Drawn::Published(published)) => self.published(published),
                // The other Homes have no part in it.
                Err(error) => tracing::error!(%error, of = %person, "a Home could not be drawn"),
            }
        }
        Ok(drawn)
    }

    fn may_publish(&self) -> bool {
        let now = self.tools.clock.now();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.after_clock_step(now);
        pace.next(Method::Publish, "") <= now
    }

    /// What shows the same costs Slack nothing; what was published does, and a 429 silences all of it.
    fn published(&self, published: Result<(), SlackFailure>) {
        let now = self.tools.clock.now();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.spend(Method::Publish, "", now);
        if let Err(SlackFailure::Busy { retry_after }) = published {
            pace.silence(Method::Publish, now, retry_after);
        }
    }
}
