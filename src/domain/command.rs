//! The grammar of what people type, one for slash commands, mentions and direct messages.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};

use super::away::{Away, AwayMiss};
use super::decision::Verb;
use super::expiration::{ExpirationLength, LengthError};
use super::jit::command::{SettingsCommand, SettingsMiss};
use super::request::RequestId;
use super::text;
use super::unknown_verb::UnknownVerb;

/// Longest reason for a denial that is kept, in characters; Slack's input takes the same.
pub const MOST_REASON_CHARACTERS: usize = 1000;

/// The verbs that are about one request.
const TAKES_ID: [&str; 4] = ["approve", "deny", "revoke", "show"];

/// What somebody typed, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedCommand {
    /// `approve <id> [length]`
    Approve {
        /// Which request.
        id: RequestId,
        /// For how long; without it the picker opens.
        length: Option<ExpirationLength>,
    },
    /// `deny <id> [reason]`
    Deny {
        /// Which request.
        id: RequestId,
        /// For the requester to read.
        reason: Option<String>,
    },
    /// `revoke <id>`
    Revoke {
        /// Which request.
        id: RequestId,
    },
    /// `pending`, or nothing at all
    Pending,
    /// `show <id>`
    Show {
        /// Which request.
        id: RequestId,
    },
    /// `link`
    Link,
    /// `unlink`
    Unlink,
    /// `whoami`
    Whoami,
    /// `away`, and what stands behind it
    Away(Away),
    /// `back`
    Back,
    /// `settings`, and what stands behind it
    Settings(SettingsCommand),
    /// `help`
    Help,
}

/// What somebody typed, nearly understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NearMiss {
    /// No such verb.
    UnknownVerb(UnknownVerb),
    /// The verb needs an id.
    MissingId {
        /// Which verb, as typed commands name it.
        verb: String,
    },
    /// The id cannot be one.
    BadId,
    /// A length stands where the id belongs.
    LengthForId,
    /// The length cannot be one.
    BadLength(LengthError),
    /// There is more than the verb takes.
    TooMuch,
    /// Something about P0's settings.
    Settings(SettingsMiss),
    /// Something about going away.
    Away(AwayMiss),
}

#[derive(Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_version_flag = true, disable_help_subcommand = true)]
struct Line {
    #[command(subcommand)]
    verb: Option<Typed>,
}

#[derive(Subcommand)]
#[command(rename_all = "lower")]
enum Typed {
    Approve {
        #[arg(allow_hyphen_values = true)]
        id: String,
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        length: Vec<String>,
    },
    Deny {
        #[arg(allow_hyphen_values = true)]
        id: String,
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        reason: Vec<String>,
    },
    Revoke {
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    Pending,
    Show {
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    Link,
    Unlink,
    Whoami,
    Away {
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        words: Vec<String>,
    },
    Back,
    Settings {
        #[arg(allow_hyphen_values = true, trailing_var_arg = true)]
        words: Vec<String>,
    },
    Help,
}

impl TypedCommand {
    /// Reads a line. A mention of the bot in front is passed over, phones' capital letters are forgiven, and so are
    /// back-quotes around an id.
    pub fn parse(line: &str) -> Result<Self, NearMiss> {
        let words = words(line);
        // Whoever means a request by where they write it has to write it there.
        if let [verb, rest @ ..] = words.as_slice()
            && verb == "approve"
            && matches!(parse_length(rest), Ok(Some(_)))
        {
            return Err(NearMiss::LengthForId);
        }
        Self::read(words)
    }

    /// Reads a line that was written where one request is meant: a verb that takes an id goes without.
    pub fn parse_about(line: &str, request: &RequestId) -> Result<Self, NearMiss> {
        let mut words = words(line);
        if words.first().is_some_and(|verb| TAKES_ID.contains(&verb.as_str())) {
            words.insert(1, request.as_str().to_owned());
        }
        Self::read(words)
    }

    /// What stands where a verb takes an id, where it could be one.
    pub fn named(line: &str) -> Option<RequestId> {
        match words(line).as_slice() {
            [verb, word, ..] if TAKES_ID.contains(&verb.as_str()) => parse_id(word).ok(),
            _ => None,
        }
    }

    fn read(words: Vec<String>) -> Result<Self, NearMiss> {
        match Line::try_parse_from(words).map_err(|error| near_miss(&error))?.verb {
            None | Some(Typed::Pending) => Ok(Self::Pending),
            Some(Typed::Approve { id, length }) => {
                Ok(Self::Approve { id: parse_id(&id)?, length: parse_length(&length)? })
            }
            Some(Typed::Deny { id, reason }) => {
                Ok(Self::Deny { id: parse_id(&id)?, reason: parse_reason(&reason.join(" ")) })
            }
            Some(Typed::Revoke { id }) => Ok(Self::Revoke { id: parse_id(&id)? }),
            Some(Typed::Show { id }) => Ok(Self::Show { id: parse_id(&id)? }),
            Some(Typed::Link) => Ok(Self::Link),
            Some(Typed::Unlink) => Ok(Self::Unlink),
            Some(Typed::Whoami) => Ok(Self::Whoami),
            Some(Typed::Away { words }) => Away::parse(&words).map(Self::Away).map_err(NearMiss::Away),
            Some(Typed::Back) => Ok(Self::Back),
            Some(Typed::Settings { words }) => {
                SettingsCommand::parse(&words).map(Self::Settings).map_err(NearMiss::Settings)
            }
            Some(Typed::Help) => Ok(Self::Help),
        }
    }

    /// The verb, where it is one that decides.
    pub fn verb(&self) -> Option<Verb> {
        match self {
            Self::Approve { .. } => Some(Verb::Approve),
            Self::Deny { .. } => Some(Verb::Deny),
            Self::Revoke { .. } => Some(Verb::Revoke),
            _ => None,
        }
    }
}

/// A reason as it is kept: without what could trick a reader, bounded, `None` when nothing is left.
pub fn parse_reason(text: &str) -> Option<String> {
    let reason = text::without_tricks(&text::without_controls(text));
    let reason = text::cut(reason.trim(), MOST_REASON_CHARACTERS);
    (!reason.is_empty()).then_some(reason)
}

/// A line's words, the verb in small letters.
fn words(line: &str) -> Vec<String> {
    let line = text::without_tricks(&text::without_controls(line));
    let mut words: Vec<String> = line.split_whitespace().skip_while(|w| is_mention(w)).map(str::to_owned).collect();
    if let Some(verb) = words.first_mut() {
        *verb = verb.to_lowercase();
    }
    words
}

fn is_mention(word: &str) -> bool {
    word.starts_with("<@") && word.ends_with('>')
}

fn parse_id(word: &str) -> Result<RequestId, NearMiss> {
    RequestId::parse(word.trim_matches('`')).map_err(|_| NearMiss::BadId)
}

fn parse_length(words: &[String]) -> Result<Option<ExpirationLength>, NearMiss> {
    let words = match words.split_first() {
        Some((first, rest)) if first.eq_ignore_ascii_case("for") => rest,
        _ => words,
    };
    if words.is_empty() {
        return Ok(None);
    }
    words.join(" ").parse().map(Some).map_err(NearMiss::BadLength)
}

fn near_miss(error: &clap::Error) -> NearMiss {
    if let Some(unknown) = UnknownVerb::of(error) {
        return NearMiss::UnknownVerb(unknown);
    }
    match error.kind() {
        ErrorKind::MissingRequiredArgument => NearMiss::MissingId { verb: usage_verb(error).unwrap_or_default() },
        _ => NearMiss::TooMuch,
    }
}

/// clap names the subcommand only in its usage line: `Usage: approve <ID> …`.
fn usage_verb(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else { return None };
    let usage = usage.to_string();
    usage.split_whitespace().find(|word| TAKES_ID.contains(word)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::jit::change::Change;

    fn id(text: &str) -> RequestId {
        RequestId::parse(text).unwrap()
    }

    #[test]
    fn understands_each_verb() {
        let h2 = "2h".parse().ok();
        for (line, command) in [
            ("", TypedCommand::Pending),
            ("  pending ", TypedCommand::Pending),
            ("approve req-1", TypedCommand::Approve { id: id("req-1"), length: None }),
            ("Approve req-1 2h", TypedCommand::Approve { id: id("req-1"), length: h2 }),
            ("<@U0BOT> approve `req-1` for 2 hours", TypedCommand::Approve { id: id("req-1"), length: h2 }),
            ("deny req-1", TypedCommand::Deny { id: id("req-1"), reason: None }),
            (
                "deny req-1 --force is no reason",
                TypedCommand::Deny { id: id("req-1"), reason: Some("--force is no reason".into()) },
            ),
            ("revoke req-1", TypedCommand::Revoke { id: id("req-1") }),
            ("show req-1", TypedCommand::Show { id: id("req-1") }),
            ("link", TypedCommand::Link),
            ("Unlink", TypedCommand::Unlink),
            ("whoami", TypedCommand::Whoami),
            ("settings", TypedCommand::Settings(SettingsCommand::Show)),
            ("<@U0BOT> Settings Reset", TypedCommand::Settings(SettingsCommand::Change(Change::Reset))),
            ("HELP", TypedCommand::Help),
        ] {
            assert_eq!(TypedCommand::parse(line), Ok(command), "{line:?}");
        }
    }

    #[test]
    fn near_misses_say_what_is_near() {
        let unknown = |word: &str, near: Option<&str>| {
            NearMiss::UnknownVerb(UnknownVerb { word: word.into(), suggestion: near.map(Into::into) })
        };
        for (line, miss) in [
            ("aprove req-1", unknown("aprove", Some("approve"))),
            ("xyzzy", unknown("xyzzy", None)),
            ("approve", NearMiss::MissingId { verb: "approve".into() }),
            ("revoke", NearMiss::MissingId { verb: "revoke".into() }),
            ("approve a/b 2h", NearMiss::BadId),
            ("approve 2h", NearMiss::LengthForId),
            ("approve for 2 hours", NearMiss::LengthForId),
            ("approve req-1 0h", NearMiss::BadLength(LengthError::Zero)),
            ("approve req-1 -2h", NearMiss::BadLength(LengthError::Negative)),
            ("approve req-1 soon", NearMiss::BadLength(LengthError::NotALength)),
            ("revoke req-1 req-2", NearMiss::TooMuch),
            ("setting", unknown("setting", Some("settings"))),
            ("settings reset now", NearMiss::Settings(SettingsMiss::TooMuch)),
        ] {
            assert_eq!(TypedCommand::parse(line), Err(miss), "{line:?}");
        }
    }

    #[test]
    fn where_one_request_is_meant_a_verb_goes_without_its_id() {
        let here = id("req-1");
        let h2 = "2h".parse().ok();
        for (line, command) in [
            ("<@U0BOT> approve", Ok(TypedCommand::Approve { id: here.clone(), length: None })),
            ("Approve for 2 hours", Ok(TypedCommand::Approve { id: here.clone(), length: h2 })),
            (
                "deny because it is late",
                Ok(TypedCommand::Deny { id: here.clone(), reason: Some("because it is late".into()) }),
            ),
            ("revoke", Ok(TypedCommand::Revoke { id: here.clone() })),
            ("show", Ok(TypedCommand::Show { id: here.clone() })),
            ("revoke now", Err(NearMiss::TooMuch)),
            ("approve soon", Err(NearMiss::BadLength(LengthError::NotALength))),
            ("", Ok(TypedCommand::Pending)),
            ("whoami", Ok(TypedCommand::Whoami)),
        ] {
            assert_eq!(TypedCommand::parse_about(line, &here), command, "{line:?}");
        }
        for (line, named) in [
            ("<@U0BOT> Approve `req-2` 1h", Some("req-2")),
            ("show req-2", Some("req-2")),
            ("approve", None),
            ("approve a/b", None),
            ("settings req-2", None),
        ] {
            assert_eq!(TypedCommand::named(line), named.map(id), "{line:?}");
        }
    }

    #[test]
    fn a_reason_is_bounded_and_cannot_hide_anything() {
        assert_eq!(parse_reason(" \u{200B} "), None);
        assert_eq!(parse_reason(&"x".repeat(40_000)).unwrap().chars().count(), MOST_REASON_CHARACTERS);
    }
}
