//! The short answers around a change, told privately; mrkdwn.

use jiff::Timestamp;

use crate::domain::expiration::LengthError;
use crate::domain::jit::refusal::SettingsRefusal;
use crate::domain::person::UserId;
use crate::notify::wording::{date, person};

/// People that are named in one sentence; others are counted.
const NAMED: usize = 5;

/// Above the button that opens all that is known.
pub const OPEN: &str = "Press the button to see P0's settings, and to change them.";

/// The change is on disk and on its way.
pub const RECORDED: &str = "Received. P0 has not been told yet; you will hear what comes of it.";

/// The change is applied in a form, in the place of what showed it.
pub const GO_ON: &str = "Go on in the form: nothing is applied before you have typed there what it asks for. If you closed \
                         it, type the command again.";

/// The change was withdrawn, before it was applied or while it waited.
pub const WITHDRAWN: &str = "Cancelled. Nothing was sent to P0.";

/// The change waits for a second admin; `asked` are those who were asked in a direct message.
pub fn waiting(until: Timestamp, asked: &[UserId]) -> String {
    let who = match asked {
        [] => "another admin has to agree".to_owned(),
        [one] => format!("{} was asked", person(one)),
        [few @ .., last] if asked.len() <= NAMED => format!("{} and {} were asked", names(few), person(last)),
        many => format!("{} and {} others were asked", names(&many[..NAMED]), many.len() - NAMED),
    };
    format!("Waits for a second admin until {}: {who}. Nothing is sent to P0 before.", date(until))
}

/// Said at the input of a form.
pub fn bad_length(error: LengthError) -> String {
    format!("{error} Write it as 30m, 4h, 3d or 2w.")
}

/// Said at a select of a form in which nothing is chosen.
pub const BAD_SWITCH: &str = "Choose on or off.";

/// Told in a DM: an agreement does not count.
pub fn not_agreed(refusal: &SettingsRefusal) -> String {
    format!("Your agreement to a change of P0's settings does not count. {refusal}")
}

fn names(users: &[UserId]) -> String {
    users.iter().map(person).collect::<Vec<_>>().join(", ")
}
