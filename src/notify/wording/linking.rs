//! What is said about linked accounts: in Slack, and on the pages on which people sign in.

use jiff::Timestamp;

use super::{NAME, date, person};
use crate::domain::link::{Link, LinkEnd, NotBound};
use crate::domain::person::UserId;
use crate::notify::foreign;

/// The button that leads to the page, or has a code sent.
pub const LINK: &str = "Link my account";

/// Told privately with a button to the page.
pub fn offered(issuer: &str) -> String {
    format!(
        "Press the button to link your account at {}. A page opens and asks you to sign in; it is good for 5 minutes, \
         and for nobody but you.",
        foreign::word(issuer, NAME)
    )
}

/// Told privately where a code comes in a DM.
pub const CODE_COMES: &str = "A code comes in our direct messages. Enter it where it says, within 5 minutes.";

/// Told privately where a code was asked for before: a second one would take the first out of somebody's hands.
pub const CODE_OPEN: &str = "You have asked for a code already: it is in our direct messages, or comes there now. Enter \
                             that one; once its time is over you can ask for another.";

/// The end of `whoami` for a linked account.
pub(super) fn since(link: &Link) -> String {
    // Tokens that have to be renewed before they are sent are good until the beginning of time.
    let is_said = link.good_until > link.linked && link.good_until.as_millisecond() < Timestamp::MAX.as_millisecond();
    let until = match is_said {
        true => format!(" The token at hand is good until {}; it is renewed as it is needed.", date(link.good_until)),
        false => String::new(),
    };
    format!(
        " It is linked since {}, at {}, which last vouched for you {}.{until}",
        date(link.linked),
        foreign::word(&link.account.issuer, NAME),
        date(link.proved)
    )
}

/// Told in a DM, with a button to the provider's page.
pub fn device_code(code: &str, page: &str, until: Timestamp) -> String {
    format!(
        "To link your account, enter the code {} at {} and sign in. It is good until {}. Enter it only if you asked \
         for it just now: whoever asked for a code gets the account of whoever enters it, so nobody else may give you \
         one.",
        foreign::code(code),
        foreign::word(page, 300),
        date(until)
    )
}

/// Told in a DM.
pub fn linked(identity: &str, command: &str) -> String {
    format!(
        "Your account is linked: you are {} to P0, and your decisions go out with your own authority. `{command} whoami` \
         says so, `{command} unlink` ends it. If this was not you, unlink it and tell your security team.",
        foreign::word(identity, NAME)
    )
}

/// Told in a DM.
pub fn ended(identity: &str, why: LinkEnd, command: &str) -> String {
    let who = foreign::word(identity, NAME);
    match why {
        LinkEnd::Unlinked => format!("Your account is not linked any more: you were {who} to P0."),
        LinkEnd::RanOut => format!(
            "Your link has run out ({who}): your identity provider gave nothing to renew it with for longer. Please \
             link again, and your decisions go out as before."
        ),
        LinkEnd::RevokedByOperator => {
            format!("The bot's operator has revoked your link: you were {who} to P0. `{command} link` makes a new one.")
        }
        LinkEnd::EndedByProvider => format!(
            "Your identity provider does not take your link any more ({who}). Please link again, and your decisions go \
             out as before."
        ),
        LinkEnd::EndedByPlatform => format!(
            "What P0 logs people in with does not take your link any more ({who}). Please link again, and your decisions \
             go out as before."
        ),
        LinkEnd::NamesAnother => format!(
            "Your link is ended: what your identity provider or P0 says of it now names somebody else than {who}. Link \
             again, and tell your security team if you do not know why."
        ),
        LinkEnd::NotInSettings => format!(
            "Your link is ended: this bot's settings name {who} as yours no longer, or another identity provider. Link \
             the account that they name."
        ),
        LinkEnd::RevokedInSlack => {
            format!(
                "You have taken back what you allowed this app in Slack, so your link is ended: you were {who} to P0."
            )
        }
        LinkEnd::Deactivated | LinkEnd::AppUninstalled => format!("Your link is ended: you were {who} to P0."),
    }
}

/// Told in DMs to both: the one who tried, and the one whose it is.
pub fn account_taken(other: &UserId, is_own: bool) -> String {
    let other = person(other);
    if is_own {
        format!(
            "{other} signed in with the account that you have linked, to link it too. That was refused. If it was not \
             you, tell your security team."
        )
    } else {
        format!(
            "The account that you signed in with is linked by {other} already, so it was not linked again. If it is \
             yours, have it unlinked there first."
        )
    }
}

/// Why an account was not linked, told to whoever asked for it, who need not be the one that saw the page.
pub fn not_bound_to_asker(why: &NotBound) -> String {
    match why {
        NotBound::OpenedByAnother => {
            "The page that you asked for was opened by another Slack user than you, so nothing \
                                      was linked. If you passed it on to nobody, and have no other Slack account that \
                                      you may have signed in with, tell your security team."
                .to_owned()
        }
        why => not_bound(why),
    }
}

/// Why an account was not linked: on the page, and in a DM where a code was entered. Plain text.
pub fn not_bound(why: &NotBound) -> String {
    match why {
        NotBound::NotInTable => {
            "You are not among the people in this bot's settings. Ask its operator to add you.".to_owned()
        }
        NotBound::Ambiguous => "This bot's settings name the same account for you and for somebody else. Its operator has \
                                to say whose it is."
            .to_owned(),
        NotBound::OpenedByAnother => "The page was opened by another Slack user than the one who asked for it, so nothing was \
                                      linked. It is for nobody else: if somebody sent it to you, tell your security team."
            .to_owned(),
        NotBound::AnothersAccount => "The account that you signed in with is not yours by what Slack or this bot's settings \
                                      say of you. Sign out there, and link your own."
            .to_owned(),
        NotBound::EmailNotVerified => {
            "Your identity provider does not say that your e-mail address is verified, so it proves nothing. Ask the \
             bot's operator."
                .to_owned()
        }
        NotBound::NoEmail => {
            "Your identity provider named no e-mail address of yours to compare. Ask the bot's operator.".to_owned()
        }
        NotBound::NoSlackEmail => {
            "Slack has no confirmed e-mail address of yours to compare. Confirm yours in Slack, or ask the bot's operator."
                .to_owned()
        }
        NotBound::NoIdToken => {
            "Your identity provider did not say who signed in (it sent no ID token). Ask the bot's operator.".to_owned()
        }
        NotBound::HasOne { identity } => {
            format!("You have linked an account already: {}. Unlink it first.", foreign::line(identity, NAME))
        }
        NotBound::Taken => {
            "Another Slack user has linked that account already. Both of you are told in Slack.".to_owned()
        }
        NotBound::NotAdmitted => {
            "Slack says that you may not decide here: guests, and people of other companies, do not.".to_owned()
        }
        NotBound::RefusedByP0 => {
            "P0 does not take that account: it may not be known there, or belong to another organisation.".to_owned()
        }
        NotBound::P0NamesAnother => "P0 says that the account belongs to somebody else.".to_owned(),
        NotBound::RefusedByProvider { code } => {
            format!("It was refused where you signed in ({}).", foreign::line(code, 60))
        }
        NotBound::Untrusted => {
            "What came back cannot be believed; the bot's log tells its operator why. Nothing was linked.".to_owned()
        }
        NotBound::Unavailable => {
            "Somebody who had to be asked did not answer: your identity provider, Slack or P0. Try again.".to_owned()
        }
        NotBound::TooLate => "It took too long: the code has run out, and nothing was linked. Try again.".to_owned(),
    }
}

/// Told privately with the button to the page: a choice waits for a sign-in.
pub fn sign_in_for(what: &str) -> String {
    format!(
        "{what} asks for a fresh sign-in. Press the button and sign in within 5 minutes; nothing is sent to P0 before, \
         and others can still decide."
    )
}

/// Told privately: the person had no link to end.
pub const NOTHING_TO_UNLINK: &str = "You have no linked account here.";

/// Told privately before a link is ended from a message.
pub const UNLINK_ASKED: &str = "Press the button to unlink: a message alone ends nothing.";

/// Told privately where accounts are not linked.
pub const NOT_LINKING: &str =
    "Nobody links an account here: this bot's operator has set it up another way. `whoami` says how.";
