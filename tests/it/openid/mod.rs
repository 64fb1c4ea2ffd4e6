//! The client of OpenID Connect providers, held against one that says whatever it is told to say, and against the sandbox's.

mod discovery;
mod exchange;
mod flows;
mod idp;
pub mod says;
mod slack;
mod tokens;
