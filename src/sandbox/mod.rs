//! Stateful stand-ins for Slack and P0, which enforce the real limits. The tests use the same ones that a user can try.

pub mod p0;
mod run;
pub mod slack;

pub use run::run;
