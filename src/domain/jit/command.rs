//! What is typed behind `settings`: the grammar of changes of P0's settings.

use clap::{Parser, Subcommand};

use super::change::{Approvals, Change};
use super::length::SettingLength;
use crate::domain::expiration::LengthError;
use crate::domain::unknown_verb::UnknownVerb;

/// What somebody wants with P0's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsCommand {
    /// `settings`, alone or with `show`
    Show,
    /// `settings add 4h` and its siblings
    Change(Change),
    /// `settings put-back`
    PutBack,
}

/// What somebody typed behind `settings`, nearly understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsMiss {
    /// No such verb.
    UnknownVerb(UnknownVerb),
    /// The length is missing, or cannot be one.
    BadLength {
        /// Which verb it is for, as it is typed.
        verb: &'static str,
        /// What is wrong with it.
        error: LengthError,
    },
    /// Not both of what approvals ask for, each with `on` or `off`: P0 sets the two together.
    BadApprovals,
    /// There is more than the verb takes.
    TooMuch,
}

#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_version_flag = true, disable_help_subcommand = true)]
struct Line {
    #[command(subcommand)]
    verb: Option<Typed>,
}

#[derive(Subcommand)]
enum Typed {
    Show,
    Add(Words),
    Remove(Words),
    #[command(alias = "maximum")]
    Max(Words),
    Standing(Words),
    Approvable(Words),
    Approvals(Words),
    Reset,
    PutBack,
}

#[derive(clap::Args)]
struct Words {
    #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
    words: Vec<String>,
}

impl SettingsCommand {
    /// Reads the words behind `settings`; phones' capital letters are forgiven.
    ///
    /// # Errors
    /// What is near, where they are no command.
    pub fn parse(words: &[String]) -> Result<Self, SettingsMiss> {
        let words = words.iter().map(|word| word.to_lowercase());
        let change = match Line::try_parse_from(words).map_err(|error| miss(&error))?.verb {
            None | Some(Typed::Show) => return Ok(Self::Show),
            Some(Typed::PutBack) => return Ok(Self::PutBack),
            Some(Typed::Add(typed)) => Change::Add { length: typed.length("add")? },
            Some(Typed::Remove(typed)) => Change::Remove { length: typed.length("remove")? },
            Some(Typed::Max(typed)) => Change::Maximum { length: typed.length("max")? },
            Some(Typed::Standing(typed)) => Change::Standing { length: typed.length("standing")? },
            Some(Typed::Approvable(typed)) => Change::Approvable { length: typed.length("approvable")? },
            Some(Typed::Approvals(typed)) => Change::Approvals(typed.approvals().ok_or(SettingsMiss::BadApprovals)?),
            Some(Typed::Reset) => Change::Reset,
        };
        Ok(Self::Change(change))
    }
}

impl Words {
    fn length(&self, verb: &'static str) -> Result<SettingLength, SettingsMiss> {
        let words = match self.words.split_first() {
            Some((first, rest)) if first == "for" || first == "to" => rest,
            _ => &self.words,
        };
        words.join(" ").parse().map_err(|error| SettingsMiss::BadLength { verb, error })
    }

    /// `one-party off reason on`, in any order.
    fn approvals(&self) -> Option<Approvals> {
        let (mut one_party, mut require_reason) = (None, None);
        for pair in self.words.chunks(2) {
            let [what, set] = pair else { return None };
            let what = match what.as_str() {
                "one-party" => &mut one_party,
                "reason" => &mut require_reason,
                _ => return None,
            };
            let set = match set.as_str() {
                "on" => true,
                "off" => false,
                _ => return None,
            };
            if what.replace(set).is_some() {
                return None;
            }
        }
        Some(Approvals { one_party: one_party?, require_reason: require_reason? })
    }
}

fn miss(error: &clap::Error) -> SettingsMiss {
    UnknownVerb::of(error).map_or(SettingsMiss::TooMuch, SettingsMiss::UnknownVerb)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<SettingsCommand, SettingsMiss> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        SettingsCommand::parse(&words)
    }

    fn length(text: &str) -> SettingLength {
        text.parse().unwrap()
    }

    #[test]
    fn understands_each_change() {
        let approvals = |one_party, require_reason| Change::Approvals(Approvals { one_party, require_reason });
        for (line, change) in [
            ("add 4h", Change::Add { length: length("4h") }),
            ("Add 2 Weeks", Change::Add { length: length("2w") }),
            ("add 1h 30m", Change::Add { length: length("90m") }),
            ("remove 2h", Change::Remove { length: length("2h") }),
            ("remove 24H", Change::Remove { length: length("24h") }),
            ("max 24h", Change::Maximum { length: length("24h") }),
            ("MAXIMUM to 1 day", Change::Maximum { length: length("1d") }),
            ("standing 2w", Change::Standing { length: length("2w") }),
            ("standing for 2w", Change::Standing { length: length("2w") }),
            ("approvable 3d", Change::Approvable { length: length("3d") }),
            ("approvals one-party off reason on", approvals(false, true)),
            ("approvals Reason OFF one-party On", approvals(true, false)),
            ("reset", Change::Reset),
        ] {
            assert_eq!(parse(line), Ok(SettingsCommand::Change(change)), "{line}");
        }
        for (line, command) in [
            ("", SettingsCommand::Show),
            ("show", SettingsCommand::Show),
            ("put-back", SettingsCommand::PutBack),
            ("Put-Back", SettingsCommand::PutBack),
        ] {
            assert_eq!(parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn a_length_that_is_none_is_told_with_its_verb() {
        for (line, verb, error) in [
            ("add", "add", LengthError::Empty),
            ("max to", "max", LengthError::Empty),
            ("maximum", "max", LengthError::Empty),
            ("remove 0h", "remove", LengthError::Zero),
            ("max -2h", "max", LengthError::Negative),
            ("max - 2h", "max", LengthError::Negative),
            ("standing 1.5h", "standing", LengthError::Fraction),
            ("standing 1,5 h", "standing", LengthError::Fraction),
            ("standing .5h", "standing", LengthError::Fraction),
            ("approvable 3", "approvable", LengthError::NoUnit),
            ("add 4y", "add", LengthError::NotALength),
            ("add soon", "add", LengthError::NotALength),
            ("add 4h and 8h", "add", LengthError::NotALength),
            ("add 600w", "add", LengthError::TooLong),
            ("add 99999999999999999999h", "add", LengthError::TooLong),
        ] {
            assert_eq!(parse(line), Err(SettingsMiss::BadLength { verb, error }), "{line}");
        }
    }

    #[test]
    fn near_misses_say_what_is_near() {
        let unknown = |word: &str, near: Option<&str>| {
            SettingsMiss::UnknownVerb(UnknownVerb { word: word.into(), suggestion: near.map(Into::into) })
        };
        for (line, miss) in [
            ("ad 4h", unknown("ad", Some("add"))),
            ("putback", unknown("putback", Some("put-back"))),
            ("put back", unknown("put", Some("put-back"))),
            ("xyzzy", unknown("xyzzy", None)),
            ("4h", unknown("4h", None)),
            ("reset now", SettingsMiss::TooMuch),
            ("show 4h", SettingsMiss::TooMuch),
            ("--add 4h", SettingsMiss::TooMuch),
        ] {
            assert_eq!(parse(line), Err(miss), "{line}");
        }
        for half in [
            "approvals",
            "approvals one-party off",
            "approvals reason on",
            "approvals one-party off reason",
            "approvals one-party off one-party on",
            "approvals one-party off reason on reason off",
            "approvals one-party no reason yes",
            "approvals two-party on reason on",
        ] {
            assert_eq!(parse(half), Err(SettingsMiss::BadApprovals), "{half}");
        }
    }
}
