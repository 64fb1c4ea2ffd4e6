//! What is said about the ends of grants; mrkdwn.

use std::time::Duration;

use jiff::Timestamp;

use super::{NAME, date, what};
use crate::domain::grant::GrantEnd;
use crate::domain::request::Request;
use crate::notify::foreign;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// When a grant ends, as the end of ` until`, `ends` and their like.
pub(super) fn at(end: GrantEnd) -> String {
    let about = if end.is_about { "about " } else { "" };
    format!("{about}{}", date(end.at))
}

/// When a grant ends and how long that is from now, as a sentence; nothing where it is not known.
pub(super) fn left(request: &Request, now: Timestamp) -> String {
    match request.grant_end() {
        Some(end) if request.is_overdue(now) => format!(" It should have ended {}, not confirmed.", at(end)),
        Some(end) if end.at <= now => format!(" It ended {}; P0 has not said so yet.", at(end)),
        Some(end) => {
            format!(" It ends {}, {}.", at(end), in_about(Duration::try_from(end.at - now).unwrap_or_default()))
        }
        None => String::new(),
    }
}

/// So coarse that it does not change each minute.
fn in_about(left: Duration) -> String {
    let seconds = left.as_secs();
    let in_all = |unit: u64, name: &str| match (seconds + unit / 2) / unit {
        0 | 1 => format!("in about 1 {name}"),
        count => format!("in about {count} {name}s"),
    };
    match seconds {
        0..900 => "within 15 minutes".to_owned(),
        900..3600 => "within the hour".to_owned(),
        HOUR..DAY => in_all(HOUR, "hour"),
        _ => in_all(DAY, "day"),
    }
}

/// Told to a requester some minutes before.
pub fn ends_soon(request: &Request) -> String {
    let what = foreign::word(&what(&request.facts), NAME);
    let end = request.grant_end().map(at).unwrap_or_default();
    format!("Your access to {what} ends soon: {end}. If you need it for longer, ask P0 for it again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_coarse() {
        for (minutes, said) in [
            (0, "within 15 minutes"),
            (14, "within 15 minutes"),
            (15, "within the hour"),
            (60, "in about 1 hour"),
            (89, "in about 1 hour"),
            (90, "in about 2 hours"),
            (23 * 60, "in about 23 hours"),
            (24 * 60, "in about 1 day"),
            (60 * 60, "in about 3 days"),
        ] {
            assert_eq!(in_about(Duration::from_secs(minutes * MINUTE)), said, "{minutes}");
        }
    }
}
