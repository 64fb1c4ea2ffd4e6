//! What people do on the page.

use http::StatusCode;
use serde_json::json;

use super::{Browser, PATIENCE};
use crate::sandbox::scene;

#[tokio::test]
async fn a_press_on_the_page_is_a_decision_at_p0() {
    let browser = Browser::open().await;
    assert_eq!(browser.press("U01ALICE", "approve").await, (StatusCode::OK, json!({ "status": 200 })));
    browser.until(|state| state["p0"]["calls"][0]["status"] == 200).await;
    let call = browser.stage.p0.calls().remove(0);
    assert_eq!(call.identity.as_deref(), Some("alice@example.com"));
    assert!(call.path.ends_with("/approve") && call.effect, "{call:?}");
    browser.close().await;
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let browser = Browser::open().await;
    let slash = |person: &str| json!({ "person": person, "kind": "slash", "channel": scene::CHANNEL, "text": "help" });
    let (status, answer) = browser.post("act", &slash("U05STRANGER")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(answer["error"], "not allowed: U05STRANGER is not in C01ACCESS");
    assert_eq!(browser.post("act", &slash("U04GUEST")).await, (StatusCode::OK, json!({ "status": 200 })));
    browser.close().await;
}

#[tokio::test]
async fn the_page_adds_requests_and_is_told_of_them() {
    let browser = Browser::open().await;
    let mut events = browser.http.get(format!("{}events", browser.url)).send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    assert_eq!(events.chunk().await.unwrap().unwrap(), "data: changed\n\n");
    let (_, added) = browser.post("request", &json!({})).await;
    assert_eq!(browser.stage.p0.status(added["id"].as_str().unwrap()).as_deref(), Some("PENDING_APPROVAL"));
    let told = tokio::time::timeout(PATIENCE, events.chunk()).await.unwrap().unwrap().unwrap();
    assert_eq!(told, "data: changed\n\n");
    // An open page does not keep the sandbox from stopping.
    browser.close().await;
}
