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

/// Under what is restated to whoever says in a message that they are away, or back.
pub const ONLY_A_PRESS_COUNTS: &str = "Only a press counts: a message may be posted by any app in your name.";
/// Told to whoever presses that they are away after the time until which they would have been.
pub const OVER: &str = "That time is over, so you are not away.";

/// Told in a DM to whoever is told in somebody's place.
pub fn stand_in(away: &UserId, until: Timestamp) -> String {
    format!(
        "{} is away until {} and has named you: until then you hear of the requests that they would hear of. What you may \
         decide is what you could decide before.",
        person(away),
        date(until)
    )
}

/// Told in a DM to whoever was told in somebody's place, and is no longer.
pub fn stand_in_over(away: &UserId) -> String {
    format!("You stand in for {} no longer: you hear only of requests that you would hear of anyway.", person(away))
}

/// How long somebody is away, and who is told in their place.
pub fn away(absence: &Absence) -> String {
    let (until, told) = (date(absence.until), told_instead(absence));
    format!("You are away until {until}: {told}. What you and others may decide stays as it is.")
}

/// The same for somebody who has yet to press the button.
pub fn about_to_be_away(absence: &Absence) -> String {
    format!("You are about to be away until {}: then {}.", date(absence.until), told_instead(absence))
}

fn told_instead(absence: &Absence) -> String {
    match &absence.delegate {
        Some(delegate) => format!("{} is told of requests in your place", person(delegate)),
        None => "nobody is told of requests in your place, unless nobody else is there".to_owned(),
    }
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
