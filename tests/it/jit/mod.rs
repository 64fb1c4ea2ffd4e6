//! P0's settings, changed from Slack: the second API.

mod admins;
mod client;
mod contract;
mod kept;
mod outside;
mod worker;
