//! P0's settings, changed from here: the second API.

mod admins;
mod client;
mod contract;
mod outside;
