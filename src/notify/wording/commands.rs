//! What is said to somebody who types: what there is, what was nearly understood, who they are.

use super::{NAME, absence, linking, name, person};
use crate::domain::command::NearMiss;
use crate::domain::jit::command::SettingsMiss;
use crate::domain::link::Link;
use crate::domain::person::{Authority, SlackUser};
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::domain::unknown_verb::UnknownVerb;
use crate::notify::foreign;

/// What was nearly understood, with the right form.
pub fn near_miss(miss: &NearMiss, command: &str) -> String {
    let form = |verb: &str| match verb {
        "approve" => format!("`{command} approve ID 2h`"),
        "deny" => format!("`{command} deny ID because…`"),
        "revoke" | "show" => format!("`{command} {verb} ID`"),
        other => format!("`{command} {}`", foreign::word(other, 20)),
    };
    match miss {
        NearMiss::UnknownVerb(UnknownVerb { word, suggestion: Some(near) }) => {
            format!("There is no {}. Did you mean {}?", foreign::word(word, 40), form(near))
        }
        NearMiss::UnknownVerb(UnknownVerb { word, suggestion: None }) => {
            format!("There is no {}. `{command} help` says what there is.", foreign::word(word, 40))
        }
        NearMiss::MissingId { verb } => {
            format!("The request's id is missing: {}. `{command} pending` lists what waits.", form(verb))
        }
        NearMiss::BadId => format!(
            "That is no request id: an id has 1 to 200 characters, without spaces and slashes. `{command} pending` lists what waits."
        ),
        NearMiss::LengthForId => format!(
            "That is a length, and the request's id is missing: {}. Without an id, write it in the thread of the request's \
             card.",
            form("approve")
        ),
        NearMiss::BadLength(error) => {
            format!("{error} Write a length as 30m, 2h, 1h30m, 1d or 1w: {}.", form("approve"))
        }
        NearMiss::TooMuch => format!("That is more than the command takes. `{command} help` says what there is."),
        NearMiss::Settings(miss) => settings_miss(miss, command),
        NearMiss::Away(miss) => absence::near_miss(miss, command),
    }
}

fn settings_miss(miss: &SettingsMiss, command: &str) -> String {
    let form = |verb: &str| {
        let typed = match verb {
            "add" => "add 4h",
            "remove" => "remove 2h",
            "max" | "maximum" => "max 24h",
            "standing" => "standing 2w",
            "approvable" => "approvable 3d",
            "approvals" => "approvals one-party off reason on",
            other => &foreign::word(other, 20),
        };
        format!("`{command} settings {typed}`")
    };
    let what_there_is = format!(
        "Behind `{command} settings` there are add, remove, max, standing, approvable, approvals, reset and put-back; \
         alone it shows what is set."
    );
    match miss {
        SettingsMiss::UnknownVerb(UnknownVerb { word, suggestion: Some(near) }) => {
            format!("There is no settings {}. Did you mean {}?", foreign::word(word, 40), form(near))
        }
        SettingsMiss::UnknownVerb(UnknownVerb { word, suggestion: None }) => {
            format!("There is no settings {}. {what_there_is}", foreign::word(word, 40))
        }
        SettingsMiss::BadLength { verb, error } => {
            format!("{error} Write a length as 30m, 4h, 1d or 2w: {}.", form(verb))
        }
        SettingsMiss::BadApprovals => {
            format!("P0 sets both of these at once, so write both, each on or off: {}.", form("approvals"))
        }
        SettingsMiss::TooMuch => format!("That is more than the command takes. {what_there_is}"),
    }
}

/// What the commands are, where somebody may change P0's settings (`has_admins`) or nobody; mrkdwn.
pub fn help(command: &str, has_admins: bool) -> String {
    let settings = match has_admins {
        true => format!("`{command} settings`: which lengths P0 offers, and what else its settings are, for admins\n"),
        false => String::new(),
    };
    format!(
        "*What you can do*\n\
         `{command} pending` (or `{command}` alone): what waits for a decision\n\
         `{command} approve ID 2h`: grant it for so long; without a length, pick one\n\
         `{command} deny ID because…`: refuse it; the requester reads the reason\n\
         `{command} revoke ID`: take it back\n\
         `{command} show ID`: get its card in a direct message\n\
         `{command} whoami`: who you are to P0, and by whose authority\n\
         `{command} away until Friday, @carol`, `{command} back`: who is told in your place while you are away\n\
         `{command} link`, `{command} unlink`: link your own account, where that is how this bot works; end it\n\
         {settings}\
         Lengths: 30m, 2h, 1h30m, 1d, 1w. In messages the bot answers with a button: only a press decides. In the thread of \
         a card no id is needed: mention the bot and write `approve 2h`."
    )
}

/// Who somebody is to P0, by whose authority, since when and until when.
pub fn whoami(
    user: &SlackUser,
    identity: Option<&str>,
    may_decide: Result<(), Refusal>,
    how: Authority,
    link: Option<&Link>,
) -> String {
    let manner = match how {
        Authority::LinkedAccount => "Your decisions go out with the account that you have linked.",
        Authority::Exchanged => "Your decisions go out with a token got for the account that you have linked.",
        Authority::OwnToken => "Your decisions go out with your own token.",
        Authority::AssertedByBot => "Your decisions go out with a short token that the bot signs for you.",
        Authority::SharedCredential => "Decisions go out with one shared credential: P0 does not learn who decided.",
    };
    let named = identity.map(|name| format!(", to P0 {}", foreign::word(name, NAME))).unwrap_or_default();
    let who = format!("You are {}{named}", person(&user.user));
    match (may_decide, identity) {
        (Ok(()), _) => format!("{who}. {manner}{}", link.map(linking::since).unwrap_or_default()),
        (Err(refusal), Some(_)) => format!("{who}. {refusal}"),
        (Err(refusal), None) => format!("{who} ({}). {refusal}", user.user),
    }
}

/// Told privately when a card was sent to the person's direct messages.
pub const SHOWN: &str = "Its card is in our direct messages.";

/// Told privately to somebody without an identity here who wants to see a request.
pub const SHOWN_IF_OWN: &str = "You have no P0 identity in this bot's settings, so you can only see your own requests. \
     If this is one, its card comes in our direct messages.";

/// The same to somebody who lacks only a link, with a button that has one begun.
pub const SHOWN_IF_OWN_UNTIL_LINKED: &str = "You have not linked your account yet, so you can only see your own \
     requests. If this is one, its card comes in our direct messages.";

/// Told privately when P0 never told of a request.
pub fn not_told(id: &RequestId) -> String {
    format!("P0 has told this bot of no {}, so there is nothing to show.", name(id))
}

/// Told privately when a request that was never shown needs a length.
pub fn say_a_length(id: &RequestId, command: &str) -> String {
    format!("{} Say for how long: `{command} approve ID 2h`.", not_told(id))
}
