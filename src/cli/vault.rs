//! The arguments of `p0-chatops vault`.

use clap::{Args, Subcommand};

use super::ConfigArgs;

/// What is done with the vault.
#[derive(Args, Debug)]
pub struct VaultArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: VaultCommand,
}

/// What can be done with the keys that seal people's tokens.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Print a new key, for `vault.key` or as a line of `vault.key_file`.
    NewKey,
    /// Say which keys there are, and how many records each has sealed.
    ///
    /// The exit code is 1 where a record needs a key that is not here.
    Status {
        /// Where the settings are.
        #[command(flatten)]
        settings: ConfigArgs,
        /// Print one JSON object: `current`, `keys` with `id`, `held` and `records`, and `unreadable`.
        #[arg(long)]
        json: bool,
    },
    /// Change the key, and seal every record anew, while the bot runs.
    ///
    /// With `vault.key_file` a new key is put in front of the file's others, which stay. Run it as the file's owner, or
    /// root. Where the keys come from elsewhere it says what to do, and seals anew with the key that is current.
    Rotate {
        /// Where the settings are.
        #[command(flatten)]
        settings: ConfigArgs,
        /// Make no new key: only seal anew what older keys have sealed, as after a rotation that was interrupted.
        #[arg(long)]
        reseal_only: bool,
    },
    /// Take the older keys out of `vault.key_file`, unless a record still needs one.
    ///
    /// A backup of the ledger needs the keys of its time: keep a copy of them with it.
    ForgetOld {
        /// Where the settings are.
        #[command(flatten)]
        settings: ConfigArgs,
    },
}
