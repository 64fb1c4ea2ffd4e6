//! Every story is gone through to its end, against the real bot.

use std::sync::{Arc, Mutex};

use clap::ValueEnum as _;
use http::StatusCode;
use serde_json::{Value, json};

use super::stage::{BEHIND, STAGE};
use super::{Browser, rows};
use crate::cli::SandboxArgs;
use crate::sandbox::identity::IdentityMode;
use crate::sandbox::p0::BearerKind;
use crate::sandbox::stories::{Pace, Scenario, Stories};

/// Those that a sandbox tells by itself.
const STORIES: [&str; 8] = [
    "night-call",
    "night",
    "two-approvers",
    "lost-answer",
    "approve-for-less",
    "revoke",
    "kill-and-restart",
    "settings",
];

/// What a row says of where a request stands.
const STANDS: usize = 6;

/// Goes through a story step by step, as with the page's button, without stopping to read.
async fn gone_through(name: &str) -> Browser {
    gone_through_with(name, async |_| ()).await
}

/// The same, and does something before each step.
async fn gone_through_with(name: &str, meanwhile: impl AsyncFn(&Browser)) -> Browser {
    let identity = Scenario::from_str(name, false).unwrap().identity();
    let browser = Browser::open_where(identity, 0).await;
    assert_eq!(browser.post("story", &json!({ "start": name })).await, (StatusCode::OK, json!({})));
    let begun = browser.state().await["story"].clone();
    assert_eq!((&begun["name"], &begun["ended"], &begun["playing"]), (&json!(name), &json!(false), &json!(false)));
    for number in 0..begun["steps"].as_array().unwrap().len() {
        assert_eq!(browser.state().await["story"]["steps"][number]["state"], "next");
        meanwhile(&browser).await;
        assert_eq!(browser.post("story", &json!({ "do": "next" })).await, (StatusCode::OK, json!({})));
        let over = |step: &Value| step["state"] == "done" || !step["trouble"].is_null();
        let state = browser.until(|state| over(&state["story"]["steps"][number])).await;
        assert_eq!(state["story"]["steps"][number]["trouble"], json!(null), "{}", state["story"]["steps"][number]);
    }
    let state = browser.state().await;
    assert_eq!(state["story"]["ended"], true);
    let next = browser.post("story", &json!({ "do": "next" })).await;
    assert_eq!(next, (StatusCode::CONFLICT, json!({ "error": "the story has ended" })));
    // It leaves the stage as it found it.
    let faults = ["p0", "settings", "slack", "idp", "shared"].map(|side| state["faults"][side].clone());
    assert_eq!(faults, [json!("none"), json!("none"), json!("none"), json!("none"), json!(false)]);
    assert_eq!(state["bot"]["running"], true);
    assert_eq!(browser.stage.slack.violations(), Vec::<String>::new());
    browser
}

/// Whether nothing more happens by itself.
fn is_settled(state: &Value) -> bool {
    let requests = state["p0"]["requests"].as_array().unwrap();
    if requests.iter().any(|request| request["status"] == "APPROVED" || request["status"] == "REVOKE_SUBMITTED") {
        return false;
    }
    let (is_dead, is_down, is_late) =
        (state["bot"]["running"] == false, state["faults"]["p0"] == "down", state["faults"]["p0"] == "lost");
    let stands = |id: &Value| rows(state, "requests").into_iter().find(|row| row[1] == *id).map(|row| &row[STANDS]);
    let knows = |request: &Value| match (request["status"].as_str(), stands(&request["requestId"])) {
        (_, None) => false,
        (Some("DONE"), Some(stands)) => is_late || stands == "active",
        (Some("REVOKED"), Some(stands)) => is_late || stands == "ended: revoked",
        _ => true,
    };
    let is_sent = |row: &&Value| is_down || row[STAGE] != "recorded" && row[STAGE] != "sending";
    is_dead
        || requests.iter().all(knows)
            && rows(state, "decisions").iter().all(is_sent)
            && rows(state, "copies").iter().all(|row| row[BEHIND] == "no")
            && rows(state, "notices").is_empty()
}

/// What P0 carried out for the story's request: the verb and who.
fn carried_out(browser: &Browser) -> Vec<String> {
    let calls = browser.stage.p0.calls().into_iter().filter(|call| call.effect);
    calls.map(|call| format!("{} {}", call.path.rsplit('/').next().unwrap(), call.identity.unwrap())).collect()
}

#[tokio::test]
async fn the_night_call() {
    let browser = gone_through("night-call").await;
    assert_eq!(carried_out(&browser), ["approve alice@example.com"]);
    assert_eq!(browser.stage.p0.status("night-call-1").as_deref(), Some("DONE"));
    browser.close().await;
}

#[tokio::test]
async fn the_night_on_which_the_first_one_does_not_answer() {
    let browser = gone_through("night").await;
    assert_eq!(carried_out(&browser), ["approve bob@example.com"]);
    let is_active = |request: &Value| request["status"] == "DONE";
    let state = browser.until(|state| state["p0"]["requests"].as_array().unwrap().iter().all(is_active)).await;
    let watch = &state["watches"]["night-1"];
    assert_eq!(watch["rule"]["route"], "Production clusters");
    let told: Vec<_> =
        watch["told"].as_array().unwrap().iter().map(|told| (&told["person"], &told["reminded"])).collect();
    assert_eq!(told, [(&json!("U01ALICE"), &json!(1)), (&json!("U02BOB"), &json!(0))]);
    // Of all that was to come only the end of the grant is left, and its time comes.
    let kinds: Vec<_> =
        watch["timers"].as_array().unwrap().iter().map(|timer| timer["kind"].as_str().unwrap()).collect();
    assert!(kinds.iter().all(|kind| ["ends_soon", "overdue"].contains(kind)), "{kinds:?}");
    assert_eq!(browser.post("time", &json!({ "minutes": 61 })).await, (StatusCode::OK, json!({})));
    browser
        .until(|state| state["p0"]["requests"].as_array().unwrap().iter().any(|one| one["status"] == "EXPIRED"))
        .await;
    browser.close().await;
}

#[tokio::test]
async fn two_approvers_at_once() {
    let browser = gone_through("two-approvers").await;
    assert_eq!(carried_out(&browser), ["approve alice@example.com"]);
    browser.close().await;
}

#[tokio::test]
async fn the_lost_answer() {
    let browser = gone_through("lost-answer").await;
    assert_eq!(carried_out(&browser), ["approve alice@example.com"]);
    assert_eq!(browser.stage.p0.calls().len(), 1);
    browser.close().await;
}

#[tokio::test]
async fn approve_for_less() {
    let browser = gone_through("approve-for-less").await;
    assert_eq!(carried_out(&browser), ["approve alice@example.com"]);
    assert_eq!(browser.stage.p0.calls()[0].body, Some(json!({ "expirationLength": "1h" })));
    browser.close().await;
}

#[tokio::test]
async fn settings() {
    let browser = gone_through("settings").await;
    let keys = browser.stage.p0.calls().into_iter().filter(|call| call.bearer == BearerKind::SettingsApiKey).count();
    assert_eq!(keys, browser.stage.p0.calls().len(), "nothing else was told, and nobody decided anything");
    browser.close().await;
}

#[tokio::test]
async fn revoke() {
    let browser = gone_through("revoke").await;
    assert_eq!(carried_out(&browser), ["approve alice@example.com", "revoke carol@example.com"]);
    browser.until(|_| browser.stage.p0.status("revoke-1").as_deref() == Some("REVOKED")).await;
    browser.close().await;
}

#[tokio::test]
async fn killed_between_the_press_and_p0() {
    let browser = gone_through("kill-and-restart").await;
    assert_eq!(carried_out(&browser), ["approve alice@example.com"]);
    assert_eq!(browser.stage.bot.status().starts, 2);
    browser.close().await;
}

#[tokio::test]
async fn whoever_reads_slowly_sees_every_story_to_its_end() {
    let settled = async |browser: &Browser| drop(browser.until(is_settled).await);
    let told = STORIES.map(async |name| gone_through_with(name, settled).await.close().await);
    futures_util::future::join_all(told).await;
}

#[tokio::test]
async fn a_bot_that_somebody_starts_in_the_midst_of_its_story_does_not_spoil_it() {
    let started = async |browser: &Browser| {
        browser.stage.bot.start().await.unwrap();
    };
    let browser = gone_through_with("kill-and-restart", started).await;
    assert_eq!(carried_out(&browser), ["approve alice@example.com"]);
    browser.close().await;
}

#[tokio::test]
async fn there_are_no_other_stories() {
    let browser = Browser::open_among(0).await;
    let state = browser.state().await;
    assert_eq!(state["story"], json!(null));
    let known: Vec<&str> =
        state["stories"].as_array().unwrap().iter().map(|story| story["name"].as_str().unwrap()).collect();
    assert_eq!(known, STORIES);
    let tells = |scenario: &&Scenario| scenario.identity() == IdentityMode::Tokens;
    assert_eq!(known.len(), Scenario::value_variants().iter().filter(tells).count());
    let unknown = browser.post("story", &json!({ "start": "day-call" })).await;
    assert_eq!(unknown, (StatusCode::CONFLICT, json!({ "error": "there is no story \"day-call\"" })));
    for deed in ["next", "play", "pause", "leave"] {
        let answer = browser.post("story", &json!({ "do": deed })).await;
        assert_eq!(answer, (StatusCode::CONFLICT, json!({ "error": "no story is on" })), "{deed}");
    }
    browser.close().await;
}

#[tokio::test]
async fn a_linked_account() {
    let browser = gone_through("linked").await;
    assert_eq!(carried_out(&browser), ["approve alice@example.com"]);
    let approval = browser.stage.p0.calls().into_iter().find(|call| call.effect).unwrap();
    assert_eq!(approval.subject.as_deref(), Some("00u0001"));
    assert_eq!(browser.stage.idp.as_ref().unwrap().living_families("carol@example.com"), 0);
    browser.close().await;
}

#[tokio::test]
async fn a_story_that_is_left_puts_everything_in_order() {
    let browser = Browser::open_among(0).await;
    browser.post("story", &json!({ "start": "lost-answer" })).await;
    browser.switch(json!({ "p0": "lost", "slack": "busy", "shared": true })).await;
    browser.with_bot("kill").await;
    assert_eq!(browser.post("story", &json!({ "do": "leave" })).await, (StatusCode::OK, json!({})));
    let state = browser.state().await;
    let faults = (&state["faults"]["p0"], &state["faults"]["slack"], &state["faults"]["shared"]);
    assert_eq!(faults, (&json!("none"), &json!("none"), &json!(false)));
    assert_eq!((&state["story"], &state["bot"]["running"]), (&json!(null), &json!(true)));
    browser.close().await;
}

#[tokio::test]
async fn a_step_that_cannot_be_done_says_why_and_can_be_tried_again() {
    let browser = Browser::open_among(0).await;
    browser.post("story", &json!({ "start": "approve-for-less" })).await;
    let step = async |number: usize| {
        browser.post("story", &json!({ "do": "next" })).await;
        let over = |step: &Value| step["state"] == "done" || !step["trouble"].is_null();
        browser.until(|state| over(&state["story"]["steps"][number])).await["story"]["steps"][number].clone()
    };
    step(0).await;
    step(1).await;
    browser.with_bot("kill").await;
    let refused = step(2).await;
    assert!(refused["trouble"].as_str().unwrap().starts_with("the bot was not reached: "), "{refused}");
    assert_eq!(refused["state"], "next");
    browser.with_bot("start").await;
    let done = step(2).await;
    assert_eq!((&done["state"], &done["trouble"]), (&json!("done"), &json!(null)));
    browser.close().await;
}

#[tokio::test]
async fn a_story_plays_by_itself_once_the_page_is_opened_and_is_told() {
    let browser = Browser::open_among(0).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let stories = Stories::new(browser.stage.clone(), Pace::NONE, browser.stop.clone());
    let heard = told.clone();
    stories.cue(Scenario::ApproveForLess, move |line| heard.lock().unwrap().push(line.to_owned()));
    assert_eq!((&stories.to_json()["playing"], told.lock().unwrap().len()), (&json!(false), 0));
    let mut bell = browser.stage.bell.listen();
    stories.opened();
    let playing = async {
        while stories.to_json()["ended"] == false {
            bell.changed().await.unwrap();
        }
    };
    tokio::time::timeout(super::PATIENCE, playing).await.unwrap();
    let lines = told.lock().unwrap().join("\n");
    insta::assert_snapshot!(lines, @"
    Rita asks for a powerful role, for eight hours.
    [Alice, phone] Alice reads the request on her phone. “Approve for…” offers what is not longer than what was asked.
    [Alice, phone] She picks one hour and agrees. There is nothing to type, and no length that she did not choose can count.
    P0 hears one hour, from Alice.
    [Rita, phone] Rita reads what she got, which is less than what she asked for.
    The story has ended.
    ");
    browser.close().await;
}

#[tokio::test]
async fn a_scenario_waits_for_somebody_to_look() {
    let args = SandboxArgs { scenario: Some(Scenario::NightCall), ..SandboxArgs::default() };
    let browser = Browser::open_with(args).await;
    assert_eq!(browser.state().await["story"]["playing"], false);
    browser.until(|state| state["story"]["playing"] == true).await;
    assert_eq!(browser.post("story", &json!({ "do": "pause" })).await, (StatusCode::OK, json!({})));
    assert_eq!(browser.state().await["story"]["playing"], false);
    browser.close().await;
}
