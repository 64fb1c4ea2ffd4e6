//! What became of one call of P0's. It is no error: each is something that happened.

use std::time::Duration;

/// What became of one call; `Said` is what is kept of the answer where P0 took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<Said = ()> {
    /// P0 took it.
    Done(Said),
    /// P0 said no, in these words.
    Refused {
        /// The HTTP status.
        status: u16,
        /// P0's words; empty where it gave none.
        words: String,
    },
    /// P0 was too busy to take it.
    Busy {
        /// Where P0 said when to come back.
        retry_after: Option<Duration>,
    },
    /// It surely was not sent.
    NotSent,
    /// It may have counted.
    Unknown {
        /// What was answered; empty where nothing was.
        words: String,
    },
}

impl<Said> Outcome<Said> {
    /// As metrics and logs name it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Refused { .. } => "refused",
            Self::Busy { .. } => "busy",
            Self::NotSent => "not_sent",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The same, with what is kept of an answer.
    pub fn map<Kept>(self, keep: impl FnOnce(Said) -> Kept) -> Outcome<Kept> {
        self.and_then(|said| Outcome::Done(keep(said)))
    }

    /// Looks closer at an answer that is no refusal by its form.
    pub fn and_then<Kept>(self, look: impl FnOnce(Said) -> Outcome<Kept>) -> Outcome<Kept> {
        match self {
            Self::Done(said) => look(said),
            Self::Refused { status, words } => Outcome::Refused { status, words },
            Self::Busy { retry_after } => Outcome::Busy { retry_after },
            Self::NotSent => Outcome::NotSent,
            Self::Unknown { words } => Outcome::Unknown { words },
        }
    }
}
