//! The program is killed again and again, at any instant, while people choose, P0 fails and Slack loses answers. What has
//! to hold is read from outside: from what people were answered, what reached P0, and what Slack shows.
//!
//! `P0CHATOPS_TEST_KILLS=500 cargo test --test it -- crash::kills` is a long siege. What people do is drawn from a seed
//! (`P0CHATOPS_TEST_CRASH_SEED`); at which instant the program dies is the machine's own chance.

mod judge;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use p0_chatops::clock::Clock;
use p0_chatops::sandbox::p0::{Fault, P0Setup};
use p0_chatops::sandbox::slack::{Fault as Misfortune, Message, SlackSetup, Times};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::SqlitePool;

use crate::serve::{Company, token_of};
use crate::world::{ALICE, CAROL, CHANNEL, of_request, write_token};

const KILLS: u32 = 40;
/// Requests that people still have in mind.
const RECENT: usize = 5;
/// A request comes in every so many lives.
const REQUEST_EVERY: u32 = 2;
/// The longest life, in milliseconds.
const LIFE: u64 = 400;
const VERBS: [&str; 3] = ["approve", "deny", "revoke"];
/// How long the last life may take for what is left over: Slack takes about one change of a message in a second.
const PATIENCE_FOR_EACH: Duration = Duration::from_secs(6);

/// What somebody chose.
struct Click {
    request: String,
    person: &'static str,
    verb: &'static str,
    /// What Slack heard, unless the program died before.
    answer: Option<String>,
}

struct Siege {
    company: Company,
    ledger: SqlitePool,
    chance: StdRng,
    requests: Vec<String>,
    /// Nobody chooses the same twice, so that each choice can be found again.
    chosen: BTreeSet<(String, &'static str, &'static str)>,
    clicks: Vec<Click>,
    deaths: Vec<Timestamp>,
}

#[tokio::test]
async fn kills_at_any_instant_lose_no_choice_and_send_none_twice() {
    let (kills, seed) = (asked("P0CHATOPS_TEST_KILLS", KILLS), asked("P0CHATOPS_TEST_CRASH_SEED", 1));
    let mut siege = Siege::begin(u64::from(seed)).await;
    for nth in 1..=kills {
        siege.life(nth).await;
    }
    let _bot = siege.company.serve().await;
    siege.until_quiet().await;
    let faults = judge::faults(&siege).await;
    assert!(faults.is_empty(), "seed {seed}, {kills} kills:\n{}", faults.join("\n"));
}

impl Siege {
    async fn begin(seed: u64) -> Self {
        let company = Company::with(SlackSetup::new(Clock::system()), P0Setup::default()).await;
        company.p0.trust_token(&token_of(CAROL), "carol@example.com");
        write_token(&company.folder, CAROL, &token_of(CAROL));
        let settings = company.settings();
        let settings = settings.replace("[identity.people]\n", "[identity.people]\nU03CAROL = \"carol@example.com\"\n");
        let settings = settings.replace("[identity.tokens]\n", "[identity.tokens]\nU03CAROL = \"U03CAROL.token\"\n");
        company.write_settings(&settings);
        // The first life makes the file.
        drop(company.serve().await);
        let ledger = format!("sqlite://{}", company.folder.join("p0-chatops.db").display());
        let ledger = SqlitePool::connect(&ledger).await.unwrap();
        let (requests, chosen, clicks, deaths) = (Vec::new(), BTreeSet::new(), Vec::new(), Vec::new());
        Self { company, ledger, chance: StdRng::seed_from_u64(seed), requests, chosen, clicks, deaths }
    }

    /// The program lives for a while, and people choose meanwhile.
    async fn life(&mut self, nth: u32) {
        let bot = self.company.serve().await;
        if nth % REQUEST_EVERY == 1 {
            let id = format!("req-{nth}");
            self.company.push(&id).await;
            self.requests.push(id);
        }
        self.misfortune();
        let clicks: Vec<_> = (0..self.chance.random_range(1..=4)).filter_map(|_| self.click()).collect();
        let company = &self.company;
        let clicks = clicks.into_iter().map(|(mut click, after, by_button)| async move {
            tokio::time::sleep(after).await;
            click.answer = choose(company, &click, by_button).await;
            click
        });
        let ends = Duration::from_millis(self.chance.random_range(0..LIFE));
        let death = async {
            tokio::time::sleep(ends).await;
            bot.kill_9();
            Clock::system().now()
        };
        let (clicks, death) = tokio::join!(futures_util::future::join_all(clicks), death);
        self.clicks.extend(clicks);
        self.deaths.push(death);
        self.company.p0.clear_faults();
        self.company.slack.clear_faults();
    }

    /// Somebody's next choice, when it comes in this life, and whether it is a press on the card.
    fn click(&mut self) -> Option<(Click, Duration, bool)> {
        let recent = self.requests.len().saturating_sub(RECENT);
        let request = self.requests.get(self.chance.random_range(recent..self.requests.len()))?.clone();
        let person = [ALICE, CAROL][self.chance.random_range(0..2)];
        let verb = VERBS[self.chance.random_range(0..VERBS.len())];
        let (after, by_button) = (self.chance.random_range(0..LIFE / 2), self.chance.random_bool(0.5));
        let is_new = self.chosen.insert((request.clone(), person, verb));
        let click = Click { request, person, verb, answer: None };
        is_new.then_some((click, Duration::from_millis(after), by_button))
    }

    /// What else goes wrong in a life.
    fn misfortune(&mut self) {
        let p0 = match self.chance.random_range(0..8) {
            0 => Some(Fault::LostAnswer),
            1 => Some(Fault::Slow(Duration::from_millis(100))),
            2 => Some(Fault::Late(Duration::from_millis(100))),
            3 => Some(Fault::too_many(Some(1))),
            4 => Some(Fault::Drop),
            5 => Some(Fault::bad_gateway()),
            _ => None,
        };
        if let Some(fault) = p0 {
            self.company.p0.fail_next(1, None, fault);
        }
        let slack = match self.chance.random_range(0..6) {
            0 => Some(("chat.postMessage", Misfortune::LostAnswer)),
            1 => Some(("chat.update", Misfortune::LostAnswer)),
            2 => Some(("chat.postMessage", Misfortune::RateLimited { retry_after_s: 1 })),
            3 => Some(("users.info", Misfortune::Drop)),
            _ => None,
        };
        if let Some((method, fault)) = slack {
            self.company.slack.fail(method, fault, Times::Count(1));
        }
    }

    /// Waits until the bot has nothing left to do.
    async fn until_quiet(&self) {
        let quiet = async {
            let mut look = tokio::time::interval(Duration::from_millis(100));
            while !judge::left_over(&self.ledger).await.is_empty() {
                look.tick().await;
            }
        };
        let patience = PATIENCE_FOR_EACH * u32::try_from(self.requests.len()).unwrap();
        if tokio::time::timeout(patience, quiet).await.is_err() {
            panic!("after {patience:?} there is still left to do: {:?}", judge::left_over(&self.ledger).await);
        }
    }

    /// The cards of all requests that the channel shows.
    fn cards(&self) -> impl Iterator<Item = (String, Message)> {
        let messages = self.company.slack.messages(CHANNEL).into_iter();
        messages.filter_map(|message| Some((of_request(&message.blocks)?, message)))
    }
}

/// By the card's own button where there is one by now, else typed.
async fn choose(company: &Company, click: &Click, by_button: bool) -> Option<String> {
    let Click { request, person, verb, .. } = click;
    let messages = company.slack.messages(CHANNEL);
    let card = messages.iter().find(|message| of_request(&message.blocks).as_ref() == Some(request));
    let button = card.filter(|card| by_button && company.slack.element(CHANNEL, &card.ts, verb).is_some());
    let answer = match (button, *verb) {
        (Some(card), "approve" | "revoke") => company.slack.press(person, CHANNEL, &card.ts, verb).await,
        (_, "approve") => company.slack.slash(person, CHANNEL, &format!("approve {request} 1h")).await,
        (_, verb) => company.slack.slash(person, CHANNEL, &format!("{verb} {request}")).await,
    };
    answer.ok().filter(|answer| answer.status == 200).map(|answer| answer.body)
}

#[expect(clippy::disallowed_methods, reason = "whoever looks for mistakes wants a longer or another siege")]
fn asked(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).map_or(otherwise, |asked| asked.parse().expect("a number"))
}
