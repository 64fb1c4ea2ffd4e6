//! The evidence: who did what, when, with whose authority, and what came of it. An entry is written in the transaction of
//! its fact; later, where nobody waits, it gets its position in a chain.
//!
//! What is exported of an entry, and what its hash is of, are the same bytes: JSON without spaces, the keys of each object
//! sorted, no fractions, numbers past 2^53 as text ([`canonical`]). The hash is SHA-256 of the 32 bytes of the hash before
//! it (zeros before the first) and these bytes. A personal text stands apart, and in its place `{"sha256": …}`, the digest
//! of its salt's bytes and its own.

mod blank;
pub mod canonical;
pub mod chain;
pub mod checkpoints;
mod click;
mod entry;
pub mod export;
mod facts;
mod personal;

pub use blank::{Blanked, Whose};
pub(in crate::ledger) use click::refused;
pub use click::{Click, rule};
pub(in crate::ledger) use facts::{chosen, decision, person, proposal, push, settings, settings_decision, watch};
