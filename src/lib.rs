//! p0-chatops
pub mod authorize;
pub mod clock;
pub mod config;
pub mod domain;
pub mod forward;
pub mod inbound;
pub mod ledger;
pub mod notify;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod telemetry;
