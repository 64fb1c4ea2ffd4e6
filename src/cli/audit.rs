//! The arguments of `p0-chatops audit`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use super::ConfigArgs;
use crate::domain::person::UserId;
use crate::domain::request::RequestId;

/// What is done with the evidence.
#[derive(Args, Debug)]
pub struct AuditArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What can be done with the evidence of who did what.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Print the evidence as JSON Lines, with its checkpoints.
    ///
    /// It only reads, and works beside a running `serve`. The first line says which part of the chain follows: `first`
    /// and `last` position, the hash `previous` to it, and its `head`. Then a line for each `entry` with its `hash`, and one
    /// for each `checkpoint` behind the entry that it was made at. Slack user ids are in clear; in the place of personal
    /// texts (reasons, P0's words, who somebody is to P0) stand digests.
    Export(ExportArgs),
    /// Say whether an export is whole: nothing changed, left out, added or put elsewhere.
    ///
    /// It needs no settings and no network. What it could not check, it names. The exit code is 0 where the export is whole,
    /// 1 where it is not (with the line), and 2 where it cannot be read.
    Verify(VerifyArgs),
    /// Blank the personal texts of somebody's entries, or of those about a request.
    ///
    /// The entries stay, with the digests of the texts, and the chain still verifies. That it was done becomes evidence. It
    /// changes nothing but the evidence: what the ledger has of a request or a decision to work with stays there, and so do
    /// backups and exports. There is no way back.
    Blank(BlankArgs),
}

/// What is exported.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// Where the settings are.
    #[command(flatten)]
    pub settings: ConfigArgs,
    /// From the first entry that is not before this: a date (midnight UTC), or a time as 2026-03-01T12:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub since: Option<When>,
    /// To the last entry before this, and on to the next checkpoint, which vouches for it.
    #[arg(long, value_name = "TIME")]
    pub until: Option<When>,
    /// How it is written.
    #[arg(long, default_value = "jsonl", value_name = "FORMAT")]
    pub format: Format,
    /// With the personal texts that have not been blanked, each with its salt.
    #[arg(long)]
    pub with_personal: bool,
}

/// How evidence is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A JSON object on each line: what `audit verify` takes.
    Jsonl,
    /// An event of OCSF 1.3.0 on each line (Entity Management, 3004), with the entry in `unmapped`, and no checkpoints.
    Ocsf,
}

/// What is verified, and against what.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// The export; `-` for standard input.
    pub file: PathBuf,
    /// The public half of `audit.key_file`, PEM: checkpoints have to be signed with it.
    #[arg(long, value_name = "PUBLIC.pem")]
    pub key: Option<PathBuf>,
    /// A hash that has to be in the chain, as the log tells of it with each checkpoint.
    #[arg(long, value_name = "HASH", value_parser = hash)]
    pub head: Option<String>,
}

/// What is blanked.
#[derive(Args, Debug)]
pub struct BlankArgs {
    /// Whose.
    #[command(flatten)]
    pub whose: WhoseArgs,
    /// Where the settings are.
    #[command(flatten)]
    pub settings: ConfigArgs,
}

/// Whose entries.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct WhoseArgs {
    /// What this Slack user did, as U01ALICE.
    #[arg(long, value_name = "USER", value_parser = user)]
    pub person: Option<UserId>,
    /// What was done about this request.
    #[arg(long, value_name = "ID", value_parser = RequestId::parse)]
    pub request: Option<RequestId>,
}

fn user(text: &str) -> Result<UserId, &'static str> {
    UserId::parse(text).ok_or("no Slack user's id, as U01ALICE")
}

fn hash(text: &str) -> Result<String, &'static str> {
    let is_one = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_one { Ok(text.to_ascii_lowercase()) } else { Err("no hash: 64 hexadecimal digits") }
}

/// A time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When(pub Timestamp);

impl FromStr for When {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let midnight = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp());
        text.parse()
            .ok()
            .or_else(midnight)
            .map(Self)
            .ok_or("neither a date, as 2026-03-01, nor a time, as 2026-03-01T12:00:00Z")
    }
}
