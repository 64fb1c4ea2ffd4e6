//! A rota as an iCalendar file (RFC 5545). What says who is on call and when is understood or refused with its line;
//! nothing of it is passed over. Times of time zones are those of IANA, for the name in TZID or the one that Windows has for
//! it, whatever VTIMEZONE says.

mod event;
mod file;
mod lines;
mod moment;
mod recurrence;
#[cfg(test)]
mod tests;
mod windows;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) use file::CalendarFile;

use super::shift::Shift;
use event::Event;
use lines::{BadLine, Line};
use moment::Moment;

/// The events of a file.
#[derive(Clone, Debug)]
pub(super) struct Calendar(Vec<Event>);

impl Calendar {
    /// Reads a file. `zone` is for times that name none, and for days.
    ///
    /// # Errors
    /// What cannot be read, and on which line.
    pub(super) fn read(bytes: &[u8], zone: &TimeZone) -> Result<Self, BadLine> {
        let lines = lines::read(bytes)?;
        let Some(begin) = lines.first().filter(|line| is(line, "BEGIN", "VCALENDAR")) else {
            return Err(BadLine { line: 1, problem: "a calendar begins with BEGIN:VCALENDAR".to_owned() });
        };
        let mut events = Vec::new();
        let mut at = 1;
        while let Some(line) = lines.get(at) {
            at += 1;
            match line.name.as_str() {
                "BEGIN" => {}
                "END" if is(line, "END", "VCALENDAR") => {
                    return match lines.get(at) {
                        None => Ok(Self(events)),
                        Some(line) => Err(line.bad("stands after END:VCALENDAR")),
                    };
                }
                "END" => return Err(line.bad(format!("{} ends what has not begun", line.value))),
                _ => continue,
            }
            let what = line.value.to_ascii_uppercase();
            let length = within(&lines[at..], &what).ok_or_else(|| line.bad(format!("{what} has no END")))?;
            match what.as_str() {
                "VEVENT" => events.push(Event::read(line, &outer(&lines[at..at + length]), zone)?),
                "VTIMEZONE" => {}
                other if other.starts_with("X-") => {}
                "VCALENDAR" => return Err(line.bad("VCALENDAR stands within another one")),
                other => return Err(line.bad(format!("{other} is not understood: events say who is on call"))),
            }
            at += length + 1;
        }
        // Cut off between two events it would be whole otherwise, and nobody on call.
        Err(begin.bad("VCALENDAR has no END"))
    }

    /// Who is on call at any time of a range.
    pub(super) fn shifts(&self, from: Timestamp, until: Timestamp) -> Vec<Shift> {
        let events = self.0.iter().filter(|event| !event.is_cancelled);
        let mut shifts: Vec<Shift> = events.flat_map(|event| self.times(event, from, until)).collect();
        shifts.sort_by_key(|shift| (shift.start, shift.end));
        shifts
    }

    fn times(&self, event: &Event, from: Timestamp, until: Timestamp) -> Vec<Shift> {
        let mut starts = match &event.rule {
            None => vec![event.start.clone()],
            // A day more: dates are those of clocks that may be ahead.
            Some(rule) => {
                let last = TimeZone::UTC.to_datetime(until).date();
                rule.starts(&event.start, last.tomorrow().unwrap_or(last))
            }
        };
        for also in &event.also {
            if !starts.iter().any(|start| start.is_meant_by(also)) {
                starts.push(also.clone());
            }
        }
        let replaced = self.0.iter().filter(|other| event.in_place_of.is_none() && other.is_same_as(event));
        let replaced = replaced.filter_map(|other| Some(other.in_place_of.as_ref()?.else_by_clock_of(&event.start)));
        let except: Vec<Moment> = event.except.iter().cloned().chain(replaced).collect();
        starts.retain(|start| !except.iter().any(|except| start.is_meant_by(except)));
        let shifts = starts.iter().filter_map(|start| {
            let (begin, end) = (start.timestamp()?, start.later(event.length)?.timestamp()?);
            (begin < until && end > from).then_some((begin, end))
        });
        let of_each = shifts.flat_map(|(start, end)| {
            event.who.iter().map(move |who| Shift { level: 1, who: who.clone(), start: Some(start), end: Some(end) })
        });
        of_each.collect()
    }
}

fn is(line: &Line, name: &str, value: &str) -> bool {
    line.name == name && line.value.eq_ignore_ascii_case(value)
}

/// How many lines there are before the end of the component that has begun.
fn within(lines: &[Line], what: &str) -> Option<usize> {
    let mut depth = 0;
    lines.iter().position(|line| {
        match line.name.as_str() {
            "BEGIN" => depth += 1,
            "END" if depth > 0 => depth -= 1,
            "END" => return line.value.eq_ignore_ascii_case(what),
            _ => {}
        }
        false
    })
}

/// The lines that stand in no component within (an alarm says nothing of who is on call).
fn outer(lines: &[Line]) -> Vec<Line> {
    let mut depth = 0;
    let is_outer = |line: &&Line| {
        let was = depth;
        match line.name.as_str() {
            "BEGIN" => depth += 1,
            "END" => depth -= 1,
            _ => {}
        }
        was == 0 && line.name != "BEGIN"
    };
    lines.iter().filter(is_outer).cloned().collect()
}
