//! What people do, in envelopes.

use p0_chatops::sandbox::slack::Cannot;
use serde_json::json;

use crate::wire::{INTERACTIVITY, form};
use crate::world::{ALICE, BOB, CHANNEL, Setup, World};

async fn world() -> World {
    World::with(Setup::over_sockets()).await
}

#[tokio::test]
async fn a_press_is_acknowledged_once_it_is_on_disk_and_reaches_p0_once() {
    let world = world().await;
    let card = world.usual().await;
    let answer = world.press(ALICE, &card, "approve").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(world.told(), [""; 0], "nothing remote before the acknowledgement");
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
    assert!(world.read(&card).contains("*Approved* by <@U01ALICE>"), "{}", world.read(&card));
    assert_eq!(world.dms(BOB).len(), 1);
    assert_eq!(world.counted("envelopes", "what=\"acknowledged\"").await, 1);
}

#[tokio::test]
async fn a_command_is_answered_with_its_acknowledgement() {
    let world = world().await;
    world.usual().await;
    let answer = world.slack.slash(ALICE, CHANNEL, "deny req-1 because it is late").await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("req-1"), "{}", answer.body);
    assert_eq!(world.lines(ALICE).len(), 1, "it is shown to her");
    world.work().await;
    assert_eq!(world.told().len(), 1);
}

#[tokio::test]
async fn what_is_written_to_the_bot_is_heard() {
    let world = world().await;
    world.usual().await;
    assert_eq!(world.slack.dm(ALICE, "pending").await.unwrap().status, 200);
    world.work().await;
    assert_eq!(world.dms(ALICE), ["1 request is waiting for a decision."]);
}

#[tokio::test]
async fn a_modal_is_opened_and_its_answer_says_what_becomes_of_it() {
    let world = world().await;
    let card = world.usual().await;
    world.press(ALICE, &card, "deny").await;
    let modal = world.slack.modals(ALICE).pop().expect("a modal").id;
    let answer = world.slack.submit(ALICE, &modal, &[("reason", "no")]).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(world.slack.modals(ALICE).len(), 0, "it is closed");
    world.work().await;
    assert_eq!(world.told().len(), 1);
    let older = json!({
        "type": "view_submission", "team": {"id": "T01ACME"}, "user": {"id": ALICE, "team_id": "T01ACME"},
        "view": {"callback_id": "deny", "private_metadata": "v0", "state": {"values": {}}},
    });
    let answer = world.signed(INTERACTIVITY, form(&older)).await;
    assert!(answer.body.contains("\"response_action\":\"update\""), "{}", answer.body);
}

#[tokio::test]
async fn an_envelope_that_comes_again_does_nothing_twice() {
    let world = world().await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    assert_eq!(world.slack.redeliver().await.unwrap().status, 200);
    world.work().await;
    assert_eq!((world.rows("decisions").await, world.told().len()), (1, 1));
}

#[tokio::test]
async fn a_press_that_cannot_be_written_is_not_acknowledged_and_the_next_one_counts() {
    let world = world().await;
    let card = world.usual().await;
    let mut lock = world.writing().await;
    let answer = world.slack.press(ALICE, CHANNEL, &card.ts, "approve").await;
    assert!(matches!(answer, Err(Cannot::NoAnswer(_))), "{answer:?}");
    assert_eq!(world.lines(ALICE), ["⚠️ This app did not respond."]);
    sqlx::query("COMMIT").execute(&mut lock).await.unwrap();
    world.work().await;
    assert_eq!(world.told().len(), 0);
    assert_eq!(world.press(ALICE, &card, "approve").await.status, 200);
    world.work().await;
    assert_eq!(world.told().len(), 1);
    assert_eq!(world.counted("envelopes", "what=\"not_recorded\"").await, 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_without_what_it_says_and_not_sent_for_ever() {
    let world = world().await;
    let [one, _] = world.slack.sockets()[..] else { panic!("two sockets") };
    world.slack.say_over_socket(one, "no JSON, and a secret");
    world.slack.say_over_socket(one, &json!({ "type": "interactive", "payload": "a secret" }).to_string());
    let unread = world.slack.post_strange("interactive", json!("a secret")).await.unwrap();
    assert_eq!((unread.status, unread.body.as_str()), (200, ""));
    let unknown = world.slack.post_strange("function_executed", json!({ "inputs": "a secret" })).await.unwrap();
    assert_eq!((unknown.status, unknown.body.as_str()), (200, ""));
    world.slack.heard(one).await;
    let kept: Vec<String> =
        sqlx::query_scalar("SELECT body FROM unread_pushes").fetch_all(&mut world.database().await).await.unwrap();
    assert_eq!(kept.len(), 3);
    assert!(!kept.concat().contains("secret"), "{kept:?}");
    assert_eq!(world.counted("not_understood", "what=\"unread\"").await, 3);
    assert_eq!(world.counted("not_understood", "what=\"envelope\"").await, 1);
    assert_eq!(world.slack.sockets().len(), 2, "no socket suffers from it");
}

#[tokio::test]
async fn a_press_counts_from_when_it_was_made() {
    let world = world().await;
    let card = world.usual().await;
    let mut payload = world.press_payload(ALICE, &card, "approve");
    let long_ago = world.clock.now().as_second() - 16 * 60;
    payload["actions"][0]["action_ts"] = json!(format!("{long_ago}.000000"));
    assert_eq!(world.slack.post_strange("interactive", payload).await.unwrap().status, 200);
    world.work().await;
    assert_eq!(world.told(), [""; 0], "an approve is not sent after 15 minutes");
}

#[tokio::test]
async fn nobody_comes_in_where_slack_is_called() {
    let world = world().await;
    for door in crate::wire::DOORS {
        assert_eq!(world.sent(door, "payload={}", &[]).await.status, 404, "{door}");
    }
}
