//! Stopping in two steps: first no new work and what is in flight is finished, then, at the deadline or a second
//! signal, everything ends.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long the soft stop lasts at most. A call to P0 takes at most 10 s.
pub const SOFT_STOP: Duration = Duration::from_secs(12);

/// The signals that ask the process to stop.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// Where the system does not let us.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Runs `work` until it ends or a signal comes. On a signal `soft` is cancelled, and `work` has [`SOFT_STOP`] to end by
/// itself; a second signal ends the wait at once. Says whether `work` ended by itself.
pub async fn until_stopped(mut signals: Signals, soft: CancellationToken, work: impl Future<Output = ()>) -> bool {
    tokio::pin!(work);
    tokio::select! {
        () = &mut work => return true,
        () = signals.next() => {}
    }
    tracing::info!("stopping: what is in flight is finished first; a second signal stops at once");
    soft.cancel();
    tokio::select! {
        () = &mut work => true,
        () = signals.next() => {
            tracing::warn!("stopped at once; what was being sent will be shown as unknown");
            false
        }
        () = tokio::time::sleep(SOFT_STOP) => {
            tracing::warn!("the soft stop took too long; what was being sent will be shown as unknown");
            false
        }
    }
}
