//! Stories of the bot, told through real sockets against the sandbox's stand-ins.

#![cfg(feature = "sandbox")]

mod approve;
mod doors;
mod faults;
mod notifier;
mod refusals;
mod world;
