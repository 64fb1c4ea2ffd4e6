//! A link to a request, posted where the settings allow it, becomes the request's card.

use p0_chatops::sandbox::slack::{Fault, Times};

use super::*;
use crate::world::{ALICE, BOB, CHANNEL};

const LINK: &str = "https://p0.example.com/o/acme/requests/req-1";
const SHARED: &str = "C03SHARED";
const RANDOM: &str = "C04RANDOM";

fn unfurling() -> Setup {
    let mut setup = reachable()
        .set("p0__request_url", "https://p0.example.com/o/acme/requests/{id}")
        .set("slack__unfurl_channels", r#"["C04RANDOM", "C03SHARED"]"#);
    setup.slack.unfurl_domains = vec!["p0.example.com".into()];
    setup.slack = setup.slack.with_scope("links:read").with_scope("links:write");
    setup
}

impl World {
    /// Somebody posts a text, and this is what lies under the link then.
    async fn posts(&self, who: &str, channel: &str, text: &str) -> (String, Option<String>) {
        let ts = self.slack.write(who, channel, None, text).await.unwrap().ts;
        self.work().await;
        let laid = self.laid(channel, &ts);
        (ts, laid)
    }

    fn laid(&self, channel: &str, ts: &str) -> Option<String> {
        Some(readable(&self.slack.unfurl(channel, ts, LINK)?.blocks))
    }
}

#[tokio::test]
async fn a_link_becomes_the_card_which_converges_and_decides() {
    let world = World::with(unfurling()).await;
    let card = world.usual().await;
    let (ts, laid) = world.posts(BOB, RANDOM, &format!("Who approves {LINK} please")).await;
    assert_eq!(laid, Some(world.read(&card)), "the same card");
    world.slack.press_unfurl(ALICE, RANDOM, &ts, LINK, "approve").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    assert!(world.read(&card).contains("*Approved* by <@U01ALICE>"));
    assert_eq!(world.laid(RANDOM, &ts), Some(world.read(&card)));
    assert_eq!(world.dms(ALICE), [""; 0], "the card under the link has said it");
    assert!(world.lines(ALICE).is_empty());
    world.slack.press_unfurl(ALICE, RANDOM, &ts, LINK, "more").await.unwrap();
    assert!(world.top(ALICE).contains("The request's id:\nreq-1"));
    world.slack.press_unfurl(ALICE, RANDOM, &ts, LINK, "revoke").await.unwrap();
    world.work().await;
    assert!(world.laid(RANDOM, &ts).unwrap().contains("*Revoked* by <@U01ALICE>"));
    assert!(world.slack.calls_of("chat.update").iter().all(|call| call.body["channel"] != RANDOM));
    world.slack.message_shortcut(ALICE, RANDOM, &ts, "decide_here").await.unwrap();
    assert!(world.top(ALICE).contains("Request req-1"), "the message stands for its request");
}

#[tokio::test]
async fn only_links_that_are_exact_of_known_requests_in_channels_that_are_named() {
    let world = World::with(unfurling()).await;
    world.usual().await;
    for (channel, text) in [
        (CHANNEL, LINK.to_owned()),
        (RANDOM, "https://p0.example.com/o/acme/requests/req-404".to_owned()),
        (RANDOM, format!("{LINK}/edit")),
        (RANDOM, format!("{LINK}?x=1")),
        (RANDOM, "https://p0.example.com/o/other/requests/req-1".to_owned()),
        (RANDOM, "http://p0.example.com/o/acme/requests/req-1".to_owned()),
        (RANDOM, "https://p0.example.com/o/acme/requests/..%2freq-1".to_owned()),
    ] {
        world.posts(BOB, channel, &text).await;
        assert!(world.slack.calls_of("chat.unfurl").is_empty(), "{channel} {text}");
    }
    let two = format!("https://p0.example.com/o/acme/requests/req-404 {LINK} {LINK}?x=1");
    let (_, laid) = world.posts(BOB, RANDOM, &two).await;
    assert!(laid.is_some());
    assert_eq!(world.slack.calls_of("chat.unfurl").len(), 1, "one a message");
    world.slack.retry_event(1, "http_timeout").await.unwrap();
    world.work().await;
    assert_eq!(world.slack.calls_of("chat.unfurl").len(), 1, "and once");
    assert_eq!((world.dms(BOB), world.lines(BOB)), (vec![], vec![]), "nobody is told what there is not");
}

#[tokio::test]
async fn a_channel_that_another_company_reads_shows_nothing_and_one_that_becomes_shared_no_more() {
    let world = World::with(unfurling()).await;
    let card = world.usual().await;
    let (_, laid) = world.posts(BOB, SHARED, LINK).await;
    assert_eq!((laid, world.slack.calls_of("chat.unfurl").len()), (None, 0));
    let (ts, laid) = world.posts(BOB, RANDOM, LINK).await;
    assert!(laid.is_some());
    world.slack.change_channel(RANDOM, |channel| channel.is_ext_shared = true);
    world.clock.advance(std::time::Duration::from_secs(61));
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(
        world.laid(RANDOM, &ts).unwrap(),
        "This channel is shared with another company now, so this card is not shown here any more. `/p0 pending` lists \
         what waits."
    );
}

#[tokio::test]
async fn where_slack_no_longer_says_who_reads_a_channel_the_card_goes_and_nothing_false_is_said() {
    let world = World::with(unfurling()).await;
    let card = world.usual().await;
    let (ts, laid) = world.posts(BOB, RANDOM, LINK).await;
    assert!(laid.is_some());
    let missing = Fault::ApiError("missing_scope".into());
    world.slack.fail("conversations.info", missing, Times::UntilCleared);
    world.clock.advance(std::time::Duration::from_secs(61));
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(
        world.laid(RANDOM, &ts).unwrap(),
        "Slack does not say whether this channel is shared with another company, so this card is not shown here any more. \
         `/p0 pending` lists what waits."
    );
    assert!(world.read(&card).contains("*Approved*"), "a channel of the settings is the operator's own");
}

#[tokio::test]
async fn who_may_not_decide_may_not_under_a_link_either() {
    let world = World::with(unfurling()).await;
    world.usual().await;
    let (ts, _) = world.posts(BOB, RANDOM, LINK).await;
    world.slack.press_unfurl(BOB, RANDOM, &ts, LINK, "approve").await.unwrap();
    world.work().await;
    assert_eq!(world.told(), [""; 0]);
    assert!(world.lines(BOB)[0].starts_with("This is your own request"), "{:?}", world.lines(BOB));
}

#[tokio::test]
async fn where_slack_does_not_say_who_reads_a_channel_nothing_is_laid_and_nothing_read() {
    let mut setup = unfurling();
    setup.slack = setup.slack.without_scope("channels:read");
    setup = setup.set("identity__people", "{ U01ALICE = \"alice@example.com\" }");
    let world = World::with(setup.set("identity__tokens", "{ U01ALICE = \"U01ALICE.token\" }")).await;
    let card = world.usual().await;
    assert!(world.read(&card).contains("Request req-1"), "a channel of the settings is the operator's own");
    let (ts, laid) = world.posts(BOB, RANDOM, LINK).await;
    assert_eq!((laid, world.slack.calls_of("chat.unfurl").len()), (None, 0));
    world.slack.message_shortcut(crate::world::GUEST, RANDOM, &ts, "decide_here").await.unwrap();
    world.work().await;
    assert!(world.slack.modals(crate::world::GUEST).is_empty(), "no card is there for everybody to see");
}

#[tokio::test]
async fn a_claim_under_a_link_is_said_there() {
    let world = World::with(unfurling()).await;
    world.usual().await;
    let (ts, _) = world.posts(BOB, RANDOM, LINK).await;
    world.slack.press_unfurl(ALICE, RANDOM, &ts, LINK, "claim").await.unwrap();
    world.work().await;
    let laid = world.laid(RANDOM, &ts).unwrap();
    assert!(laid.contains("<@U01ALICE> is on it since"), "{laid}");
}
