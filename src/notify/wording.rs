//! Every sentence that the bot says, in rooms by what it is said of; here is what they share. A state's own word
//! (*approved*, *denied*, *revoked*, *unknown* …) is said only when it holds.

pub mod absence;
pub mod commands;
pub mod confirm;
pub mod decision;
pub mod expiry;
pub mod home;
pub mod jit;
pub mod linking;
mod refusal;
pub mod request;
pub mod watch;

use jiff::Timestamp;

use super::foreign;
use crate::domain::decision::Choice;
use crate::domain::facts::Facts;
use crate::domain::person::{Authority, UserId};
use crate::domain::request::RequestId;

/// Characters of a name among our own words.
const NAME: usize = 80;

/// Characters of one fact of a thing among others: what is longer is seen to be cut.
const FACT: usize = 100;

/// Characters of P0's words among our own.
const WORDS: usize = 500;

/// A person, shown by Slack with the name that each reader knows them by.
pub fn person(user: &UserId) -> String {
    format!("<@{user}>")
}

/// A time, shown by Slack in each reader's own time zone.
pub fn date(at: Timestamp) -> String {
    format!("<!date^{}^{{date_short_pretty}} {{time}}|{}>", at.as_second(), at.strftime("%Y-%m-%d %H:%M UTC"))
}

/// What is asked for, as a title: `aws role`.
pub fn what(facts: &Facts) -> String {
    let parts: Vec<&str> = [&facts.kind, &facts.access].into_iter().flatten().map(String::as_str).collect();
    if parts.is_empty() { "access".to_owned() } else { parts.join(" ") }
}

/// What is asked for, with the facts that P0 shows of it: `aws role (Role: AdministratorAccess, Account: prod)`. Plain
/// text of about `room` characters: facts that have no place there are counted, never passed over in silence.
pub fn what_exactly(facts: &Facts, room: usize) -> String {
    let what = foreign::line(&what(facts), NAME);
    let rows = facts.display.iter().flatten().filter(|row| !row.content.trim().is_empty());
    let all: Vec<String> =
        rows.map(|row| foreign::line(&format!("{}: {}", row.label.trim(), row.content.trim()), FACT)).collect();
    let with = |facts: &str| format!("{what} ({facts})");
    let fits = |text: &String| text.chars().count() <= room;
    let some = |kept: usize| match all.len() - kept {
        0 => with(&all.join(", ")),
        more if kept == 0 => with(&format!("{more} facts: read the card")),
        more => with(&format!("{} and {more} more: read the card", all[..kept].join(", "))),
    };
    match all.is_empty() {
        true => what.clone(),
        false => (0..=all.len()).rev().map(some).find(fits).unwrap_or_else(|| some(0)),
    }
}

/// Who is to get it.
pub fn principal(facts: &Facts) -> &str {
    facts.principal.as_deref().or(facts.requester.as_deref()).unwrap_or("somebody P0 did not name")
}

/// What a choice is called, restated: `Approve for 2 hours`.
pub fn choice(choice: &Choice) -> String {
    match choice {
        Choice::Approve { length } => format!("Approve for {}", length.in_words()),
        Choice::Deny { .. } => "Deny".to_owned(),
        Choice::Revoke => "Revoke".to_owned(),
    }
}

/// What has to be said about a credential that is not the person's own.
pub fn authority(authority: Authority) -> &'static str {
    match authority {
        Authority::LinkedAccount | Authority::Exchanged | Authority::OwnToken => "",
        Authority::AssertedByBot => " (asserted by the bot)",
        Authority::SharedCredential => " (with the shared credential: P0 does not know who)",
    }
}

/// How a request is named among our own words: whole, so that it can be copied.
pub fn name(id: &RequestId) -> String {
    format!("request {}", foreign::code(id.as_str()))
}

/// Told privately when a modal did not open.
pub const NOT_OPENED: &str = "Slack did not open the window in time. Press again; nothing was decided.";
