//! What stand-ins do below and beside HTTP: a port that can be closed and opened again, connections that can be cut,
//! answers, and faults that are scripted for the next calls.

mod fault;
mod line;
mod port;
mod reply;
mod sending;

use std::time::Duration;

pub use fault::{Answer, Fault};

pub(super) use fault::Script;
pub(super) use line::Line;
pub(super) use port::{Port, listen};
pub(super) use reply::Reply;
pub(super) use sending::Sending;

/// How long a stand-in waits for the bot: for its keys and for the answer to a push.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// A client for loopback: no proxy of the environment, and no redirect followed.
pub(super) fn http_client() -> reqwest::Client {
    // An error says that the process has chosen its provider already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(CALL_TIMEOUT)
        .build()
        .expect("a client without TLS settings can be built")
}
