//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Approve, deny and revoke P0 access requests from Slack, each with the approver's own authority.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    /// What to log: error, warn, info, debug or trace, also for single parts (`warn,p0_chatops::forward=debug`)
    #[cfg_attr(feature = "sandbox", doc = "[default: info; of the sandbox: warn].")]
    #[cfg_attr(not(feature = "sandbox"), doc = "[default: info].")]
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

/// How the sandbox runs.
#[cfg(feature = "sandbox")]
#[derive(Args, Debug, Default)]
pub struct SandboxArgs {
    /// The port of the page on 127.0.0.1; 0 takes any that is free.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub port: u16,
    /// Other people and requests: a copy of manifest/sandbox-seed.toml with your own in it.
    #[arg(long, value_name = "FILE", conflicts_with = "scenario")]
    pub seed: Option<PathBuf>,
    /// Play a story once the page is open, with a line of explanation at each step. It needs the people that the
    /// sandbox starts with, so not together with --seed.
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<crate::sandbox::Scenario>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn a_packaged_build_knows_no_sandbox() {
        let is_there = cfg!(feature = "sandbox");
        assert_eq!(Cli::try_parse_from(["p0-chatops", "sandbox"]).is_ok(), is_there);
        assert_eq!(Cli::command().render_long_help().to_string().contains("sandbox"), is_there);
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
