//! In what P0s differ, or what P0 does not publish: a client has to be right with all of it.

use serde_json::json;

use super::duration_option::{DurationOption, Labels, Unit};
use crate::sandbox::wire::Reply;

/// The answer to a decision that counted. The contract documents 200 and no body; clients have to read all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SuccessBody {
    /// Nothing, without a content type.
    #[default]
    Empty,
    /// `{}`
    EmptyObject,
    /// `{"ok":true}`
    Ok,
}

impl SuccessBody {
    /// The 200 with this body.
    pub(super) fn reply(self) -> Reply {
        match self {
            Self::Empty => Reply::empty(200),
            Self::EmptyObject => Reply::json(200, &json!({})),
            Self::Ok => Reply::json(200, &json!({ "ok": true })),
        }
    }
}

/// What becomes of the two settings that only P0's clients and older documents know:
/// `approvable-duration` and `default-approvals`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Undocumented {
    /// They work and answer 204.
    #[default]
    Answered,
    /// The 404 page, as if they had been removed.
    NotFound,
    /// 400 in P0's error shape.
    BadRequest,
}

/// How the maximum and the standing length answer when they are set. The contract requires neither `ok` nor the length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LengthAnswer {
    /// `{"ok":true}` with the length that counts now.
    #[default]
    Told,
    /// `{"ok":true}`
    OkAlone,
    /// `{}`
    EmptyObject,
    /// `{"ok":false}` with P0's reason, and nothing is set.
    NotOk,
}

impl LengthAnswer {
    /// Sets a length, which goes by this name, where P0 does it at all; and answers.
    pub(super) fn set(self, name: &str, place: &mut DurationOption, length: DurationOption) -> Reply {
        let body = match self {
            Self::Told => json!({ "ok": true, name: length }),
            Self::OkAlone => json!({ "ok": true }),
            Self::EmptyObject => json!({}),
            Self::NotOk => {
                let refusal = json!({ "ok": false, "error": "This duration is not allowed for your organization" });
                return Reply::json(200, &refusal);
            }
        };
        *place = length;
        Reply::json(200, &body).with_effect()
    }
}

/// What `_reset` tells. The contract requires the list alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResetAnswer {
    /// The list, the maximum and the standing length.
    #[default]
    Whole,
    /// The list.
    ListAlone,
}

/// The lengths that P0 offers by itself, and offers again after a reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnList {
    /// Those of the sample in P0's documentation.
    #[default]
    Documented,
    /// Some in fractions of a unit: the contract says that `time` is a number.
    Fractions,
}

impl OwnList {
    pub(super) fn options(self, labels: Labels) -> Vec<DurationOption> {
        let whole = |time: u32, unit| DurationOption::labelled(time.into(), unit, labels);
        // Halves are exact in binary, so that nothing is rounded.
        let halves = |halves: u32, unit| {
            let time = serde_json::Number::from_f64(f64::from(halves) / 2.0).expect("half a number is one");
            DurationOption::labelled(time, unit, labels)
        };
        match self {
            Self::Documented => vec![
                whole(5, Unit::Minutes),
                whole(1, Unit::Hours),
                whole(24, Unit::Hours),
                whole(168, Unit::Hours),
                whole(720, Unit::Hours),
            ],
            Self::Fractions => vec![halves(1, Unit::Hours), halves(3, Unit::Hours), halves(1, Unit::Days)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_list_carries_the_labels_of_the_documentation() {
        let labels: Vec<String> =
            OwnList::Documented.options(Labels::Largest).into_iter().map(|option| option.value).collect();
        assert_eq!(labels, ["5 minutes", "1 hour", "1 day", "1 week", "30 days"]);
    }
}
