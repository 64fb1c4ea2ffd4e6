//! A night of ten hours and 200 requests: shifts change, Slack, P0 and PagerDuty fail, the bot dies between any two steps,
//! people press, claim, look or sleep, P0 has a life of its own. What has to hold is read from what Slack and P0 saw.
//!
//! What happens is drawn from a seed before the night begins, so that the same seed is the same night; a night that fails
//! says its seed. `P0CHATOPS_TEST_NIGHT_SEED=7 cargo test --test it -- night::` is another night. What the product itself
//! leaves to chance (how long it waits before another try) differs a little from one run to the next.

mod duty;
mod judge;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use p0_chatops::sandbox::p0::RequestSeed;
use p0_chatops::sandbox::pagerduty::{PagerDuty, PagerDutySetup};
use p0_chatops::sandbox::slack::{Message, Times};
use sqlx::AnyPool;

use crate::wire::address;
use crate::world::{ALICE, CAROL, CHANNEL, Card, Setup, World, of_request};
use duty::Duty;
use plan::{Death, Deed, Round};

const SEED: u64 = 6;
const REQUESTS: u32 = 200;
const STEP: Duration = Duration::from_secs(3 * 60);
/// Whoever waits for Slack's pace waits so long at a time: a night is long.
const PACE: Duration = Duration::from_secs(3);
/// Requests that come before the user group changes.
const GROUP_CHANGES_EVERY: u32 = 25;

const ROUTES: &str = r#"
name = "pager"
match = { type = "aws" }
notify = ["oncall:pager"]
fallback = ["U03CAROL"]
remind_after = "7m"
escalate_after = "20m"
escalate_to = [["oncall:pager/2"], ["U01ALICE"]]
[[route]]
name = "table"
channel = "C01ACCESS"
match = { type = "k8s" }
notify = ["oncall:table"]
fallback = ["U03CAROL"]
remind_after = "6m"
escalate_after = "15m"
escalate_to = [["U01ALICE"]]
[[route]]
name = "group"
channel = "C01ACCESS"
match = { type = "gcloud" }
notify = ["oncall:group"]
fallback = ["U03CAROL"]
remind_after = "7m"
escalate_after = "20m"
escalate_to = [["U01ALICE"]]
[[route]]
name = "rest"
channel = "C01ACCESS"
notify = ["U03CAROL"]
remind_after = "15m"
escalate_after = "30m"
escalate_to = [["S01ONCALL"], ["U01ALICE"]]
[oncall.group]
source = "user-group"
group = "S01ONCALL"
[oncall.table]
source = "week"
week = [{table}]
[oncall.pager]
source = "pagerduty"
api_key = "sandbox-pagerduty-key"
api_base_url = "{pagerduty}"
escalation_policies = ["PPOLICY"]
email_match = true
"#;

struct Night {
    world: World,
    pagerduty: PagerDuty,
    duty: Duty,
    asked: Vec<Asked>,
    /// What P0 may have moved and not told of yet.
    untold: BTreeSet<String>,
    /// When the bot was told that a request is decided.
    heard: BTreeMap<String, Timestamp>,
    /// Who did something about which request, and when.
    stirred: BTreeSet<(String, String, Timestamp)>,
    /// The bot's own, to be looked at.
    ledger: AnyPool,
    /// Timers of requests that were decided already, whenever there were any.
    lingering: BTreeSet<String>,
}

/// A request, as somebody asked for it.
struct Asked {
    id: String,
    kind: &'static str,
    at: Timestamp,
}

impl Night {
    async fn begin() -> Self {
        let mut setup = Setup::default();
        setup.slack = setup.slack.with_scope("usergroups:read");
        setup.slack.people.extend(duty::everybody().map(duty::person));
        setup.clock.advance(until_evening(setup.clock.now()));
        let evening = setup.clock.now();
        let pagerduty = PagerDutySetup { clock: setup.clock.clone(), ..PagerDutySetup::default() };
        let pagerduty = duty::pagerduty(pagerduty).await;
        setup.route = ROUTES.replace("{pagerduty}", &pagerduty.base_url()).replace("{table}", &duty::table());
        let world = World::with(setup).await;
        let (asked, untold) = (Vec::new(), BTreeSet::new());
        let (heard, stirred, lingering) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let ledger = AnyPool::connect(&address(&world.settings().database_url)).await.unwrap();
        Self { world, pagerduty, duty: Duty::begin(evening), asked, untold, heard, stirred, ledger, lingering }
    }

    async fn pass(&mut self, nth: u32, round: &Round) {
        if nth.is_multiple_of(GROUP_CHANGES_EVERY) {
            let nth = (nth / GROUP_CHANGES_EVERY) as usize;
            self.duty.change_group(&self.world.slack, nth, self.world.clock.now());
        }
        self.trouble(round).await;
        if round.p0_tells {
            self.p0_tells().await;
        }
        self.ask(nth, round).await;
        if round.has_time {
            self.live(round.dies[0]).await;
        }
        if let Some((nth, deed)) = round.deed {
            self.act(nth, deed).await;
        }
        if let Some((nth, status)) = round.elsewhere {
            self.move_elsewhere(nth, status);
        }
        self.live(round.dies[1]).await;
        self.lingering.extend(judge::lingering(self).await);
        self.world.clock.advance(STEP);
    }

    async fn trouble(&self, round: &Round) {
        if let Some((method, fault, times)) = &round.slack {
            self.world.slack.fail(method, fault.clone(), Times::Count(*times));
        }
        if let Some((fault, calls)) = &round.p0 {
            self.world.p0.fail_next(*calls, None, fault.clone());
        }
        if let Some((fault, calls)) = &round.pager {
            self.pagerduty.fail_next(*calls, None, fault.clone());
        }
        match round.p0_is_up {
            true => self.world.p0.up().await.unwrap(),
            false => self.world.p0.down().await,
        }
        match round.pager_is_up {
            true => self.pagerduty.up().await.unwrap(),
            false => self.pagerduty.down().await,
        }
    }

    async fn ask(&mut self, nth: u32, round: &Round) {
        let id = self.world.p0.add(RequestSeed {
            id: Some(format!("night-{nth}")),
            r#type: round.kind.into(),
            requestor: round.requester.into(),
            principal: round.requester.into(),
            ..RequestSeed::default()
        });
        assert_eq!(self.world.p0.push(&id).await, Some(200));
        self.asked.push(Asked { id, kind: round.kind, at: self.world.clock.now() });
    }

    /// The bot does what it can, or begins to and dies.
    async fn live(&mut self, dies: Option<Death>) {
        match dies {
            Some(Death::BeforeTelling) => {
                self.world.app().dispatcher.step().await;
            }
            Some(Death::AfterForwarding) => {
                self.world.app().worker.step().await;
            }
            Some(Death::BeforeAnything) | None => {}
        }
        if dies.is_some() {
            self.world.restart().await;
        }
        self.work().await;
    }

    async fn work(&self) {
        self.world.work_at(PACE).await;
    }

    async fn act(&mut self, nth: u32, deed: Deed) {
        let id = self.asked[nth as usize].id.clone();
        let seen = match deed {
            Deed::Press(who, control) => self.card(&id).map(|card| (who.to_owned(), card, control)),
            Deed::Deny(who) => self.card(&id).map(|card| (who.to_owned(), card, "deny")),
            Deed::Look => self.told_of(&id).map(|(who, card)| (who, card, "more")),
        };
        let Some((who, card, control)) = seen else { return };
        // The button may be gone by now.
        let Ok(_) = self.world.slack.press(&who, &card.channel, &card.ts, control).await else { return };
        self.stirred.insert((who.clone(), id.clone(), self.world.clock.now()));
        if let Deed::Deny(_) = deed
            && let Some(modal) = self.world.slack.modals(&who).pop()
        {
            self.world.slack.submit(&who, &modal.id, &[]).await.unwrap();
        }
        self.untold.insert(id);
    }

    fn move_elsewhere(&mut self, nth: u32, status: &str) {
        let id = self.asked[nth as usize].id.clone();
        if !self.p0_waits(&id) {
            return;
        }
        match status {
            "APPROVED" => self.world.p0.approve_elsewhere(&id, "Mallory", "mallory@example.com"),
            _ => self.world.p0.move_to(&id, status),
        };
        self.untold.insert(id);
    }

    /// P0 provisions what was approved, and tells of what has moved.
    async fn p0_tells(&mut self) {
        let (waits, moved): (BTreeSet<_>, BTreeSet<_>) =
            std::mem::take(&mut self.untold).into_iter().partition(|id| self.p0_waits(id));
        self.untold = waits;
        for id in moved {
            self.world.p0.provision(&id);
            assert_eq!(self.world.p0.push(&id).await, Some(200));
            self.heard.entry(id).or_insert(self.world.clock.now());
        }
    }

    /// All are well again, and nobody does anything any more.
    async fn end(&mut self) {
        self.world.slack.clear_faults();
        self.world.p0.clear_faults();
        self.pagerduty.clear_faults();
        self.world.p0.up().await.unwrap();
        self.pagerduty.up().await.unwrap();
        self.p0_tells().await;
        for _ in 0..30 {
            self.work().await;
            self.world.clock.advance(2 * STEP);
        }
        self.p0_tells().await;
        self.work().await;
    }

    fn p0_waits(&self, id: &str) -> bool {
        self.world.p0.status(id).is_some_and(|status| status == "PENDING_APPROVAL")
    }

    /// The newest card of the channel.
    fn card(&self, id: &str) -> Option<Card> {
        let mut cards = self.world.slack.messages(CHANNEL).into_iter();
        let card = cards.rfind(|message| of_request(&message.blocks).as_deref() == Some(id))?;
        Some(Card { channel: CHANNEL.to_owned(), ts: card.ts })
    }

    /// The first of those on call who has a card of it, with the card.
    fn told_of(&self, id: &str) -> Option<(String, Card)> {
        duty::everybody().map(duty::id).find_map(|who| {
            let mut cards = self.direct(&who).into_iter();
            let Message { channel, ts, .. } =
                cards.rfind(|message| of_request(&message.blocks).as_deref() == Some(id))?;
            Some((who, Card { channel, ts }))
        })
    }

    /// What the bot wrote to somebody.
    fn direct(&self, who: &str) -> Vec<Message> {
        let channel = self.world.slack.dm_channel(who);
        let messages = channel.map(|channel| self.world.slack.messages(&channel)).unwrap_or_default();
        messages.into_iter().filter(|message| message.bot_id.is_some()).collect()
    }
}

fn until_evening(now: Timestamp) -> Duration {
    let day = now.to_zoned(TimeZone::UTC).start_of_day().unwrap();
    let evening = day.checked_add(1.day()).unwrap().timestamp() + SignedDuration::from_hours(duty::EVENING);
    evening.duration_since(now).unsigned_abs()
}

#[expect(clippy::disallowed_methods, reason = "whoever looks for mistakes wants another night")]
fn seed() -> u64 {
    let asked = std::env::var("P0CHATOPS_TEST_NIGHT_SEED").ok();
    asked.map_or(SEED, |seed| seed.parse().expect("P0CHATOPS_TEST_NIGHT_SEED is a number"))
}

#[tokio::test]
async fn every_request_is_decided_or_told_to_the_end_and_nobody_is_woken_in_vain() {
    let seed = seed();
    let mut night = Night::begin().await;
    for (nth, round) in (0..).zip(plan::plan(seed)) {
        night.pass(nth, &round).await;
    }
    night.end().await;
    let faults = judge::faults(&night).await;
    assert!(faults.is_empty(), "the night of seed {seed} was not as it has to be:\n{}", faults.join("\n"));
}
