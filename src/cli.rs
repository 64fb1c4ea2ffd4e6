//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Approve, deny and revoke P0 access requests from Slack, each with the approver's own authority.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    /// What to log: error, warn, info, debug or trace, also for single parts (`warn,p0_chatops::forward=debug`)
    /// [default: info; of the sandbox: warn; of check: off].
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// Log a JSON object on each line.
    #[arg(long, global = true)]
    pub log_json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the bot: take Slack's and P0's deliveries, forward decisions, keep the cards true.
    Serve(ConfigArgs),
    /// Say whether this install will work, and what to do where it will not.
    ///
    /// A line for each thing: settings, files with secrets, ledger, clocks, Slack's token and scopes, the channel, P0,
    /// people and their tokens, the notifier's key, listeners, and each door as it is reached through `public_url`.
    /// Run it as the user that runs `serve`, which may be running. It posts nothing, decides nothing and writes no row;
    /// the one file that it makes, beside the ledger, is removed. Where no `serve` runs it answers at `listen` itself
    /// while it calls `public_url`. It takes at most two minutes, mostly a few seconds. The exit code is 0, or 1 where
    /// something will not work.
    Check(CheckArgs),
    /// Try the bot here, with stand-ins for Slack and P0: prints an address to open in a browser.
    #[cfg(feature = "sandbox")]
    Sandbox(SandboxArgs),
}

/// Where the settings are.
#[derive(Args, Debug)]
pub struct ConfigArgs {
    /// The settings file [default: p0-chatops.toml, where it exists]. Every key can also be set as
    /// P0_CHATOPS_<SECTION>__<KEY>.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What `check` looks at, and how it tells.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Where the settings are.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Print one JSON object at the end: `ok`, and `checks` with `id`, `subject`, `status` (ok, warn, fail, skip),
    /// `message` and `remedy`.
    #[arg(long)]
    pub json: bool,
}

/// How the sandbox runs.
#[cfg(feature = "sandbox")]
#[derive(Args, Debug)]
pub struct SandboxArgs {
    /// The port of the page on 127.0.0.1; 0 takes any that is free.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub port: u16,
}
