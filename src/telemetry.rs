//! Logs and metrics. The law of the log: a readable sentence once, at the boundary, with ids as fields; never a token,
//! a signing secret, a response URL, a body, or what people wrote.

use std::io::IsTerminal as _;
use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use tracing_subscriber::EnvFilter;

type Labels = [(&'static str, &'static str); 2];
/// For what the settings name.
type NamedLabels = [(&'static str, String); 2];

/// The counters that an operator can watch; cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    turned_away: Family<Labels, Counter>,
    not_understood: Family<Labels, Counter>,
    choices: Family<Labels, Counter>,
    pushes: Family<Labels, Counter>,
    outcomes: Family<Labels, Counter>,
    slack_failures: Family<Labels, Counter>,
    on_call: Family<NamedLabels, Counter>,
    watches: Family<Labels, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("p0_chatops");
        let mut family = |name: &str, help: &str| {
            let family = Family::<Labels, Counter>::default();
            registry.register(name, help, family.clone());
            family
        };
        let turned_away = family("turned_away", "Deliveries that a door did not let in");
        let not_understood = family("not_understood", "Signed deliveries that concern nothing here");
        let choices = family("choices", "Choices of people, by what became of them before Slack was answered");
        let pushes = family("pushes", "Pushes of P0's, by what they did");
        let outcomes = family("outcomes", "Decisions, by what P0 made of them");
        let slack_failures = family("slack_failures", "Calls of Slack's Web API that failed");
        let watches = family("watches", "What was done so that requests are decided in time");
        let on_call = Family::<NamedLabels, Counter>::default();
        registry.register(
            "on_call",
            "Answers of on-call sources, and people of theirs who were not found",
            on_call.clone(),
        );
        Self(Arc::new(Inner {
            registry,
            turned_away,
            not_understood,
            choices,
            pushes,
            outcomes,
            slack_failures,
            on_call,
            watches,
        }))
    }
}

impl Metrics {
    /// A delivery that `door` did not let in.
    pub fn turned_away(&self, door: &'static str, reason: &'static str) {
        self.0.turned_away.get_or_create(&[("door", door), ("reason", reason)]).inc();
    }

    /// A signed delivery that concerns nothing here.
    pub fn not_understood(&self, door: &'static str, what: &'static str) {
        self.0.not_understood.get_or_create(&[("door", door), ("what", what)]).inc();
    }

    /// A choice, before Slack was answered.
    pub fn choice(&self, verb: &'static str, receipt: &'static str) {
        self.0.choices.get_or_create(&[("verb", verb), ("receipt", receipt)]).inc();
    }

    /// A push, by what it did.
    pub fn push(&self, what: &'static str) {
        self.0.pushes.get_or_create(&[("door", "notifier"), ("what", what)]).inc();
    }

    /// What P0 made of a decision.
    pub fn outcome(&self, verb: &'static str, outcome: &'static str) {
        self.0.outcomes.get_or_create(&[("verb", verb), ("outcome", outcome)]).inc();
    }

    /// A call of the Web API that failed.
    pub fn slack_failure(&self, method: &'static str, kind: &'static str) {
        self.0.slack_failures.get_or_create(&[("method", method), ("kind", kind)]).inc();
    }

    /// What came of asking an on-call source, or that somebody of it was not found in Slack.
    pub fn on_call(&self, source: &str, what: &str) {
        self.0.on_call.get_or_create(&[("source", source.to_owned()), ("what", what.to_owned())]).inc();
    }

    /// What was done so that requests are decided in time: people told, reminded, on it.
    pub fn watch(&self, what: &'static str, count: usize) {
        if count > 0 {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            self.0.watches.get_or_create(&[("room", "watch"), ("what", what)]).inc_by(count);
        }
    }

    /// All counters in the text form of OpenMetrics.
    pub fn exposition(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.0.registry).expect("writing to a string does not fail");
        text
    }
}

/// Starts logging to standard error. `filter` is a tracing filter, such as `info` or `p0_chatops=debug`.
pub fn start_logging(filter: &str, json: bool) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_target(false);
    // A second start (in tests) leaves the first in place.
    let _ = if json { logs.json().try_init() } else { logs.try_init() };
}
