//! P0's settings, changed from here: the second API.

mod client;
mod contract;
