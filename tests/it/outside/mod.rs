//! Identity providers nobody here wrote: panva's oidc-provider (Node, `tests/idp/`) and Authlib's RFC 7523 server
//! (Python, `tests/interop/jwt_bearer_server.py`), each in a process of its own.
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
mod program;
mod relying_party;

pub use control::http;
