//! Whether something holds that may not be known.

/// Whether something holds. They are in order: what has to hold all together holds as the least of its parts does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It does not.
    No,
    /// It cannot be told: P0 has not said what it goes by.
    Perhaps,
    /// It does.
    Yes,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}
