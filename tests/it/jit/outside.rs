//! The client held against openapi-core and P0's own document, which nobody here wrote; and the stand-in too.

use http::StatusCode;
use p0_chatops::domain::jit::change::{Change, Said};
use p0_chatops::forward::outcome::Outcome;
use p0_chatops::forward::settings_api::SettingsApi;
use p0_chatops::sandbox::p0::{P0, P0Setup};

use super::client::{KEY, changes, client, length, settings};
use super::contract::SERVER;
use crate::outside::http;
use crate::outside::settings_server::{Judged, SettingsServer};

fn api(base_url: &str) -> SettingsApi {
    SettingsApi::new(client(), &settings(base_url, Some(KEY))).unwrap()
}

/// The faults of calls that the document has; the two that it has not are told apart.
fn documented(log: Vec<Judged>) -> (usize, Vec<Judged>) {
    let known = |judged: &Judged| !judged.call.ends_with("approvable-duration") && !judged.call.ends_with("approvals");
    let calls = log.into_iter().filter(known);
    let (good, bad): (Vec<_>, Vec<_>) = calls.partition(|judged| judged.faults.is_empty() && judged.status < 300);
    (good.len(), bad)
}

#[tokio::test]
async fn whatever_an_answer_may_leave_out_the_document_has_every_call() {
    let Some(judge) = SettingsServer::start(KEY, None) else { return };
    let api = api(&judge.base_url);
    for (say, labels) in [("all", "largest"), ("ok", "sent"), ("nothing", "largest")] {
        judge.say(say, labels).await;
        for change in changes() {
            let outcome = api.call(&change, Some("4 hours")).await;
            match (&change, &outcome) {
                (Change::Add { .. } | Change::Remove { .. }, Outcome::Done(Said::Taken)) => {}
                (Change::Reset, Outcome::Done(Said::Settings(told))) => {
                    assert_eq!((told.options.len(), told.unread), (6, 0), "a fraction is read too");
                    assert_eq!(told.maximum.is_some(), say == "all");
                }
                (Change::Maximum { .. } | Change::Standing { .. }, Outcome::Done(said)) => match (say, said) {
                    ("all", Said::Length { told }) => assert_eq!(told.value(), "4 hours"),
                    ("ok", Said::Taken) | ("nothing", Said::Nothing) => {}
                    _ => panic!("{say}: {said:?}"),
                },
                (Change::Approvable { .. } | Change::Approvals(_), Outcome::Refused { status: 404, words }) => {
                    assert_eq!(words, "Not found", "the document does not have it, and P0's word is shown");
                }
                _ => panic!("{say}: {change:?}: {outcome:?}"),
            }
        }
    }
    let (good, bad) = documented(judge.log().await);
    assert!(good == 15 && bad.is_empty(), "{good} {bad:#?}");
}

#[tokio::test]
async fn names_of_any_kind_are_one_segment_to_the_document() {
    let Some(judge) = SettingsServer::start(KEY, None) else { return };
    let remove = Change::Remove { length: length("4h") };
    for name in ["a/b", "a?b", "a#b", "100%", "..%2f..", "./.", "4 Stunden für Ünï", "四小时"] {
        let refused = Outcome::Refused { status: 400, words: format!("{name} is no expiry option") };
        assert_eq!(api(&judge.base_url).call(&remove, Some(name)).await, refused);
    }
    assert!(judge.log().await.iter().all(|judged| judged.faults.is_empty()));
}

#[tokio::test]
async fn the_stand_in_answers_as_the_document_says() {
    let p0 = P0::start(P0Setup { settings_api_key: KEY.to_owned(), ..P0Setup::default() }).await.unwrap();
    let Some(judge) = SettingsServer::start(KEY, Some(&p0.base_url())) else { return };
    for change in changes() {
        let outcome = api(&judge.base_url).call(&change, Some("4 hours")).await;
        assert!(matches!(outcome, Outcome::Done(_)), "{change:?}: {outcome:?}");
    }
    let (good, bad) = documented(judge.log().await);
    assert!(good == 5 && bad.is_empty(), "{good} {bad:#?}");
}

#[tokio::test]
async fn the_judge_is_awake() {
    let Some(judge) = SettingsServer::start(KEY, None) else { return };
    let url = |path: &str| format!("{}{SERVER}/{path}", judge.base_url);
    let posted = async |path: &str, body: &'static str| {
        let request = http().post(url(path)).bearer_auth(KEY).header("content-type", "application/json");
        request.body(body).send().await.unwrap().status()
    };
    for (path, body, status) in [
        ("expiry-options", r#"{"time":4,"unit":"y"}"#, StatusCode::BAD_REQUEST),
        ("expiry-options", r#"{"time":"4","unit":"h"}"#, StatusCode::BAD_REQUEST),
        ("expiry-options", r#"{"unit":"h"}"#, StatusCode::BAD_REQUEST),
        ("expiry-options", r#"{"time":4,"unit":"h","value":"4 hours"}"#, StatusCode::BAD_REQUEST),
        ("expiry-options", "", StatusCode::BAD_REQUEST),
        ("expiry-options/_reset", "{}", StatusCode::BAD_REQUEST),
        ("expiry-options/a/b", "{}", StatusCode::NOT_FOUND),
        ("max-access-duration", r#"{"time":4,"unit":"h"}"#, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(posted(path, body).await, status, "{path} {body}");
    }
    let nobody = http().delete(url("expiry-options/x")).send().await.unwrap().status();
    assert_eq!(nobody, StatusCode::UNAUTHORIZED);
    let log = judge.log().await;
    assert!(log.iter().all(|judged| !judged.faults.is_empty()), "{log:#?}");
}
