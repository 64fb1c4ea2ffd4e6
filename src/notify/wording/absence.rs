//! Who is away, and who is told in their place.

use jiff::Timestamp;

use super::{date, person};
use crate::domain::absence::Absence;
use crate::domain::person::UserId;

/// Read by whoever is away.
pub fn away(absence: &Absence) -> String {
    let told = match &absence.delegate {
        Some(delegate) => format!("{} hears in your place", person(delegate)),
        None => "Nobody hears in your place".to_owned(),
    };
    format!("Until {} you are not told of requests. {told}. What you may decide is what it was.", date(absence.until))
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
