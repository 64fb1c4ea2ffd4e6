//! The HTTP clients: one library, one TLS provider, no redirects, no proxies of the environment.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Proxy, redirect};

use crate::config::{ConfigError, Outbound};

const CONNECT_WITHIN: Duration = Duration::from_secs(3);
const IDLE_FOR: Duration = Duration::from_secs(30);

/// The clients that a bot needs.
#[derive(Clone)]
pub struct Clients {
    /// For Slack: connections are kept for a while.
    pub slack: Client,
    /// For decisions: each has a connection of its own, and is sent at most once.
    pub decisions: Client,
    /// For identity providers, and for keys that others publish: connections are kept for a while.
    pub providers: Client,
}

impl Clients {
    /// Clients as the settings ask for.
    ///
    /// # Errors
    /// Where the proxy or the certificate authorities cannot be used.
    pub fn new(outbound: &Outbound) -> Result<Self, ConfigError> {
        // Another part of the process may have chosen it already: it is the only one that is built in.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let finish = |builder: ClientBuilder| {
            builder.build().map_err(|error| {
                ConfigError::new("ca_file", format!("the HTTP client cannot be made: {}", innermost(&error)))
            })
        };
        Ok(Self {
            slack: finish(builder(outbound)?.pool_idle_timeout(IDLE_FOR))?,
            decisions: finish(builder(outbound)?.pool_max_idle_per_host(0))?,
            providers: finish(builder(outbound)?.pool_idle_timeout(IDLE_FOR))?,
        })
    }
}

/// The reason behind the reasons: what is around it only says that something could not be built.
fn innermost(error: &reqwest::Error) -> &dyn std::error::Error {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}

fn builder(outbound: &Outbound) -> Result<ClientBuilder, ConfigError> {
    let mut builder = Client::builder()
        .user_agent(concat!("p0-chatops/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_WITHIN)
        .no_proxy();
    if let Some(url) = &outbound.proxy {
        let proxy = Proxy::all(url.expose()).map_err(|_| ConfigError::new("proxy", "cannot be used as a proxy"))?;
        builder = builder.proxy(proxy);
    }
    if let Some(path) = &outbound.ca_file {
        let refused = |problem: String| ConfigError::new("ca_file", problem);
        let pem =
            std::fs::read(path).map_err(|error| refused(format!("{} cannot be read: {error}", path.display())))?;
        let certificates =
            Certificate::from_pem_bundle(&pem).map_err(|_| refused("holds no certificates in PEM form".into()))?;
        if certificates.is_empty() {
            return Err(refused("holds no certificates in PEM form".to_owned()));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    Ok(builder)
}
