//! The way with a browser: from the refusal to the first decision with one's own account.

use std::time::Duration;

use http::StatusCode;
use p0_chatops::sandbox::idp::{Endpoint, Fault, Idp};
use p0_chatops::sandbox::p0::Verb;
use p0_chatops::sandbox::slack::{Fault as Misfortune, Times};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{Browser, Shown, linking};
use crate::world::{ALICE, World};

#[tokio::test]
async fn whoever_links_once_decides_from_then_on_with_their_own_account() {
    let world = World::with(linking()).await;
    let card = world.usual().await;
    world.press(ALICE, &card, "approve").await;
    world.work().await;
    assert!(world.lines(ALICE)[0].contains("You have not linked your account yet"), "{:?}", world.lines(ALICE));
    assert_eq!(world.told(), [""; 0]);

    let page = world.page_of(ALICE);
    let shown = Browser::new().link(&world, &page, ALICE, "alice").await;
    assert_eq!((shown.status, shown.title()), (StatusCode::OK, "Your account is linked"));
    world.work().await;
    assert!(world.dms(ALICE)[0].contains("you are alice@example.com to P0"), "{:?}", world.dms(ALICE));

    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    assert_eq!(world.p0.calls().pop().unwrap().subject.as_deref(), Some("00u-alice"));
    assert!(world.read(&card).contains("*Approved* by <@U01ALICE> for 2 hours"), "{}", world.read(&card));
}

/// Somebody who had to be asked does not answer: the page has a button, and what it begins gets there.
async fn tries_again(world: &World, what: &str, clear: impl Fn()) {
    let shown = Browser::new().whole_way(world, &world.ask_to_link(ALICE).await).await;
    assert_eq!((shown.status, shown.title()), (StatusCode::BAD_GATEWAY, "Not now"), "{what}: {}", shown.text);
    assert!(shown.text.contains(">Try again</button>"), "{what}: {}", shown.text);
    assert_eq!((world.linked().await, world.told()), (vec![], vec![]), "{what}");
    clear();
    // A document that could not be had is asked for again after half a minute.
    world.clock.advance(Duration::from_secs(31));
    let again = format!("{}{}", world.base, shown.button());
    let shown = Browser::new().whole_way(world, &again).await;
    assert_eq!((shown.status, shown.title()), (StatusCode::OK, "Your account is linked"), "{what}");
    let begun = world.audit_trail().await.iter().filter(|line| line.starts_with("sign_in.begun")).count();
    assert_eq!(begun, 1, "{what}: it is one sign-in");
}

impl Browser {
    /// As far as it goes: the first page that is in the way.
    async fn whole_way(&self, world: &World, page: &str) -> Shown {
        let mut shown = self.press(page).await;
        if let Some(to_slack) = shown.location.take() {
            let back = world.slack.sign_in(&to_slack, ALICE).await.unwrap();
            shown = self.get(back.as_str()).await;
        }
        if let Some(to_provider) = shown.location.take() {
            let back = world.idp().log_in(&to_provider, "alice").await.unwrap();
            shown = self.get(back.as_str()).await;
        }
        shown
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_asked_again_from_a_button() {
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks, Endpoint::Token] {
        for fault in [Fault::bad_gateway(), Fault::text(200, "<html>Be right back</html>"), Fault::Drop] {
            let world = World::with(linking()).await;
            let what = format!("{endpoint:?} {fault:?}");
            world.idp().fail_until_cleared(endpoint, fault);
            tries_again(&world, &what, || world.idp().clear_faults()).await;
        }
    }
}

#[tokio::test]
async fn a_p0_that_does_not_answer_is_asked_again_from_a_button() {
    let page = "<html>Sign in to continue</html>";
    for fault in
        [Fault::bad_gateway(), Fault::text(200, page), Fault::too_many(None), Fault::Drop, Fault::redirect("/")]
    {
        let world = World::with(linking()).await;
        let what = format!("{fault:?}");
        world.p0.fail_until_cleared(Verb::Account, fault);
        tries_again(&world, &what, || world.p0.clear_faults()).await;
    }
}

#[tokio::test]
async fn a_slack_that_does_not_answer_is_asked_again_from_a_button() {
    let down = || Misfortune::Status(503, "<html>Slack is down</html>".into());
    for method in ["openid-configuration", "openid.connect.keys", "openid.connect.token", "users.info"] {
        for fault in [down(), Misfortune::Drop, Misfortune::RateLimited { retry_after_s: 30 }] {
            let world = World::with(linking()).await;
            let what = format!("{method} {fault:?}");
            world.slack.fail(method, fault, Times::UntilCleared);
            tries_again(&world, &what, || world.slack.clear_faults()).await;
        }
    }
}

#[tokio::test]
async fn whoever_hangs_is_not_waited_for_for_ever() {
    let world = World::with(linking()).await;
    world.idp().fail_next(1, Endpoint::Token, Fault::Hang);
    tries_again(&world, "the token endpoint hangs", || {}).await;
}

#[tokio::test]
async fn a_provider_that_is_not_who_it_should_be_ends_the_sign_in() {
    let world = World::with(linking()).await;
    world.idp().change(|setup| {
        setup.odd_metadata.insert("issuer".into(), "https://idp.example".into());
    });
    let shown = Browser::new().whole_way(&world, &world.ask_to_link(ALICE).await).await;
    assert_eq!((shown.status, shown.title()), (StatusCode::FORBIDDEN, "Your account was not linked"));
    assert!(shown.says().starts_with("What came back cannot be believed"), "{}", shown.says());
    assert_eq!(world.linked().await, [""; 0]);
}

#[tokio::test]
async fn a_ledger_that_cannot_be_written_links_nothing_and_says_so() {
    let world = World::with(linking()).await;
    for (table, deed, status) in [("sign_ins", "UPDATE", 503), ("links", "INSERT", 502), ("audit", "INSERT", 502)] {
        let page = world.ask_to_link(ALICE).await;
        world.refuse(deed, table).await;
        let shown = Browser::new().whole_way(&world, &page).await;
        assert_eq!((shown.status.as_u16(), shown.title()), (status, "Not now"), "{table}");
        assert!(!shown.text.contains("disk full"), "{}", shown.text);
        assert_eq!(world.linked().await, [""; 0], "{table}");
        world.take_again(table).await;
    }
    assert_eq!(world.links(ALICE, "alice").await.title(), "Your account is linked");
}

/// Phones hang up whenever somebody turns to another app.
#[tokio::test]
async fn a_phone_that_hangs_up_on_the_last_step_is_linked_all_the_same() {
    let world = World::with(linking()).await;
    let (page, browser) = (world.ask_to_link(ALICE).await, Browser::new());
    let back = world.idp().log_in(&browser.past_slack(&world, &page, ALICE).await, "alice").await.unwrap();
    world.idp().fail_next(1, Endpoint::Token, Fault::Slow(Duration::from_millis(300)));
    let mut changed = world.idp().changed();
    let (path, query) = (back.path(), back.query().unwrap());
    let request = format!("GET {path}?{query} HTTP/1.1\r\nhost: bot\r\ncookie: {}\r\n\r\n", browser.cookie().unwrap());
    let mut socket = TcpStream::connect(world.base.trim_start_matches("http://")).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let redeems = |idp: &Idp| idp.calls().iter().any(|call| call.endpoint == Some(Endpoint::Token));
    changed.wait_for(|_| redeems(world.idp())).await.unwrap();
    drop(socket);
    world.work().await;
    assert_eq!(world.linked().await, ["U01ALICE 00u-alice alice@example.com"]);
    assert!(world.dms(ALICE)[0].contains("Your account is linked"), "{:?}", world.dms(ALICE));
}
