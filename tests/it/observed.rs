//! What an operator sees of the bot: numbers, and the rules that watch them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use p0_chatops::telemetry::Metrics;
use serde::Deserialize;

use crate::serve::Company;
use crate::world::{ALICE, CHANNEL};

#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    alert: String,
    expr: String,
    annotations: BTreeMap<String, String>,
}

fn rules() -> Vec<Rule> {
    let rules: Rules = yaml_serde::from_str(include_str!("../../manifest/alerts.yaml")).unwrap();
    rules.groups.into_iter().flat_map(|group| group.rules).collect()
}

/// The metrics of an exposition, each with its labels.
fn shown(exposition: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut shown = BTreeMap::<String, BTreeSet<String>>::new();
    for line in exposition.lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_once(['{', ' ']).unwrap();
        let labels = shown.entry(name.to_owned()).or_default();
        if line.as_bytes()[name.len()] == b'{' {
            let inside = rest.split_once('}').unwrap().0;
            labels.extend(inside.split(',').filter_map(|label| Some(label.split_once('=')?.0.to_owned())));
        }
    }
    shown
}

/// Metrics of which each kind was counted once.
fn counted() -> Metrics {
    let metrics = Metrics::default();
    metrics.turned_away("slack", "wrong");
    metrics.not_understood("slack", "value");
    metrics.choice("approve", "recorded");
    metrics.push("moved");
    metrics.outcome("approve", "done");
    metrics.slack_failure("chat.postMessage", "lost");
    metrics.on_call("primary", "answered");
    metrics.watch("told", 1);
    metrics.oldest("unsent", None);
    metrics.backlog("cards", 0);
    metrics.sockets(2);
    metrics.envelope("interactive", "acknowledged");
    metrics.socket_end("refresh");
    metrics.answered("interactivity", Duration::from_millis(3));
    metrics
}

/// The selectors of an expression: a metric, and what its labels are held against.
fn selectors(expression: &str) -> Vec<(String, Vec<(String, String)>)> {
    let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, _) in expression.match_indices("p0_chatops_") {
        let rest = &expression[at..];
        let end = rest.find(|c| !named(c)).unwrap_or(rest.len());
        let labels =
            rest[end..].strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(inside, _)| inside);
        let labels = labels.split("\",").filter(|label| !label.is_empty()).map(|label| {
            let (name, value) = label.split_once('=').unwrap();
            (name.to_owned(), value.trim_start_matches('~').trim_matches('"').to_owned())
        });
        found.push((rest[..end].to_owned(), labels.collect()));
    }
    found
}

#[test]
fn every_alert_watches_numbers_that_there_are_and_says_what_to_do() {
    let shown = shown(&counted().exposition());
    let mut source = String::new();
    read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    let rules = rules();
    assert!(rules.len() > 10);
    for Rule { alert, expr, annotations } in &rules {
        let selectors = selectors(expr);
        assert!(!selectors.is_empty(), "{alert} watches nothing of the bot's");
        for (metric, labels) in selectors {
            let known =
                shown.get(&metric).unwrap_or_else(|| panic!("{alert}: there is no {metric}: {:?}", shown.keys()));
            for (label, values) in labels {
                assert!(known.contains(&label), "{alert}: {metric} has no {label}");
                for value in values.split('|') {
                    assert!(source.contains(&format!("\"{value}\"")), "{alert}: {metric} is never {label}={value}");
                }
            }
        }
        for part in ["summary", "description"] {
            assert!(annotations.get(part).is_some_and(|said| said.len() > 20), "{alert} has no {part}");
        }
    }
}

#[test]
fn the_dashboard_shows_every_number_that_there_is() {
    let shown = shown(&counted().exposition());
    let dashboard: serde_json::Value =
        serde_json::from_str(include_str!("../../manifest/grafana-dashboard.json")).unwrap();
    let mut drawn = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(panel["description"].as_str().is_some_and(|said| said.len() > 20), "{}", panel["title"]);
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let grouped = expression.split("by (").skip(1).filter_map(|rest| rest.split_once(')')).map(|(by, _)| by);
            let grouped: Vec<&str> = grouped.flat_map(|by| by.split(", ")).collect();
            for (metric, labels) in selectors(expression) {
                let known = shown.get(&metric).unwrap_or_else(|| panic!("there is no {metric}: {:?}", shown.keys()));
                for label in labels.iter().map(|(label, _)| label.as_str()).chain(grouped.iter().copied()) {
                    assert!(known.contains(label), "{metric} has no {label}");
                }
                drawn.insert(metric);
            }
        }
    }
    let family = |metric: &str| {
        let ends = ["_bucket", "_count", "_sum"];
        ends.iter().find_map(|end| metric.strip_suffix(end)).unwrap_or(metric).to_owned()
    };
    let drawn: BTreeSet<String> = drawn.iter().map(|metric| family(metric)).collect();
    let there: BTreeSet<String> = shown.keys().map(|metric| family(metric)).collect();
    let undrawn: Vec<&String> = there.difference(&drawn).filter(|metric| *metric != "p0_chatops_build_info").collect();
    assert!(undrawn.is_empty(), "nobody sees {undrawn:?}");
}

fn read_all(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => read_all(&path, all),
            false => all.push_str(&fs::read_to_string(path).unwrap_or_default()),
        }
    }
}

#[tokio::test]
async fn a_click_is_measured_and_what_waits_is_shown() {
    let company = Company::new().await;
    let bot = company.serve().await;
    let card = company.request("req-1").await;
    let numbers = || async { reqwest::get(format!("{}/metrics", bot.admin)).await.unwrap().text().await.unwrap() };
    let before = numbers().await;
    assert!(before.contains("p0_chatops_answer_seconds_count{door=\"notifier\"} 1\n"), "{before}");
    assert!(
        before.contains(&format!("p0_chatops_build_info{{version=\"{}\"}} 1\n", env!("CARGO_PKG_VERSION"))),
        "{before}"
    );
    company.p0.stop().await;
    company.slack.press(ALICE, CHANNEL, &card.ts, "approve").await.unwrap();
    let after = numbers().await;
    assert!(after.contains("p0_chatops_answer_seconds_count{door=\"interactivity\"} 1\n"), "{after}");
    let waits = ["recorded", "sending"]
        .iter()
        .any(|stage| after.contains(&format!("p0_chatops_backlog{{what=\"{stage}\"}} 1\n")));
    assert!(waits, "P0 is not there: {after}");
    assert!(after.contains("p0_chatops_oldest_seconds{what=\"undecided\"} "), "{after}");
}
