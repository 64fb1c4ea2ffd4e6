//! Stories of the bot, told through real sockets against the sandbox's stand-ins. `P0CHATOPS_TEST_DOOR=socket` has Slack
//! tell over Socket Mode what it tells over HTTP otherwise; only what is about HTTP itself stays with it.

#![cfg(feature = "sandbox")]

mod any_bytes;
mod approve;
mod architecture;
mod browser;
mod check;
mod cluster;
mod commands;
mod completions;
mod convergence;
mod crash;
mod doors;
mod evidence;
mod hostile_text;
mod identity;
mod interop;
mod jit;
mod linked;
mod links;
mod manifest;
mod mapping;
mod night;
mod not_from_chat;
mod notifier;
mod notifier_keys;
mod observed;
mod oncall;
mod openid;
mod outcomes;
mod outside;
mod packaging;
mod process;
mod quiet;
mod reach;
mod redeemed;
mod refusals;
mod relayed;
mod replicas;
mod routes;
mod sandbox;
mod security;
mod serve;
mod settings_cli;
mod settings_seen;
mod socket;
mod step_up;
mod token_command;
mod vault;
mod watch;
mod wire;
mod world;
