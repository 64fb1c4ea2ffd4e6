//! All that this provider remembers, behind its lock, and who is told when it changes.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::calls::{Call, Target};
use super::device::Device;
use super::families::{Family, RefreshToken};
use super::foreign::TrustedIssuer;
use super::key_ring::KeyRing;
use super::setup::{Account, Client, IdpSetup};
use super::sign_in::{Code, SignIn};
use super::tamper::Tamper;
use super::token::own::Issued;
use crate::sandbox::wire::{Script, http_client};

/// What the handle and the HTTP side share.
pub(super) struct Shared {
    pub(super) http: reqwest::Client,
    state: Mutex<State>,
    pub(super) version: watch::Sender<u64>,
}

impl Shared {
    pub(super) fn new(setup: IdpSetup, issuer: String) -> Self {
        Self { http: http_client(), state: Mutex::new(State::new(setup, issuer)), version: watch::Sender::new(0) }
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
    pub(super) setup: IdpSetup,
    pub(super) issuer: String,
    pub(super) keys: KeyRing,
    /// Sign-ins that wait for somebody to choose an account, by the name that the page's form carries.
    pub(super) sign_ins: HashMap<String, SignIn>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) devices: Vec<Device>,
    pub(super) families: Vec<Family>,
    pub(super) refresh_tokens: HashMap<String, RefreshToken>,
    /// Each access token and ID token, by `jti`.
    pub(super) issued: HashMap<String, Issued>,
    pub(super) trusted: Vec<TrustedIssuer>,
    /// `iss` and `jti` of the foreign tokens seen so far.
    pub(super) spent: HashSet<(String, String)>,
    pub(super) tampers: VecDeque<Tamper>,
    pub(super) faults: Script<Target>,
    pub(super) calls: Vec<Call>,
}

impl State {
    fn new(setup: IdpSetup, issuer: String) -> Self {
        Self {
            setup,
            issuer,
            keys: KeyRing::default(),
            sign_ins: HashMap::new(),
            codes: HashMap::new(),
            devices: Vec::new(),
            families: Vec::new(),
            refresh_tokens: HashMap::new(),
            issued: HashMap::new(),
            trusted: Vec::new(),
            spent: HashSet::new(),
            tampers: VecDeque::new(),
            faults: Script::default(),
            calls: Vec::new(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.setup.clock.now()
    }

    pub(super) fn client(&self, id: &str) -> Option<&Client> {
        self.setup.clients.iter().find(|client| client.id == id)
    }

    /// An account by subject, e-mail or name.
    pub(super) fn account(&self, who: &str) -> Option<&Account> {
        self.setup.accounts.iter().find(|account| account.is(who))
    }

    /// An account by its subject, if it may still do anything.
    pub(super) fn enabled(&self, subject: &str) -> Option<&Account> {
        self.setup.accounts.iter().find(|account| account.subject == subject && !account.disabled)
    }

    /// Everything that a page may show: no secret, no code, no token.
    pub(super) fn to_json(&self) -> Value {
        let clients = self.setup.clients.iter().map(|client| {
            json!({
                "id": client.id,
                "public": client.secret.is_none(),
                "redirectUris": client.redirect_uris,
                "grants": client.grants,
            })
        });
        json!({
            "issuer": self.issuer,
            "clients": clients.collect::<Vec<_>>(),
            "accounts": self.setup.accounts,
            "families": self.families,
            "devices": self.devices,
            "faults": self.faults,
            "calls": self.calls,
        })
    }
}
