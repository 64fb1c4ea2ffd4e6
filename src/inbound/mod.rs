//! The doors: strangers' bytes become typed values here, and nowhere else.

pub(crate) mod body;
pub(crate) mod bounded;
pub mod browser;
mod form;
pub(crate) mod jwt;
pub mod keys;
pub mod notifier_keys;
mod payload;
pub(crate) mod published;
pub mod push;
pub mod pushed;
pub mod signature;
pub mod signed;
pub mod slack;
pub mod socket;
