//! Dates and times of a calendar: as a clock on a wall shows them, and where it hangs (RFC 5545, sections 3.3.4 and 3.3.5).

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use super::lines::{BadLine, Line};
use super::windows;

/// A date, or a date and a time, on some clock.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// What the clock shows; midnight, where it is a date alone.
    pub(super) local: DateTime,
    /// Where it hangs.
    pub(super) zone: TimeZone,
    /// Whether it is a date alone.
    pub(super) is_date: bool,
    /// Whether it says nothing of where it hangs.
    pub(super) is_bare: bool,
}

impl Moment {
    /// The moments of a line, which may hold several with commas between them. `zone` is for those that name none.
    pub(super) fn read_all(line: &Line, zone: &TimeZone) -> Result<Vec<Self>, BadLine> {
        if let Some(kind) = line.parameter("VALUE").filter(|kind| !["DATE", "DATE-TIME"].contains(kind)) {
            return Err(line.bad(format!("holds a {kind}, which is not understood")));
        }
        let named_zone = line.parameter("TZID");
        let zone = match named_zone {
            None => zone.clone(),
            Some(name) => named(name).ok_or_else(|| {
                line.bad(format!(
                    "names the time zone {name:?}: IANA's names are known, as Europe/Berlin, and Windows'"
                ))
            })?,
        };
        let one = |text: &str| {
            let moment = Self::parse(text.trim(), &zone).ok_or_else(|| no_moment(line, text))?;
            Ok(Self { is_bare: moment.is_bare && named_zone.is_none(), ..moment })
        };
        line.value.split(',').map(one).collect()
    }

    /// The one moment of a line.
    pub(super) fn read(line: &Line, zone: &TimeZone) -> Result<Self, BadLine> {
        let mut all = Self::read_all(line, zone)?;
        match (all.pop(), all.is_empty()) {
            (Some(moment), true) => Ok(moment),
            _ => Err(line.bad("holds several moments")),
        }
    }

    /// `20261122`, `20261122T090000` or `20261122T080000Z`.
    pub(super) fn parse(text: &str, zone: &TimeZone) -> Option<Self> {
        let (date, time) = match text.split_once('T') {
            None => (text, None),
            Some((date, time)) => (date, Some(time)),
        };
        let date = Date::strptime("%Y%m%d", date).ok().filter(|_| date.len() == 8)?;
        let Some(time) = time else {
            return Some(Self {
                local: date.to_datetime(jiff::civil::Time::midnight()),
                zone: zone.clone(),
                is_date: true,
                is_bare: true,
            });
        };
        let (time, zone, is_bare) = match time.strip_suffix('Z') {
            Some(time) => (time, TimeZone::UTC, false),
            None => (time, zone.clone(), true),
        };
        let time = jiff::civil::Time::strptime("%H%M%S", time).ok().filter(|_| time.len() == 6)?;
        Some(Self { local: date.to_datetime(time), zone, is_date: false, is_bare })
    }

    /// The moment itself. Where the clock is put forward over it, it is as much later; where it is shown twice, the first.
    pub(super) fn timestamp(&self) -> Option<Timestamp> {
        self.local.to_zoned(self.zone.clone()).ok().map(|zoned| zoned.timestamp())
    }

    /// The same by another clock.
    pub(super) fn on_clock_of(&self, other: &Self) -> Option<DateTime> {
        if self.is_date || self.zone == other.zone {
            return Some(self.local);
        }
        Some(other.zone.to_datetime(self.timestamp()?))
    }

    /// The same, by the clock of `other` where it is bare.
    pub(super) fn else_by_clock_of(&self, other: &Self) -> Self {
        let zone = if self.is_bare { &other.zone } else { &self.zone };
        Self { zone: zone.clone(), ..self.clone() }
    }

    /// The one that is shown so much later on the same clock.
    pub(super) fn later(&self, by: SignedDuration) -> Option<Self> {
        Some(Self { local: self.local.checked_add(by).ok()?, ..self.clone() })
    }

    /// The same time on another day.
    pub(super) fn on(&self, date: Date) -> Self {
        Self { local: date.to_datetime(self.local.time()), ..self.clone() }
    }

    /// Whether `other` means this one: a date alone means whatever begins on that day.
    pub(super) fn is_meant_by(&self, other: &Self) -> bool {
        match other.is_date {
            true => self.local.date() == other.local.date(),
            false => self.timestamp() == other.timestamp(),
        }
    }
}

/// The time zone that IANA or Windows calls so, or whose name is at the end of a path, as Mozilla writes it.
fn named(name: &str) -> Option<TimeZone> {
    let is_path = name.starts_with('/');
    let ends = name.match_indices('/').filter(|_| is_path).map(|(at, _)| &name[at + 1..]);
    std::iter::once(name).chain(windows::iana_name(name)).chain(ends).find_map(of_iana)
}

/// The machine's own list may lack the older of IANA's names.
fn of_iana(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).or_else(|_| TimeZoneDatabase::bundled().get(name)).ok()
}

fn no_moment(line: &Line, text: &str) -> BadLine {
    line.bad(format!("holds {text:?}, which is no date and no time"))
}
