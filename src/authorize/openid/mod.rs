//! A client of an OpenID Connect provider: the organisation's own, and Slack ("Sign in with Slack").
//!
//! Sources: OpenID Connect Core and Discovery 1.0; RFC 6749 (OAuth), 7009 (revocation), 7636 (PKCE), 8628 (device flow),
//! 9207 (`iss` in the callback). What providers do differently is said where it matters.

mod code;
mod device;
mod discovery;
pub mod exchange;
mod grant;
mod id_token;
mod renewal;
pub mod token_endpoint;
mod trouble;

use std::sync::Arc;

use url::Url;

use crate::clock::Clock;
use crate::config::Secret;
use discovery::Discovery;
use token_endpoint::{Authentication, TokenEndpoint};

pub use code::Ask;
pub use device::{DeviceCode, Poll};
pub use discovery::Metadata;
pub use grant::Grant;
pub use id_token::{Claims, Verified};
pub use renewal::{REFRESHED_WITHIN, Revoked};
pub use trouble::Trouble;

/// The scope for which an ID token comes.
const OPENID: &str = "openid";
/// The scope for which a refresh token comes (OpenID Connect Core, 11).
const OFFLINE_ACCESS: &str = "offline_access";

/// As whom the bot is registered at a provider.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The provider, exactly as its discovery document and its tokens write it.
    pub issuer: String,
    /// The client.
    pub client_id: String,
    /// Its secret; a public client has none.
    pub client_secret: Option<Secret>,
    /// What is asked for; `openid` is added where it is not among them.
    pub scopes: Vec<String>,
    /// Whether codes are bound to their asker by PKCE.
    pub pkce: bool,
}

/// A provider; cheap to clone. Making one asks nobody.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    registration: Registration,
    client: reqwest::Client,
    clock: Clock,
    discovery: Discovery,
}

impl Provider {
    /// A provider that is asked with `client`, which must neither follow redirects nor retry.
    pub fn new(registration: Registration, client: reqwest::Client, clock: Clock) -> Self {
        let discovery = Discovery::new(&registration.issuer, client.clone(), clock.clone());
        Self(Arc::new(Inner { registration, client, clock, discovery }))
    }

    /// The provider's name, as its tokens write it.
    pub fn issuer(&self) -> &str {
        &self.0.registration.issuer
    }

    /// What the provider says of itself. It is believed for an hour, and asked at most every 30 s.
    ///
    /// # Errors
    /// Where it cannot be had, or must not be believed.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, Trouble> {
        Ok(self.0.discovery.get().await?.metadata)
    }

    /// Every scope that is asked for, `openid` among them.
    fn scopes(&self) -> Vec<&str> {
        let stated = self.0.registration.scopes.iter().map(String::as_str).filter(|scope| *scope != OPENID);
        std::iter::once(OPENID).chain(stated).collect()
    }

    fn token_endpoint(&self, metadata: &Metadata) -> TokenEndpoint {
        self.endpoint(metadata.token_endpoint.clone(), &metadata.token_endpoint_auth_methods)
    }

    /// An endpoint at which the client shows who it is as at the token endpoint.
    fn endpoint(&self, url: Url, methods: &[String]) -> TokenEndpoint {
        let Registration { client_id, client_secret, .. } = &self.0.registration;
        let authentication = match client_secret {
            None => Authentication::Public { client_id: client_id.clone() },
            Some(secret) => Authentication::of_methods(client_id.clone(), secret.clone(), methods),
        };
        TokenEndpoint::new(url, authentication, self.0.client.clone(), self.0.clock.clone())
    }
}
