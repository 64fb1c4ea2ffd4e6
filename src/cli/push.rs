//! The arguments of `p0-chatops push`.

use std::path::PathBuf;

use clap::Args;

use super::ConfigArgs;

/// What is pushed.
#[derive(Args, Debug)]
pub struct PushArgs {
    /// The push, as JSON; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub push: PathBuf,
    /// Where the settings are.
    #[command(flatten)]
    pub config: ConfigArgs,
}
