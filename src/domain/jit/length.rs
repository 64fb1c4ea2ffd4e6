//! A length as P0's settings API takes it: so many of one unit.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::expiration::{ExpirationLength, LengthError};

/// A unit of P0's settings API (`jit-settings.json`, `DurationOptionRequest`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unit {
    /// `m`
    #[serde(rename = "m")]
    Minutes,
    /// `h`
    #[serde(rename = "h")]
    Hours,
    /// `d`
    #[serde(rename = "d")]
    Days,
    /// `w`
    #[serde(rename = "w")]
    Weeks,
}

impl Unit {
    /// From the largest.
    pub const ALL: [Self; 4] = [Self::Weeks, Self::Days, Self::Hours, Self::Minutes];

    /// How many minutes one of it has.
    pub fn minutes(self) -> u32 {
        match self {
            Self::Minutes => 1,
            Self::Hours => 60,
            Self::Days => 24 * 60,
            Self::Weeks => 7 * 24 * 60,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Minutes => 'm',
            Self::Hours => 'h',
            Self::Days => 'd',
            Self::Weeks => 'w',
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Minutes => "minute",
            Self::Hours => "hour",
            Self::Days => "day",
            Self::Weeks => "week",
        }
    }
}

/// So many of one unit, whole, more than zero and at most ten years: `DurationOptionRequest`, as it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct SettingLength {
    time: NonZeroU32,
    unit: Unit,
}

#[derive(Deserialize)]
struct Parts {
    time: u32,
    unit: Unit,
}

impl TryFrom<Parts> for SettingLength {
    type Error = LengthError;

    fn try_from(Parts { time, unit }: Parts) -> Result<Self, LengthError> {
        Self::new(time, unit)
    }
}

impl SettingLength {
    fn new(time: u32, unit: Unit) -> Result<Self, LengthError> {
        let minutes = u64::from(time) * u64::from(unit.minutes());
        let time = NonZeroU32::new(time).ok_or(LengthError::Zero)?;
        ExpirationLength::from_minutes(minutes).ok_or(LengthError::TooLong)?;
        Ok(Self { time, unit })
    }

    /// A length in the largest unit that does not break it: 24 hours are 1 day.
    pub fn of(length: ExpirationLength) -> Self {
        let minutes = length.minutes();
        let unit = Unit::ALL.into_iter().find(|unit| minutes.is_multiple_of(unit.minutes())).unwrap_or(Unit::Minutes);
        // A length is never zero, and the unit divides it.
        let time = NonZeroU32::new(minutes / unit.minutes()).unwrap_or(NonZeroU32::MIN);
        Self { time, unit }
    }

    /// How long that is.
    pub fn length(self) -> ExpirationLength {
        let minutes = u64::from(self.time.get()) * u64::from(self.unit.minutes());
        ExpirationLength::from_minutes(minutes).expect("every maker has looked")
    }

    /// What P0 may call it, the likeliest first. P0's documentation writes 24 hours as "1 day", its Terraform provider as
    /// "24 hours"; of other lengths only the unit that they were made with, or the largest, is known to be named.
    pub fn labels(self) -> Vec<String> {
        let minutes = self.length().minutes();
        let mut labels = Vec::new();
        for unit in [Self::of(self.length()).unit, self.unit, Unit::Hours] {
            if minutes.is_multiple_of(unit.minutes()) {
                let label = counted(minutes / unit.minutes(), unit);
                if !labels.contains(&label) {
                    labels.push(label);
                }
            }
        }
        labels
    }

    /// In words, in its own unit: `24 hours`, `1 day`.
    pub fn in_words(self) -> String {
        counted(self.time.get(), self.unit)
    }
}

fn counted(time: u32, unit: Unit) -> String {
    format!("{time} {}{}", unit.word(), if time == 1 { "" } else { "s" })
}

/// As it is typed: `4h`, `2w`.
impl fmt::Display for SettingLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.time, self.unit.letter())
    }
}

impl FromStr for SettingLength {
    type Err = LengthError;

    /// Takes what people write, as [`ExpirationLength`] does. The unit that was written stays; of several, as in `1h30m`,
    /// the smallest counts all of it.
    fn from_str(text: &str) -> Result<Self, LengthError> {
        let length: ExpirationLength = text.parse()?;
        let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
        let written = match (words.next(), words.next()) {
            (Some(word), None) => {
                Unit::ALL.into_iter().find(|unit| word.starts_with([unit.letter(), unit.letter().to_ascii_uppercase()]))
            }
            _ => None,
        };
        match written {
            Some(unit) => Self::new(length.minutes() / unit.minutes(), unit),
            None => Ok(Self::of(length)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str) -> SettingLength {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn the_unit_that_was_written_is_sent() {
        for (text, sent) in [
            ("24h", r#"{"time":24,"unit":"h"}"#),
            ("1d", r#"{"time":1,"unit":"d"}"#),
            ("2 weeks", r#"{"time":2,"unit":"w"}"#),
            ("90 Minutes", r#"{"time":90,"unit":"m"}"#),
            ("60m", r#"{"time":60,"unit":"m"}"#),
            ("1h30m", r#"{"time":90,"unit":"m"}"#),
            ("1d 12h", r#"{"time":36,"unit":"h"}"#),
        ] {
            assert_eq!(serde_json::to_string(&length(text)).unwrap(), sent, "{text}");
            assert_eq!(serde_json::from_str::<SettingLength>(sent).unwrap(), length(text));
        }
    }

    #[test]
    fn what_is_no_length_is_not_sent() {
        for (text, error) in [
            ("0h", LengthError::Zero),
            ("-1h", LengthError::Negative),
            ("1.5h", LengthError::Fraction),
            ("4", LengthError::NoUnit),
            ("4y", LengthError::NotALength),
            ("600w", LengthError::TooLong),
        ] {
            assert_eq!(text.parse::<SettingLength>(), Err(error), "{text}");
        }
        for kept in [r#"{"time":0,"unit":"h"}"#, r#"{"time":4000000000,"unit":"w"}"#, r#"{"time":1,"unit":"y"}"#] {
            assert!(serde_json::from_str::<SettingLength>(kept).is_err(), "{kept}");
        }
    }

    #[test]
    fn labels_are_those_of_p0s_own_documents() {
        assert_eq!(length("24h").labels(), ["1 day", "24 hours"]);
        assert_eq!(length("1d").labels(), ["1 day", "24 hours"]);
        assert_eq!(length("2h").labels(), ["2 hours"]);
        assert_eq!(length("60m").labels(), ["1 hour", "60 minutes"]);
        assert_eq!(length("1w").labels(), ["1 week", "168 hours"]);
        assert_eq!(length("7d").labels(), ["1 week", "7 days", "168 hours"]);
        assert_eq!(length("30d").labels(), ["30 days", "720 hours"]);
        assert_eq!(length("5m").labels(), ["5 minutes"]);
    }
}
