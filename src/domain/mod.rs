//! The words of the trade, without I/O: who, what, for how long, and what became of it.

pub mod absence;
pub mod card_key;
pub mod command;
pub mod control;
pub mod decision;
pub mod delivery;
pub mod expiration;
pub mod facts;
pub mod grant;
pub mod home;
pub mod jit;
pub mod link;
pub mod person;
pub mod phase;
pub mod posted;
pub mod refusal;
pub mod request;
pub mod request_link;
pub mod route;
pub mod rules;
pub mod sign_in;
pub mod status;
pub mod text;
pub mod unknown_verb;
pub mod watch;
