//! The doors: strangers' bytes become typed values here, and nowhere else.

mod body;
mod jwt;
pub mod keys;
mod payload;
pub mod push;
pub mod pushed;
pub mod signature;
pub mod signed;
pub mod slack;
