//! What somebody types who goes away: `away until Friday, @carol decides`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::expiration::ExpirationLength;
use super::person::UserId;
use super::route::hours;

/// How long somebody may be away.
pub const LONGEST_ABSENCE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Words that say nothing of their own.
const FILLING: [&str; 7] = ["until", "till", "for", "and", "decides", "covers", "instead"];

/// Until when somebody is away, as they say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until they say that they are back.
    Back,
    /// For so long.
    Length(ExpirationLength),
    /// Until the next such day begins, which is not today.
    Day(Weekday),
    /// Until the next day begins.
    Tomorrow,
    /// Until a day begins.
    Date(Date),
}

/// Somebody goes away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// Until when.
    pub until: Until,
    /// Who is told in their place, where anybody is.
    pub delegate: Option<UserId>,
}

/// Why somebody does not go away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwayMiss {
    /// A word that is no time, or one time too many.
    NotATime(String),
    /// Several people.
    Several,
    /// That day has begun.
    Past,
    /// Longer than [`LONGEST_ABSENCE`].
    TooLong,
    /// They named somebody who could decide nothing here.
    CannotDecide,
    /// They named themselves.
    Themself,
}

impl Away {
    /// Reads what stands behind `away`.
    ///
    /// # Errors
    /// What cannot be read of it.
    pub fn parse(words: &[String]) -> Result<Self, AwayMiss> {
        let (mut delegate, mut time) = (None, Vec::new());
        for word in words.iter().map(|word| word.trim_matches([',', '.', ';'])).filter(|word| !word.is_empty()) {
            if let Some(user) = mention(word) {
                if delegate.replace(user).is_some() {
                    return Err(AwayMiss::Several);
                }
            } else if !FILLING.contains(&word.to_lowercase().as_str()) {
                time.push(word);
            }
        }
        Ok(Self { until: until(&time.join(" "))?, delegate })
    }
}

impl Until {
    /// When that is, for somebody who says it now where clocks show the time of `zone`.
    ///
    /// # Errors
    /// Where it is over, or too far away.
    pub fn at(self, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, AwayMiss> {
        let latest = now.checked_add(LONGEST_ABSENCE).unwrap_or(Timestamp::MAX);
        let today = now.to_zoned(zone.clone()).date();
        let begins = |date: Option<Date>| {
            let begin = date.and_then(|date| date.to_zoned(zone.clone()).ok()).map(|begin| begin.timestamp());
            begin.ok_or(AwayMiss::TooLong)
        };
        let at = match self {
            Self::Back => latest,
            Self::Length(length) => now.checked_add(length.duration()).unwrap_or(Timestamp::MAX),
            Self::Day(day) => begins(today.nth_weekday(1, day).ok())?,
            Self::Tomorrow => begins(today.tomorrow().ok())?,
            Self::Date(date) => begins(Some(date))?,
        };
        match at {
            at if at <= now => Err(AwayMiss::Past),
            at if at > latest => Err(AwayMiss::TooLong),
            at => Ok(at),
        }
    }
}

fn until(text: &str) -> Result<Until, AwayMiss> {
    if text.is_empty() {
        return Ok(Until::Back);
    }
    if text.eq_ignore_ascii_case("tomorrow") {
        return Ok(Until::Tomorrow);
    }
    if let Ok(day) = hours::day(text) {
        return Ok(Until::Day(day));
    }
    if let Ok(date) = text.parse::<Date>() {
        return Ok(Until::Date(date));
    }
    text.parse().map(Until::Length).map_err(|_| AwayMiss::NotATime(text.to_owned()))
}

/// Slack writes a mention as `<@U01ALICE>` or `<@U01ALICE|alice>`.
fn mention(word: &str) -> Option<UserId> {
    let within = word.strip_prefix("<@")?.strip_suffix('>')?;
    UserId::parse(within.split('|').next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Away, AwayMiss> {
        Away::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn people_say_it_as_they_like() {
        let carol = UserId::parse("U03CAROL");
        let three_days = Until::Length("3d".parse().unwrap());
        for (text, until, delegate) in [
            ("", Until::Back, None),
            ("<@U03CAROL>", Until::Back, carol.clone()),
            ("until Friday, <@U03CAROL|carol> decides", Until::Day(Weekday::Friday), carol.clone()),
            ("3d <@U03CAROL>", three_days, carol.clone()),
            ("for 3 days", three_days, None),
            ("until 2026-12-01.", Until::Date(jiff::civil::date(2026, 12, 1)), None),
            ("<@U03CAROL> until tomorrow", Until::Tomorrow, carol),
        ] {
            assert_eq!(read(text), Ok(Away { until, delegate }), "{text:?}");
        }
        assert_eq!(read("until whenever"), Err(AwayMiss::NotATime("whenever".into())));
        assert_eq!(read("<@U1> <@U2>"), Err(AwayMiss::Several));
    }

    #[test]
    fn a_day_begins_where_the_settings_say_that_clocks_hang() {
        let now: Timestamp = "2026-11-20T22:30:00Z".parse().unwrap();
        // There it is half past midnight on Saturday.
        let east = TimeZone::fixed(jiff::tz::offset(2));
        let at = |until: Until, zone: &TimeZone| until.at(now, zone).map(|at| at.to_string());
        assert_eq!(at(Until::Day(Weekday::Saturday), &TimeZone::UTC), Ok("2026-11-21T00:00:00Z".into()));
        assert_eq!(at(Until::Day(Weekday::Saturday), &east), Ok("2026-11-27T22:00:00Z".into()));
        assert_eq!(at(Until::Tomorrow, &east), Ok("2026-11-21T22:00:00Z".into()));
        assert_eq!(at(Until::Back, &east), Ok("2027-02-18T22:30:00Z".into()));
        assert_eq!(at(Until::Date(jiff::civil::date(2026, 11, 20)), &TimeZone::UTC), Err(AwayMiss::Past));
        assert_eq!(at(Until::Date(jiff::civil::date(2027, 11, 20)), &TimeZone::UTC), Err(AwayMiss::TooLong));
    }
}
