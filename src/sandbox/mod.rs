//! Stand-ins.
pub mod slack;
