//! What P0 answers, and what people are told of it.

use std::time::Duration;

use crate::world::{ALICE, BOB, CAROL, GUEST, Setup, World};
use p0_chatops::sandbox::p0::{Fault, Verb};

#[tokio::test]
async fn a_refusal_is_shown_in_p0s_own_words_without_markup() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, Fault::error(400, "Ask *security* <b>first</b> <!channel>"));
    world.presses(ALICE, &card, "approve").await;
    let shown = world.read(&card);
    assert!(
        shown
            .contains("*P0 refused* <@U01ALICE>'s choice (Approve for 2 hours) (time).\nP0 says: Ask *security* first"),
        "{shown}"
    );
    assert!(shown.ends_with("[Approve 2h] [Approve for…: 30m, 1h, 2h] [Deny] [I'm on it] [More]"), "{shown}");
    assert!(!world.dms(ALICE)[0].contains("<!channel>"), "{:?}", world.dms(ALICE));
}

#[tokio::test]
async fn an_error_at_200_is_a_refusal() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, Fault::ErrorAt200("policy says no".into()));
    world.presses(ALICE, &card, "approve").await;
    assert!(world.read(&card).contains("P0 says: policy says no"), "{}", world.read(&card));
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_never_sent_again_by_itself() {
    let world = World::with(Setup::default().set("p0__request_url", "https://acme.p0.app/requests/{id}")).await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, Fault::LostAnswer);
    world.presses(ALICE, &card, "approve").await;
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(60));
        world.work().await;
    }
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: no answer"#]);
    let shown = world.read(&card);
    assert!(
        shown.contains("*Outcome unknown*: <@U01ALICE> chose *Approve for 2 hours* (time), and P0's answer was lost."),
        "{shown}"
    );
    assert!(shown.ends_with("[Try again] [Deny] [I'm on it] [Revoke] [Check in P0] [More]"), "{shown}");
    assert!(world.dms(ALICE)[0].contains("is unknown: P0's answer was lost"), "{:?}", world.dms(ALICE));
    assert!(world.dms(BOB).is_empty(), "the requester is not told what nobody knows");
}

#[tokio::test]
async fn a_push_settles_what_was_unknown_and_names_p0s_approver() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, Fault::LostAnswer);
    world.presses(ALICE, &card, "approve").await;
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(world.p0.push("req-1").await, Some(200));
    world.work().await;
    let shown = world.read(&card);
    assert!(shown.contains("*Approved* by alice@example.com in P0"), "{shown}");
    assert!(!shown.contains("unknown"), "{shown}");
}

#[tokio::test]
async fn behind_an_unknown_approve_others_are_refused_but_try_again_and_deny_go_out() {
    let world = World::new().await;
    let card = world.usual().await;
    let stale = world.slack.element(&card.channel, &card.ts, "approve").unwrap();
    world.p0.fail_next(1, Verb::Approve, Fault::Drop);
    world.presses(ALICE, &card, "approve").await;
    world.slack.press_stale(CAROL, &card.channel, &card.ts, &stale, None).await.unwrap();
    world.work().await;
    assert_eq!(world.told().len(), 1);
    assert!(world.lines(CAROL)[0].contains("Press \"Try again\""), "{:?}", world.lines(CAROL));
    world.presses(CAROL, &card, "try_again").await;
    assert_eq!(world.told()[1], r#"approve req-1 {"expirationLength":"2h"} as carol@example.com: 200"#);
    assert!(world.read(&card).contains("*Approved* by <@U03CAROL>"), "{}", world.read(&card));
}

#[tokio::test]
async fn a_refusal_after_an_unknown_try_leaves_the_request_unknown() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, Fault::LostAnswer);
    world.presses(ALICE, &card, "approve").await;
    world.presses(ALICE, &card, "try_again").await;
    assert!(world.told()[1].ends_with(": 400"), "{:?}", world.told());
    assert!(world.read(&card).contains("*Outcome unknown*"), "{}", world.read(&card));
    assert!(world.dms(ALICE)[1].ends_with("P0 may have applied the first try, so the outcome stays unknown."));
}

#[tokio::test]
async fn too_many_calls_are_waited_for_and_others_go_first() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.fail_next(1, Verb::Approve, Fault::too_many(Some(20)));
    world.presses(ALICE, &card, "approve").await;
    assert!(world.read(&card).contains("*Received*"), "{}", world.read(&card));
    world.press(CAROL, &card, "deny").await;
    let modal = world.slack.modals(CAROL).pop().unwrap();
    world.slack.submit(CAROL, &modal.id, &[]).await.unwrap();
    world.work().await;
    world.clock.advance(Duration::from_secs(30));
    world.work().await;
    let told = world.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].ends_with(": 429") && told[1] == "deny req-1 {} as carol@example.com: 200", "{told:?}");
    assert!(
        world.dms(ALICE)[0].contains("Somebody was first: the request was denied by <@U03CAROL>"),
        "{:?}",
        world.dms(ALICE)
    );
}

#[tokio::test]
async fn html_at_200_502_and_a_redirect_are_unknown_in_the_words_that_came() {
    for (fault, words) in [
        (Fault::bad_gateway(), "502 Bad Gateway"),
        (Fault::text(200, "<html><body>Please log in</body></html>"), "Please log in"),
        (Fault::redirect("https://evil.example/"), ""),
        (Fault::error(500, "boom"), "boom"),
        (Fault::Truncated, ""),
    ] {
        let world = World::new().await;
        let card = world.usual().await;
        world.p0.fail_next(1, Verb::Approve, fault);
        world.presses(ALICE, &card, "approve").await;
        let shown = world.read(&card);
        assert!(shown.contains("*Outcome unknown*") && shown.contains(words), "{words}: {shown}");
        // It may have been a proxy that said so.
        assert!(!shown.contains("P0 says"), "{shown}");
        assert_eq!(world.told().len(), 1);
    }
}

#[tokio::test]
async fn what_surely_was_not_sent_is_sent_later() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.down().await;
    world.presses(ALICE, &card, "approve").await;
    assert!(world.read(&card).contains("*Received*"), "{}", world.read(&card));
    world.p0.up().await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    world.work().await;
    assert_eq!(world.told(), [r#"approve req-1 {"expirationLength":"2h"} as alice@example.com: 200"#]);
}

#[tokio::test]
async fn a_401_says_that_the_credential_was_not_accepted() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.revoke_token("token-of-alice@example.com");
    world.presses(ALICE, &card, "approve").await;
    assert!(world.read(&card).contains("P0 says: Unauthorized"), "{}", world.read(&card));
}

#[tokio::test]
async fn each_decision_has_a_connection_of_its_own_and_names_the_bot() {
    let world = World::new().await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    world.presses(ALICE, &card, "revoke").await;
    let calls = world.p0.calls();
    assert_ne!(calls[0].connection, calls[1].connection);
    assert!(calls.iter().all(|call| call.user_agent.as_deref().is_some_and(|agent| agent.starts_with("p0-chatops/"))));
}

#[tokio::test]
async fn every_call_is_one_that_p0s_document_describes() {
    let document: serde_json::Value =
        serde_json::from_str(include_str!("../../src/sandbox/p0/openapi/access-requests.json")).unwrap();
    let world = World::new().await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    world.presses(ALICE, &card, "revoke").await;
    for call in world.p0.calls() {
        let path = call.path.replace("/o/acme/", "/o/{orgId}/").replace("req-1", "{requestId}");
        let schema = &document["paths"][&path]["post"]["requestBody"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{path}");
        assert!(jsonschema::is_valid(schema, call.body.as_ref().unwrap()), "{call:?}");
    }
}

#[tokio::test]
async fn nobody_tries_again_behind_a_lost_try_that_they_did_not_know_of() {
    let world = World::new().await;
    let card = world.usual().await;
    world.p0.fail_next(2, Verb::Approve, Fault::Drop);
    world.presses(ALICE, &card, "approve").await;
    world.press(ALICE, &card, "try_again").await;
    world.presses(CAROL, &card, "try_again").await;
    assert_eq!(world.told().len(), 2, "Carol knew of the first lost try, not of the second");
    assert!(world.dms(CAROL)[0].contains("An earlier approve has an unknown outcome"), "{:?}", world.dms(CAROL));
    let offered = world.last_dm(CAROL);
    assert!(world.read(&offered).ends_with("[Try again] [Show]"), "{}", world.read(&offered));
}

#[tokio::test]
async fn a_refused_revoke_stands_on_the_card() {
    let world = World::new().await;
    let card = world.usual().await;
    world.presses(ALICE, &card, "approve").await;
    world.p0.fail_next(1, Verb::Revoke, Fault::error(400, "not now"));
    world.presses(CAROL, &card, "revoke").await;
    let shown = world.read(&card);
    assert!(shown.contains("*P0 refused* <@U03CAROL>'s choice (Revoke) (time).\nP0 says: not now"), "{shown}");
    assert!(shown.contains("*Approved* by <@U01ALICE>") && shown.ends_with("[Revoke] [More]"), "{shown}");
    // Who may not decide cannot wipe it away.
    world.presses(GUEST, &card, "revoke").await;
    assert_eq!(world.read(&card), shown);
}
