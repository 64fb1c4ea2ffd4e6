//! Stateful stand-ins for Slack, P0, an identity provider, Identity Platform between the two, and PagerDuty, which enforce
//! the real limits. The tests use the same ones that a user can try.
//!
//! [`run`] sets a `scene` (people, requests, settings) in a throw-away `folder`, starts the bot between the stand-ins,
//! and serves the `page` on which a user is any of those people; `provisioning` and `expiry` do what P0 does by itself, and
//! `duty` says who is on call. On that
//! `stage` the `bot` can be killed and started, `faults` be switched on, what is on `disk` be seen, and `stories` be
//! played. A `seed` says who is there, `identity` whose credential they decide with.

mod bell;
mod bot;
mod disk;
mod duty;
mod expiry;
mod faults;
mod folder;
mod identity;
pub mod identity_platform;
pub mod idp;
mod jws;
mod keys;
pub mod p0;
mod page;
pub mod pagerduty;
mod provisioning;
mod run;
mod scene;
mod seed;
pub mod slack;
mod stage;
mod stories;
mod wire;

use http::HeaderValue;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

pub use identity::{CardRisk, IdentityMode};
pub use run::run;
pub use stories::Scenario;

/// The time as the `Date` header says it.
fn date_header(now: Timestamp) -> HeaderValue {
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap_or_default();
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// 128 random bits, for addresses, tokens and names that nobody is to guess.
fn new_secret() -> String {
    format!("{:032x}", rand::random::<u128>())
}
