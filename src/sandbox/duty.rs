//! Who is on call in the sandbox: PagerDuty's stand-in with one escalation policy, whose levels have a schedule each.

use std::io;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::faults::AtDuty;
use super::new_secret;
use super::pagerduty::{OnDuty, PagerDuty, PagerDutySetup, Policy, User, rate_limited};
use super::scene::Scene;
use super::seed::Person;
use super::wire::Fault;
use crate::clock::Clock;

/// What the settings call it.
pub(super) const SOURCE: &str = "platform";
/// The policy at PagerDuty.
const POLICY: &str = "PPLATFORM";
/// A shift, which lasts longer than any sandbox.
const SHIFT: SignedDuration = SignedDuration::from_hours(24 * 365);
/// Entries of one page of PagerDuty's.
const PAGE: usize = 25;
/// After how many seconds a busy PagerDuty wants to be asked again.
const BUSY_FOR: u32 = 3;

/// The rota; clones are the same one.
#[derive(Clone)]
pub(super) struct Duty {
    pagerduty: PagerDuty,
    api_key: String,
    clock: Clock,
    /// Slack ids of everybody with an account there, each with the account's id.
    accounts: Vec<(String, String)>,
    /// Who is on call at the start, level by level.
    at_first: Vec<String>,
    levels: u32,
}

impl Duty {
    /// Starts PagerDuty with whom the scene has on call; `None` where that is nobody.
    ///
    /// # Errors
    /// No port can be bound.
    pub(super) async fn start(scene: &Scene, clock: &Clock) -> io::Result<Option<Self>> {
        let on_call: Vec<String> = scene.on_call().into_iter().map(|person| person.id.clone()).collect();
        if on_call.is_empty() {
            return Ok(None);
        }
        let people: Vec<_> = scene.everybody().filter_map(|person| Some((person, person.email.clone()?))).collect();
        let accounts = people.iter().map(|(person, _)| (person.id.clone(), account(&person.id))).collect();
        let user = |(person, email): &(&Person, String)| User {
            id: account(&person.id),
            name: person.name.clone(),
            email: email.clone(),
        };
        let (api_key, levels) = (new_secret(), u32::try_from(on_call.len()).unwrap_or(u32::MAX));
        let pagerduty = PagerDuty::start(PagerDutySetup {
            clock: clock.clone(),
            api_key: api_key.clone(),
            page: PAGE,
            users: people.iter().map(user).collect(),
            schedules: Vec::new(),
            policies: vec![Policy {
                id: POLICY.to_owned(),
                name: "Platform".to_owned(),
                levels: (1..=levels).map(|level| vec![OnDuty::Schedule(schedule(level))]).collect(),
            }],
        });
        let duty =
            Self { pagerduty: pagerduty.await?, api_key, clock: clock.clone(), accounts, at_first: on_call, levels };
        duty.reset()?;
        Ok(Some(duty))
    }

    /// The section of the settings about it.
    pub(super) fn settings(&self) -> String {
        format!(
            r#"
[oncall.{SOURCE}]
source = "pagerduty"
api_base_url = "{}"
api_key = "{}"
escalation_policies = ["{POLICY}"]
email_match = true
"#,
            self.pagerduty.base_url(),
            self.api_key
        )
    }

    /// Changes the shift of a level from now on: to somebody by their Slack id, or to nobody.
    ///
    /// # Errors
    /// There is no such level, or the person has no account there.
    pub(super) fn put(&self, level: u32, person: Option<&str>) -> io::Result<()> {
        if !(1..=self.levels).contains(&level) {
            return Err(io::Error::other(format!("there is no level {level}")));
        }
        let account = person.map(|person| {
            let found = self.accounts.iter().find(|(user, _)| user == person);
            found.map(|(_, account)| account).ok_or_else(|| io::Error::other(format!("{person} has no account there")))
        });
        let account = account.transpose()?;
        self.pagerduty.empty_schedule(&schedule(level));
        if let Some(account) = account {
            let now = self.clock.now();
            let (start, end) = (before(now), now.checked_add(SHIFT).unwrap_or(Timestamp::MAX));
            self.pagerduty.put_on_duty(&schedule(level), account, start, end);
        }
        Ok(())
    }

    /// Everybody is on call as at the start.
    ///
    /// # Errors
    /// None: they have accounts.
    pub(super) fn reset(&self) -> io::Result<()> {
        (1..).zip(&self.at_first).try_for_each(|(level, person)| self.put(level, Some(person)))
    }

    /// What is wrong with PagerDuty from now on.
    ///
    /// # Errors
    /// Its port was taken by somebody else while it was down.
    pub(super) async fn fail(&self, fault: AtDuty) -> io::Result<()> {
        self.pagerduty.clear_faults();
        match fault {
            AtDuty::Down => {
                self.pagerduty.down().await;
                return Ok(());
            }
            AtDuty::None => {}
            AtDuty::Busy => self.pagerduty.fail_until_cleared(None, rate_limited(BUSY_FOR)),
            AtDuty::Html => self.pagerduty.fail_until_cleared(None, Fault::bad_gateway()),
        }
        self.pagerduty.up().await
    }

    /// Sees every change.
    pub(super) fn changed(&self) -> watch::Receiver<u64> {
        self.pagerduty.changed()
    }

    /// Closes its port for good.
    pub(super) async fn stop(&self) {
        self.pagerduty.stop().await;
    }

    /// Who is on call on each level, who could be, and how often it was asked.
    pub(super) fn to_json(&self) -> Value {
        let snapshot = self.pagerduty.snapshot();
        let on = |level: u32| -> Option<&str> {
            let schedules = snapshot["schedules"].as_array()?;
            let found = schedules.iter().find(|known| known["id"] == schedule(level))?;
            let account = found["shifts"].as_array()?.last()?["user"].as_str()?;
            self.accounts.iter().find(|(_, known)| known == account).map(|(user, _)| user.as_str())
        };
        let levels: Vec<Value> =
            (1..=self.levels).map(|level| json!({ "level": level, "person": on(level) })).collect();
        let calls = snapshot["calls"].as_array().map_or(0, Vec::len);
        json!({
            "source": SOURCE,
            "levels": levels,
            "people": self.accounts.iter().map(|(user, _)| user).collect::<Vec<_>>(),
            "calls": calls,
        })
    }
}

/// A moment that is surely past when the bot asks.
fn before(now: Timestamp) -> Timestamp {
    now.checked_sub(SignedDuration::from_secs(60)).unwrap_or(Timestamp::MIN)
}

/// Somebody's id at PagerDuty, which takes letters and digits.
fn account(user: &str) -> String {
    format!("P{user}")
}

fn schedule(level: u32) -> String {
    format!("PLEVEL{level}")
}
