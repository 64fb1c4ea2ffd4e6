//! How long a grant lasts.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Longest length that is taken at all, in minutes (ten years); the organisation's own maximum is a setting.
const MOST_MINUTES: u64 = 10 * 365 * 24 * 60;

const MINUTES_PER_HOUR: u32 = 60;
const MINUTES_PER_DAY: u32 = 24 * MINUTES_PER_HOUR;

/// An expiration length in whole minutes, never zero.
///
/// What P0 gets is always `^[1-9][0-9]*[mh]$`: no other form is evidenced (P0's OpenAPI document shows `2h` and `30m`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExpirationLength(NonZeroU32);

/// Why a text is no expiration length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LengthError {
    /// Nothing was written.
    #[error("A length is missing.")]
    Empty,
    /// The sum is zero.
    #[error("A length has to be more than zero.")]
    Zero,
    /// A minus sign.
    #[error("A length cannot be negative.")]
    Negative,
    /// A decimal point or comma.
    #[error("A length has to be whole: 90m rather than 1.5h.")]
    Fraction,
    /// A number without its unit.
    #[error("A length needs a unit: m, h, d or w.")]
    NoUnit,
    /// A word that is no unit, or a number that is none.
    #[error("That is not a length.")]
    NotALength,
    /// More than ten years.
    #[error("That length is longer than ten years.")]
    TooLong,
}

impl ExpirationLength {
    /// A length of `minutes`; `None` for zero and for more than ten years.
    pub fn from_minutes(minutes: u64) -> Option<Self> {
        if minutes > MOST_MINUTES {
            return None;
        }
        NonZeroU32::new(u32::try_from(minutes).ok()?).map(Self)
    }

    /// The length in minutes.
    pub fn minutes(self) -> u32 {
        self.0.get()
    }

    /// The length as a span of time.
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.minutes()) * 60)
    }

    /// The form that P0's API takes: whole hours where they fit, else minutes.
    pub fn for_p0(self) -> String {
        match self.minutes() {
            m if m % MINUTES_PER_HOUR == 0 => format!("{}h", m / MINUTES_PER_HOUR),
            m => format!("{m}m"),
        }
    }

    /// In words, for a sentence: `2 hours`, `1 hour 30 minutes`, `7 days`.
    pub fn in_words(self) -> String {
        let (days, hours, minutes) = self.parts();
        let words: Vec<String> = [(days, "day"), (hours, "hour"), (minutes, "minute")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
            .collect();
        words.join(" ")
    }

    /// Days only past two of them: people say 24 hours and 36 hours, but 7 days.
    fn parts(self) -> (u32, u32, u32) {
        let all = self.minutes();
        let days = if all > 2 * MINUTES_PER_DAY { all / MINUTES_PER_DAY } else { 0 };
        let rest = all - days * MINUTES_PER_DAY;
        (days, rest / MINUTES_PER_HOUR, rest % MINUTES_PER_HOUR)
    }
}

/// The short form of buttons: `2h`, `1h30m`, `7d`.
impl fmt::Display for ExpirationLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, hours, minutes) = self.parts();
        for (count, unit) in [(days, 'd'), (hours, 'h'), (minutes, 'm')] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for ExpirationLength {
    type Err = LengthError;

    /// Takes what people write: `2h`, `90m`, `1h30m`, `1d`, `1w`, `2 hours`, `1 week`.
    fn from_str(text: &str) -> Result<Self, LengthError> {
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(LengthError::Empty);
        }
        if rest.starts_with(['-', '\u{2212}']) {
            return Err(LengthError::Negative);
        }
        let mut minutes: u64 = 0;
        let mut units = Vec::new();
        while !rest.is_empty() {
            let (number, after) = split_while(rest, |c| c.is_ascii_digit());
            let after = after.trim_start();
            if number.is_empty() {
                return Err(if rest.starts_with(['.', ',']) { LengthError::Fraction } else { LengthError::NotALength });
            }
            if after.starts_with(['.', ',']) {
                return Err(LengthError::Fraction);
            }
            let (unit, after) = split_while(after, char::is_alphabetic);
            let number: u64 = number.parse().map_err(|_| LengthError::TooLong)?;
            let unit = unit_minutes(unit)?;
            // Two lengths are none: nobody means their sum.
            if units.contains(&unit) {
                return Err(LengthError::NotALength);
            }
            units.push(unit);
            let part = number.checked_mul(unit).ok_or(LengthError::TooLong)?;
            minutes = minutes.checked_add(part).filter(|sum| *sum <= MOST_MINUTES).ok_or(LengthError::TooLong)?;
            rest = after.trim_start();
        }
        Self::from_minutes(minutes).ok_or(LengthError::Zero)
    }
}

fn split_while(text: &str, inside: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !inside(c)).unwrap_or(text.len());
    text.split_at(end)
}

fn unit_minutes(unit: &str) -> Result<u64, LengthError> {
    match unit.to_ascii_lowercase().as_str() {
        "" => Err(LengthError::NoUnit),
        "m" | "min" | "mins" | "minute" | "minutes" => Ok(1),
        "h" | "hr" | "hrs" | "hour" | "hours" => Ok(u64::from(MINUTES_PER_HOUR)),
        "d" | "day" | "days" => Ok(u64::from(MINUTES_PER_DAY)),
        "w" | "wk" | "wks" | "week" | "weeks" => Ok(7 * u64::from(MINUTES_PER_DAY)),
        _ => Err(LengthError::NotALength),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_every_form_people_write() {
        for (text, p0, short) in [
            ("2h", "2h", "2h"),
            ("90m", "90m", "1h30m"),
            ("1h30m", "90m", "1h30m"),
            ("1d", "24h", "24h"),
            ("1w", "168h", "7d"),
            ("2 hours", "2h", "2h"),
            ("1 week", "168h", "7d"),
            (" 5 Minutes ", "5m", "5m"),
            ("1d 12h", "36h", "36h"),
            ("30 days", "720h", "30d"),
            ("2d", "48h", "48h"),
        ] {
            let length: ExpirationLength = text.parse().unwrap();
            assert_eq!((length.for_p0().as_str(), length.to_string().as_str()), (p0, short), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_the_others() {
        for (text, error) in [
            ("", LengthError::Empty),
            ("0h", LengthError::Zero),
            ("-2h", LengthError::Negative),
            ("1.5h", LengthError::Fraction),
            (",5h", LengthError::Fraction),
            ("2", LengthError::NoUnit),
            ("2 fortnights", LengthError::NotALength),
            ("h", LengthError::NotALength),
            ("until noon", LengthError::NotALength),
            ("4h 2h", LengthError::NotALength),
            ("1d 24 hours 1 day", LengthError::NotALength),
            ("99999999999999999999h", LengthError::TooLong),
            ("11 y", LengthError::NotALength),
            ("600w", LengthError::TooLong),
            ("٣h", LengthError::NotALength),
        ] {
            assert_eq!(text.parse::<ExpirationLength>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn words_name_each_part_once() {
        let words = |text: &str| text.parse::<ExpirationLength>().unwrap().in_words();
        assert_eq!(words("1h"), "1 hour");
        assert_eq!(words("90m"), "1 hour 30 minutes");
        assert_eq!(words("24h"), "24 hours");
        assert_eq!(words("1w"), "7 days");
    }
}
