//! The arguments of `p0-chatops vault`.

use clap::{Args, Subcommand};

use super::ConfigArgs;
use crate::authorize::vault::KeyId;

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
    /// Give up what a lost key has sealed, so that `serve` starts without it.
    ///
    /// The links of these people end; they are told, and have to link again. Nobody tells your identity provider, so end
    /// their sessions there if the key may be in wrong hands.
    ForgetLost {
        /// Where the settings are.
        #[command(flatten)]
        settings: ConfigArgs,
        /// The key's id, as `serve` and `vault status` name it.
        #[arg(value_name = "KEY_ID", value_parser = key_id)]
        key: KeyId,
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

fn key_id(text: &str) -> Result<KeyId, &'static str> {
    KeyId::parse(text).ok_or("is no key id: 16 hexadecimal digits, as `vault status` shows them")
}
