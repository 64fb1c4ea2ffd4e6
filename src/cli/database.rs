//! The arguments of `p0-chatops migrate` and `p0-chatops ledger`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ConfigArgs;

/// How the schema is brought up to date.
#[derive(Args, Debug)]
pub struct MigrateArgs {
    /// Where the settings are.
    #[command(flatten)]
    pub settings: ConfigArgs,
    /// Change nothing: say whether there is something to do.
    #[arg(long)]
    pub check: bool,
}

/// What is done with the ledger.
#[derive(Args, Debug)]
pub struct LedgerArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: LedgerCommand,
}

/// What can be done with the ledger.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Copy the ledger of the settings, a SQLite file, into an empty PostgreSQL database.
    ///
    /// Stop `serve` first. Everything is copied in one transaction and compared, row by row, before it counts: a copy that
    /// is interrupted leaves the database empty. The file stays as it was. Then set `database_url` to the database, and
    /// start `serve`; from then on the file is old.
    Move {
        /// Where the settings are.
        #[command(flatten)]
        settings: ConfigArgs,
        /// Where to: postgres://USER@HOST/DATABASE. What holds a password is better kept in a file.
        #[arg(long, value_name = "URL", required_unless_present = "to_file", conflicts_with = "to_file")]
        to: Option<String>,
        /// A file that holds that URL.
        #[arg(long, value_name = "FILE")]
        to_file: Option<PathBuf>,
        /// Copy nothing: say what would be.
        #[arg(long)]
        dry_run: bool,
    },
}
