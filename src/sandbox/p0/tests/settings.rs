//! The settings API: exact answers, and state that is kept.

use http::Method;
use serde_json::{Value, json};

use super::{ALICE, SETTINGS_KEY, Stage, answer, unauthorized};
use crate::sandbox::p0::{
    Behaviour, DurationOption, Fault, Labels, LengthAnswer, OwnList, P0Setup, ResetAnswer, Undocumented, Unit, Verb,
};

impl Stage {
    async fn settings(&self, method: Method, path: &str, body: Option<Value>) -> (u16, String) {
        let call = self.call(method, SETTINGS_KEY, &format!("/o/acme/settings/{path}"));
        answer(match body {
            Some(body) => call.json(&body),
            None => call,
        })
        .await
    }

    fn labels(&self) -> Vec<String> {
        let options = self.p0.snapshot()["settings"]["options"].as_array().unwrap().clone();
        options.iter().map(|option| option["value"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn an_option_is_added_and_removed_by_its_label() {
    let stage = Stage::set().await;
    let two_hours = json!({ "time": 2, "unit": "h" });
    assert_eq!(stage.settings(Method::POST, "expiry-options", Some(two_hours.clone())).await, (204, String::new()));
    assert_eq!(stage.labels(), ["5 minutes", "1 hour", "2 hours", "1 day", "1 week", "30 days"]);
    assert_eq!(stage.settings(Method::POST, "expiry-options", Some(two_hours)).await.0, 400, "there already");
    assert_eq!(stage.settings(Method::DELETE, "expiry-options/2h", None).await.0, 400, "the key is the label");
    assert_eq!(stage.settings(Method::DELETE, "expiry-options/2%20hours", None).await, (204, String::new()));
    assert_eq!(stage.settings(Method::DELETE, "expiry-options/2%20hours", None).await.0, 400, "gone already");
}

#[tokio::test]
async fn a_reset_answers_the_presets_and_destroys_the_rest() {
    let stage = Stage::set().await;
    stage.settings(Method::POST, "expiry-options", Some(json!({ "time": 1.5, "unit": "h" }))).await;
    assert_eq!(stage.labels()[2], "90 minutes");
    let (status, body) = stage.settings(Method::POST, "expiry-options/_reset", None).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["options"][2]), (200, &json!({ "time": 24, "unit": "h", "value": "1 day" })));
    assert_eq!(stage.labels().len(), 5);
}

#[tokio::test]
async fn the_maximum_binds_the_next_approval() {
    let stage = Stage::set().await;
    let hour = json!({ "time": 1, "unit": "h" });
    let (status, body) = stage.settings(Method::PUT, "max-access-duration", Some(hour.clone())).await;
    assert_eq!(status, 200);
    let set = json!({ "ok": true, "maxAccessDuration": { "time": 1, "unit": "h", "value": "1 hour" } });
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), set);
    assert_eq!(stage.decide(ALICE, "req-1", "approve").await.0, 400, "two hours are too long now");
    let (status, body) = stage.settings(Method::PUT, "standing-access-duration", Some(hour)).await;
    assert_eq!((status, body.contains("standingAccessDuration")), (200, true));
}

#[tokio::test]
async fn what_is_no_length_changes_nothing() {
    let stage = Stage::set().await;
    for body in [json!({}), json!(null), json!({ "time": "2", "unit": "h" }), json!({ "time": 2, "unit": "hours" })] {
        assert_eq!(stage.settings(Method::POST, "expiry-options", Some(body.clone())).await.0, 400, "{body}");
    }
    for time in [0, -1] {
        let body = json!({ "time": time, "unit": "h" });
        assert_eq!(stage.settings(Method::PUT, "max-access-duration", Some(body)).await.0, 400, "{time}");
    }
    assert!(stage.p0.calls().iter().all(|call| !call.effect));
}

#[tokio::test]
async fn only_the_api_key_of_this_organisation_opens_it() {
    let stage = Stage::set().await;
    let reset = |token: &str, org: &str| {
        answer(stage.call(Method::POST, token, &format!("/o/{org}/settings/expiry-options/_reset")))
    };
    assert_eq!(reset(ALICE, "acme").await, unauthorized());
    assert_eq!(reset(SETTINGS_KEY, "other").await, unauthorized());
    assert_eq!(reset(SETTINGS_KEY, "acme").await.0, 200);
    assert_eq!(stage.settings(Method::GET, "expiry-options", None).await.0, 404, "settings are write-only");
}

#[tokio::test]
async fn the_undocumented_ones_may_be_missing() {
    let stage = Stage::set().await;
    let week = || Some(json!({ "time": 1, "unit": "w" }));
    let one_party = || Some(json!({ "allowOneParty": true, "requireReason": false }));
    assert_eq!(stage.settings(Method::PUT, "approvable-duration", week()).await, (204, String::new()));
    assert_eq!(stage.settings(Method::PUT, "default-approvals", one_party()).await, (204, String::new()));
    assert_eq!(stage.settings(Method::PUT, "default-approvals", Some(json!({}))).await.0, 400);
    stage.p0.trust_token("rita", "rita@example.com");
    assert_eq!(stage.decide("rita", "req-1", "approve").await.0, 200, "one party is enough now");
    for (fate, status) in [(Undocumented::NotFound, 404), (Undocumented::BadRequest, 400)] {
        stage.p0.behave(|behaviour| behaviour.undocumented_settings = fate);
        assert_eq!(stage.settings(Method::PUT, "approvable-duration", week()).await.0, status);
        assert_eq!(stage.settings(Method::PUT, "default-approvals", one_party()).await.0, status);
    }
}

#[tokio::test]
async fn a_length_that_is_set_is_told_or_not_and_p0_may_decline_at_200() {
    let stage = Stage::set().await;
    let maximum = |stage: &Stage| stage.p0.snapshot()["settings"]["maxAccessDuration"]["value"].clone();
    for (number, answer, body) in [
        (
            1,
            LengthAnswer::Told,
            json!({ "ok": true, "maxAccessDuration": { "time": 1, "unit": "h", "value": "1 hour" } }),
        ),
        (2, LengthAnswer::OkAlone, json!({ "ok": true })),
        (3, LengthAnswer::EmptyObject, json!({})),
    ] {
        stage.p0.behave(|behaviour| behaviour.length_answer = answer);
        let length = json!({ "time": number, "unit": "h" });
        let (status, answered) = stage.settings(Method::PUT, "max-access-duration", Some(length)).await;
        assert_eq!((status, serde_json::from_str::<Value>(&answered).unwrap()), (200, body));
        assert!(stage.p0.calls().pop().unwrap().effect);
    }
    assert_eq!(maximum(&stage), "3 hours");
    stage.p0.behave(|behaviour| behaviour.length_answer = LengthAnswer::NotOk);
    for path in ["max-access-duration", "standing-access-duration"] {
        let (status, body) = stage.settings(Method::PUT, path, Some(json!({ "time": 4, "unit": "h" }))).await;
        assert_eq!((status, body.contains("\"ok\":false")), (200, true), "{body}");
        assert!(!stage.p0.calls().pop().unwrap().effect);
    }
    assert_eq!(maximum(&stage), "3 hours");
}

#[tokio::test]
async fn a_reset_may_leave_limits_out_and_tell_fractions() {
    let behaviour =
        Behaviour { reset_answer: ResetAnswer::ListAlone, own_list: OwnList::Fractions, ..Behaviour::default() };
    let options = Some(vec![DurationOption::new(4, Unit::Hours)]);
    let stage = Stage::set_with(P0Setup { options, behaviour, ..P0Setup::default() }).await;
    assert_eq!(stage.labels(), ["4 hours"]);
    let (_, body) = stage.settings(Method::POST, "expiry-options/_reset", None).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["options"]);
    assert_eq!(body["options"][1], json!({ "time": 1.5, "unit": "h", "value": "90 minutes" }));
    assert_eq!(stage.labels(), ["30 minutes", "90 minutes", "12 hours"]);
}

#[tokio::test]
async fn the_same_length_may_go_by_another_label() {
    let behaviour = Behaviour { labels: Labels::AsSent, ..Behaviour::default() };
    let stage = Stage::set_with(P0Setup { behaviour, ..P0Setup::default() }).await;
    assert_eq!(stage.labels(), ["5 minutes", "1 hour", "24 hours", "168 hours", "720 hours"]);
    assert_eq!(stage.settings(Method::DELETE, "expiry-options/1%20day", None).await.0, 400);
    assert_eq!(stage.settings(Method::DELETE, "expiry-options/24%20hours", None).await.0, 204);
}

#[tokio::test]
async fn faults_of_the_settings_meet_no_decision_and_are_cleared_by_themselves() {
    let stage = Stage::set().await;
    stage.p0.fail_until_cleared(Verb::Settings, Fault::error(400, "not now"));
    stage.p0.fail_next(1, Verb::Deny, Fault::error(400, "nor this"));
    assert_eq!(stage.settings(Method::POST, "expiry-options/_reset", None).await.0, 400);
    stage.p0.clear_faults_of(Verb::Settings);
    assert_eq!(stage.settings(Method::POST, "expiry-options/_reset", None).await.0, 200);
    assert_eq!(stage.decide(ALICE, "req-1", "deny").await, super::refused("nor this"));
    assert_eq!(stage.decide(ALICE, "req-1", "approve").await.0, 200);
}
