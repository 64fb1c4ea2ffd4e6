//! Held against what nobody here wrote: PagerDuty's own document, and Python's calendars.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use p0_chatops::sandbox::pagerduty::PagerDuty;

use super::{Company, first, meant};
use crate::interop::{can, interpreter, say};
use crate::outside::pagerduty_server::PagerDutyServer;
use crate::world::{ALICE, BOB};

const KEY: &str = "sandbox-pagerduty-key";

fn account(base_url: &str, filter: &str, people: &str) -> String {
    format!("source = \"pagerduty\"\napi_key = \"{KEY}\"\napi_base_url = \"{base_url}\"\n{filter}\n{people}")
}

#[tokio::test]
async fn the_documents_own_example_is_understood_and_every_question_is_one_that_it_has() {
    let Some(judge) = PagerDutyServer::start(KEY, None) else { return };
    let company = Company::new().await;
    let people = format!("people = {{ \"tim@example.com\" = \"{ALICE}\" }}");
    for (filter, level) in [("escalation_policies = [\"PT20YPA\", \"PANLRI1\"]", 2), ("schedules = [\"PI7DH85\"]", 1)] {
        let roster = company.roster(&account(&judge.base_url, filter, &people)).unwrap();
        assert_eq!(meant(&roster, &first(level)).await, [ALICE]);
        let found = roster.look_up("first").await.unwrap();
        assert!(found.iter().all(|(_, found)| found.as_ref().is_some_and(|f| f.is_told)), "{found:?}");
    }
    let log = judge.log().await;
    assert!(log.len() == 5 && log.iter().all(|call| call.status == 200 && call.faults.is_empty()), "{log:#?}");
}

#[tokio::test]
async fn the_stand_in_answers_as_the_document_says() {
    let company = Company::paged().await;
    let Some(judge) = PagerDutyServer::start(KEY, Some(&PagerDuty::base_url(&company.pagerduty))) else { return };
    let policies = account(&judge.base_url, "escalation_policies = [\"PPOLICY\"]", "email_match = true");
    let roster = company.roster(&policies).unwrap();
    assert_eq!(meant(&roster, &first(1)).await, [ALICE]);
    roster.look_up("first").await.unwrap();
    company.pass(61);
    assert_eq!(meant(&roster, &first(1)).await, [BOB]);
    let schedules = account(&judge.base_url, "schedules = [\"SFIRST\"]", "email_match = true");
    company.roster(&schedules).unwrap().look_up("first").await.unwrap();
    let log = judge.log().await;
    assert!(log.len() == 5 && log.iter().all(|call| call.status == 200 && call.faults.is_empty()), "{log:#?}");
}

/// Rotas of every sort that is understood, over both changes of the clocks of 2027.
const ROTAS: &[&str] = &[
    "SUMMARY:nights\nDTSTART;TZID=Europe/Berlin:20261101T220000\nDTEND;TZID=Europe/Berlin:20261102T070000\nRRULE:FREQ=DAILY",
    "SUMMARY:early\nDTSTART;TZID=Europe/Berlin:20270301T013000\nDTEND;TZID=Europe/Berlin:20270301T033000\nRRULE:FREQ=DAILY",
    "SUMMARY:week\nDTSTART;TZID=America/New_York:20261102T090000\nDURATION:P7D\nRRULE:FREQ=WEEKLY;INTERVAL=3",
    "SUMMARY:outlook\nDTSTART;TZID=W. Europe Standard Time:20261101T200000\n\
     DTEND;TZID=W. Europe Standard Time:20261101T213000\nRRULE:FREQ=DAILY",
    "SUMMARY:exchange\nDTSTART;TZID=\"Pacific Standard Time\":20261101T060000\n\
     DTEND;TZID=\"Pacific Standard Time\":20261101T070000\nRRULE:FREQ=DAILY",
    "SUMMARY:some\nDTSTART:20261101T080000\nDTEND:20261101T160000\nRRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO,TH",
    "SUMMARY:others\nDTSTART:20261101T080000\nDTEND:20261101T160000\nRRULE:FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=SU,MO,TH",
    "SUMMARY:thrice\nDTSTART:20270318T120000Z\nDTEND:20270318T180000Z\nRRULE:FREQ=DAILY;INTERVAL=5;COUNT=3",
    "SUMMARY:until\nDTSTART:20270101T100000Z\nDTEND:20270101T120000Z\nRRULE:FREQ=DAILY;UNTIL=20270325T100000Z",
    "SUMMARY:days\nDTSTART;VALUE=DATE:20270327\nDTEND;VALUE=DATE:20270329\nRRULE:FREQ=WEEKLY",
    "SUMMARY:weekdays\nDTSTART:20270104T090000\nDTEND:20270104T170000\nRRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR\n\
     EXDATE:20270323T090000,20270324T090000\nRDATE:20270327T090000",
    "UID:moved\nSUMMARY:moved\nDTSTART;TZID=Europe/Berlin:20270315T090000\nDTEND;TZID=Europe/Berlin:20270315T170000\n\
     RRULE:FREQ=WEEKLY",
    "UID:moved\nRECURRENCE-ID;TZID=Europe/Berlin:20270322T090000\nSUMMARY:instead\n\
     DTSTART;TZID=Europe/Berlin:20270323T120000\nDTEND;TZID=Europe/Berlin:20270323T130000",
    // What names no time zone is by the clock of DTSTART, not by that of the file.
    "SUMMARY:bare end\nDTSTART;TZID=America/New_York:20270301T020000\nDTEND:20270301T040000\nRRULE:FREQ=DAILY\n\
     EXDATE:20270321T020000,20271101T020000",
    "SUMMARY:bare more\nDTSTART;TZID=Asia/Tokyo:20270318T210000\nDURATION:PT2H\nRDATE:20270320T210000,20271028T210000",
    "UID:bare\nSUMMARY:bare moved\nDTSTART;TZID=America/New_York:20270319T050000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5",
    "UID:bare\nRECURRENCE-ID:20270321T050000\nSUMMARY:bare instead\nDTSTART;TZID=America/New_York:20270321T180000\n\
     DURATION:PT1H",
    "SUMMARY:bare of UTC\nDTSTART:20270318T030000Z\nDTEND:20270318T040000\nRRULE:FREQ=DAILY;UNTIL=20270322T030000\n\
     EXDATE:20270320T030000",
];

#[tokio::test]
async fn calendars_are_read_as_python_reads_them() {
    if !can(interpreter(), "import icalendar, recurring_ical_events") {
        return say(
            "SKIPPED: calendars as Python reads them (needs icalendar and recurring-ical-events in the Python that \
             P0CHATOPS_TEST_PYTHON names)",
        );
    }
    let company = Company::new().await;
    let events = ROTAS.iter().enumerate().map(|(nth, rota)| {
        let uid = if rota.starts_with("UID") { String::new() } else { format!("UID:{nth}\n") };
        format!("BEGIN:VEVENT\nDTSTAMP:20261101T000000Z\n{uid}{rota}\nEND:VEVENT\n")
    });
    let file = company.folder().join("rota.ics");
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//test//EN\n{}END:VCALENDAR\n",
        events.collect::<String>()
    );
    std::fs::write(&file, text.replace('\n', "\r\n")).unwrap();
    let section =
        "source = \"calendar\"\nfile = \"rota.ics\"\ntime_zone = \"Europe/Berlin\"\npeople = { none = \"U01ALICE\" }";
    let roster = company.roster(section).unwrap();
    for (from, until) in [("2027-03-18", "2027-04-02"), ("2027-10-25", "2027-11-12")] {
        let theirs = python(&file, from, until);
        let begin: Timestamp = format!("{from}T00:00:07Z").parse().unwrap();
        let ahead = begin.duration_since(company.clock.now()).unsigned_abs();
        company.clock.advance(ahead);
        let end: Timestamp = format!("{until}T00:00:00Z").parse().unwrap();
        let mut seen = BTreeSet::new();
        while company.clock.now() < end {
            let now = company.clock.now();
            let duty = roster.duty("first", None).await.unwrap();
            let ours: BTreeSet<String> = duty.on.into_iter().map(|one| one.name).collect();
            let at = now.as_second();
            let expected: BTreeSet<String> =
                theirs.iter().filter(|(start, end, _)| (*start..*end).contains(&at)).map(|one| one.2.clone()).collect();
            assert_eq!(ours, expected, "{now}");
            seen.extend(ours);
            company.clock.advance(Duration::from_secs(15 * 60));
        }
        assert!(seen.len() >= 6, "{seen:?}");
    }
}

/// What is on in a few days more at either end, for shifts that began before.
fn python(file: &std::path::Path, from: &str, until: &str) -> Vec<(i64, i64, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/calendars.py");
    let day = |text: &str, more: i64| {
        let date: jiff::civil::Date = text.parse().unwrap();
        date.checked_add(jiff::Span::new().days(more)).unwrap().to_string()
    };
    let mut command = Command::new(interpreter());
    command.args(["-B", "-X", "utf8", script]).arg(file).arg("Europe/Berlin").args([day(from, -9), day(until, 2)]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
