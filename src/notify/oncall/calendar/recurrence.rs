//! When an event happens again (RFC 5545, section 3.3.10): daily and weekly, as rotas are. What else there is, is refused.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::lines::{BadLine, Line};
use super::moment::Moment;

/// Times that are looked at: a daily rota of more than two centuries.
const MOST: usize = 100_000;

/// A rule by which an event happens again.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    every: Every,
    interval: i32,
    /// The days on which it happens; empty: whichever the interval says.
    days: Vec<Weekday>,
    week_begins: Weekday,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Every {
    Day,
    Week,
}

#[derive(Clone, Debug)]
enum End {
    Never,
    After(usize),
    /// The last moment at which it may begin.
    At(Moment),
}

impl Rule {
    /// Reads a rule of an event that begins at `start`.
    pub(super) fn read(line: &Line, start: &Moment) -> Result<Self, BadLine> {
        let (mut every, mut interval, mut days) = (None, 1, Vec::new());
        let (mut week_begins, mut end) = (Weekday::Monday, End::Never);
        for part in line.value.split(';') {
            let (name, value) = part.split_once('=').ok_or_else(|| line.bad(format!("has {part:?} in it")))?;
            let refused = || line.bad(format!("has {part}, which is not understood"));
            match name.to_ascii_uppercase().as_str() {
                "FREQ" if value == "DAILY" => every = Some(Every::Day),
                "FREQ" if value == "WEEKLY" => every = Some(Every::Week),
                "FREQ" => return Err(line.bad(format!("has {part}: only DAILY and WEEKLY are understood"))),
                "INTERVAL" => {
                    interval = value.parse().ok().filter(|n| (1..=1000).contains(n)).ok_or_else(refused)?;
                }
                "BYDAY" => days = value.split(',').map(day).collect::<Option<_>>().ok_or_else(refused)?,
                "WKST" => week_begins = day(value).ok_or_else(refused)?,
                "COUNT" => end = End::After(value.parse().ok().filter(|n| *n > 0).ok_or_else(refused)?),
                "UNTIL" => {
                    let last = Moment::parse(value, &start.zone).ok_or_else(refused)?;
                    // It has to be in UTC: some read it by the clock of DTSTART, and some as if it were.
                    if last.is_bare && !last.is_date && !start.is_bare && start.zone != TimeZone::UTC {
                        return Err(line.bad(format!(
                            "has {part} beside a DTSTART with a TZID: what that means differs; in UTC, with a Z at its \
                             end, it is understood"
                        )));
                    }
                    end = End::At(last);
                }
                _ => return Err(refused()),
            }
        }
        let every = every.ok_or_else(|| line.bad("has no FREQ"))?;
        if !days.is_empty() && !days.contains(&start.local.weekday()) {
            return Err(line.bad("does not name the day on which the event begins: what that means differs"));
        }
        Ok(Self { every, interval, days, week_begins, end })
    }

    /// When it begins each time, the first among them, in their order, up to `last`.
    pub(super) fn starts(&self, start: &Moment, last: Date) -> Vec<Moment> {
        let mut starts = Vec::new();
        for date in self.dates(start.local.date()).take(MOST).take_while(|date| *date <= last) {
            let moment = start.on(date);
            let is_over = match &self.end {
                End::Never => false,
                End::After(count) => starts.len() == *count,
                End::At(end) if end.is_date => date > end.local.date(),
                End::At(end) => moment.timestamp() > end.timestamp(),
            };
            if is_over {
                break;
            }
            starts.push(moment);
        }
        starts
    }

    fn dates(&self, first: Date) -> Box<dyn Iterator<Item = Date> + '_> {
        let later = move |from: Date, days: i32| from.checked_add(i64::from(days).days()).ok();
        match self.every {
            Every::Day => {
                let dates = (0..).map_while(move |nth: i32| later(first, nth.checked_mul(self.interval)?));
                Box::new(dates.filter(|date| self.days.is_empty() || self.days.contains(&date.weekday())))
            }
            Every::Week => {
                let into_week = i32::from(self.week_begins.until(first.weekday()));
                let weeks = (0..).map_while(move |nth: i32| {
                    later(first, nth.checked_mul(self.interval)?.checked_mul(7)?.checked_sub(into_week)?)
                });
                let is_meant = move |date: &Date| match self.days.is_empty() {
                    true => date.weekday() == first.weekday(),
                    false => self.days.contains(&date.weekday()),
                };
                let days = weeks.flat_map(move |week| (0..7).filter_map(move |day| later(week, day)));
                Box::new(days.filter(move |date| *date >= first && is_meant(date)))
            }
        }
    }
}

/// `MO`; not `1MO`, which only counts within months and years.
fn day(text: &str) -> Option<Weekday> {
    const DAYS: [(&str, Weekday); 7] = [
        ("MO", Weekday::Monday),
        ("TU", Weekday::Tuesday),
        ("WE", Weekday::Wednesday),
        ("TH", Weekday::Thursday),
        ("FR", Weekday::Friday),
        ("SA", Weekday::Saturday),
        ("SU", Weekday::Sunday),
    ];
    DAYS.iter().find(|(name, _)| *name == text).map(|(_, day)| *day)
}
