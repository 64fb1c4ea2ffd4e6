use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::*;
use crate::clock::Clock;
use crate::sandbox::wire::http_client;

const ACCEPT: &str = "application/vnd.pagerduty+json;version=2";

async fn ask(pagerduty: &PagerDuty, path: &str, key: &str, accept: &str) -> (u16, Value) {
    let url = format!("{}{path}", pagerduty.base_url());
    let call = http_client()
        .get(url)
        .header("authorization", format!("Token token={key}"))
        .header("accept", accept)
        .header("content-type", "application/json");
    let answer = call.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

/// Alice until an hour from now, then Bob; Carol always, on the second level.
async fn on_call() -> (PagerDuty, Timestamp) {
    let clock = Clock::stepped();
    let now = clock.now();
    let pagerduty = PagerDuty::start(PagerDutySetup { clock, ..PagerDutySetup::default() }).await.unwrap();
    let hour = SignedDuration::from_hours(1);
    pagerduty.put_on_duty("SFIRST", "PALICE", now - hour, now + hour);
    pagerduty.put_on_duty("SFIRST", "PBOB", now + hour, now + hour * 9);
    pagerduty.set_policy("PPOLICY", vec![vec![OnDuty::Schedule("SFIRST".into())], vec![OnDuty::User("PCAROL".into())]]);
    (pagerduty, now)
}

#[tokio::test]
async fn it_tells_who_is_on_call_a_page_at_a_time() {
    let (pagerduty, now) = on_call().await;
    let until = now + SignedDuration::from_hours(24);
    let path = format!("/oncalls?escalation_policy_ids[]=PPOLICY&include[]=users&since={now}&until={until}&limit=100");
    let (_, first) = ask(&pagerduty, &path, "sandbox-pagerduty-key", ACCEPT).await;
    assert_eq!((&first["more"], &first["total"]), (&Value::Bool(true), &Value::Null));
    let (_, second) = ask(&pagerduty, &format!("{path}&offset=2"), "sandbox-pagerduty-key", ACCEPT).await;
    assert_eq!(second["more"], false);
    let told: Vec<(String, Value, bool)> = [first, second]
        .iter()
        .flat_map(|page| page["oncalls"].as_array().unwrap())
        .map(|entry| {
            (
                entry["user"]["email"].as_str().unwrap().to_owned(),
                entry["escalation_level"].clone(),
                entry["end"].is_null(),
            )
        })
        .collect();
    let expected = [("alice", 1, false), ("bob", 1, false), ("carol", 2, true)]
        .map(|(name, level, always)| (format!("{name}@example.com"), level.into(), always));
    assert_eq!(told, expected);
}

#[tokio::test]
async fn it_refuses_what_pagerduty_would_not_take() {
    let (pagerduty, _) = on_call().await;
    let key = "sandbox-pagerduty-key";
    for (path, key, accept, status) in [
        ("/oncalls", key, ACCEPT, 200),
        ("/oncalls", "another", ACCEPT, 401),
        ("/oncalls", key, "application/json", 400),
        ("/oncalls?limit=1000", key, ACCEPT, 400),
        ("/oncalls?escalation_policy_id=PPOLICY", key, ACCEPT, 400),
        ("/oncalls?since=yesterday", key, ACCEPT, 400),
        ("/incidents", key, ACCEPT, 404),
        ("/escalation_policies/PPOLICY", key, ACCEPT, 200),
        ("/escalation_policies/PNONE", key, ACCEPT, 404),
        ("/schedules/SFIRST", key, ACCEPT, 200),
        ("/schedules/SNONE", key, ACCEPT, 404),
    ] {
        assert_eq!(ask(&pagerduty, path, key, accept).await.0, status, "{path} {accept}");
    }
    assert!(!pagerduty.snapshot().to_string().contains("sandbox-pagerduty-key"));
}
