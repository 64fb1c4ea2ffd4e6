//! Why a change of P0's settings is not carried out, a sentence each; mrkdwn.

use std::fmt;

use super::{WORDS, author};
use crate::domain::jit::author::Author;
use crate::domain::jit::refusal::SettingsRefusal;
use crate::domain::refusal::Refusal;
use crate::notify::foreign;

impl fmt::Display for SettingsRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAdmin => f.write_str(
                "Only the admins that this bot's settings name (`slack.admins`) can see and change P0's settings here, \
                 and never guests. Ask one of them.",
            ),
            Self::Person { refusal } => refusal.fmt(f),
            Self::NotKnownWho => {
                f.write_str("Slack did not say in time who you are, so nothing was changed. Try again in a minute.")
            }
            Self::NoApiKey => f.write_str(
                "This bot has no API key for P0's settings. Ask its operator to set `p0.settings_api_key`.",
            ),
            Self::ApprovalsNotAllowed => f.write_str(
                "How approvals work cannot be changed from here. Ask the bot's operator: `settings.approvals` allows it.",
            ),
            Self::AlreadyThere => f.write_str("That length can be picked already: P0 has said so. Nothing was changed."),
            Self::NothingToChange => f.write_str("It is like that already: P0 has said so. Nothing was changed."),
            Self::NothingToPutBack => {
                f.write_str("There is nothing to put back: no reset is known here, or all is as it was before it.")
            }
            Self::NoSecondAdmin => f.write_str(
                "This needs a second admin, and there is none. Ask the bot's operator to add one to `slack.admins`, or to \
                 change `settings.second_admin`.",
            ),
            Self::SameAdmin => f.write_str("It is your own change: another admin has to agree. You can cancel it."),
            Self::NotTyped => f.write_str("That is not what has to be typed. Type it as it is shown, or cancel."),
            Self::Changed => f.write_str(
                "The settings have changed since this was shown, so nothing was sent. Look at them again and choose anew.",
            ),
            Self::TooOld => f.write_str("This was shown too long ago, or is not known here. Choose it again."),
            Self::Over => f.write_str("This change was applied, cancelled or declined already. Its card says so."),
            Self::KeyNotTaken { words } => {
                f.write_str("P0 does not take this bot's API key for its settings. Ask the bot's operator.")?;
                said(f, words)
            }
            Self::P0 { status, words } if words.is_empty() => write!(f, "P0 refused it ({status}) without saying why."),
            Self::P0 { words, .. } => write!(f, "P0 says: {}", foreign::name(words, WORDS)),
        }
    }
}

/// The same on a card, which others read as well: it tells of whoever wanted the change, and speaks to nobody.
pub(super) fn of_the_author(refusal: &SettingsRefusal, by: &Author) -> String {
    let who = author(by);
    match refusal {
        SettingsRefusal::NotAdmin => format!(
            "{who} is not among the admins that this bot's settings name (`slack.admins`) any more, or has become a guest."
        ),
        SettingsRefusal::Person { refusal } => of_the_person(refusal, &who),
        SettingsRefusal::NotKnownWho => format!("Slack did not say in time who {who} is."),
        SettingsRefusal::NoApiKey => "This bot has no API key for P0's settings: its operator has to set \
                                      `p0.settings_api_key`."
            .to_owned(),
        SettingsRefusal::ApprovalsNotAllowed => {
            "How approvals work cannot be changed from here: `settings.approvals` does not allow it.".to_owned()
        }
        SettingsRefusal::Changed => "The settings are not as this change took them to be when it was shown. Whoever \
                                     still wants it has to choose it anew."
            .to_owned(),
        other => other.to_string(),
    }
}

fn of_the_person(refusal: &Refusal, who: &str) -> String {
    match refusal {
        Refusal::ForeignWorkspace => format!("This bot takes no decisions from the workspace of {who}."),
        Refusal::Stranger => format!("{who} belongs to another company."),
        Refusal::Guest => format!("{who} is a guest, and guests cannot decide here."),
        Refusal::Deactivated => format!("The Slack account of {who} is deactivated."),
        Refusal::Bot => format!("{who} is a bot, and bots cannot decide."),
        Refusal::NobodyKnown => format!("Slack does not know {who} any more."),
        other => other.to_string(),
    }
}

fn said(f: &mut fmt::Formatter<'_>, words: &str) -> fmt::Result {
    match words {
        "" => Ok(()),
        words => write!(f, " P0 says: {}", foreign::name(words, WORDS)),
    }
}
