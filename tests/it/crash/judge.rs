//! What has to hold after a siege.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use p0_chatops::sandbox::slack::Answered;
use serde_json::Value;
use sqlx::{Row as _, SqlitePool};

use super::{ALICE, CHANNEL, Click, Siege};
use crate::world::{of_request, readable};

/// Longer than a call of Slack's is on its way here.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(2);

/// One decision as the ledger has it.
struct Decided {
    request: String,
    person: String,
    verb: String,
    stage: String,
}

/// Everything that is not as it has to be.
pub async fn faults(siege: &Siege) -> Vec<String> {
    let rows = sqlx::query("SELECT request_id, person, verb, stage_name FROM decisions ORDER BY id");
    let rows = rows.fetch_all(&siege.ledger).await.unwrap();
    let decided: Vec<Decided> = rows
        .iter()
        .map(|row| Decided {
            request: row.get("request_id"),
            person: row.get("person"),
            verb: row.get("verb"),
            stage: row.get("stage_name"),
        })
        .collect();
    let mut faults = lost(siege, &decided);
    faults.extend(sent(siege, &decided));
    faults.extend(cards(siege, &decided));
    faults.extend(evidence(siege).await);
    // On a busy machine most lives end before anybody is answered.
    if decided.len() < siege.deaths.len() / 5 {
        faults.push(format!("too little happened: {} decisions in {} lives", decided.len(), siege.deaths.len()));
    }
    faults
}

/// What the bot still has to do.
pub async fn left_over(ledger: &SqlitePool) -> Vec<String> {
    let query = "SELECT 'decision ' || request_id FROM decisions WHERE stage_name IN ('recorded', 'sending')
                 UNION ALL SELECT 'copy ' || request_id FROM copies WHERE stale = 1 AND gone = 0
                 UNION ALL SELECT 'notice' FROM notices
                 UNION ALL SELECT 'entry' FROM audit WHERE position IS NULL";
    sqlx::query_scalar(query).fetch_all(ledger).await.unwrap()
}

fn is_of(click: &Click, decided: &Decided) -> bool {
    (click.request.as_str(), click.person, click.verb)
        == (decided.request.as_str(), decided.person.as_str(), decided.verb.as_str())
}

/// Whoever was told that a choice was received has it in the ledger, once; nobody has one who chose nothing.
fn lost(siege: &Siege, decided: &[Decided]) -> Vec<String> {
    let mut faults = Vec::new();
    for click in &siege.clicks {
        let rows = decided.iter().filter(|decided| is_of(click, decided)).count();
        let is_received = click.answer.as_ref().is_some_and(|answer| answer.contains("Received: "));
        if rows > 1 || is_received && rows == 0 {
            let Click { request, person, verb, answer } = click;
            faults.push(format!("{person}'s {verb} of {request} is there {rows} times; the answer was {answer:?}"));
        }
    }
    let unknown = decided.iter().filter(|decided| !siege.clicks.iter().any(|click| is_of(click, decided)));
    faults.extend(unknown.map(|decided| format!("nobody chose to {} {}", decided.verb, decided.request)));
    faults
}

/// P0 heard each choice with its author's authority, and never again where the first try may have counted.
fn sent(siege: &Siege, decided: &[Decided]) -> Vec<String> {
    let mut calls = BTreeMap::<(String, String, String), (u32, u32)>::new();
    for call in siege.company.p0.calls() {
        let (Some(request), Some(verb)) = (call.request_id, call.verb) else { continue };
        let identity = call.identity.unwrap_or_default();
        let (tries, done) = calls.entry((request, identity, format!("{verb:?}").to_lowercase())).or_default();
        // What P0 was too busy for surely did not count.
        *tries += u32::from(call.status != Some(429));
        *done += u32::from(call.effect);
    }
    let mut faults = Vec::new();
    for Decided { request, person, verb, stage } in decided {
        let key = (request.clone(), email(person), verb.clone());
        let (tries, done) = calls.remove(&key).unwrap_or_default();
        let is_right = match stage.as_str() {
            "done" => (tries, done) == (1, 1),
            "unknown" | "settled" => tries <= 1,
            "refused" => tries <= 1 && done == 0,
            _ => false,
        };
        if !is_right {
            faults.push(format!(
                "{person}'s {verb} of {request} is {stage}: P0 was asked {tries} times, did it {done} times"
            ));
        }
    }
    faults.extend(calls.into_keys().map(|call| format!("P0 was told what nobody chose: {call:?}")));
    faults
}

/// The chain of the evidence is whole, and has an entry of every choice that was answered.
async fn evidence(siege: &Siege) -> Vec<String> {
    let company = &siege.company;
    let exported = company.run(company.program(&["audit", "export", "--config", "p0-chatops.toml"])).await;
    let exported = String::from_utf8(exported.stdout).unwrap();
    std::fs::write(company.folder.join("evidence.jsonl"), &exported).unwrap();
    let verified = company.run(company.program(&["audit", "verify", "evidence.jsonl"])).await;
    let mut faults = Vec::new();
    if verified.status.code() != Some(0) {
        faults.push(format!("the evidence is not whole: {verified:?}"));
    }
    let lines: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered = siege.clicks.iter().filter(|click| click.answer.is_some());
    let whose: BTreeSet<(&str, &str)> = answered.clone().map(|click| (click.person, click.request.as_str())).collect();
    for (person, request) in whose {
        let choices =
            answered.clone().filter(|click| (click.person, click.request.as_str()) == (person, request)).count();
        let is_of_it = |entry: &Value| {
            let is_choice = entry["event"] == "click.refused" || entry["event"] == "decision.recorded";
            is_choice && entry["by"]["user"] == person && entry["request"] == request
        };
        let entries = lines.iter().filter(|line| is_of_it(&line["entry"])).count();
        if entries < choices {
            faults.push(format!("{entries} entries of {choices} choices that {person} had answered of {request}"));
        }
    }
    faults
}

fn email(person: &str) -> String {
    let name = match person {
        ALICE => "alice",
        _ => "carol",
    };
    format!("{name}@example.com")
}

/// Each request has a card that says how it ended; one more only where Slack's answer to the first was lost.
fn cards(siege: &Siege, decided: &[Decided]) -> Vec<String> {
    let posts = siege.company.slack.calls_of("chat.postMessage");
    let mut faults = Vec::new();
    for request in &siege.requests {
        let shown: Vec<String> =
            siege.cards().filter(|(id, _)| id == request).map(|(_, card)| readable(&card.blocks)).collect();
        let unanswered = posts.iter().filter(|post| {
            let blocks = post.body["blocks"].as_array().cloned().unwrap_or_default();
            let is_it = post.body["channel"] == CHANNEL && of_request(&blocks).as_ref() == Some(request);
            let in_death = siege.deaths.iter().any(|death| {
                let after = death.duration_since(post.at);
                !after.is_negative() && after < UNDER_WAY
            });
            is_it && (post.answered == Answered::Lost || in_death)
        });
        if shown.is_empty() || shown.len() > 1 + unanswered.count() {
            faults.push(format!("{request} has {} cards", shown.len()));
        }
        let stages: Vec<&str> = decided
            .iter()
            .filter(|decided| decided.request == *request)
            .map(|decided| decided.stage.as_str())
            .collect();
        let status = siege.company.p0.status(request).unwrap_or_default();
        let says = |what: &str| shown.iter().any(|card| card.contains(what));
        let is_true = match status.as_str() {
            "PENDING_APPROVAL" => !says("*Approved*") && !says("*Denied*") && !says("*Revoked*"),
            _ => !says("*Waiting*"),
        };
        if !is_true {
            faults.push(format!("{request} is {status} ({stages:?}), and its card says:\n{}", shown.join("\n--\n")));
        }
    }
    faults
}
