//! Who is away, and who is told in their place.

use jiff::Timestamp;

use super::{date, person};
use crate::domain::absence::Absence;
use crate::domain::away::AwayMiss;
use crate::domain::person::UserId;
use crate::notify::foreign;

/// Told to whoever is back.
pub const BACK: &str = "Welcome back: from now on you are told of requests again.";
/// Told to whoever is back and was not away.
pub const NOT_AWAY: &str = "You were not away: you are told of requests.";
/// Told to whoever goes away and could decide nothing.
pub const NOTHING_TO_LEAVE: &str = "You could not decide requests here, so there is nothing to be away from.";

/// Told to whoever says in a message that they are away.
pub fn typed_only(command: &str) -> String {
    format!("A message alone changes nothing. Write it as a command, such as `{command} away until Friday, @carol`.")
}

/// Told in a DM to whoever is told in somebody's place.
pub fn stand_in(away: &UserId, until: Timestamp) -> String {
    format!(
        "{} is away until {} and has named you: until then you hear of the requests that they would hear of. What you may \
         decide is what you could decide before.",
        person(away),
        date(until)
    )
}

/// How long somebody is away, and who is told in their place.
pub fn away(absence: &Absence) -> String {
    let told = match &absence.delegate {
        Some(delegate) => format!("{} is told of requests in your place", person(delegate)),
        None => "nobody is told of requests in your place, unless nobody else is there".to_owned(),
    };
    format!("You are away until {}: {told}. What you and others may decide stays as it is.", date(absence.until))
}

/// What was nearly understood.
pub fn near_miss(miss: &AwayMiss, command: &str) -> String {
    let form = format!(
        "Write `{command} away until Friday, @carol`, `{command} away 3d` or `{command} away until 2026-12-01`."
    );
    match miss {
        AwayMiss::NotATime(text) => format!("I cannot read {} as a time. {form}", foreign::word(text, 40)),
        AwayMiss::Several => format!("One person can be told in your place. {form}"),
        AwayMiss::Past => format!("That day has begun already. {form}"),
        AwayMiss::TooLong => format!("That is too long: at most 90 days. {form}"),
        AwayMiss::CannotDecide => {
            format!("They could not decide requests here, so they cannot be told in your place. {form}")
        }
        AwayMiss::Themself => format!("You cannot stand in for yourself. {form}"),
    }
}
