//! A length as the settings API takes and answers it, and what it is called.

use serde::{Deserialize, Serialize};
use serde_json::Number;

/// The unit of a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    fn minutes(self) -> f64 {
        match self {
            Self::Minutes => 1.0,
            Self::Hours => 60.0,
            Self::Days => 24.0 * 60.0,
            Self::Weeks => 7.0 * 24.0 * 60.0,
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

/// A length as the settings API answers it (`DurationOptionResponse`).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DurationOption {
    /// How many units; any JSON number, fractions too.
    pub time: Number,
    /// Of what.
    pub unit: Unit,
    /// The human label, which is also the key under which it is removed.
    pub value: String,
}

impl DurationOption {
    /// A length with the label P0's documentation would give it.
    pub fn new(time: u32, unit: Unit) -> Self {
        Self::labelled(time.into(), unit, Labels::Largest)
    }

    /// A length with the label that it gets this way.
    pub fn labelled(time: Number, unit: Unit, labels: Labels) -> Self {
        let minutes = time.as_f64().unwrap_or_default() * unit.minutes();
        let units = [Unit::Weeks, Unit::Days, Unit::Hours, Unit::Minutes];
        let largest = units.into_iter().find(|unit| minutes % unit.minutes() == 0.0);
        let (amount, unit_shown) = match (labels, largest) {
            (Labels::Largest, Some(largest)) => (minutes / largest.minutes(), largest),
            _ => (minutes / unit.minutes(), unit),
        };
        let plural = if amount == 1.0 { "" } else { "s" };
        Self { time, unit, value: format!("{amount} {}{plural}", unit_shown.word()) }
    }

    /// Its length in minutes.
    pub(super) fn minutes(&self) -> f64 {
        self.time.as_f64().unwrap_or_default() * self.unit.minutes()
    }
}

/// How labels are computed on add. P0's own sources disagree on 24 h, so a client must not rely on either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Labels {
    /// In the largest unit that divides the length: 24 h is "1 day", as in P0's documentation.
    #[default]
    Largest,
    /// In the unit sent: 24 h is "24 hours", as in P0's Terraform provider.
    AsSent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_follow_the_documentation_or_what_was_sent() {
        let label = |time: u32, unit, labels| DurationOption::labelled(time.into(), unit, labels).value;
        assert_eq!(label(2, Unit::Hours, Labels::Largest), "2 hours");
        assert_eq!(label(60, Unit::Minutes, Labels::Largest), "1 hour");
        assert_eq!(label(90, Unit::Minutes, Labels::Largest), "90 minutes");
        assert_eq!(label(24, Unit::Hours, Labels::Largest), "1 day");
        assert_eq!(label(24, Unit::Hours, Labels::AsSent), "24 hours");
        assert_eq!(label(1, Unit::Weeks, Labels::AsSent), "1 week");
        let half = Number::from_f64(1.5).unwrap();
        assert_eq!(DurationOption::labelled(half, Unit::Hours, Labels::AsSent).value, "1.5 hours");
    }
}
