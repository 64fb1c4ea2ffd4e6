//! PagerDuty's REST API on a loopback socket, as far as it says who is on call, for the tests and for trying the bot in a
//! browser.
//!
//! Rules: PagerDuty's OpenAPI document (github.com/PagerDuty/api-schema, `reference/REST/openapiv3.json`: `listOnCalls`,
//! `getEscalationPolicy`, `getSchedule`) and its page on rate limits. It is stricter where that finds mistakes: a
//! parameter that the document does not name is refused, and so is a page of more than 100 entries. It shares no code
//! with the bot except the clock.
//!
//! A call's way: `wire` (socket) → `door` (log, faults, key, headers) → `oncalls` or `objects` → `state`; what a test or
//! the page does with it is in `handle`.

mod calls;
mod door;
mod handle;
mod objects;
mod oncalls;
mod setup;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

pub use super::wire::{Answer, Fault};
pub use calls::{Call, Endpoint};
pub use handle::rate_limited;
pub use setup::{OnDuty, PagerDutySetup, Policy, Schedule, Shift, User};

use super::wire::{Port, listen};
use state::Shared;

/// A running stand-in. Clones are the same one; it runs until [`PagerDuty::stop`] or the end of the runtime.
#[derive(Clone)]
pub struct PagerDuty {
    shared: Arc<Shared>,
    port: Port,
}

impl PagerDuty {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// No port can be bound.
    pub async fn start(setup: PagerDutySetup) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(setup));
        let port = Port::serve(listen().await?, door::router(shared.clone()))?;
        Ok(Self { shared, port })
    }

    /// Where it listens, `http://127.0.0.1:<port>` without a slash at the end.
    pub fn base_url(&self) -> String {
        self.port.url()
    }

    /// Closes the port and every connection: the next call is refused before a byte of it is sent.
    pub async fn down(&self) {
        self.port.down().await;
    }

    /// Opens the same port again; nothing to do where it is open.
    ///
    /// # Errors
    /// Another process has taken the port meanwhile, or the stand-in was stopped.
    pub async fn up(&self) -> io::Result<()> {
        self.port.up().await
    }

    /// Closes the port for good.
    pub async fn stop(&self) {
        self.port.stop().await;
    }
}
