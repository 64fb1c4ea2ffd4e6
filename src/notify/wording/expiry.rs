//! What is said about the ends of grants; mrkdwn.

use jiff::Timestamp;

use super::{NAME, date, what};
use crate::domain::grant::GrantEnd;
use crate::domain::request::Request;
use crate::notify::foreign;

/// When a grant ends, as the end of ` until`, `ends` and their like.
pub(super) fn at(end: GrantEnd) -> String {
    let about = if end.is_about { "about " } else { "" };
    format!("{about}{}", date(end.at))
}

/// When a grant ends, as a sentence; nothing where it is not known. It does not say how long that is from now: nothing
/// draws it anew as time goes by.
pub(super) fn left(request: &Request, now: Timestamp) -> String {
    match request.grant_end() {
        Some(end) if request.is_overdue(now) => format!(" It should have ended {}, not confirmed.", at(end)),
        Some(end) if end.at <= now => format!(" It ended {}; P0 has not said so yet.", at(end)),
        Some(end) => format!(" It ends {}.", at(end)),
        None => String::new(),
    }
}

/// Told to a requester some minutes before.
pub fn ends_soon(request: &Request) -> String {
    let what = foreign::word(&what(&request.facts), NAME);
    let end = request.grant_end().map(at).unwrap_or_default();
    format!("Your access to {what} ends soon: {end}. If you need it for longer, ask P0 for it again.")
}
