//! P0's just-in-time settings: what is known of them, and the changes of them, which are decisions like any other.

mod agreement;
pub mod cards;
pub mod copies;
mod decisions;
pub mod leases;
pub mod mirror;
mod outcomes;
pub mod proposals;
pub(super) mod sweep;
