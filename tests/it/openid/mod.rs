//! The client of OpenID Connect providers, held against one that says whatever it is told to say.

mod discovery;
mod exchange;
mod flows;
mod says;
mod tokens;
