//! Whether something holds that may not be known, or not of everything.

use serde::Serialize;

/// Whether something holds. They are in order: what has to hold all together holds as the least of its parts does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It does not.
    No,
    /// It cannot be told: P0 has not said what it goes by.
    Perhaps,
    /// It does of some of the things that are asked for, and not of others.
    InPart,
    /// It does.
    Yes,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}
