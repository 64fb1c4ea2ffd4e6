//! What is done to the stage: the bot is killed and started, faults are switched, the disk is looked at.

use futures_util::FutureExt as _;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Browser, rows};
use crate::cli::SandboxArgs;
use crate::sandbox::run::Sandbox;
use crate::sandbox::scene::CHANNEL;

/// What a decision's row says of its stage.
pub(super) const STAGE: usize = 4;
const TRIES: usize = 6;
/// What a copy's row says of its place and its drawing.
const IN: usize = 3;
pub(super) const BEHIND: usize = 6;

#[tokio::test]
async fn a_choice_outlives_the_bot_and_is_sent_once_by_the_next() {
    let browser = Browser::open().await;
    browser.switch(json!({ "p0": "down" })).await;
    assert_eq!(browser.press("U01ALICE", "approve").await, (StatusCode::OK, json!({ "status": 200 })));
    assert_eq!(browser.with_bot("kill").await, (StatusCode::OK, json!({})));
    let dead = browser.state().await;
    assert_eq!(dead["bot"], json!({ "running": false, "starts": 1 }));
    assert_eq!(rows(&dead, "decisions")[0][STAGE], "recorded");
    assert_eq!(browser.with_bot("kill").await, (StatusCode::CONFLICT, json!({ "error": "the bot is not running" })));
    browser.switch(json!({ "p0": "none" })).await;
    assert!(browser.stage.p0.calls().is_empty());
    assert_eq!(browser.with_bot("start").await, (StatusCode::OK, json!({})));
    let state = browser.until(|state| rows(state, "decisions")[0][STAGE] == "done").await;
    assert_eq!(state["bot"], json!({ "running": true, "starts": 2 }));
    assert_eq!(state["p0"]["calls"].as_array().unwrap().len(), 1);
    assert_eq!(browser.with_bot("start").await, (StatusCode::CONFLICT, json!({ "error": "the bot is running" })));
    browser.close().await;
}

#[tokio::test]
async fn a_start_and_a_kill_are_done_though_who_asked_hangs_up() {
    let browser = Browser::open().await;
    let bot = &browser.stage.bot;
    assert!(bot.kill().now_or_never().is_none());
    browser.until(|state| state["bot"] == json!({ "running": false, "starts": 1 })).await;
    assert!(bot.start().now_or_never().is_none());
    browser.until(|state| state["bot"] == json!({ "running": true, "starts": 2 })).await;
    assert_eq!(browser.with_bot("kill").await, (StatusCode::OK, json!({})));
    assert_eq!(browser.with_bot("start").await, (StatusCode::OK, json!({})));
    browser.close().await;
}

#[tokio::test]
async fn a_choice_that_was_on_its_way_when_the_bot_was_killed_is_not_sent_again() {
    let browser = Browser::open().await;
    browser.switch(json!({ "p0": "slow" })).await;
    browser.press("U01ALICE", "approve").await;
    browser.until(|state| state["p0"]["calls"].as_array().unwrap().len() == 1).await;
    browser.with_bot("kill").await;
    assert_eq!(rows(&browser.state().await, "decisions")[0][STAGE], "sending");
    browser.with_bot("start").await;
    // P0 finishes what it was told, and its news settles it.
    let state = browser.until(|state| rows(state, "decisions")[0][STAGE] == "settled").await;
    assert!(rows(&state, "audit").iter().any(|row| row[1] == "decision.unknown"));
    assert_eq!(browser.stage.p0.calls().len(), 1);
    browser.close().await;
}

#[tokio::test]
async fn how_p0_takes_changes_is_switched_beside_what_is_wrong_with_it() {
    let browser = Browser::open_among(0).await;
    let choices = browser.state().await["faults"]["choices"]["settings"].clone();
    for choice in choices.as_array().unwrap() {
        browser.switch(json!({ "settings": choice["id"] })).await;
        assert_eq!(browser.state().await["faults"]["settings"], choice["id"]);
    }
    browser.switch(json!({ "settings": "lost" })).await;
    browser.switch(json!({ "p0": "busy" })).await;
    browser.switch(json!({ "p0": "none" })).await;
    let state = browser.state().await;
    assert_eq!((&state["faults"]["p0"], &state["faults"]["settings"]), (&json!("none"), &json!("lost")));
    let faults = state["p0"]["faults"].as_array().unwrap();
    assert_eq!((faults.len(), &faults[0]["for"]), (1, &json!({ "verb": "settings" })));
    // What P0 has at the start is what the bot's settings state.
    assert_eq!(state["p0"]["settings"]["options"][1], json!({ "time": 4, "unit": "h", "value": "4 hours" }));
    assert_eq!(state["p0"]["settings"]["maxAccessDuration"]["value"], "1 day");
    browser.close().await;
}

#[tokio::test]
async fn shifts_change_pagerduty_breaks_and_a_story_finds_both_as_they_were() {
    let browser = Browser::open_among(0).await;
    let on = async || browser.state().await["duty"]["levels"].clone();
    let first = json!([{ "level": 1, "person": "U01ALICE" }, { "level": 2, "person": "U02BOB" }]);
    assert_eq!(on().await, first);
    for shift in [json!({ "level": 1, "person": "U03CAROL" }), json!({ "level": 2, "person": null })] {
        assert_eq!(browser.post("duty", &shift).await, (StatusCode::OK, json!({})));
    }
    assert_eq!(on().await, json!([{ "level": 1, "person": "U03CAROL" }, { "level": 2, "person": null }]));
    for (shift, error) in [
        (json!({ "level": 3, "person": "U03CAROL" }), "there is no level 3"),
        (json!({ "level": 1, "person": "U05STRANGER" }), "U05STRANGER has no account there"),
    ] {
        assert_eq!(browser.post("duty", &shift).await, (StatusCode::CONFLICT, json!({ "error": error })));
    }
    for fault in ["down", "busy", "html"] {
        browser.switch(json!({ "duty": fault })).await;
        assert_eq!(browser.state().await["faults"]["duty"], fault);
    }
    browser.post("story", &json!({ "start": "night" })).await;
    assert_eq!((on().await, &browser.state().await["faults"]["duty"]), (first, &json!("none")));
    browser.close().await;
}

#[tokio::test]
async fn what_is_no_switch_is_refused_in_a_sentence() {
    let browser = Browser::open().await;
    for (endpoint, body) in [
        ("fault", json!({ "p0": "moody" })),
        ("bot", json!({ "do": "dance" })),
        ("story", json!({})),
        ("act", json!(1)),
    ] {
        let (status, answer) = browser.post(endpoint, &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{endpoint}");
        assert!(answer["error"].is_string(), "{endpoint}: {answer}");
    }
    browser.close().await;
}

#[tokio::test]
async fn while_the_bot_is_dead_slack_says_so_and_its_news_waits() {
    let browser = Browser::open().await;
    browser.card().await;
    browser.with_bot("kill").await;
    let (status, answer) = browser.press("U01ALICE", "approve").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(answer["error"].as_str().unwrap().starts_with("the bot was not reached: "), "{answer}");
    assert_eq!(browser.stage.slack.ephemerals("U01ALICE")[0].text, "⚠️ This app did not respond.");
    let (_, added) = browser.post("request", &json!({})).await;
    browser.until(|state| state["p0"]["pushes"].as_array().unwrap().iter().any(|push| push["status"].is_null())).await;
    browser.with_bot("start").await;
    let state = browser.until(|state| rows(state, "requests").iter().any(|row| row[1] == added["id"])).await;
    assert!(rows(&state, "decisions").is_empty(), "what Slack was not told is received is not there");
    browser.close().await;
}

#[tokio::test]
async fn each_fault_of_p0_shows_in_its_own_way_and_ends_when_it_is_switched_back() {
    let browser = Browser::open_among(5).await;
    // One of the five has no quick button.
    assert_eq!(browser.post("request", &json!({})).await.0, StatusCode::OK);
    let choices = browser.state().await["faults"]["choices"]["p0"].clone();
    let known: Vec<&str> = choices.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(known, ["none", "slow", "down", "busy", "refuses", "html", "lost"]);
    for (fault, status, stage, ends) in [
        ("slow", json!(null), "sending", "done"),
        ("busy", json!(429), "recorded", "done"),
        ("down", json!(null), "recorded", "done"),
        ("refuses", json!(400), "refused", "refused"),
        ("html", json!(502), "unknown", "unknown"),
        ("lost", json!(null), "unknown", "settled"),
    ] {
        browser.switch(json!({ "p0": fault })).await;
        assert_eq!(browser.state().await["faults"]["p0"], fault);
        let calls = browser.stage.p0.calls().len();
        assert_eq!(browser.press("U01ALICE", "approve").await.0, StatusCode::OK, "{fault}");
        let state = browser
            .until(|state| {
                let arrived = fault == "down" || state["p0"]["calls"].as_array().unwrap().len() > calls;
                let newest = rows(state, "decisions").first().is_some_and(|row| row[STAGE] == stage);
                arrived && newest && (stage != "recorded" || rows(state, "decisions")[0][TRIES] != 0)
            })
            .await;
        if fault != "down" {
            assert_eq!(state["p0"]["calls"][calls]["status"], status, "{fault}");
        }
        browser.switch(json!({ "p0": "none" })).await;
        let drawn = |state: &Value| rows(state, "copies").iter().all(|row| row[IN] != CHANNEL || row[BEHIND] == "no");
        browser.until(|state| rows(state, "decisions")[0][STAGE] == ends && drawn(state)).await;
    }
    browser.close().await;
}

#[tokio::test]
async fn a_busy_slack_holds_up_the_cards_and_no_choice() {
    let browser = Browser::open().await;
    browser.card().await;
    browser.switch(json!({ "slack": "busy" })).await;
    let busy = json!({ "rate_limited": 3 });
    assert_eq!(browser.press("U01ALICE", "approve").await, (StatusCode::OK, json!({ "status": 200 })));
    let state = browser
        .until(|state| state["slack"]["calls"].as_array().unwrap().iter().any(|call| call["answered"] == busy))
        .await;
    assert_eq!(
        (&state["faults"]["slack"], rows(&state, "decisions")[0][STAGE].as_str()),
        (&json!("busy"), Some("recorded"))
    );
    browser.switch(json!({ "slack": "none" })).await;
    browser.until(|state| rows(state, "decisions")[0][STAGE] == "done").await;
    browser.close().await;
}

#[tokio::test]
async fn other_people_ask_and_decide_where_a_seed_says_so() {
    let seed = std::env::temp_dir().join(format!("p0-chatops-seed-{}.toml", std::process::id()));
    let text = "
        durations = { presets = [\"15m\"], default = \"15m\", maximum = \"2h\" }
        person = [
            { id = \"U21NORA\", name = \"Nora\", email = \"nora@corp.example\", role = \"approver\", dm = true },
            { id = \"W22IVO\", name = \"Ivo\", email = \"ivo@corp.example\", role = \"requester\", what = \"asks a lot\" },
        ]
        [[request]]
        id = \"first\"
        type = \"aws\"
        access = \"role\"
        requestor = \"ivo@corp.example\"
        duration = \"1h\"
    ";
    std::fs::write(&seed, text).unwrap();
    let browser = Browser::open_with(SandboxArgs { seed: Some(seed.clone()), ..SandboxArgs::default() }).await;
    let state = browser.state().await;
    let people = json!([{ "id": "U21NORA", "what": "approver" }, { "id": "W22IVO", "what": "asks a lot" }]);
    assert_eq!(state["people"], people);
    assert_eq!(browser.press("U21NORA", "approve").await.0, StatusCode::OK);
    browser.until(|_| browser.stage.p0.status("first").as_deref() == Some("DONE")).await;
    assert_eq!(browser.stage.p0.calls()[0].identity.as_deref(), Some("nora@corp.example"));
    assert!(browser.stage.slack.dm_channel("U21NORA").is_some());
    let (_, added) = browser.post("request", &json!({})).await;
    assert_ne!(added["id"], "first");
    assert_eq!(state["stories"], json!(null));
    let refused = browser.post("story", &json!({ "start": "revoke" })).await.1["error"].clone();
    assert!(refused.as_str().unwrap().ends_with("start one with --scenario revoke and without --seed"), "{refused}");
    browser.close().await;
    std::fs::write(&seed, text.replace("\"2h\"", "\"10m\"")).unwrap();
    let refused = Sandbox::start(&SandboxArgs { seed: Some(seed.clone()), ..SandboxArgs::default() }).await;
    assert_eq!(
        refused.err().unwrap().to_string(),
        format!("{}, durations.presets: 15m is longer than durations.maximum, 10m", seed.display())
    );
    std::fs::write(&seed, text.split("[[request]]").next().unwrap()).unwrap();
    let browser = Browser::open_with(SandboxArgs { seed: Some(seed.clone()), ..SandboxArgs::default() }).await;
    let nothing = browser.post("request", &json!({})).await;
    assert_eq!(nothing, (StatusCode::CONFLICT, json!({ "error": "the seed has no requests" })));
    browser.close().await;
    std::fs::remove_file(seed).unwrap();
}
