//! A length as P0 tells it.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::length::Unit;
use crate::domain::expiration::ExpirationLength;

/// Longest `value` that is kept, in characters; P0's own are about ten.
const MOST_VALUE_CHARACTERS: usize = 200;

/// `DurationOptionResponse` of `jit-settings.json`. `time` is any JSON number, fractions too; `value` is P0's own name
/// for it, which is opaque, and the key under which it is removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldLength {
    time: Number,
    unit: Unit,
    value: String,
}

impl ToldLength {
    /// Reads it; `None` where it is none, or of less than a minute, or of more than ten years.
    pub fn read(answer: &Value) -> Option<Self> {
        let told = Self {
            time: answer.get("time")?.as_number()?.clone(),
            unit: Unit::deserialize(answer.get("unit")?).ok()?,
            value: answer.get("value")?.as_str()?.to_owned(),
        };
        // As a segment of a path these name no length, but the list of them or what is above it.
        let is_key = !["", ".", ".."].contains(&told.value.as_str());
        let kept = is_key && told.value.chars().count() <= MOST_VALUE_CHARACTERS;
        (kept && told.whole_minutes().is_some()).then_some(told)
    }

    /// P0's own name for it; foreign text.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// How long that is, without what is left of a minute.
    pub fn length(&self) -> ExpirationLength {
        self.whole_minutes().expect("every maker has looked")
    }

    /// Whether it can be sent as it is: in whole minutes.
    pub fn is_whole(&self) -> bool {
        self.minutes().fract() == 0.0
    }

    fn minutes(&self) -> f64 {
        self.time.as_f64().unwrap_or_default() * f64::from(self.unit.minutes())
    }

    fn whole_minutes(&self) -> Option<ExpirationLength> {
        let minutes = self.minutes();
        // What does not fit becomes the nearest end, and no length.
        if minutes.is_finite() { ExpirationLength::from_minutes(minutes.max(0.0) as u64) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fractions_are_read() {
        let told = ToldLength::read(&json!({ "time": 1.5, "unit": "h", "value": "1.5 hours" })).unwrap();
        assert_eq!((told.length().minutes(), told.is_whole(), told.value()), (90, true, "1.5 hours"));
        let told = ToldLength::read(&json!({ "time": 2.75, "unit": "m", "value": "x" })).unwrap();
        assert_eq!((told.length().minutes(), told.is_whole()), (2, false));
        let kept = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<ToldLength>(&kept).unwrap(), told);
    }

    #[test]
    fn what_is_no_length_is_not_read() {
        for answer in [
            json!(null),
            json!({}),
            json!({ "time": 1, "unit": "h" }),
            json!({ "time": 1, "unit": "y", "value": "1 year" }),
            json!({ "time": "1", "unit": "h", "value": "1 hour" }),
            json!({ "time": 0, "unit": "h", "value": "0 hours" }),
            json!({ "time": -4, "unit": "h", "value": "-4 hours" }),
            json!({ "time": 0.5, "unit": "m", "value": "half" }),
            json!({ "time": 1e300, "unit": "w", "value": "for ever" }),
            json!({ "time": 1, "unit": "h", "value": "" }),
            json!({ "time": 1, "unit": "h", "value": "." }),
            json!({ "time": 1, "unit": "h", "value": ".." }),
            json!({ "time": 1, "unit": "h", "value": "x".repeat(201) }),
        ] {
            assert_eq!(ToldLength::read(&answer), None, "{answer}");
        }
    }
}
