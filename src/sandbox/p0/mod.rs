//! A stateful P0 on a loopback socket, for the tests and for trying the bot in a browser.
//!
//! It enforces P0's published contract (`openapi/`) so that a bot which breaks it is refused here as it
//! would be there, and it shares no code with the bot except the clock: a misreading of the contract
//! cannot hide on both sides. Where P0 publishes nothing, the choice made is named where it is made.
//!
//! A call's way: `wire` (socket) → `door` (cap, log, faults) → `route` → `bearer` (who; of a JWT `login` or
//! `assertion` says it) → `permission_api` or `settings_api` → `state`; what moved is told by `notifier`.

mod assertion;
mod bearer;
mod calls;
mod discovery;
mod door;
mod duration_option;
mod handle;
mod login;
mod notifier;
mod permission_api;
mod requests;
mod route;
mod settings_api;
mod shared;
mod state;
#[cfg(test)]
mod tests;
mod variants;

use std::io;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};

use crate::clock::Clock;

pub use assertion::TrustedIssuer;
pub use bearer::BearerKind;
pub use calls::Call;
pub use discovery::SignOn;
pub use duration_option::{DurationOption, Labels, Unit};
pub use login::TrustedLogin;
pub use notifier::{NotifierSetup, SignedBy, TokenSpec};
pub use requests::{DisplayRow, RequestSeed};
pub use route::Verb;
pub use state::{Behaviour, PushAttempt};
pub use variants::{LengthAnswer, OwnList, ResetAnswer, SuccessBody, Undocumented};

pub use super::jws::IssuerKeys;
pub use super::wire::{Answer, Fault};

use bearer::Credentials;
use notifier::Notifier;
use settings_api::Settings;
use shared::Shared;
use state::State;

use super::wire::{Port, Script, http_client, listen};

/// With what a stand-in starts.
#[derive(Clone, Debug)]
pub struct P0Setup {
    /// Where it reads the time.
    pub clock: Clock,
    /// The one organisation it serves.
    pub org: String,
    /// How it signs and names its pushes.
    pub notifier: NotifierSetup,
    /// The bearer of the settings API.
    pub settings_api_key: String,
    /// The lengths that can be picked at the start; `None`: P0's own. The settings API changes them.
    pub options: Option<Vec<DurationOption>>,
    /// The longest grant at the start; the settings API changes it.
    pub maximum: DurationOption,
    /// What may differ from one P0 to the next.
    pub behaviour: Behaviour,
}

impl Default for P0Setup {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            org: "acme".to_owned(),
            notifier: NotifierSetup::default(),
            settings_api_key: "sandbox-settings-key".to_owned(),
            options: None,
            maximum: DurationOption::new(30, Unit::Days),
            behaviour: Behaviour::default(),
        }
    }
}

/// A running stand-in. Clones are the same one; it runs until [`P0::stop`] or the end of the runtime.
#[derive(Clone)]
pub struct P0 {
    shared: Arc<Shared>,
    port: Port,
}

impl P0 {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// No port can be bound.
    pub async fn start(setup: P0Setup) -> io::Result<Self> {
        let (outbox, pushes) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            clock: setup.clock,
            org: setup.org,
            settings_api_key: setup.settings_api_key,
            http: http_client(),
            state: Mutex::new(State {
                requests: Vec::new(),
                settings: Settings::new(setup.options, setup.maximum, &setup.behaviour),
                behaviour: setup.behaviour,
                credentials: Credentials::default(),
                faults: Script::default(),
                calls: Vec::new(),
                pushes: Vec::new(),
                bot: None,
                auto_push: false,
                outbox: Vec::new(),
                held: false,
                event: setup.notifier.event.clone(),
            }),
            notifier: Notifier::new(setup.notifier),
            version: watch::Sender::new(0),
            outbox,
        });
        let port = Port::serve(listen().await?, door::router(shared.clone()))?;
        tokio::spawn(port.stopped().run_until_cancelled_owned(notifier::send_by_itself(shared.clone(), pushes)));
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

    /// Closes the port and ends the automatic pushes, for good.
    pub async fn stop(&self) {
        self.port.stop().await;
    }
}
