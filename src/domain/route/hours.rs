//! Hours of a week, in a time zone.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

/// Hours of a week, in the time zone that they are meant in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// None of them empty.
    pub spans: Vec<Span>,
    /// Where the clock hangs that they are read on.
    pub zone: TimeZone,
}

/// From one time to another on some days: `Mon-Fri 09:00-17:00`. One that ends before it begins goes past midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The days on which it begins.
    pub days: Vec<Weekday>,
    /// The first minute that is within.
    pub from: Time,
    /// The first minute that is not; midnight stands for the end of the day.
    pub to: Time,
}

/// Why hours cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("has to be like \"Mon-Fri 09:00-17:00\", \"Sat,Sun\" or \"22:00-07:00\"")]
pub struct BadSpan;

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Hours {
    /// Whether the moment is within them.
    pub fn contain(&self, at: Timestamp) -> bool {
        let there = self.zone.to_datetime(at);
        let (day, time) = (there.weekday(), there.time());
        self.spans.iter().any(|span| span.contains(day, time))
    }

    /// Where such hours end that the moment is within; `None` where it is in none. Hours without an end end in a week.
    pub fn end_after(&self, at: Timestamp) -> Option<Timestamp> {
        if !self.contain(at) {
            return None;
        }
        const MINUTES_OF_A_WEEK: i64 = 7 * 24 * 60;
        // Whole minutes: no span begins or ends between two, and no change of the clocks does.
        let minute = at.as_second().div_euclid(60);
        let later = |minutes: i64| Timestamp::from_second((minute + minutes) * 60).unwrap_or(Timestamp::MAX);
        Some((1..MINUTES_OF_A_WEEK).map(later).find(|at| !self.contain(*at)).unwrap_or(later(MINUTES_OF_A_WEEK)))
    }
}

impl Span {
    /// Reads `Mon-Fri 09:00-17:00`; days alone are whole days, hours alone are every day's.
    pub fn parse(text: &str) -> Result<Self, BadSpan> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let is_hours = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        let (days, hours) = match words.as_slice() {
            [hours] if is_hours(hours) => (None, Some(*hours)),
            [days] => (Some(*days), None),
            [days, hours] => (Some(*days), Some(*hours)),
            _ => return Err(BadSpan),
        };
        let (from, to) = match hours {
            None => (Time::midnight(), Time::midnight()),
            Some(hours) => {
                let (from, to) = hours.split_once('-').ok_or(BadSpan)?;
                let (from, to) = (time(from)?, time(to)?);
                if from == to && from != Time::midnight() {
                    return Err(BadSpan);
                }
                (from, to)
            }
        };
        Ok(Self { days: self::days(days)?, from, to })
    }

    /// Its days from Monday on, those that follow each other as `Mon-Fri`.
    fn days_in_runs(&self) -> Vec<String> {
        let on: Vec<Weekday> = DAYS.map(|(_, day)| day).into_iter().filter(|day| self.days.contains(day)).collect();
        let short = |day: Weekday| {
            let name = DAYS.iter().find(|(_, known)| *known == day).map_or("", |(name, _)| name);
            name[..1].to_uppercase() + &name[1..]
        };
        let runs = on.chunk_by(|day, next| day.next() == *next);
        runs.map(|run| match run {
            [day] => short(*day),
            run => format!("{}-{}", short(run[0]), short(run[run.len() - 1])),
        })
        .collect()
    }

    fn contains(&self, day: Weekday, time: Time) -> bool {
        let begins = |day: Weekday| self.days.contains(&day);
        if self.to == Time::midnight() {
            return begins(day) && time >= self.from;
        }
        if self.from < self.to {
            return begins(day) && self.from <= time && time < self.to;
        }
        (begins(day) && time >= self.from) || (begins(day.previous()) && time < self.to)
    }
}

/// As the settings have them, with the zone behind.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spans: Vec<String> = self.spans.iter().map(Span::to_string).collect();
        write!(f, "{} ({})", spans.join(", "), self.zone.iana_name().unwrap_or("UTC"))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if DAYS.iter().any(|(_, day)| !self.days.contains(day)) {
            parts.push(self.days_in_runs().join(","));
        }
        let clock = |time: Time| time.strftime("%H:%M").to_string();
        match (self.from, self.to) {
            (from, to) if from == to && !parts.is_empty() => {}
            (from, to) if to == Time::midnight() => parts.push(format!("{}-24:00", clock(from))),
            (from, to) => parts.push(format!("{}-{}", clock(from), clock(to))),
        }
        f.write_str(&parts.join(" "))
    }
}

fn time(text: &str) -> Result<Time, BadSpan> {
    let (hour, minute) = text.split_once(':').ok_or(BadSpan)?;
    let number = |text: &str| match text.len() {
        1 | 2 if text.bytes().all(|b| b.is_ascii_digit()) => text.parse::<i8>().map_err(|_| BadSpan),
        _ => Err(BadSpan),
    };
    match (number(hour)?, number(minute)?) {
        (24, 0) => Ok(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).map_err(|_| BadSpan),
    }
}

fn days(text: Option<&str>) -> Result<Vec<Weekday>, BadSpan> {
    let Some(text) = text else { return Ok(DAYS.map(|(_, day)| day).to_vec()) };
    let mut days = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            None => days.push(self::day(part)?),
            Some((from, to)) => {
                let (mut next, last) = (self::day(from)?, self::day(to)?);
                while next != last {
                    days.push(next);
                    next = next.next();
                }
                days.push(last);
            }
        }
    }
    Ok(days)
}

/// A day of the week, by its name or the first three letters of it.
pub fn day(text: &str) -> Result<Weekday, BadSpan> {
    let text = text.trim().to_lowercase();
    let begins = |name: &str| text == name || (text.starts_with(name) && text.ends_with("day"));
    DAYS.iter().find(|(name, _)| begins(name)).map(|(_, day)| *day).ok_or(BadSpan)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(spans: &[&str], offset: i8) -> Hours {
        Hours {
            spans: spans.iter().map(|span| Span::parse(span).unwrap()).collect(),
            zone: TimeZone::fixed(jiff::tz::offset(offset)),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn hours_are_read_on_the_clock_that_they_are_meant_on() {
        // 2026-11-20 is a Friday.
        let office = hours(&["Mon-Fri 09:00-17:00"], 1);
        for (time, within) in [
            ("2026-11-20T07:59:59Z", false),
            ("2026-11-20T08:00:00Z", true),
            ("2026-11-20T15:59:59Z", true),
            ("2026-11-20T16:00:00Z", false),
            ("2026-11-21T10:00:00Z", false),
        ] {
            assert_eq!(office.contain(at(time)), within, "{time}");
        }
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let friday = hours(&["Fri 22:00-07:00"], 0);
        for (time, within) in [
            ("2026-11-20T06:00:00Z", false),
            ("2026-11-20T22:00:00Z", true),
            ("2026-11-21T06:59:00Z", true),
            ("2026-11-21T07:00:00Z", false),
            ("2026-11-21T23:00:00Z", false),
        ] {
            assert_eq!(friday.contain(at(time)), within, "{time}");
        }
        let until = friday.end_after(at("2026-11-20T23:10:20Z"));
        assert_eq!(until, Some(at("2026-11-21T07:00:00Z")));
        assert_eq!(friday.end_after(at("2026-11-21T07:00:00Z")), None);
    }

    #[test]
    fn hours_are_written_as_they_are_read() {
        for (written, read) in [
            ("monday-friday 9:00-17:00", "Mon-Fri 09:00-17:00"),
            ("Sat,Sun", "Sat-Sun"),
            ("Mon,Wed-Thu 18:00-24:00", "Mon,Wed-Thu 18:00-24:00"),
            ("fri-mon 22:00-07:00", "Mon,Fri-Sun 22:00-07:00"),
            ("22:00-7:00", "22:00-07:00"),
            ("00:00-24:00", "00:00-24:00"),
            ("Mon 00:00-24:00", "Mon"),
        ] {
            let span = Span::parse(written).unwrap();
            assert_eq!(span.to_string(), read);
            let again = Span::parse(read).unwrap();
            assert_eq!((again.from, again.to), (span.from, span.to), "{read}");
        }
        assert_eq!(hours(&["Mon 09:00-17:00", "Sun"], 0).to_string(), "Mon 09:00-17:00, Sun (UTC)");
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for bad in
            ["", "Mon-Fri 9-17", "Mon-Fri 09:00", "Foo 09:00-17:00", "09:00-09:00", "25:00-26:00", "Mon 9:00-10:00 x"]
        {
            assert_eq!(Span::parse(bad), Err(BadSpan), "{bad}");
        }
        for good in ["Mon", "Sat,Sun", "fri-mon", "monday 9:00-24:00", "00:00-24:00", "22:00-07:00"] {
            assert!(Span::parse(good).is_ok(), "{good}");
        }
    }
}
