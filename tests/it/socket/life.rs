//! The life of sockets: replaced, broken, frozen, refused, and the end.

use std::time::Duration;

use http::StatusCode;
use p0_chatops::sandbox::slack::{Cannot, Fault, Times};
use p0_chatops::socket::Pace;

use crate::world::{ALICE, BRISK, CHANNEL, Card, Setup, World};

async fn world(pace: Pace) -> (World, Card, [u64; 2]) {
    let world = World::with(Setup { pace, ..Setup::over_sockets() }).await;
    let card = world.usual().await;
    let [one, two] = world.slack.sockets()[..] else { panic!("two sockets") };
    (world, card, [one, two])
}

#[tokio::test]
async fn a_socket_that_slack_wants_replaced_goes_on_listening_until_slack_closes_it() {
    for reason in ["warning", "refresh_requested"] {
        let (world, card, [one, two]) = world(BRISK).await;
        world.slack.disconnect(one, reason);
        let new = world.slack.sockets_when(|open| open.len() == 3).await[2];
        world.slack.send_over(Some(one));
        assert_eq!(world.press(ALICE, &card, "approve").await.status, 200, "over the old one");
        world.slack.close_socket(one);
        assert_eq!(world.slack.sockets_when(|open| open.len() == 2).await, [two, new]);
        world.slack.send_over(Some(new));
        assert_eq!(world.press(ALICE, &card, "more").await.status, 200, "over the new one");
        world.work().await;
        assert_eq!(world.told().len(), 1);
        assert_eq!(world.counted("socket_ends", "why=\"refresh\"").await, 1);
        assert_eq!(world.counted("socket_ends", "").await, 1);
    }
}

#[tokio::test]
async fn a_socket_that_was_replaced_is_closed_where_slack_does_not() {
    let (world, _, [one, two]) = world(Pace { linger: Duration::from_millis(1), ..BRISK }).await;
    world.slack.disconnect(one, "refresh_requested");
    let left = world.slack.sockets_when(|open| !open.contains(&one) && open.len() == 2).await;
    assert_eq!(left[0], two);
}

#[tokio::test]
async fn a_socket_that_breaks_costs_nothing_but_what_was_on_it() {
    let (world, card, [one, two]) = world(BRISK).await;
    world.slack.send_over(Some(two));
    world.slack.cut_socket(one);
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200, "over the other one");
    let now = world.slack.sockets_when(|open| open.len() == 2 && !open.contains(&one)).await;
    world.slack.send_over(Some(now[1]));
    assert_eq!(world.press(ALICE, &card, "more").await.status, 200, "over the one in its place");
    world.work().await;
    assert_eq!(world.told().len(), 1);
}

#[tokio::test]
async fn a_frozen_socket_is_noticed_and_replaced() {
    let pace = Pace { quiet: Duration::from_millis(20), deaf: Duration::from_millis(400), ..BRISK };
    let (world, card, [one, _]) = world(pace).await;
    world.slack.freeze_socket(one);
    let new = *world.slack.sockets_when(|open| open.len() == 3).await.last().unwrap();
    assert_eq!(world.counted("socket_ends", "why=\"silent\"").await, 1);
    world.slack.send_over(Some(new));
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
}

#[tokio::test]
async fn an_answer_that_is_ready_after_its_socket_is_gone_is_not_lost_on_disk() {
    let (world, card, [one, _]) = world(BRISK).await;
    world.slack.fail("views.open", Fault::Hang(Duration::from_millis(200)), Times::Count(1));
    world.slack.send_over(Some(one));
    let (pressed, ()) = tokio::join!(world.slack.press(ALICE, CHANNEL, &card.ts, "deny"), async {
        world.slack.heard(one).await;
        world.slack.cut_socket(one);
    });
    assert!(matches!(pressed, Err(Cannot::NoAnswer(_))), "{pressed:?}");
    world.slack.sockets_when(|open| open.len() == 2 && !open.contains(&one)).await;
    world.slack.send_over(None);
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200, "the bot goes on");
}

#[tokio::test]
async fn a_stop_answers_what_is_in_hand_and_closes() {
    let (mut world, card, [one, _]) = world(BRISK).await;
    world.slack.fail("views.open", Fault::Hang(Duration::from_millis(200)), Times::Count(1));
    world.slack.send_over(Some(one));
    let slack = world.slack.clone();
    let (pressed, ()) = tokio::join!(slack.press(ALICE, CHANNEL, &card.ts, "deny"), async {
        slack.heard(one).await;
        world.stop_sockets().await;
    });
    assert_eq!(pressed.unwrap().status, 200);
    assert_eq!(slack.modals(ALICE).len(), 1);
    slack.sockets_when(<[u64]>::is_empty).await;
}

#[tokio::test]
async fn without_a_socket_the_bot_is_not_ready_and_heals_by_itself() {
    let (world, card, [one, two]) = world(BRISK).await;
    assert_eq!(world.probe("/readyz").await, (StatusCode::OK, "ready\n".to_owned()));
    for code in ["invalid_auth", "internal_error"] {
        world.slack.fail("apps.connections.open", Fault::ApiError(code.to_owned()), Times::UntilCleared);
    }
    world.slack.cut_socket(one);
    world.slack.cut_socket(two);
    world.slack.called("apps.connections.open", 4).await;
    let not_ready = (StatusCode::SERVICE_UNAVAILABLE, "no socket to Slack is open\n".to_owned());
    assert_eq!(world.probe("/readyz").await, not_ready);
    assert!(world.metrics().await.contains("p0_chatops_sockets{door=\"slack\"} 0\n"));
    let unheard = world.slack.press(ALICE, CHANNEL, &card.ts, "approve").await;
    assert!(matches!(unheard, Err(Cannot::NotReached(_))), "{unheard:?}");
    world.slack.clear_faults();
    world.slack.sockets_when(|open| open.len() == 2).await;
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
}

#[tokio::test]
async fn socket_mode_that_is_switched_off_is_not_waited_for_on_the_line() {
    let (world, _, [one, two]) = world(BRISK).await;
    world.slack.disconnect(one, "link_disabled");
    let now = world.slack.sockets_when(|open| open.len() == 2 && !open.contains(&one)).await;
    assert_eq!(now[0], two);
    assert_eq!(world.counted("socket_ends", "why=\"link_disabled\"").await, 1);
}
