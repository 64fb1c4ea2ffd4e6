//! One event: who is on call, from when to when, and when again (RFC 5545, section 3.6.1).

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::lines::{BadLine, Line};
use super::moment::Moment;
use super::recurrence::Rule;
use crate::domain::person::Email;
use crate::domain::text::cut;
use crate::notify::oncall::shift::Who;

/// Characters of a name that are kept.
const LONGEST_NAME: usize = 100;

/// One event.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) uid: Option<String>,
    pub(super) start: Moment,
    /// How much later the clock on the wall shows its end, each time: a night shift ends at seven however the clocks are
    /// changed in it.
    pub(super) length: SignedDuration,
    pub(super) rule: Option<Rule>,
    /// When it happens besides.
    pub(super) also: Vec<Moment>,
    /// When it does not.
    pub(super) except: Vec<Moment>,
    /// The time of another event of the same name in whose place this one is; by the clock of that one, where it is bare.
    pub(super) in_place_of: Option<Moment>,
    pub(super) is_cancelled: bool,
    pub(super) who: Vec<Who>,
}

impl Event {
    /// Reads the lines between `BEGIN:VEVENT`, which is `begin`, and its end. `zone` is for an event that names none; what
    /// names none in an event that does is by the clock of its DTSTART.
    pub(super) fn read(begin: &Line, lines: &[Line], zone: &TimeZone) -> Result<Self, BadLine> {
        let find = |name: &str| lines.iter().find(|line| line.name == name);
        let missing = |problem: &str| BadLine { line: begin.number, problem: format!("the event {problem}") };
        if let Some(line) = lines.iter().find(|line| line.name == "EXRULE") {
            return Err(line.bad("is not understood"));
        }
        let start = Moment::read(find("DTSTART").ok_or_else(|| missing("has no DTSTART"))?, zone)?;
        let zone = &start.zone;
        let length = length(&start, find("DTEND"), find("DURATION"))?
            .ok_or_else(|| missing("has no DTEND and no DURATION: nobody knows when it ends"))?;
        let mut rules = lines.iter().filter(|line| line.name == "RRULE");
        let rule = rules.next().map(|line| Rule::read(line, &start)).transpose()?;
        if let Some(line) = rules.next() {
            return Err(line.bad("stands there twice"));
        }
        let all = |name: &str| {
            let lines = lines.iter().filter(|line| line.name == name);
            lines.map(|line| Moment::read_all(line, zone)).collect::<Result<Vec<_>, _>>().map(|all| all.concat())
        };
        let in_place_of = match find("RECURRENCE-ID") {
            Some(line) if line.parameter("RANGE").is_some() => {
                return Err(line.bad("has a RANGE, which is not understood"));
            }
            Some(line) if rule.is_some() => return Err(line.bad("stands beside an RRULE, which is not understood")),
            line => line.map(|line| Moment::read(line, zone)).transpose()?,
        };
        Ok(Self {
            uid: find("UID").map(Line::text),
            rule,
            also: all("RDATE")?,
            except: all("EXDATE")?,
            in_place_of,
            is_cancelled: find("STATUS").is_some_and(|line| line.value.eq_ignore_ascii_case("CANCELLED")),
            who: who(lines).ok_or_else(|| missing("has no ATTENDEE and no SUMMARY: nobody knows whose it is"))?,
            start,
            length,
        })
    }

    /// Whether both are times of one event.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.uid.is_some() && self.uid == other.uid
    }
}

fn length(start: &Moment, end: Option<&Line>, duration: Option<&Line>) -> Result<Option<SignedDuration>, BadLine> {
    let day = SignedDuration::from_hours(24);
    let (line, length) = match (end, duration) {
        (Some(line), _) => {
            let end = Moment::read(line, &start.zone)?;
            if end.is_date != start.is_date {
                return Err(line.bad("is a date where DTSTART has a time, or has a time where that is a date"));
            }
            let local = end.on_clock_of(start).ok_or_else(|| line.bad("is out of the calendar"))?;
            (line, local.duration_since(start.local))
        }
        (None, Some(line)) => {
            let span: Span = line.value.parse().map_err(|_| line.bad("is no duration"))?;
            let length = span.to_duration(SpanRelativeTo::days_are_24_hours());
            (line, length.map_err(|_| line.bad("is no duration"))?)
        }
        (None, None) if start.is_date => return Ok(Some(day)),
        (None, None) => return Ok(None),
    };
    if length <= SignedDuration::ZERO {
        return Err(line.bad("is not after DTSTART"));
    }
    Ok(Some(length))
}

/// Those who attend; else whoever the event is called after. `None`: neither is there.
fn who(lines: &[Line]) -> Option<Vec<Who>> {
    let mut attendees = lines.iter().filter(|line| line.name == "ATTENDEE").peekable();
    if attendees.peek().is_some() {
        return Some(attendees.filter(|line| takes_part(line)).map(attendee).collect());
    }
    let summary = lines.iter().find(|line| line.name == "SUMMARY")?.text();
    let named =
        |name: String| Who::Named { email: Email::parse(&name), name: cut(&name, LONGEST_NAME), id: Some(name) };
    (!summary.is_empty()).then(|| vec![named(summary)])
}

/// Rooms do not, nor do people who declined or are only told.
fn takes_part(line: &Line) -> bool {
    let says = |name: &str, values: &[&str]| {
        line.parameter(name).is_some_and(|said| values.iter().any(|value| said.eq_ignore_ascii_case(value)))
    };
    !says("PARTSTAT", &["DECLINED"]) && !says("ROLE", &["NON-PARTICIPANT"]) && !says("CUTYPE", &["ROOM", "RESOURCE"])
}

fn attendee(line: &Line) -> Who {
    let scheme = "mailto:";
    let address = match line.value.get(..scheme.len()) {
        Some(begin) if begin.eq_ignore_ascii_case(scheme) => &line.value[scheme.len()..],
        _ => &line.value,
    };
    let name = line.parameter("CN").filter(|name| !name.is_empty()).unwrap_or(address);
    Who::Named { id: Some(address.to_owned()), name: cut(name, LONGEST_NAME), email: Email::parse(address) }
}
