//! Approve, deny, revoke: what is sent, who may, and how the request moves.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{ALICE, Stage, answer, refused};
use crate::sandbox::p0::{Behaviour, DurationOption, P0Setup, RequestSeed, SuccessBody, Unit};

const APPROVE: &str = "/o/acme/permission-requests/req-1/approve";
const OVER: &str = "Invalid or expired request";

#[tokio::test]
async fn an_approved_request_is_provisioned_later() {
    let stage = Stage::set().await;
    assert_eq!(stage.decide(ALICE, "req-1", "approve").await, (200, String::new()));
    assert_eq!(stage.status(), "APPROVED");
    stage.clock.advance(Duration::from_secs(60));
    assert!(stage.p0.provision("req-1"));
    let request = stage.p0.request("req-1").unwrap();
    assert_eq!(request["status"], "DONE");
    assert_eq!(request["grantTimestamp"], stage.clock.now().as_millisecond());
    assert_eq!(request["expiryTimestamp"], stage.clock.now().as_millisecond() + 2 * 3_600_000);
    assert_eq!(request["approvalDetails"]["email"], "alice@example.com");
    assert!(!stage.p0.provision("req-1"), "once only");
}

#[tokio::test]
async fn a_lost_race_shows_as_an_expired_request() {
    let stage = Stage::set().await;
    stage.decide(ALICE, "req-1", "deny").await;
    assert_eq!(stage.status(), "DENIED");
    for verb in ["approve", "deny", "revoke"] {
        assert_eq!(stage.decide(ALICE, "req-1", verb).await, refused(OVER), "{verb}");
    }
    assert_eq!(stage.p0.calls().iter().map(|call| call.effect).collect::<Vec<_>>(), [true, false, false, false]);
}

#[tokio::test]
async fn a_revoke_is_submitted_then_finished() {
    let stage = Stage::set().await;
    stage.p0.move_to("req-1", "DONE");
    assert!(!stage.p0.finish_revoke("req-1"), "nothing was submitted");
    assert_eq!(stage.decide(ALICE, "req-1", "revoke").await.0, 200);
    assert_eq!(stage.status(), "REVOKE_SUBMITTED");
    assert_eq!(stage.decide(ALICE, "req-1", "revoke").await, refused(OVER));
    assert!(stage.p0.finish_revoke("req-1"));
    assert_eq!(stage.status(), "REVOKED");
}

#[tokio::test]
async fn unknown_requests_and_organisations_are_refused_alike() {
    let stage = Stage::set().await;
    assert_eq!(stage.decide(ALICE, "req-2", "approve").await, refused(OVER));
    let elsewhere = APPROVE.replace("acme", "other");
    assert_eq!(stage.post(ALICE, &elsewhere, &json!({ "expirationLength": "2h" })).await, refused(OVER));
    let (status, page) = stage.post(ALICE, &format!("{APPROVE}/"), &json!({})).await;
    assert_eq!((status, page.contains("<html>")), (404, true));
}

#[tokio::test]
async fn an_id_is_one_encoded_segment() {
    let stage = Stage::set().await;
    stage.p0.add(RequestSeed { id: Some("a/b%20ü".to_owned()), ..RequestSeed::default() });
    assert_eq!(stage.decide(ALICE, "a%2Fb%2520%C3%BC", "deny").await.0, 200);
    let call = stage.p0.calls().pop().unwrap();
    assert_eq!(call.request_id.as_deref(), Some("a/b%20ü"));
    assert_eq!(call.path, "/o/acme/permission-requests/a%2Fb%2520%C3%BC/deny");
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let stage = Stage::set().await;
    for body in [json!(null), json!([]), json!("2h")] {
        assert_eq!(stage.post(ALICE, APPROVE, &body).await.0, 400, "{body}");
        assert_eq!(stage.post(ALICE, &APPROVE.replace("approve", "deny"), &body).await.0, 400, "{body}");
    }
    let call = || stage.call(Method::POST, ALICE, APPROVE);
    let good = r#"{"expirationLength":"2h"}"#;
    assert_eq!(answer(call().body(good)).await, refused("Content-Type must be application/json"));
    assert_eq!(answer(call().header("content-type", "application/json").body("{")).await.0, 400);
    assert_eq!(answer(call()).await.0, 400, "approve requires a body");
    let url = format!("{}{APPROVE}", stage.p0.base_url());
    let anonymous = stage.http.post(url).bearer_auth(ALICE).json(&json!({ "expirationLength": "2h" }));
    assert_eq!(answer(anonymous).await, refused("Missing User-Agent"));
    assert_eq!(stage.status(), "PENDING_APPROVAL");
    let deny = APPROVE.replace("approve", "deny");
    assert_eq!(answer(stage.call(Method::POST, ALICE, &deny)).await.0, 200, "deny requires none");
}

#[tokio::test]
async fn a_body_beyond_the_cap_is_refused() {
    let stage = Stage::set().await;
    let long = json!({ "expirationLength": "2h", "padding": "x".repeat(70_000) });
    assert_eq!(stage.post(ALICE, APPROVE, &long).await.0, 413);
    assert_eq!(stage.p0.calls()[0].status, Some(413), "and yet in the log");
    assert_eq!(stage.status(), "PENDING_APPROVAL");
}

#[tokio::test]
async fn a_length_is_needed_and_within_the_maximum() {
    let maximum = DurationOption::new(4, Unit::Hours);
    let stage = Stage::set_with(P0Setup { maximum, ..P0Setup::default() }).await;
    for length in [json!("1d"), json!("0h"), json!(2), Value::Null, json!("241m"), json!("5h")] {
        let (status, body) = stage.post(ALICE, APPROVE, &json!({ "expirationLength": length })).await;
        assert_eq!(status, 400, "{length}: {body}");
    }
    assert_eq!(stage.post(ALICE, APPROVE, &json!({ "expirationLength": "240m" })).await.0, 200);
}

#[tokio::test]
async fn nobody_approves_their_own_unless_one_party_is_enough() {
    let stage = Stage::set().await;
    let seed =
        RequestSeed { id: Some("req-1".to_owned()), principal: "Alice@Example.com".to_owned(), ..Default::default() };
    stage.p0.add(seed);
    stage.p0.trust_token("rita", "rita@example.com");
    let own = refused("You cannot approve your own request");
    assert_eq!(stage.decide("rita", "req-1", "approve").await, own, "the requester");
    assert_eq!(stage.decide(ALICE, "req-1", "approve").await, own, "the principal");
    stage.p0.behave(|behaviour| behaviour.one_party = true);
    assert_eq!(stage.decide(ALICE, "req-1", "approve").await.0, 200);
}

#[tokio::test]
async fn only_listed_approvers_decide_but_requesters_give_back() {
    let stage = Stage::set().await;
    let approvers = Some(vec!["bob@example.com".to_owned()]);
    stage.p0.add(RequestSeed { id: Some("req-1".to_owned()), approvers, ..RequestSeed::default() });
    stage.p0.trust_token("bob", "bob@example.com");
    stage.p0.trust_token("rita", "rita@example.com");
    let stranger = refused("You are not an approver of this request");
    for verb in ["approve", "deny", "revoke"] {
        assert_eq!(stage.decide(ALICE, "req-1", verb).await, stranger, "{verb}");
    }
    assert_eq!(stage.decide("bob", "req-1", "approve").await.0, 200);
    assert_eq!(stage.decide("rita", "req-1", "revoke").await.0, 200);
}

#[tokio::test]
async fn a_success_may_have_a_body() {
    let behaviour = Behaviour { success_body: SuccessBody::Ok, ..Behaviour::default() };
    let stage = Stage::set_with(P0Setup { behaviour, ..P0Setup::default() }).await;
    assert_eq!(stage.decide(ALICE, "req-1", "approve").await, (200, r#"{"ok":true}"#.to_owned()));
    stage.p0.behave(|behaviour| behaviour.success_body = SuccessBody::EmptyObject);
    assert_eq!(stage.decide(ALICE, "req-1", "revoke").await, (200, "{}".to_owned()));
}

#[tokio::test]
async fn requests_have_ids_times_and_rows_like_p0s() {
    let stage = Stage::set().await;
    for r#type in ["aws", "k8s"] {
        let id = stage.p0.add(RequestSeed { r#type: r#type.to_owned(), ..RequestSeed::default() });
        assert_eq!((id.len(), id.bytes().all(|byte| byte.is_ascii_alphanumeric())), (20, true), "{id}");
        let before = stage.p0.request(&id).unwrap();
        assert_eq!(before["requestedTimestamp"], stage.clock.now().as_millisecond());
        assert!(before["display"]["rows"][0]["isHidden"].is_boolean());
        assert!(stage.p0.approve_elsewhere(&id, "Bob", "bob@example.com"));
        assert!(!stage.p0.approve_elsewhere(&id, "Eve", "eve@example.com"), "once only");
        let after = stage.p0.request(&id).unwrap();
        assert_eq!(after["approvalDetails"]["name"], "Bob");
        let updated = |request: &Value| request["lastUpdatedTimestamp"].as_i64().unwrap();
        assert!(updated(&after) > updated(&before), "a move is newer even while the clock stands still");
    }
}
