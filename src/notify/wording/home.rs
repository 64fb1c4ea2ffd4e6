//! What the app's Home says, and the list that the shortcut opens; mrkdwn.

use jiff::Timestamp;

use super::request::phase_in_brief;
use super::{FACT, NAME, date, expiry, principal, what_exactly};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::notify::foreign;

/// Characters of what one request of a list asks for.
const LISTED: usize = 300;

/// Above the list, for somebody who may not read of all that waits.
pub fn withheld(why: &Refusal) -> String {
    let why = match why {
        Refusal::NotLinked => "You have not linked your account yet.".to_owned(),
        why => why.to_string(),
    };
    format!("{why} Of what waits for a decision, only what you were told of is listed for you.")
}

/// Above the button that opens the settings.
pub const SETTINGS: &str = "Which lengths people can pick, how long a grant may last, and how this bot knows it.";

/// The end of a line of what waits; plain text.
pub const YOU_WERE_TOLD: &str = " · you were told";

/// Above the button that links an account.
pub const NOT_LINKED: &str = "You have not linked your account yet. Your decisions go out with it, so link it once, before \
                              you need it.";

/// Above the button that unlinks it.
pub fn linked(identity: &str, since: Timestamp) -> String {
    format!("Your account is linked: you are {} to P0, since {}.", foreign::word(identity, NAME), date(since))
}

/// How many requests wait for the person; `is_cut` where not all that waits was looked at.
pub fn waiting(count: usize, is_cut: bool) -> String {
    match count {
        0 if is_cut => "Of the newest requests that wait, none is for you.".to_owned(),
        n if is_cut => format!("At least {n} of the requests that wait are for you."),
        0 => "Nothing is waiting for you.".to_owned(),
        1 => "1 request is waiting for you.".to_owned(),
        n => format!("{n} requests are waiting for you."),
    }
}

/// Under what waits for the person.
pub fn wait_for_others(count: usize, is_cut: bool) -> String {
    match count {
        n if is_cut => format!("At least {n} more wait for others."),
        1 => "1 more waits for others.".to_owned(),
        n => format!("{n} more wait for others."),
    }
}

/// Under a list that is cut.
pub fn more_on_home(count: usize, command: &str) -> String {
    format!("These are the first {count}. The bot's Home lists them all; `{command} show ID` brings any.")
}

/// Which lines of a list a page shows.
pub fn page(first: usize, last: usize, of: usize) -> String {
    format!("{first}–{last} of {of}")
}

/// A request that the person approved, or of their own: where it stands, and how long it runs; how much of that is left
/// where it is drawn anew as time goes by.
pub fn stands(request: &Request, now: Timestamp, is_kept: bool) -> String {
    format!("{}\nIt {}.{}", asked(request), phase_in_brief(&request.phase), expiry::left(request, now, is_kept))
}

/// For whom, and what.
fn asked(request: &Request) -> String {
    let facts = &request.facts;
    let line = format!("{}: {}", foreign::line(principal(facts), FACT), what_exactly(facts, LISTED));
    format!("{}\nRequest {}", foreign::quiet(&line), foreign::code(request.id.as_str()))
}

/// How to go on.
pub fn go_on(command: &str) -> String {
    format!(
        "`{command} help` says what else there is. This page is drawn anew when you open it; by itself for an hour, and for a \
         day where the time left runs out."
    )
}
