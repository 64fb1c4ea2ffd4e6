//! p0-chatops
pub mod clock;
#[cfg(feature = "sandbox")]
pub mod sandbox;
