//! A stateful P0 on a loopback socket, for the tests and for trying the bot in a browser.
//!
//! It enforces P0's published contract (`openapi/`) so that a bot which breaks it is refused here as it
//! would be there, and it shares no code with the bot except the clock: a misreading of the contract
//! cannot hide on both sides. Where P0 publishes nothing, the choice made is named where it is made.
//!
//! A call's way: `line` (socket) → `door` (cap, log, faults) → `route` → `bearer` (who) →
//! `permission_api` or `settings_api` → `state`; what moved is told by `notifier`.

mod assertion;
mod bearer;
mod calls;
mod discovery;
mod door;
mod faults;
mod handle;
mod line;
mod notifier;
mod permission_api;
mod reply;
mod requests;
mod route;
mod settings_api;
mod shared;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

pub use assertion::{IssuerKeys, TrustedIssuer};
pub use bearer::BearerKind;
pub use calls::Call;
pub use faults::{Answer, Fault};
pub use notifier::{NotifierSetup, SignedBy, TokenSpec};
pub use requests::{DisplayRow, RequestSeed};
pub use route::Verb;
pub use settings_api::{DurationOption, Labels, Unit};
pub use state::{Behaviour, PushAttempt, SuccessBody, Undocumented};

use bearer::Credentials;
use faults::Script;
use line::Listening;
use notifier::Notifier;
use settings_api::Settings;
use shared::{Shared, http_client};
use state::State;

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
            maximum: DurationOption::new(30, Unit::Days),
            behaviour: Behaviour::default(),
        }
    }
}

/// A running stand-in. Clones are the same one; it runs until [`P0::stop`] or the end of the runtime.
#[derive(Clone)]
pub struct P0 {
    shared: Arc<Shared>,
    address: SocketAddr,
    connections: Arc<AtomicU64>,
    running: Arc<tokio::sync::Mutex<Option<Running>>>,
    stopped: CancellationToken,
}

/// One period between opening the port and closing it.
struct Running {
    cut_all: CancellationToken,
    server: JoinHandle<()>,
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
                settings: Settings::new(setup.maximum),
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
        let stopped = CancellationToken::new();
        let connections = Arc::new(AtomicU64::new(0));
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (address, running) = open(&shared, free, &connections, &stopped).await?;
        tokio::spawn(stopped.clone().run_until_cancelled_owned(notifier::send_by_itself(shared.clone(), pushes)));
        Ok(Self { shared, address, connections, running: Arc::new(tokio::sync::Mutex::new(Some(running))), stopped })
    }

    /// Where it listens, `http://127.0.0.1:<port>` without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes the port and every connection: the next call is refused before a byte of it is sent.
    pub async fn down(&self) {
        if let Some(running) = self.running.lock().await.take() {
            running.cut_all.cancel();
            // The port is free only when the server has let go of it.
            let _ = running.server.await;
        }
    }

    /// Opens the same port again; nothing to do where it is open.
    ///
    /// # Errors
    /// Another process has taken the port meanwhile, or the stand-in was stopped.
    pub async fn up(&self) -> io::Result<()> {
        let mut running = self.running.lock().await;
        if self.stopped.is_cancelled() {
            return Err(io::Error::other("the stand-in was stopped"));
        }
        if running.is_none() {
            *running = Some(open(&self.shared, self.address, &self.connections, &self.stopped).await?.1);
        }
        Ok(())
    }

    /// Closes the port and ends the automatic pushes, for good.
    pub async fn stop(&self) {
        self.stopped.cancel();
        self.down().await;
    }
}

/// Binds the port and serves it until its token is cancelled.
async fn open(
    shared: &Arc<Shared>,
    address: SocketAddr,
    connections: &Arc<AtomicU64>,
    stopped: &CancellationToken,
) -> io::Result<(SocketAddr, Running)> {
    let cut_all = stopped.child_token();
    let listening = Listening::bind(address, cut_all.clone(), connections.clone()).await?;
    let address = listening.address()?;
    let service = door::router(shared.clone()).into_make_service_with_connect_info::<line::Line>();
    let serving = axum::serve(listening, service).into_future();
    let until_cut = cut_all.clone();
    let server = tokio::spawn(async move {
        until_cut.run_until_cancelled_owned(serving).await;
    });
    Ok((address, Running { cut_all, server }))
}
