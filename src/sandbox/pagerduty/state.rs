//! All that it remembers, behind its lock, and who is told when it changes.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::calls::{Call, Endpoint};
use super::setup::{PagerDutySetup, Schedule, User};
use crate::sandbox::wire::Script;

/// What the handle and the HTTP side share.
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) version: watch::Sender<u64>,
}

impl Shared {
    pub(super) fn new(setup: PagerDutySetup) -> Self {
        let state = State { setup, faults: Script::default(), calls: Vec::new() };
        Self { state: Mutex::new(state), version: watch::Sender::new(0) }
    }

    /// Looks at the state.
    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state and tells who watches.
    pub(super) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.version.send_modify(|version| *version += 1);
        result
    }
}

/// What lies behind the lock.
pub(super) struct State {
    pub(super) setup: PagerDutySetup,
    /// By endpoint; `None` meets every call.
    pub(super) faults: Script<Option<Endpoint>>,
    pub(super) calls: Vec<Call>,
}

impl State {
    pub(super) fn user(&self, id: &str) -> Option<&User> {
        self.setup.users.iter().find(|user| user.id == id)
    }

    pub(super) fn schedule(&self, id: &str) -> Option<&Schedule> {
        self.setup.schedules.iter().find(|schedule| schedule.id == id)
    }

    /// Everything that a page may show: not the key.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "users": self.setup.users,
            "schedules": self.setup.schedules,
            "policies": self.setup.policies,
            "faults": self.faults,
            "calls": self.calls,
        })
    }
}
