//! A night of ten hours and 200 requests: shifts change, Slack and the user group fail, the bot is killed at any instant,
//! people press, claim, look or sleep. What has to hold is read from what Slack and P0 saw.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use p0_chatops::sandbox::p0::RequestSeed;
use p0_chatops::sandbox::slack::{Fault, Message, Person, Times};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::world::{ALICE, CAROL, CHANNEL, Card, Setup, World, readable};

const REQUESTS: u32 = 200;
const STEP: Duration = Duration::from_secs(3 * 60);
/// A card may be late by a failure of Slack's; who was on duty within this is not woken off duty.
const LATE: Duration = Duration::from_secs(10 * 60);
const SHIFTS: [&[&str]; 4] = [&["U21DORA"], &["U22ERIK", "U23FAYE"], &[], &["U24GUS"]];

const ROUTES: &str = r#"
name = "prod"
match = { type = "aws" }
notify = ["oncall:prod"]
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
[oncall.prod]
source = "user-group"
group = "S01ONCALL"
"#;

struct Night {
    world: World,
    chance: StdRng,
    /// Who was on duty from when on.
    duty: Vec<(Timestamp, &'static [&'static str])>,
    open: Vec<String>,
}

impl Night {
    async fn begin(seed: u64) -> Self {
        let mut setup = Setup { route: ROUTES.to_owned(), ..Setup::default() };
        setup.slack = setup.slack.with_scope("usergroups:read");
        for (id, name) in [("U21DORA", "dora"), ("U22ERIK", "erik"), ("U23FAYE", "faye"), ("U24GUS", "gus")] {
            setup.slack.people.push(Person::new(id, name));
        }
        let world = World::with(setup).await;
        let mut night = Self { world, chance: StdRng::seed_from_u64(seed), duty: Vec::new(), open: Vec::new() };
        night.change_shift(SHIFTS[0]);
        night
    }

    fn change_shift(&mut self, shift: &'static [&'static str]) {
        self.world.slack.set_usergroup("S01ONCALL", shift);
        self.duty.push((self.world.clock.now(), shift));
    }

    fn happens(&mut self, percent: u32) -> bool {
        self.chance.random_range(0..100) < percent
    }

    async fn restart_at_times(&mut self) {
        if self.happens(8) {
            self.world.restart().await;
        }
    }

    /// Somebody asks.
    async fn ask(&mut self, nth: u32) {
        let kind = if self.happens(50) { "aws" } else { "gcloud" };
        let who = if self.happens(50) { "bob@example.com" } else { "rita@example.com" };
        let seed = RequestSeed {
            id: Some(format!("night-{nth}")),
            r#type: kind.into(),
            requestor: who.into(),
            principal: who.into(),
            ..RequestSeed::default()
        };
        let id = self.world.p0.add(seed);
        assert_eq!(self.world.p0.push(&id).await, Some(200));
        self.open.push(id);
    }

    /// Whoever is awake does something about a request, or nothing.
    async fn act(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let nth = self.chance.random_range(0..self.open.len());
        let who = if self.happens(50) { ALICE } else { CAROL };
        let control = match self.chance.random_range(0..100) {
            0..40 => "approve",
            40..55 => "claim",
            55..70 => "more",
            _ => return,
        };
        let Some(card) = self.card(&self.open[nth]) else { return };
        // The button may be gone by now.
        let pressed = self.world.slack.press(who, &card.channel, &card.ts, control).await;
        if pressed.is_ok() && control == "approve" {
            self.open.swap_remove(nth);
        }
    }

    fn trouble(&mut self) {
        let times = Times::Count(self.chance.random_range(1..4));
        match self.chance.random_range(0..100) {
            0..5 => self.world.slack.fail("chat.postMessage", Fault::Drop, times),
            5..10 => self.world.slack.fail("chat.update", Fault::Status(503, String::new()), times),
            10..15 => self.world.slack.fail("usergroups.users.list", Fault::ApiError("internal_error".into()), times),
            15..18 => self.world.slack.fail("conversations.open", Fault::RateLimited { retry_after_s: 20 }, times),
            _ => {}
        }
    }

    fn card(&self, id: &str) -> Option<Card> {
        let mut cards = self.world.slack.messages(CHANNEL).into_iter();
        let card = cards.rfind(|message| of_request(message).as_deref() == Some(id))?;
        Some(Card { channel: CHANNEL.to_owned(), ts: card.ts })
    }

    fn was_on_duty(&self, who: &str, at: Timestamp) -> bool {
        let ends = self.duty.iter().skip(1).map(|(from, _)| *from).chain([self.world.clock.now()]);
        let mut shifts = self.duty.iter().zip(ends);
        shifts.any(|((from, shift), to)| *from <= at && at < to + LATE && shift.contains(&who))
    }

    fn direct(&self, who: &str) -> Vec<Message> {
        let channel = self.world.slack.dm_channel(who);
        let messages = channel.map(|channel| self.world.slack.messages(&channel)).unwrap_or_default();
        messages.into_iter().filter(|message| message.bot_id.is_some()).collect()
    }
}

/// Which request a card shows.
fn of_request(message: &Message) -> Option<String> {
    let shown = readable(&message.blocks);
    shown.lines().find_map(|line| line.strip_prefix("Request ").map(str::to_owned))
}

fn at(message: &Message) -> Timestamp {
    Timestamp::from_microsecond(message.ts.replace('.', "").parse().unwrap()).unwrap()
}

#[tokio::test]
async fn every_request_is_decided_or_told_to_the_end_and_nobody_is_woken_in_vain() {
    let mut night = Night::begin(6).await;
    for nth in 0..REQUESTS {
        if nth % 25 == 24 {
            night.change_shift(SHIFTS[usize::try_from(nth / 25).unwrap() % SHIFTS.len()]);
        }
        night.trouble();
        night.ask(nth).await;
        night.restart_at_times().await;
        night.world.work().await;
        night.act().await;
        night.restart_at_times().await;
        night.world.work().await;
        night.world.clock.advance(STEP);
    }
    night.world.slack.clear_faults();
    for _ in 0..15 {
        night.world.clock.advance(4 * STEP);
        night.world.work().await;
    }

    assert_eq!(night.world.timers().await, Vec::<String>::new(), "no timer is left behind");
    let mut ends = BTreeMap::<&str, u32>::new();
    for nth in 0..REQUESTS {
        let id = format!("night-{nth}");
        let shown = night.world.read(&night.card(&id).expect("a card in the channel"));
        let end = match () {
            () if night.world.p0.status(&id).as_deref() != Some("PENDING_APPROVAL") => "decided",
            () if shown.contains("*Nobody answered*") => "told to the end",
            () => panic!("{id} is forgotten: {shown}"),
        };
        *ends.entry(end).or_default() += 1;
    }
    assert!(ends.len() == 2 && ends.values().all(|count| *count > 20), "the night has both: {ends:?}");

    let mut woken = 0;
    for who in [ALICE, CAROL, "U21DORA", "U22ERIK", "U23FAYE", "U24GUS"] {
        let (mut cards, mut bells) = (BTreeSet::new(), BTreeSet::new());
        for message in night.direct(who) {
            if message.text.starts_with(":bell:") {
                assert!(bells.insert(message.text.clone()), "{who} is reminded twice: {}", message.text);
            } else if let Some(id) = of_request(&message) {
                assert!(cards.insert(id.clone()), "{who} has two cards of {id}");
                let on_duty = [ALICE, CAROL].contains(&who) || night.was_on_duty(who, at(&message));
                assert!(on_duty, "{who} was woken off duty for {id} at {}", at(&message));
                woken += 1;
            }
        }
    }
    assert!(woken > 100, "people were told: {woken}");
}
