//! `whoami` and `unlink`, typed and written.

use std::time::Duration;

use insta::assert_snapshot;
use p0_chatops::sandbox::idp::{Endpoint, Fault};
use p0_chatops::sandbox::slack::SlackSetup;
use serde_json::{Value, json};

use super::{by_device, linking};
use crate::world::{ALICE, BOB, CHANNEL, Setup, World, is_not_taken};

impl World {
    /// What `whoami` answers, typed as a slash command.
    async fn whoami(&self, who: &str) -> String {
        self.slack.slash(who, CHANNEL, "whoami").await.unwrap();
        let issuer = self.idp().issuer();
        self.lines(who).pop().unwrap().replace(&issuer, "(issuer)")
    }
}

#[tokio::test]
async fn whoami_says_whose_account_is_linked_since_when_and_until_when() {
    let world = World::with(by_device()).await;
    assert_snapshot!(world.whoami(ALICE).await, @"You are <@U01ALICE>, to P0 alice@example.com. You have not linked your account yet, so nothing was sent to P0. Link it once (`link` does it too), then choose again.");
    world.links_by_code(ALICE, "alice").await;
    assert_snapshot!(world.whoami(ALICE).await, @"You are <@U01ALICE>, to P0 alice@example.com. Your decisions go out with the account that you have linked. It is linked since (time), at (issuer), which last vouched for you (time). The token at hand is good until (time); it is renewed as it is needed.");
    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    assert_snapshot!(world.whoami(ALICE).await, @"You are <@U01ALICE>, to P0 alice@example.com. You have not linked your account yet, so nothing was sent to P0. Link it once (`link` does it too), then choose again.");
}

#[tokio::test]
async fn unlink_ends_the_link_at_once_here_and_then_at_the_provider() {
    let world = World::with(linking()).await;
    let card = world.usual().await;
    world.links(ALICE, "alice").await;
    assert_eq!(world.idp().living_families("alice"), 1);
    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    let line = world.lines(ALICE).pop().unwrap();
    assert_eq!(line, "Your account is not linked any more: you were alice@example.com to P0.");
    world.press(ALICE, &card, "approve").await;
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.idp().living_families("alice"), 0);
    assert_eq!(world.link_states().await, ["alice@example.com: unlinked"]);
    assert_eq!(world.audited("link.forgotten").await[0]["revoked_at_provider"], true);
    assert_eq!(world.dms(ALICE).len(), 1, "whoever unlinks is answered where they did: {:?}", world.dms(ALICE));

    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    assert_eq!(world.lines(ALICE).pop().unwrap(), "You have no linked account here.");
    world.links(ALICE, "alice").await;
    assert_eq!(world.link_states().await, ["alice@example.com: lives, tokens kept", "alice@example.com: unlinked"]);
}

#[tokio::test]
async fn a_message_alone_unlinks_nothing_and_its_button_does_once() {
    let world = World::with(by_device()).await;
    world.links_by_code(ALICE, "alice").await;
    world.slack.dm(ALICE, "unlink").await.unwrap();
    world.work().await;
    let asked = world.last_dm(ALICE);
    assert_snapshot!(world.read(&asked), @r"
    Press the button to unlink: a message alone ends nothing.
    [Unlink]
    ");
    let confirm = world.slack.element(&asked.channel, &asked.ts, "unlink").unwrap()["confirm"]["text"].clone();
    assert_eq!(confirm["text"], "You are alice@example.com to P0 until then.");
    assert_eq!(world.link_states().await, ["alice@example.com: lives, tokens kept"]);

    world.presses(ALICE, &asked, "unlink").await;
    world.presses(ALICE, &asked, "unlink").await;
    let said = world.lines(ALICE);
    assert_eq!(
        said[said.len() - 2..],
        ["Your account is not linked any more: you were alice@example.com to P0.", "You have no linked account here.",]
    );
    assert_eq!(world.link_states().await, ["alice@example.com: unlinked"]);
}

#[tokio::test]
async fn a_mention_is_asked_back_where_only_its_author_sees_it() {
    let world = World::with(by_device()).await;
    world.links_by_code(ALICE, "alice").await;
    world.slack.mention(ALICE, CHANNEL, "unlink").await.unwrap();
    world.work().await;
    let line = world.slack.ephemerals(ALICE).pop().unwrap();
    assert_eq!(line.text, "Press the button to unlink: a message alone ends nothing.");
    assert!(world.slack.ephemerals(BOB).is_empty() && world.cards_in(CHANNEL).is_empty());
    world.slack.press_ephemeral(ALICE, &line.ts, "unlink").await.unwrap();
    world.work().await;
    assert_eq!(world.link_states().await, ["alice@example.com: unlinked"]);
}

#[tokio::test]
async fn a_replayed_unlink_does_not_end_the_next_link() {
    let world = World::with(by_device()).await;
    world.links_by_code(ALICE, "alice").await;
    world.slack.dm(ALICE, "unlink").await.unwrap();
    world.work().await;
    world.presses(ALICE, &world.last_dm(ALICE), "unlink").await;
    world.has_link(ALICE).await;
    world.slack.redeliver().await.unwrap();
    world.work().await;
    assert_eq!(world.link_states().await, ["alice@example.com: lives", "alice@example.com: unlinked"]);
}

#[tokio::test]
async fn an_unlink_that_could_not_be_written_is_done_when_it_is_delivered_again() {
    let world = World::with(by_device()).await;
    world.links_by_code(ALICE, "alice").await;
    world.refuse("UPDATE", "links").await;
    assert!(is_not_taken(&world.slack.slash(ALICE, CHANNEL, "unlink").await));
    world.take_again("links").await;
    assert_eq!(world.link_states().await, ["alice@example.com: lives, tokens kept"]);
    assert_eq!(world.slack.redeliver().await.unwrap().status, 200);
    world.work().await;
    assert_eq!(world.link_states().await, ["alice@example.com: unlinked"]);
}

#[tokio::test]
async fn a_link_that_could_not_be_begun_is_when_it_is_asked_for_again() {
    let world = World::with(by_device()).await;
    world.refuse("INSERT", "sign_ins").await;
    assert!(is_not_taken(&world.slack.dm(ALICE, "link").await));
    world.take_again("sign_ins").await;
    assert_eq!(world.slack.retry_event(1, "http_error").await.unwrap().status, 200);
    world.work().await;
    let code = world.code_of(ALICE);
    world.idp().enter_code(&code, "alice").await.unwrap();
    world.is_polled().await;
    assert_eq!(world.link_states().await, ["alice@example.com: lives, tokens kept"]);
}

#[tokio::test]
async fn two_people_link_at_once_and_each_unlinks_only_themselves() {
    let world = World::with(by_device()).await;
    let (alice, bob) = (world.ask_for_code(ALICE).await, world.ask_for_code(BOB).await);
    world.idp().enter_code(&bob, "bob").await.unwrap();
    world.idp().enter_code(&alice, "alice").await.unwrap();
    world.is_polled().await;
    let mut states = world.link_states().await;
    states.sort();
    assert_eq!(states, ["alice@example.com: lives, tokens kept", "bob@example.com: lives, tokens kept"]);
    world.slack.slash(BOB, CHANNEL, "unlink").await.unwrap();
    world.work().await;
    assert_eq!(world.link_states().await, ["alice@example.com: lives, tokens kept", "bob@example.com: unlinked"]);
    assert_eq!((world.idp().living_families("alice"), world.idp().living_families("bob")), (1, 0));
}

#[tokio::test]
async fn a_provider_that_is_down_is_told_later_that_a_link_has_ended() {
    let world = World::with(by_device()).await;
    world.links_by_code(ALICE, "alice").await;
    world.idp().fail_next(2, Endpoint::Revoke, Fault::bad_gateway());
    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    world.work().await;
    // Until then they are kept, and nothing goes out with them.
    assert_eq!(world.link_states().await, ["alice@example.com: unlinked, tokens kept"]);
    world.clock.advance(Duration::from_secs(3600));
    world.work().await;
    assert_eq!(world.idp().living_families("alice"), 1);
    world.clock.advance(Duration::from_secs(3600));
    world.work().await;
    assert_eq!(world.idp().living_families("alice"), 0);
    assert_eq!(world.link_states().await, ["alice@example.com: unlinked"]);
    let forgotten = world.audited("link.forgotten").await;
    assert_eq!((forgotten.len(), &forgotten[0]["revoked_at_provider"]), (1, &json!(true)));
}

/// Providers may end all that they gave the account where one of its tokens is revoked (RFC 7009, 2.1).
#[tokio::test]
async fn a_link_that_is_forgotten_late_does_not_take_the_next_of_the_same_account_along() {
    let world = World::with(by_device()).await;
    let card = world.usual().await;
    world.links_by_code(ALICE, "alice").await;
    world.idp().fail_next(1, Endpoint::Revoke, Fault::bad_gateway());
    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    world.work().await;
    world.links_by_code(ALICE, "alice").await;
    world.clock.advance(Duration::from_secs(3600));
    world.work().await;
    let revocations = world.idp().calls().iter().filter(|call| call.endpoint == Some(Endpoint::Revoke)).count();
    assert_eq!(revocations, 1, "the one that failed, before the account was linked anew");
    assert_eq!(world.link_states().await, ["alice@example.com: lives, tokens kept", "alice@example.com: unlinked"]);
    assert_eq!(world.audited("link.forgotten").await[0]["revoked_at_provider"], false);
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn a_provider_that_cannot_be_told_leaves_a_word_in_the_audit() {
    let mut setup = by_device();
    setup.idp.as_mut().unwrap().odd_metadata.insert("revocation_endpoint".to_owned(), Value::Null);
    let world = World::with(setup).await;
    world.links_by_code(ALICE, "alice").await;
    world.slack.slash(ALICE, CHANNEL, "unlink").await.unwrap();
    world.work().await;
    assert_eq!(world.link_states().await, ["alice@example.com: unlinked"]);
    assert_eq!(world.audited("link.forgotten").await[0]["revoked_at_provider"], false);
    assert_eq!(world.idp().living_families("alice"), 1);
}

#[tokio::test]
async fn on_an_org_wide_install_a_link_is_the_persons_however_they_ask() {
    let slack = |setup: Setup| Setup { slack: SlackSetup::new(setup.clock.clone()).on_grid(), ..setup };
    let world = World::with(slack(by_device()).set("slack__allowed_enterprises", "[\"E01ACME\"]")).await;
    world.links_by_code(ALICE, "alice").await;
    world.slack.dm(ALICE, "whoami").await.unwrap();
    world.work().await;
    let said = world.dms(ALICE).pop().unwrap();
    assert!(said.contains("It is linked since"), "{said}");
}

#[tokio::test]
async fn whoever_lacks_only_a_link_is_told_that_they_see_only_their_own_requests_until_they_have_one() {
    let world = World::with(linking().set("identity__people", "{ }").set("identity__email_match", "true")).await;
    world.usual().await;
    world.slack.slash(ALICE, CHANNEL, "show req-1").await.unwrap();
    let line = world.slack.ephemerals(ALICE).pop().expect("a private line");
    assert_snapshot!(crate::world::readable(&line.blocks), @r"
    You have not linked your account yet, so you can only see your own requests. If this is one, its card comes in our direct messages.
    [Link my account]
    ");
    world.slack.slash(BOB, CHANNEL, "show req-1").await.unwrap();
    world.work().await;
    assert!(world.read(&world.last_dm(BOB)).contains("Request req-1"));
    assert!(world.slack.dm_channel(ALICE).is_none_or(|dm| world.slack.messages(&dm).is_empty()));
}
