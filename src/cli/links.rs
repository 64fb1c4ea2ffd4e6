//! The arguments of `p0-chatops links`.

use std::str::FromStr;

use clap::{Args, Subcommand};

use super::ConfigArgs;
use crate::domain::person::UserId;

/// What is done with links.
#[derive(Args, Debug)]
pub struct LinksArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: LinksCommand,
}

/// What can be done with the links between people in Slack and their accounts at the identity provider.
#[derive(Debug, Subcommand)]
pub enum LinksCommand {
    /// Say who has linked which account, since when, and until when its token is good. No token is shown.
    List {
        /// Where the settings are.
        #[command(flatten)]
        settings: ConfigArgs,
        /// Print one JSON array of objects: `link`, `slack_team`, `slack_user`, `identity`, `issuer`, `subject`,
        /// `linked`, `last_vouched`, `good_until`, `ended` and `why`; times as in RFC 3339, null where there is none.
        #[arg(long)]
        json: bool,
        /// Also those that have ended, and why.
        #[arg(long)]
        all: bool,
    },
    /// End a link, at once: nothing more goes out with it, while the bot runs too.
    ///
    /// The bot tells its owner, who may link again, and has the provider forget the tokens: within a second where it
    /// runs, else when it starts. To keep somebody out, take them out of `identity.people` or deactivate their account
    /// as well. The exit code is 1 where there was nothing to revoke.
    Revoke {
        /// A Slack user, as U01ALICE, or the number of a link, as `links list` shows both.
        #[arg(value_name = "USER|LINK", required_unless_present = "all")]
        target: Option<Target>,
        /// Every link there is.
        #[arg(long, conflicts_with = "target")]
        all: bool,
        /// Where the settings are.
        #[command(flatten)]
        settings: ConfigArgs,
    },
}

/// Which link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// This person's.
    User(UserId),
    /// The one with this number.
    Link(i64),
}

impl FromStr for Target {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let user = || UserId::parse(text).map(Self::User);
        text.parse().ok().map(Self::Link).or_else(user).ok_or(
            "neither a Slack user's id, as U01ALICE, nor the number of a link: `p0-chatops links list` shows both",
        )
    }
}
