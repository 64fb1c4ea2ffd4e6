//! The arguments of `p0-chatops settings`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ConfigArgs;

/// What a file of settings looks like; stands below the options of each command that takes or prints one.
const FILE: &str = "\
FILE is TOML. Every key may be left out, and what is left out stays as it is:

  presets = [\"1h\", \"4h\", \"24h\"]     # what approvers can pick
  maximum = \"24h\"                   # the longest grant
  standing = \"2w\"                   # the longest persistent access before a new approval
  approvable = \"3d\"                 # the longest time between a request and its approval
  [approvals]                       # needs settings.approvals = true of the bot's settings
  one_party = false                 # whether people may approve their own requests
  require_reason = true             # whether a request needs a reason

A length is a whole number of one unit: m, h, d or w. For `import` a preset may also be written with the name that P0 \
has for it, by which P0 removes it: { length = \"24h\", value = \"1 day\" }.";

/// What is done with P0's settings.
#[derive(Args, Debug)]
pub struct SettingsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: SettingsCommand,
}

/// What can be done with P0's just-in-time settings.
#[derive(Debug, Subcommand)]
pub enum SettingsCommand {
    /// Say what is known of P0's settings, and how: P0 lets nobody read them.
    ///
    /// Each is what P0 said at some time, what was set from here and by whom, or what the settings file or `import`
    /// states. Nobody is asked and nothing is written. Where there is no ledger yet it is what the bot
    /// will know when it starts: what the settings file states, and what is assumed where it says nothing.
    #[command(after_help = FILE)]
    Show {
        /// Where the settings are.
        #[command(flatten)]
        config: ConfigArgs,
        /// Print one JSON object: `presets`, `listed`, `unread`, `maximum`, `cap` (what is granted at most although P0
        /// said a longer maximum by itself), `standing`, `approvable`, `approvals`, `doubts`, `before_reset` and
        /// `offered`; `how` is assumed, stated, imported, taken (P0 took it), sent (P0
        /// did not confirm it) or told (P0 said it).
        #[arg(long)]
        json: bool,
        /// Print a file that `settings apply` and `settings import` take. What is only assumed stands in comments.
        #[arg(long, conflicts_with = "json")]
        toml: bool,
    },
    /// State what P0 has: nothing is sent, only what the bot knows is changed.
    ///
    /// For a new install, and after somebody has changed P0's settings by another way. It counts until P0 says
    /// otherwise, somebody changes it from Slack or with `apply`, or the settings file states something new.
    #[command(after_help = FILE)]
    Import {
        /// A file as below, or what P0 itself answered to `_reset`, as JSON.
        file: PathBuf,
        /// Where the settings are.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Make P0's settings as a file says: only what differs is changed, one decision for each.
    ///
    /// It prints the plan (before and after, in order, what loosens, what P0 cannot undo), asks at a terminal, and then
    /// tells P0 of one change after the other and says what became of each. It is run where the ledger is, beside a
    /// running bot or without one. Ctrl-C leaves what was not sent yet to the bot.
    /// Changes are announced as those from Slack are: within a second where the bot runs, else when it starts. No second
    /// admin is asked: whoever may run this holds the key. What another run has left on its way is carried out first.
    ///
    /// What is only assumed or in doubt is sent as well, since nobody knows whether P0 has it. The exit code is 0 where
    /// P0 took everything and nothing is left to do, and 1 where something is: a change that P0 refused, whose outcome
    /// is unknown or that could not be sent, another value than was asked for, or a doubt that stays.
    #[command(after_help = FILE)]
    Apply {
        /// How P0's settings should be.
        file: PathBuf,
        /// Where the settings are.
        #[command(flatten)]
        config: ConfigArgs,
        /// Carry the plan out without asking. Needed where nobody sits at a terminal.
        #[arg(long)]
        yes: bool,
        /// Print the plan and change nothing; the exit code is 1 where there is anything to change.
        #[arg(long, visible_alias = "dry-run", conflicts_with = "yes")]
        plan: bool,
        /// Exit with 1 also where P0 took a change without confirming it (`200 {}`), or where nobody has said which
        /// lengths P0 has.
        #[arg(long)]
        strict: bool,
        /// Print one JSON object at the end: `as_wanted`, `confirmed`, `changes` with `change`, `before`, `after`,
        /// `loosens`, `takes_away` and `outcome` (null where nothing was sent), and `notes`. It asks nobody: without
        /// --yes it is the plan.
        #[arg(long)]
        json: bool,
    },
}
