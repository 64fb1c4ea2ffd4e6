//! What is said about the ends of grants; mrkdwn.

use jiff::Timestamp;

use super::{NAME, date, what};
use crate::domain::grant::{GrantEnd, TimeLeft};
use crate::domain::request::Request;
use crate::notify::foreign;

/// When a grant ends, as the end of ` until`, `ends` and their like.
pub(super) fn at(end: GrantEnd) -> String {
    let about = if end.is_about { "about " } else { "" };
    format!("{about}{}", date(end.at))
}

/// When a grant ends, as a sentence, and how long that is from now where it is drawn anew as time goes by; nothing where
/// no end is known.
pub(super) fn left(request: &Request, now: Timestamp, is_kept: bool) -> String {
    let (Some(end), Some((left, _))) = (request.grant_end().map(at), request.time_left(now)) else {
        return String::new();
    };
    match left {
        TimeLeft::Overdue => format!(" It should have ended {end}, not confirmed."),
        TimeLeft::Over => format!(" It should have ended {end}; P0 has not said so yet."),
        TimeLeft::AtMost(length) if is_kept => format!(" It ends {end}, at most {} left.", length.in_words()),
        TimeLeft::MoreThan(length) if is_kept => format!(" It ends {end}, more than {} left.", length.in_words()),
        TimeLeft::AtMost(_) | TimeLeft::MoreThan(_) => format!(" It ends {end}."),
    }
}

/// Told to a requester some minutes before.
pub fn ends_soon(request: &Request) -> String {
    let what = foreign::word(&what(&request.facts), NAME);
    let end = request.grant_end().map(at).unwrap_or_default();
    format!("Your access to {what} ends soon: {end}. If you need it for longer, ask P0 for it again.")
}
