//! `[oncall.NAME]`: what is read, and what is refused with which words.

use std::path::Path;

use super::*;

const REST: &str = r#"
[slack]
signing_secrets = ["8f742231b10e8888abcd99yyyzzz85a5"]
bot_token = "xoxb-0123456789-abcdef"
[p0]
org = "acme"
[notifier]
public_key_file = "p0.pem"
issuer = "p0"
audience = "p0-chatops"
[identity]
mode = "tokens"
[identity.people]
U01ALICE = "alice@example.com"
[identity.tokens]
U01ALICE = "tokens/alice"
[[route]]
channel = "C01ACCESS"
notify = ["oncall:first"]
"#;

const PAGERDUTY: &str = r#"
source = "pagerduty"
api_key = "0123456789-pagerduty"
escalation_policies = ["PPOLICY"]
people = { PALICE = "U01ALICE", "Bob@Example.com" = "U02BOB" }
"#;

fn read(section: &str) -> Result<Settings, ConfigError> {
    parse(&format!("{REST}[oncall.first]\n{section}"), [], Path::new("/etc/p0"))
}

fn refused(section: &str) -> String {
    read(section).expect_err("refused").to_string()
}

#[test]
fn every_source_is_read() {
    let first = |section: &str| read(section).unwrap().oncall.remove("first").unwrap();
    let pagerduty = first(PAGERDUTY);
    assert!(pagerduty.has_levels());
    assert_eq!(pagerduty.people["bob@example.com"].as_str(), "U02BOB");
    let OnCallSource::PagerDuty(account) = pagerduty.source else { panic!("{pagerduty:?}") };
    assert_eq!(account.base_url.as_str(), "https://api.pagerduty.com/");
    let schedules = PAGERDUTY.replace("escalation_policies", "schedules");
    assert!(!first(&schedules).has_levels());
    let group = first("source = \"user-group\"\ngroup = \"S01ONCALL\"");
    assert!(matches!(group.source, OnCallSource::UserGroup(_)));
    let week =
        "source = \"week\"\ntime_zone = \"Europe/Berlin\"\nweek = [{ hours = \"Mon-Fri\", who = [\"U01ALICE\"] }]";
    assert!(matches!(first(week).source, OnCallSource::Week(shifts) if shifts.len() == 1));
    let calendar = first("source = \"calendar\"\nfile = \"rota.ics\"\nemail_match = true");
    let OnCallSource::Calendar { file, .. } = calendar.source else { panic!("{calendar:?}") };
    assert_eq!(file, Path::new("/etc/p0/rota.ics"));
}

#[test]
fn what_cannot_be_used_is_refused_by_its_key() {
    let with = |from: &str, to: &str| {
        assert!(PAGERDUTY.contains(from), "{from}");
        PAGERDUTY.replace(from, to)
    };
    let policies = "escalation_policies = [\"PPOLICY\"]";
    let people = "people = { PALICE = \"U01ALICE\", \"Bob@Example.com\" = \"U02BOB\" }";
    for (section, line) in [
        (String::new(), "oncall.first.source: is missing"),
        (
            "source = \"opsgenie\"".to_owned(),
            "oncall.first.source: is \"opsgenie\": has to be pagerduty, user-group, week or calendar",
        ),
        (with("api_key = \"0123456789-pagerduty\"", ""), "oncall.first.api_key: is missing"),
        (
            with("0123456789-pagerduty", "short"),
            "oncall.first.api_key: is shorter than 16 characters: that is no secret",
        ),
        (
            with(policies, ""),
            "oncall.first.escalation_policies: is missing, and so is schedules: everybody in the account who is on call \
             would be told",
        ),
        (
            with(policies, "escalation_policies = [\"PPOLICY\"]\nschedules = [\"SFIRST\"]"),
            "oncall.first.schedules: contradicts escalation_policies: set one of them. Only policies have levels",
        ),
        (with(policies, "schedules = []"), "oncall.first.schedules: is an empty list"),
        (
            with("PPOLICY", "a policy"),
            "oncall.first.escalation_policies: \"a policy\" is not an id: it stands at the end of the address of its page",
        ),
        (
            with(policies, &format!("{policies}\napi_base_url = \"http://api.eu.pagerduty.com\"")),
            "oncall.first.api_base_url: has to begin with https:// (http:// is for loopback hosts only)",
        ),
        (
            with(policies, &format!("{policies}\ngroup = \"S01ONCALL\"")),
            "oncall.first.group: is only used with source = \"user-group\"",
        ),
        (
            with(people, ""),
            "oncall.first.people: is missing, and email_match is off: nobody whom the source names could be told",
        ),
        (with("\"U02BOB\"", "\"bob\""), "oncall.first.people.Bob@Example.com: \"bob\" is no user (U…)"),
        (
            with("PALICE", "\"bob@example.com\""),
            "oncall.first.people.bob@example.com: stands there twice: case does not count",
        ),
        ("source = \"user-group\"".to_owned(), "oncall.first.group: is missing"),
        (
            "source = \"user-group\"\ngroup = \"first\"".to_owned(),
            "oncall.first.group: \"first\" is no user group (S…)",
        ),
        (
            "source = \"user-group\"\ngroup = \"S01ONCALL\"\nemail_match = true".to_owned(),
            "oncall.first.email_match: is only used with source = \"pagerduty\" or \"calendar\"",
        ),
        ("source = \"week\"".to_owned(), "oncall.first.week: is missing: who is on call, and at which hours"),
        (
            "source = \"week\"\nweek = [{ hours = \"always\", who = [\"U01ALICE\"] }]".to_owned(),
            "oncall.first.week.hours: \"always\" has to be like \"Mon-Fri 09:00-17:00\", \"Sat,Sun\" or \"22:00-07:00\"",
        ),
        (
            "source = \"week\"\nweek = [{ hours = \"Mon\", who = [] }]".to_owned(),
            "oncall.first.week.who: is missing, or an empty list",
        ),
        (
            "source = \"week\"\nweek = [{ hours = \"Mon\", who = [\"alice\"] }]".to_owned(),
            "oncall.first.week.who: \"alice\" is not a user (U…)",
        ),
        (
            "source = \"week\"\ntime_zone = \"Berlin\"\nweek = [{ hours = \"Mon\", who = [\"U01ALICE\"] }]".to_owned(),
            "oncall.first.time_zone: \"Berlin\" is no time zone, as \"Europe/Berlin\" or \"UTC\"",
        ),
        ("source = \"calendar\"\nemail_match = true".to_owned(), "oncall.first.file: is missing"),
    ] {
        assert_eq!(refused(&section), line, "{section}");
    }
    let named = parse(&format!("{REST}[oncall.First]\nsource = \"week\""), [], Path::new("/etc/p0"));
    assert_eq!(
        named.expect_err("refused").to_string(),
        "oncall: \"First\" has to be 1 to 40 of a-z, 0-9, - and _: routes name it oncall:NAME"
    );
}

#[test]
fn the_key_may_stand_in_a_file_and_is_never_shown() {
    let folder = std::env::temp_dir().join(format!("p0-chatops-oncall-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("key"), "not-to-be-told-0123\n").unwrap();
    let text = format!("{REST}[oncall.first]\n{PAGERDUTY}");
    let in_file = text.replace("api_key = \"0123456789-pagerduty\"", "api_key_file = \"key\"");
    let settings = parse(&in_file, [], &folder).unwrap();
    let OnCallSource::PagerDuty(account) = &settings.oncall["first"].source else { panic!("another source") };
    assert_eq!(account.api_key.expose(), "not-to-be-told-0123");
    assert_eq!(settings.origin.files, [("oncall.first.api_key_file".to_owned(), folder.join("key"))]);
    assert!(!format!("{settings:?}").contains("not-to-be-told"));
    assert_eq!(parse(&text, [], &folder).unwrap().origin.stated[2..], ["oncall.first.api_key"]);
    let by_variable = [("P0_CHATOPS_ONCALL__FIRST__API_KEY_FILE".to_owned(), "key".to_owned())];
    let settings = parse(&text, by_variable, &folder).unwrap();
    let OnCallSource::PagerDuty(account) = &settings.oncall["first"].source else { panic!("another source") };
    assert_eq!(account.api_key.expose(), "not-to-be-told-0123");
    std::fs::remove_dir_all(folder).unwrap();
}
