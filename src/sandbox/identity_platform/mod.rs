//! A stand-in for Google's Identity Platform, at which P0's own clients change a login for a bearer.
//!
//! A call's way: `wire` (socket) → `door` (faults, log) → `sign_in` or `refresh` → `state`. Its errors are those of
//! Identity Platform's published lists, in their two shapes; what comes after a colon there is this stand-in's own.

mod calls;
mod door;
mod refresh;
mod reply;
mod sign_in;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{Jwk, JwkSet};

use super::jws::IssuerKeys;
use super::keys::KeyPair;
use super::p0::{SignOn, TrustedLogin};
use super::wire::{Fault, Port, http_client, listen};
use crate::clock::Clock;

pub use calls::{Call, Endpoint};

use state::State;

/// One organisation's place at Identity Platform, and the one provider that its people log in at.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// The tenant's name, `tenantId`.
    pub id: String,
    /// The provider's name here, `providerId`.
    pub provider_id: String,
    /// The client at the provider: ID tokens for another `aud` are refused.
    pub client_id: String,
    /// The provider's `iss`.
    pub issuer: String,
    /// Where its public keys are.
    pub keys: IssuerKeys,
}

impl Tenant {
    /// The tenant that an organisation's discovery speaks of.
    pub fn of(sign_on: &SignOn, issuer: &str, keys: IssuerKeys) -> Self {
        Self {
            id: sign_on.tenant_id.clone(),
            provider_id: sign_on.provider_id.clone(),
            client_id: sign_on.client_id.clone(),
            issuer: issuer.to_owned(),
            keys,
        }
    }
}

/// With what a stand-in starts.
#[derive(Clone, Debug)]
pub struct IdentityPlatformSetup {
    /// Where it reads the time.
    pub clock: Clock,
    /// The project, which stands in `iss` and `aud` of its tokens.
    pub project: String,
    /// The key that every call has to name.
    pub api_key: String,
}

impl Default for IdentityPlatformSetup {
    fn default() -> Self {
        Self { clock: Clock::system(), project: "p0-stand-in".to_owned(), api_key: SignOn::default().api_key }
    }
}

/// A running stand-in. Clones are the same one; it runs until [`IdentityPlatform::stop`] or the end of the runtime.
#[derive(Clone)]
pub struct IdentityPlatform {
    shared: Arc<Shared>,
    port: Port,
}

/// What the handle and the HTTP side share.
struct Shared {
    setup: IdentityPlatformSetup,
    key: KeyPair,
    http: reqwest::Client,
    state: Mutex<State>,
}

impl Shared {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl IdentityPlatform {
    /// Starts on a free port of 127.0.0.1, without tenants.
    ///
    /// # Errors
    /// No port can be bound.
    pub async fn start(setup: IdentityPlatformSetup) -> io::Result<Self> {
        let shared = Shared { setup, key: KeyPair::generate(), http: http_client(), state: Mutex::default() };
        let shared = Arc::new(shared);
        let port = Port::serve(listen().await?, door::router(shared.clone()))?;
        Ok(Self { shared, port })
    }

    /// What the bot takes for `https://identitytoolkit.googleapis.com`.
    pub fn identity_toolkit_url(&self) -> String {
        format!("{}{}", self.port.url(), door::IDENTITY_TOOLKIT)
    }

    /// What the bot takes for `https://securetoken.googleapis.com`.
    pub fn secure_token_url(&self) -> String {
        format!("{}{}", self.port.url(), door::SECURE_TOKEN)
    }

    /// Its ID tokens as logins, for a P0 to trust; P0 itself looks at the tenant in them.
    pub fn login(&self) -> TrustedLogin {
        let key = Jwk::from_encoding_key(&self.shared.key.private, Algorithm::ES256).expect("a P-256 key has a JWK");
        TrustedLogin {
            issuer: self.shared.issuer(),
            audience: self.shared.setup.project.clone(),
            keys: IssuerKeys::Set(JwkSet { keys: vec![key] }),
        }
    }

    /// Gives an organisation a place, in place of the tenant of the same name.
    pub fn set_tenant(&self, tenant: Tenant) {
        self.shared.with(|state| state.set_tenant(tenant));
    }

    /// Every session of this person so far can be refreshed no longer: `TOKEN_EXPIRED`.
    pub fn expire(&self, email: &str) {
        self.shared.with(|state| state.expire(email));
    }

    /// Closes this person's account: `USER_DISABLED`, whatever they show.
    pub fn disable(&self, email: &str) {
        self.shared.with(|state| state.disable(email));
    }

    /// The next `calls` calls of this endpoint (`None`: of any) meet this fault; faults scripted earlier come first.
    pub fn fail_next(&self, calls: u32, endpoint: impl Into<Option<Endpoint>>, fault: Fault) {
        self.shared.with(|state| state.faults.add(endpoint.into(), fault, Some(calls)));
    }

    /// Every call of this endpoint (`None`: of any) meets this fault until [`IdentityPlatform::clear_faults`].
    pub fn fail_until_cleared(&self, endpoint: impl Into<Option<Endpoint>>, fault: Fault) {
        self.shared.with(|state| state.faults.add(endpoint.into(), fault, None));
    }

    /// Forgets every fault to come.
    pub fn clear_faults(&self) {
        self.shared.with(|state| state.faults.clear());
    }

    /// Every call so far, in the order of arrival. No token and no key is in it.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.with(|state| state.calls.clone())
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
