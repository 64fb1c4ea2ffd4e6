//! Stand-ins.
pub mod p0;
