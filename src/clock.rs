//! The only file that asks for the time; `.clippy.toml` keeps it so.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

/// Where the bot and the sandbox's stand-ins read the time (UTC, milliseconds).
///
/// A stepped clock only moves when told to, so that stories about deadlines,
/// leases and rates are told without sleeping. One that runs ahead runs as the
/// machine's does, and can be moved on top of that.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Stepped(Arc<AtomicI64>),
    /// Of the machine's, by so many milliseconds.
    Ahead(Arc<AtomicI64>),
    /// Of the machine's, by as many milliseconds as another clock is.
    Led(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that starts at the machine's time and then stands still.
    /// Every clone shows the same time.
    pub fn stepped() -> Self {
        let start = Self::system().now().as_millisecond();
        Self(Source::Stepped(Arc::new(AtomicI64::new(start))))
    }

    /// A clock that runs as the machine's does, and is ahead of it by as much as it was moved.
    /// Every clone shows the same time.
    pub fn running_ahead() -> Self {
        Self(Source::Ahead(Arc::default()))
    }

    /// A clock that shows the machine's time until it is told what another one shows, and that one's from then on.
    /// Every clone shows the same time.
    pub fn led() -> Self {
        Self(Source::Led(Arc::default()))
    }

    /// Whether it is shown what another clock shows.
    pub fn is_led(&self) -> bool {
        matches!(self.0, Source::Led(_))
    }

    /// Whether it is the machine's own.
    pub fn is_the_machines(&self) -> bool {
        matches!(self.0, Source::System)
    }

    /// Another clock has shown `theirs`, and was asked when the machine's showed `asked`. Says by how many milliseconds it
    /// is ahead of the machine's. That the answer took its time makes this clock later than the other, never earlier: a
    /// lease seems to end too soon rather than too late.
    ///
    /// # Panics
    /// Only a clock that is led follows another.
    pub fn follow(&self, theirs: Timestamp, asked: Timestamp) -> i64 {
        let Source::Led(by) = &self.0 else { panic!("only a clock that is led follows another") };
        let ahead = theirs.as_millisecond().saturating_sub(asked.as_millisecond());
        by.store(ahead, Ordering::SeqCst);
        ahead
    }

    /// The time now, cut to whole milliseconds.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
    pub fn now(&self) -> Timestamp {
        let milliseconds = match &self.0 {
            Source::System => Timestamp::now().as_millisecond(),
            Source::Stepped(milliseconds) => milliseconds.load(Ordering::SeqCst),
            Source::Ahead(by) | Source::Led(by) => {
                Timestamp::now().as_millisecond().saturating_add(by.load(Ordering::SeqCst))
            }
        };
        from_millisecond(milliseconds)
    }

    /// Puts a stepped clock back, as a machine's is where it was ahead of others.
    ///
    /// # Panics
    /// No other clock can be put back.
    pub fn put_back(&self, by: Duration) {
        let Source::Stepped(milliseconds) = &self.0 else { panic!("only a stepped clock is put back") };
        let by = i64::try_from(by.as_millis()).expect("a step of less than 292 million years");
        milliseconds.fetch_sub(by, Ordering::SeqCst);
    }

    /// Moves the clock forward.
    ///
    /// # Panics
    /// The machine's own clock cannot be moved.
    pub fn advance(&self, by: Duration) {
        match &self.0 {
            Source::System | Source::Led(_) => panic!("the machine's clock moves by itself"),
            Source::Stepped(milliseconds) | Source::Ahead(milliseconds) => {
                let by = i64::try_from(by.as_millis()).expect("a step of less than 292 million years");
                milliseconds.fetch_add(by, Ordering::SeqCst);
            }
        }
    }
}

/// Epoch milliseconds as a time; what lies outside of the calendar becomes its nearest end.
pub fn from_millisecond(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(if milliseconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_runs_ahead_goes_on_running() {
        let clock = Clock::running_ahead();
        let before = clock.now();
        clock.clone().advance(Duration::from_secs(3600));
        let after = clock.now();
        assert!(after >= before + Duration::from_secs(3600), "{before} {after}");
        assert!(after < before + Duration::from_secs(3660) && clock.now() >= after);
    }
}
