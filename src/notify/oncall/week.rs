//! A table of the week: always there, and asked for nothing but the moment.

use jiff::Timestamp;

use super::shift::{Shift, Who};
use crate::config::WeekShift;

/// Who is on call at a moment.
pub(super) fn at(shifts: &[WeekShift], now: Timestamp) -> Vec<Shift> {
    let on_now = shifts.iter().filter(|shift| shift.hours.contain(now)).flat_map(|shift| &shift.who);
    on_now.map(|user| Shift { level: 1, who: Who::Slack(user.clone()), start: None, end: None }).collect()
}
