//! Who is on duty by which source, and when.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use p0_chatops::sandbox::pagerduty::{OnDuty, PagerDuty, PagerDutySetup, User};
use p0_chatops::sandbox::slack::{Person, Slack};

/// A message may be late by a failure of Slack's; who was on duty within this is not woken off duty.
const LATE: Duration = Duration::from_secs(10 * 60);
/// The people of a user group, who change from one moment to the next: nobody knows in advance.
const GROUP: [&[&str]; 4] = [&["dora"], &["erik", "faye"], &[], &["gus"]];
/// PagerDuty's schedules, by hours of the night; on the first level, nobody is there for an hour.
const PAGER: [(&str, &str, i64, i64); 5] = [
    ("SFIRST", "hana", 0, 3),
    ("SFIRST", "ivan", 4, 8),
    ("SFIRST", "june", 8, 20),
    ("SSECOND", "kai", 0, 5),
    ("SSECOND", "lena", 5, 20),
];
/// The weekly table, by hours of the night: those around midnight hold together, and then nobody.
const TABLE: [(&str, i64, i64); 3] = [("milo", 0, 4), ("nina", 3, 6), ("olaf", 7, 20)];
/// When the night begins, on the clock of the table.
pub const EVENING: i64 = 20;

struct Shift {
    who: String,
    from: Timestamp,
    to: Option<Timestamp>,
}

/// Everybody's shifts, as they are, whoever says so to the bot or fails to.
pub struct Duty {
    shifts: Vec<Shift>,
}

/// Everybody who is ever on duty, by their names.
pub fn everybody() -> impl Iterator<Item = &'static str> {
    GROUP.iter().copied().flatten().copied().chain(PAGER.iter().map(|shift| shift.1)).chain(TABLE.iter().map(|s| s.0))
}

/// In Slack.
pub fn id(name: &str) -> String {
    format!("U2{}", name.to_uppercase())
}

pub fn person(name: &str) -> Person {
    Person::new(&id(name), name)
}

/// How long after it was asked somebody may be told of a request of a type; `None`: they are not on call for it.
pub fn is_meant_for(who: &str, kind: &str) -> Option<SignedDuration> {
    let on = |schedule: &str| PAGER.iter().any(|shift| shift.0 == schedule && id(shift.1) == who);
    let in_table = TABLE.iter().any(|shift| id(shift.0) == who);
    let in_group = GROUP.iter().copied().flatten().any(|name| id(name) == who);
    match kind {
        "aws" if on("SFIRST") => Some(SignedDuration::ZERO),
        "aws" if on("SSECOND") => Some(SignedDuration::from_mins(20)),
        "k8s" if in_table => Some(SignedDuration::ZERO),
        "gcloud" if in_group => Some(SignedDuration::ZERO),
        "ssh" if in_group => Some(SignedDuration::from_mins(30)),
        _ => None,
    }
}

/// As the settings file has it.
pub fn table() -> String {
    let hour = |hour: i64| (EVENING + hour).rem_euclid(24);
    let row = |(who, from, to): &(&str, i64, i64)| {
        format!("{{ hours = \"{:02}:00-{:02}:00\", who = [\"{}\"] }}", hour(*from), hour(*to), id(who))
    };
    TABLE.iter().map(row).collect::<Vec<_>>().join(", ")
}

impl Duty {
    /// What is known at the beginning.
    pub fn begin(evening: Timestamp) -> Self {
        let hour = |hour: i64| evening + SignedDuration::from_hours(hour);
        let planned =
            PAGER.iter().map(|(_, who, from, to)| (who, from, to)).chain(TABLE.iter().map(|(a, b, c)| (a, b, c)));
        let shift =
            |(who, from, to): (&&str, &i64, &i64)| Shift { who: id(who), from: hour(*from), to: Some(hour(*to)) };
        Self { shifts: planned.map(shift).collect() }
    }

    /// The group changes; they are whoever comes next.
    pub fn change_group(&mut self, slack: &Slack, nth: usize, now: Timestamp) {
        self.shifts.iter_mut().filter(|shift| shift.to.is_none()).for_each(|shift| shift.to = Some(now));
        let members: Vec<String> = GROUP[nth % GROUP.len()].iter().map(|name| id(name)).collect();
        slack.set_usergroup("S01ONCALL", &members.iter().map(String::as_str).collect::<Vec<_>>());
        self.shifts.extend(members.into_iter().map(|who| Shift { who, from: now, to: None }));
    }

    /// Whether somebody was on duty then, or had been not long before.
    pub fn was(&self, who: &str, at: Timestamp) -> bool {
        let holds = |shift: &Shift| shift.from <= at && shift.to.is_none_or(|to| at < to + LATE);
        self.shifts.iter().any(|shift| shift.who == who && holds(shift))
    }
}

/// PagerDuty with its shifts.
pub async fn pagerduty(setup: PagerDutySetup) -> PagerDuty {
    let now = setup.clock.now();
    let users = PAGER.iter().map(|shift| User::named(shift.1)).collect();
    let pagerduty = PagerDuty::start(PagerDutySetup { users, ..setup }).await.unwrap();
    for (schedule, who, from, to) in PAGER {
        let hour = |hour: i64| now + SignedDuration::from_hours(hour);
        pagerduty.put_on_duty(schedule, &format!("P{}", who.to_uppercase()), hour(from), hour(to));
    }
    let level = |schedule: &str| vec![OnDuty::Schedule(schedule.to_owned())];
    pagerduty.set_policy("PPOLICY", vec![level("SFIRST"), level("SSECOND")]);
    pagerduty
}
