//! Stories of the bot, told through real sockets against the sandbox's stand-ins.

#![cfg(feature = "sandbox")]

mod approve;
mod architecture;
mod commands;
mod convergence;
mod doors;
mod identity;
mod interop;
mod notifier;
mod outcomes;
mod quiet;
mod refusals;
mod world;
