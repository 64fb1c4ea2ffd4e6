//! Servers that stand on what nobody here wrote: panva's oidc-provider (Node, `tests/idp/`), Authlib's RFC 7523 server
//! and openapi-core with the documents of P0 and PagerDuty (Python, `tests/interop/`), each in a process of its own.
//!
//! Where a machine lacks one, that is said by name, and `start` answers `None`: the story is not told there.

mod client;
mod code;
mod control;
mod device;
mod device_link;
mod fifty;
mod jwt_bearer;
pub mod jwt_bearer_server;
pub mod oidc_provider;
pub mod pagerduty_server;
pub mod program;
mod relying_party;
pub mod settings_server;

pub use control::http;
