//! The arguments of `p0-chatops route`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::ConfigArgs;

/// What is done with routes.
#[derive(Args, Debug)]
pub struct RouteArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: RouteCommand,
}

/// What can be done with the rules by which requests are shown to people.
#[derive(Debug, Subcommand)]
pub enum RouteCommand {
    /// Say which rule a request goes by and why, what it asks of an approve, and who is told when.
    ///
    /// First how the event was read: each field, where it was found, or that P0 did not send it. Then every rule with
    /// yes, no, perhaps (P0 did not send what it goes by) or in part (it takes some of what is asked for). Until one says
    /// yes, all that say perhaps or in part count, and the strictest holds. At last whom that
    /// means now, as Slack and the on-call sources say; whoever does not answer is named. That leaves out who asked, who
    /// is away and who would be too many. Nothing is sent to anybody. The exit code is 2 where the file cannot be read as an event.
    Explain {
        /// An event as P0 pushes it, JSON; `-` is standard input.
        #[arg(value_name = "FILE")]
        event: PathBuf,
        /// When it comes, as 2026-11-20T22:00:00Z [default: now].
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
        /// Ask neither Slack nor on-call sources: people are named as the settings name them alone.
        #[arg(long)]
        offline: bool,
        /// Print one JSON object: `request`, `status`, `at`, `fields`, `route`, `is_default`, `rules`, `asks`,
        /// `channel`, `levels`, `fallback`, `remind_after` and `now`; times that pass are in seconds.
        #[arg(long)]
        json: bool,
        /// Where the settings are.
        #[command(flatten)]
        config: ConfigArgs,
    },
}
