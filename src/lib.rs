//! p0-chatops: people decide P0 access requests in Slack, each with their own authority.
//!
//! The tour, in the order in which a click walks through the rooms:
//!
//! 1. [`inbound`]: strangers' bytes are capped, verified and read. A [`inbound::signed::Signed`] delivery cannot be
//!    made elsewhere.
//! 2. [`decide`]: local rules, then one durable row, then the answer to Slack. [`domain`] holds the words and the rules.
//! 3. [`ledger`]: what is durable. From here on nothing depends on this process staying alive.
//! 4. [`forward`]: a worker leases the decision, [`authorize`] finds out who the person is *now* and which credential
//!    is theirs, the ledger marks it as being sent, P0 is told once, and what came of it is written down.
//! 5. [`notify`]: every copy of the card is drawn anew, and whoever has to know is told.
//!
//! How an approver's own credential comes to be here is another way: [`link`] walks it, through the pages of
//! [`inbound`], the providers that [`authorize`] asks, and the vault in which it seals what they give.
//!
//! [`check`] looks whether an install will work, by the rooms' own ways. [`vault`] changes the keys that seal tokens,
//! [`links`] lists and revokes links, [`settings`] shows and changes P0's own settings,
//! [`route`] explains which rule a request goes by.
//! [`evidence`] seals what was noted of all of it, and reads it out.
//! [`app`] wires these together; [`config`], [`clock`], [`telemetry`] and [`lifecycle`] are what they stand on.
//! [`manifest`] writes what Slack is told of the app, before there is one; [`scopes`] is what it asks for.

mod answer;
pub mod app;
pub mod authorize;
mod away;
mod beside;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
mod converse;
pub mod decide;
pub mod domain;
pub mod evidence;
pub mod forward;
pub mod home;
mod http_client;
pub mod inbound;
pub mod jit;
pub mod ledger;
pub mod lifecycle;
pub mod link;
pub mod links;
pub mod manifest;
pub mod notify;
pub mod push;
pub mod route;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod scopes;
mod serve;
pub mod settings;
pub mod socket;
mod standing;
pub mod telemetry;
mod unfurl;
pub mod vault;
mod worklist;
