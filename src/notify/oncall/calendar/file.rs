//! The file of a calendar: read at the start, and again when it has changed.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Calendar;
use crate::notify::oncall::shift::Shift;
use crate::notify::oncall::trouble::Trouble;

/// How far ahead it is read: for so long a file counts that has become unreadable.
const AHEAD: Duration = Duration::from_secs(31 * 24 * 60 * 60);
/// Bytes that are read.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// The file of a calendar.
pub(in crate::notify::oncall) struct CalendarFile {
    path: PathBuf,
    zone: TimeZone,
    read: Mutex<Read>,
}

/// What was read of it, and of which state.
struct Read {
    calendar: Result<Calendar, String>,
    state: Option<State>,
}

/// By what a file is known to have changed.
type State = (Option<SystemTime>, u64);

impl CalendarFile {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// What is wrong with it, and on which line.
    pub(in crate::notify::oncall) fn read(path: PathBuf, zone: TimeZone) -> Result<Self, String> {
        let state = state(&path)?;
        let calendar = calendar(&path, &zone)?;
        let read = Mutex::new(Read { calendar: Ok(calendar), state: Some(state) });
        Ok(Self { path, zone, read })
    }

    /// Who is on call from a moment on, for a month.
    pub(in crate::notify::oncall) async fn shifts(&self, from: Timestamp) -> Result<Vec<Shift>, Trouble> {
        // A small file on this machine's own disk; it is only read where it has changed.
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let found = state(&self.path).map_err(Trouble::File)?;
        if read.state != Some(found) {
            *read = Read { calendar: calendar(&self.path, &self.zone), state: Some(found) };
        }
        let calendar = read.calendar.as_ref().map_err(|problem| Trouble::File(problem.clone()))?;
        Ok(calendar.shifts(from, from + AHEAD))
    }
}

fn state(path: &Path) -> Result<State, String> {
    let of = |found: Metadata| (found.modified().ok(), found.len());
    fs::metadata(path).map(of).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

fn calendar(path: &Path, zone: &TimeZone) -> Result<Calendar, String> {
    let named = path.display();
    if state(path)?.1 > MOST_BYTES {
        return Err(format!("{named} is larger than {} MiB", MOST_BYTES / 1024 / 1024));
    }
    let bytes = fs::read(path).map_err(|error| format!("{named} cannot be read: {error}"))?;
    Calendar::read(&bytes, zone).map_err(|bad| format!("{named}, {bad}"))
}
