//! A stateful OpenID Connect provider on a loopback socket, for the tests and for trying the bot in a browser.
//!
//! It is as strict as the strictest of those the bot will meet (Okta, Entra, Google, PingOne, panva's oidc-provider), so
//! that a bot which breaks a rule is refused here as it would be there, and it shares no code with the bot except the
//! clock. Rules: RFC 6749, 7009, 7523, 7636, 8628, 8693, 9068, 9207, 9700 and OpenID Connect Core. Where providers
//! differ, [`IdpSetup`] has a switch.
//!
//! A call's way: `wire` (socket) → `door` (cap, log, faults) → `authorize`, `device`, `token` or `revoke` → `state`.
//! What people do in a browser is in `browser`; what tests script and look at is in `handle`.

mod authorize;
mod browser;
mod calls;
mod claims;
mod client_auth;
mod device;
mod discovery;
mod door;
mod families;
mod foreign;
mod handle;
mod key_ring;
mod page;
mod params;
mod refusal;
mod request;
mod revoke;
mod setup;
mod sign_in;
mod state;
mod tamper;
#[cfg(test)]
mod tests;
mod token;

use std::io;
use std::sync::Arc;

pub use super::jws::IssuerKeys;
pub use super::wire::{Answer, Fault};
pub use browser::Stuck;
pub use calls::{Call, Endpoint, Target};
pub use foreign::TrustedIssuer;
pub use setup::{Account, AuthMethod, Client, Grant, IdpSetup, RefreshTokens};
pub use sign_in::PASSWORD;
pub use tamper::Tamper;

use super::wire::{Port, listen};
use state::Shared;

/// A running stand-in. Clones are the same one; it runs until [`Idp::stop`] or the end of the runtime.
#[derive(Clone)]
pub struct Idp {
    shared: Arc<Shared>,
    port: Port,
}

impl Idp {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// No port can be bound.
    pub async fn start(setup: IdpSetup) -> io::Result<Self> {
        let listener = listen().await?;
        let issuer = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::new(setup, issuer));
        let port = Port::serve(listener, door::router(shared.clone()))?;
        Ok(Self { shared, port })
    }

    /// Who it says it is, and where it listens: `http://127.0.0.1:<port>` without a slash at the end.
    pub fn issuer(&self) -> String {
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
