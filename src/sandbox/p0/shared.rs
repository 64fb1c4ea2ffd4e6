//! What the handle, the HTTP side and the notifier have in common: the state behind its lock, and who is told of it.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{mpsc, watch};

use super::notifier::{Notifier, Push};
use super::state::State;
use crate::clock::Clock;

/// What the handle, the HTTP side and the notifier share.
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) org: String,
    pub(super) settings_api_key: String,
    pub(super) notifier: Notifier,
    pub(super) http: reqwest::Client,
    pub(super) state: Mutex<State>,
    pub(super) version: watch::Sender<u64>,
    pub(super) outbox: mpsc::UnboundedSender<Push>,
}

impl Shared {
    /// Looks at the state.
    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state, hands over what has to be pushed because of it, and tells who watches.
    pub(super) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut state);
        if !state.held {
            for push in state.outbox.drain(..) {
                // The receiver is gone only after `stop`, when nobody expects a push any more.
                let _ = self.outbox.send(push);
            }
        }
        drop(state);
        self.version.send_modify(|version| *version += 1);
        result
    }
}
