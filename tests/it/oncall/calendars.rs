//! Calendars: read at the start, and again when they change.

use p0_chatops::notify::oncall::Roster;

use super::{Company, first, meant};
use crate::world::{ALICE, BOB};

const SECTION: &str =
    "source = \"calendar\"\nfile = \"rota.ics\"\nemail_match = true\npeople = { robert = \"U02BOB\" }";

/// One event, from an hour ago on and for two hours.
fn rota(company: &Company, who: &str) -> String {
    let stamp = |minutes: i64| {
        let at = company.clock.now() + jiff::SignedDuration::from_mins(minutes);
        jiff::tz::TimeZone::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ").to_string()
    };
    format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n{who}\r\nDTSTART:{}\r\nDTEND:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        stamp(-60),
        stamp(60)
    )
}

fn roster(company: &Company, rota: &str) -> Roster {
    std::fs::write(company.folder().join("rota.ics"), rota).unwrap();
    company.roster(SECTION).unwrap()
}

#[tokio::test]
async fn a_calendar_is_read_again_when_it_changes_and_counts_on_when_it_breaks() {
    let company = Company::new().await;
    let roster = roster(&company, &rota(&company, "ATTENDEE:mailto:alice@example.com"));
    let file = company.folder().join("rota.ics");
    assert_eq!(meant(&roster, &first(1)).await, [ALICE]);
    std::fs::write(&file, rota(&company, "SUMMARY:Robert\r\nDESCRIPTION:Another length")).unwrap();
    company.pass(1);
    assert_eq!(meant(&roster, &first(1)).await, [BOB]);
    let said = company.clock.now();
    // Both are cut off while they were written.
    for cut_off in ["BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "BEGIN:VCALENDAR\n"] {
        std::fs::write(&file, cut_off).unwrap();
        company.pass(1);
        assert_eq!(meant(&roster, &first(1)).await, [format!("{BOB} as of {said}")]);
    }
    company.pass(120);
    assert_eq!(meant(&roster, &first(1)).await, ["down"]);
}

#[tokio::test]
async fn a_calendar_that_cannot_be_read_is_refused_at_the_start() {
    let company = Company::new().await;
    let refused = |text: Option<&str>| {
        let file = company.folder().join("rota.ics");
        match text {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => drop(std::fs::remove_file(&file)),
        }
        let error = company.roster(SECTION).err().expect("refused").to_string();
        error.replace(&company.folder().display().to_string(), "")
    };
    assert_eq!(refused(None), "oncall.first.file: /rota.ics cannot be read: No such file or directory (os error 2)");
    let rule = rota(&company, "SUMMARY:Robert\r\nRRULE:FREQ=YEARLY");
    assert_eq!(
        refused(Some(&rule)),
        "oncall.first.file: /rota.ics, line 4: RRULE has FREQ=YEARLY: only DAILY and WEEKLY are understood"
    );
}
