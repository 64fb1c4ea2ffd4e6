//! The judgement: fifty approvers, each with an account of their own at oidc-provider, choose at once, twice, with tokens
//! that run out in seconds. P0's log says with whose authority each choice came.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use p0_chatops::clock::Clock;
use p0_chatops::sandbox::p0::{IssuerKeys, P0Setup, RequestSeed, TrustedLogin};
use p0_chatops::sandbox::slack::{Person, SlackSetup};
use tokio_util::sync::CancellationToken;

use super::oidc_provider::{self, AUDIENCE, Account, OidcProvider, SECRET};
use crate::linked::Browser;
use crate::world::{CHANNEL, Card, Setup, World, bobs};

const APPROVERS: usize = 50;
/// How long access tokens live, in seconds. P0 takes none for longer.
const LIFE: u32 = 2;
/// People who link at one time.
const AT_ONCE: usize = 10;
/// After which it has failed; it takes a small part of that.
const GIVES_UP: Duration = Duration::from_secs(60);

fn name(nth: usize) -> String {
    format!("approver{nth:02}")
}

fn user(nth: usize) -> String {
    format!("U{nth:02}APPROVER")
}

fn request(nth: usize) -> String {
    format!("req-{nth:02}")
}

/// Fifty approvers, fifty cards, and a bot by the machine's own clock. Slack goes by `clock`, and so does the bot until the
/// cards are posted: Slack takes one a second.
async fn company(provider: &OidcProvider, clock: Clock) -> (World, Vec<Card>) {
    let mut slack = SlackSetup::new(clock.clone());
    slack.people.extend((0..APPROVERS).map(|nth| Person::new(&user(nth), &name(nth))));
    slack.channels[0].members.extend((0..APPROVERS).map(user));
    let identity = format!(
        "mode = \"linked\"\nemail_match = true\n[identity.linked]\nissuer = \"{{issuer}}\"\n\
         client_id = \"p0-chatops\"\nclient_secret = \"{SECRET}\"\nflow = \"code\"\nsend = \"access_token\""
    );
    let p0 = P0Setup { clock: Clock::system(), ..Setup::default().p0 };
    let issuer = Some(provider.issuer.clone());
    let setup = Setup { slack, p0, clock, identity, issuer, ..Setup::default() }.set("identity__people", "{ }");
    let mut world = World::with(setup).await;
    provider.redirect_to(&format!("{}/link/provider", world.base)).await;
    world.p0.trust_login(TrustedLogin {
        issuer: provider.issuer.clone(),
        audience: AUDIENCE.to_owned(),
        keys: IssuerKeys::Url(format!("{}/jwks", provider.issuer)),
    });
    for nth in 0..APPROVERS {
        let id = world.p0.add(RequestSeed { id: Some(request(nth)), ..bobs() });
        assert_eq!(world.p0.push(&id).await, Some(200));
    }
    // No more than it takes: Slack's clock stays ahead, and what it signs must not be from the future.
    while world.cards_in(CHANNEL).len() < APPROVERS {
        world.clock.advance(Duration::from_millis(1050));
        world.app().courier.step().await;
    }
    let cards = world.cards_in(CHANNEL).into_iter().map(|card| (shown(&world, &card), card));
    let cards: BTreeMap<String, Card> = cards.collect();
    world.clock = Clock::system();
    world.restart().await;
    (world, cards.into_values().collect())
}

/// Which request a card shows.
fn shown(world: &World, card: &Card) -> String {
    let text = world.read(card);
    let at = text.find("req-").unwrap_or_else(|| panic!("{text}"));
    text[at..at + "req-00".len()].to_owned()
}

async fn links(world: &World, provider: &OidcProvider, nth: usize) {
    let page = world.ask_to_link(&user(nth)).await;
    let browser = Browser::new();
    let to_provider = browser.sign_in_with_slack(world, &page, &user(nth)).await;
    let to_provider = to_provider.location.unwrap_or_else(|| panic!("{}", to_provider.text));
    let back = provider.log_in(&to_provider, &format!("00u-{}", name(nth))).await.unwrap();
    let shown = browser.get(back.as_str()).await;
    assert_eq!(shown.title(), "Your account is linked", "{}", shown.text);
}

/// Everybody chooses, and the worker works as it does in a bot until P0 has taken it all.
async fn all_at_once(world: &World, choose: impl AsyncFn(usize), status: &str) {
    let stop = CancellationToken::new();
    let worker = tokio::spawn(world.app().worker.clone().run(stop.clone()));
    let mut changed = world.p0.changed();
    join_all((0..APPROVERS).map(|nth| choose(nth))).await;
    let waiting = || -> Vec<String> {
        (0..APPROVERS).map(request).filter(|id| world.p0.status(id).as_deref() != Some(status)).collect()
    };
    let taken = async {
        while !waiting().is_empty() {
            changed.changed().await.unwrap();
        }
    };
    if tokio::time::timeout(GIVES_UP, taken).await.is_err() {
        let refused: Vec<String> = world.told().into_iter().filter(|told| !told.ends_with(": 200")).collect();
        panic!("P0 was not told of {:?}: {refused:?}", waiting());
    }
    stop.cancel();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_choose_at_once_twice_and_each_is_themselves_to_p0() {
    let accounts = (0..APPROVERS).map(|nth| Account::of(&name(nth))).collect();
    let setup = oidc_provider::Setup { accounts, token_life: LIFE, ..oidc_provider::Setup::default() };
    let Some(provider) = OidcProvider::start(&setup) else { return };
    let slacks = Clock::stepped();
    let (world, cards) = company(&provider, slacks.clone()).await;
    for some in (0..APPROVERS).collect::<Vec<_>>().chunks(AT_ONCE) {
        join_all(some.iter().map(|nth| links(&world, &provider, *nth))).await;
    }
    // Slack says of a hundred people a minute who they are.
    slacks.advance(Duration::from_secs(60));
    let clicks = async |nth: usize| drop(world.press(&user(nth), &cards[nth], "approve").await);
    all_at_once(&world, clicks, "APPROVED").await;
    slacks.advance(Duration::from_secs(60));
    let types = async |nth: usize| {
        world.slack.slash(&user(nth), CHANNEL, &format!("revoke {}", request(nth))).await.unwrap();
    };
    all_at_once(&world, types, "REVOKE_SUBMITTED").await;

    let calls: Vec<_> = world.p0.calls().into_iter().filter(|call| call.request_id.is_some()).collect();
    for nth in 0..APPROVERS {
        let own: Vec<_> = calls.iter().filter(|call| call.request_id == Some(request(nth))).collect();
        assert_eq!(own.iter().filter(|call| call.effect).count(), 2, "one approve and one revoke: {own:?}");
        for call in own {
            // A token may run out on its way; it is renewed and sent once more then.
            let (subject, ran_out) = (format!("00u-{}", name(nth)), call.bearer_refused.as_deref() == Some("expired"));
            assert!(call.subject.as_ref() == Some(&subject) || ran_out, "{call:?}");
        }
    }
    let log = provider.log().await;
    for nth in 0..APPROVERS {
        let given = format!("refresh_token by p0-chatops for 00u-{}: given", name(nth));
        assert!(log.iter().filter(|line| **line == given).count() >= 2, "{log:?}");
    }
    assert!(log.iter().all(|line| line.ends_with(": given")), "no family has died: {log:?}");
    let living = world.app().ledger.links().await.unwrap().into_iter().filter(|link| link.ended.is_none());
    assert_eq!(living.count(), APPROVERS);
}
