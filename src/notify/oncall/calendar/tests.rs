use jiff::tz::TimeZone;

use super::*;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn calendar(events: &str) -> Result<Calendar, BadLine> {
    Calendar::read(format!("BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n").as_bytes(), &berlin())
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")
}

/// `who start end` of each, UTC.
fn shown(events: &str, from: &str, until: &str) -> Vec<String> {
    let found = calendar(events).unwrap().shifts(from.parse().unwrap(), until.parse().unwrap());
    let one = |shift: Shift| format!("{} {} {}", shift.who.name(), shift.start.unwrap(), shift.end.unwrap());
    found.into_iter().map(one).collect()
}

#[test]
fn a_night_shift_ends_at_seven_however_the_clocks_are_changed_in_it() {
    let nights = event(
        "UID:1\nSUMMARY:Alice\nDTSTART;TZID=Europe/Berlin:20261023T220000\nDTEND;TZID=Europe/Berlin:20261024T070000\n\
         RRULE:FREQ=DAILY;COUNT=3",
    );
    assert_eq!(
        shown(&nights, "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        [
            "Alice 2026-10-23T20:00:00Z 2026-10-24T05:00:00Z",
            "Alice 2026-10-24T20:00:00Z 2026-10-25T06:00:00Z",
            "Alice 2026-10-25T21:00:00Z 2026-10-26T06:00:00Z",
        ]
    );
}

#[test]
fn weeks_alternate_and_single_times_are_moved_or_left_out() {
    let alternating = event(
        "UID:1\nATTENDEE;CN=\"Doe, Alice\":mailto:alice@example.com\nDTSTART:20261102T090000\nDURATION:PT8H\n\
         RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261202T235959Z\nEXDATE:20261104T090000",
    ) + &event(
        "UID:1\nRECURRENCE-ID:20261116T090000\nATTENDEE:MAILTO:bob@example.com\nDTSTART:20261117T100000Z\n\
         DTEND:20261117T110000Z",
    );
    assert_eq!(
        shown(&alternating, "2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z"),
        [
            "Doe, Alice 2026-11-02T08:00:00Z 2026-11-02T16:00:00Z",
            "bob@example.com 2026-11-17T10:00:00Z 2026-11-17T11:00:00Z",
            "Doe, Alice 2026-11-18T08:00:00Z 2026-11-18T16:00:00Z",
            "Doe, Alice 2026-11-30T08:00:00Z 2026-11-30T16:00:00Z",
            "Doe, Alice 2026-12-02T08:00:00Z 2026-12-02T16:00:00Z",
        ]
    );
}

#[test]
fn whole_days_are_those_of_the_place() {
    let days = event("SUMMARY:Alice\nDTSTART;VALUE=DATE:20261025\nDTEND;VALUE=DATE:20261026");
    assert_eq!(
        shown(&days, "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ["Alice 2026-10-24T22:00:00Z 2026-10-25T23:00:00Z"]
    );
}

#[test]
fn what_names_no_time_zone_is_by_the_clock_of_its_event() {
    let zone = "DTSTART;TZID=America/New_York:20270120T090000";
    for (lines, times) in [
        (format!("{zone}\nDTEND:20270120T100000"), &["20T14 20T15"][..]),
        (format!("{zone}\nDURATION:PT1H\nRDATE:20270122T090000"), &["20T14 20T15", "22T14 22T15"]),
        (
            format!("{zone}\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20270121T090000"),
            &["20T14 20T15", "22T14 22T15"],
        ),
        (
            "DTSTART:20270120T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20270121T090000".to_owned(),
            &["20T09 20T10", "21T09 21T10"],
        ),
        (
            "DTSTART:20270120T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20270121T090000".to_owned(),
            &["20T08 20T09", "21T08 21T09"],
        ),
    ] {
        let shown = shown(&event(&format!("SUMMARY:A\n{lines}")), "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z");
        let times: Vec<String> = times
            .iter()
            .map(|time| time.split_once(' ').unwrap())
            .map(|(start, end)| format!("A 2027-01-{start}:00:00Z 2027-01-{end}:00:00Z"))
            .collect();
        assert_eq!(shown, times, "{lines}");
    }
    let moved = event(&format!("UID:1\nSUMMARY:A\n{zone}\nDURATION:PT1H"))
        + &event(
            "UID:1\nSUMMARY:B\nRECURRENCE-ID:20270120T090000\nDTSTART;TZID=America/New_York:20270120T120000\nDURATION:PT1H",
        );
    assert_eq!(
        shown(&moved, "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z"),
        ["B 2027-01-20T17:00:00Z 2027-01-20T18:00:00Z"]
    );
}

#[test]
fn who_declined_and_what_was_cancelled_is_not_on_call() {
    let events = event(
        "ATTENDEE;PARTSTAT=DECLINED:mailto:alice@example.com\nATTENDEE:mailto:bob@example.com\n\
         DTSTART:20261102T090000Z\nDURATION:PT1H",
    ) + &event("SUMMARY:Carol\nSTATUS:CANCELLED\nDTSTART:20261102T090000Z\nDURATION:PT1H");
    assert_eq!(
        shown(&events, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ["bob@example.com 2026-11-02T09:00:00Z 2026-11-02T10:00:00Z"]
    );
}

#[test]
fn lines_are_unfolded_within_characters_too_and_what_says_nothing_of_duty_is_let_be() {
    let mut bytes = b"\xef\xbb\xbfBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:J".to_vec();
    bytes.extend_from_slice(b"\xc3\r\n \xbcrgen\\, K\r\nDTSTART:20261102T090000Z\r\nDTEND:20261102T100000Z\r\n");
    bytes.extend_from_slice(
        b"BEGIN:VALARM\r\nDURATION:PT5M\r\nEND:VALARM\r\nX-ANY:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    let read = Calendar::read(&bytes, &TimeZone::UTC).unwrap();
    let found = read.shifts("2026-11-02T09:30:00Z".parse().unwrap(), "2026-11-02T09:31:00Z".parse().unwrap());
    assert_eq!(found[0].who.name(), "Jürgen, K");
}

#[test]
fn time_zones_are_known_by_the_names_that_outlook_and_thunderbird_write_too() {
    for zone in [
        "Eastern Standard Time",
        "\"eastern standard time\"",
        "America/New_York",
        "\"America/New_York\"",
        "/mozilla.org/20050126_1/America/New_York",
        "/America/New_York",
    ] {
        let shift = event(&format!("SUMMARY:A\nDTSTART;TZID={zone}:20260702T090000\nDURATION:PT1H"));
        assert_eq!(
            shown(&shift, "2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z"),
            ["A 2026-07-02T13:00:00Z 2026-07-02T14:00:00Z"],
            "{zone}"
        );
    }
}

#[test]
fn what_is_not_understood_is_refused_with_its_line() {
    let rule = |rule: &str| event(&format!("SUMMARY:A\nDTSTART:20261102T090000\nDURATION:PT1H\nRRULE:{rule}"));
    for (events, problem) in [
        (event("SUMMARY:A\nDURATION:PT1H"), "line 2: the event has no DTSTART"),
        (
            event("DTSTART:20261102T090000\nDURATION:PT1H"),
            "line 2: the event has no ATTENDEE and no SUMMARY: nobody knows whose it is",
        ),
        (
            event("SUMMARY:A\nDTSTART:20261102T090000"),
            "line 2: the event has no DTEND and no DURATION: nobody knows when it ends",
        ),
        (
            event("SUMMARY:A\nDTSTART:tomorrow\nDURATION:PT1H"),
            "line 4: DTSTART holds \"tomorrow\", which is no date and no time",
        ),
        (
            event("SUMMARY:A\nDTSTART;TZID=Customized Time Zone:20261102T090000\nDURATION:PT1H"),
            "line 4: DTSTART names the time zone \"Customized Time Zone\": IANA's names are known, as Europe/Berlin, and \
             Windows'",
        ),
        (event("SUMMARY:A\nDTSTART:20261102T090000\nDTEND:20261102T080000"), "line 5: DTEND is not after DTSTART"),
        (
            event("SUMMARY:A\nDTSTART:20261102T090000\nDTEND;VALUE=DATE:20261103"),
            "line 5: DTEND is a date where DTSTART has a time, or has a time where that is a date",
        ),
        (rule("FREQ=MONTHLY"), "line 6: RRULE has FREQ=MONTHLY: only DAILY and WEEKLY are understood"),
        (rule("FREQ=WEEKLY;BYDAY=1MO"), "line 6: RRULE has BYDAY=1MO, which is not understood"),
        (rule("FREQ=WEEKLY;BYSETPOS=1"), "line 6: RRULE has BYSETPOS=1, which is not understood"),
        (rule("INTERVAL=2"), "line 6: RRULE has no FREQ"),
        (
            rule("FREQ=WEEKLY;BYDAY=TU"),
            "line 6: RRULE does not name the day on which the event begins: what that means differs",
        ),
        (
            event(
                "SUMMARY:A\nDTSTART;TZID=America/New_York:20270120T090000\nDURATION:PT1H\n\
                 RRULE:FREQ=DAILY;UNTIL=20270121T090000",
            ),
            "line 6: RRULE has UNTIL=20270121T090000 beside a DTSTART with a TZID: what that means differs; in UTC, with a \
             Z at its end, it is understood",
        ),
        ("BEGIN:VTODO\nEND:VTODO\n".to_owned(), "line 2: BEGIN VTODO is not understood: events say who is on call"),
        ("BEGIN:VEVENT\n".to_owned(), "line 2: BEGIN VEVENT has no END"),
        ("SUMMARY\n".to_owned(), "line 2: is no line of a calendar: it has no colon"),
    ] {
        assert_eq!(calendar(&events).unwrap_err().to_string(), problem, "{events}");
    }
    let whole =
        format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", event("SUMMARY:A\nDTSTART:20261102T090000\nDURATION:PT1H"));
    assert!(Calendar::read(whole.as_bytes(), &berlin()).is_ok());
    let cut_off = whole.strip_suffix("END:VCALENDAR\n").unwrap();
    for (text, problem) in [
        (cut_off.to_owned(), "line 1: BEGIN VCALENDAR has no END"),
        (format!("{cut_off}END:VEVENT\n"), "line 7: END VEVENT ends what has not begun"),
        (whole.repeat(2), "line 8: BEGIN stands after END:VCALENDAR"),
    ] {
        assert_eq!(Calendar::read(text.as_bytes(), &berlin()).unwrap_err().to_string(), problem, "{text}");
    }
    let no_calendar = Calendar::read(b"<html>", &TimeZone::UTC).unwrap_err();
    assert_eq!(no_calendar.to_string(), "line 1: is no line of a calendar: it has no colon");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(0u8..=255, 0..400), rule in "\\PC{0,60}") {
        let _ = Calendar::read(&bytes, &TimeZone::UTC);
        let hostile = event(&format!("SUMMARY:A\nDTSTART:20261102T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;{rule}"));
        if let Ok(calendar) = calendar(&hostile) {
            calendar.shifts("2026-11-01T00:00:00Z".parse().unwrap(), "2026-12-01T00:00:00Z".parse().unwrap());
        }
    }
}
