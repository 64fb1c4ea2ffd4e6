//! Draws Homes anew whose content changed while people may be looking, at Slack's pace.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Occasion;
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
            if !self.may_call() {
                break;
            }
            drawn += 1;
            if let Some(SlackFailure::Busy { retry_after }) = self.tools.draw_home(&person, Occasion::Changed).await? {
                let now = self.tools.clock.now();
                self.pace.lock().unwrap_or_else(PoisonError::into_inner).silence(Method::Publish, now, retry_after);
            }
        }
        Ok(drawn)
    }

    fn may_call(&self) -> bool {
        let now = self.tools.clock.now();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.after_clock_step(now);
        let may = pace.next(Method::Publish, "") <= now;
        if may {
            pace.spend(Method::Publish, "", now);
        }
        may
    }
}
