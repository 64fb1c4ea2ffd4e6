//! P0's just-in-time settings: what is known of them, and the changes of them, which are decisions like any other.

pub mod cards;
pub mod mirror;
