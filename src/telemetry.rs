//! Logs and metrics. The law of the log: a readable sentence once, at the boundary, with ids as fields; never a token,
//! a signing secret, a response URL, a body, or what people wrote.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tracing_subscriber::EnvFilter;

type Labels = [(&'static str, &'static str); 2];
/// Which door.
type Door = [(&'static str, &'static str); 1];
/// What waits.
type Waits = [(&'static str, &'static str); 1];
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
    sockets: Family<Door, Gauge>,
    envelopes: Family<Labels, Counter>,
    socket_ends: Family<Labels, Counter>,
    answers: Family<Door, Histogram, fn() -> Histogram>,
    oldest: Family<Waits, Gauge>,
    backlog: Family<Waits, Gauge>,
}

/// Upper bounds in seconds of how long an answer took: Slack waits 3 s, and a modal is opened within 1.5 s.
const ANSWERED_WITHIN: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.5, 3.0];

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
        let envelopes = family("envelopes", "What came over sockets from Slack, by kind and by what became of it");
        let socket_ends = family("socket_ends", "Sockets to Slack that ended, will end or were not opened, by reason");
        let answers = Family::new_with_constructor((|| Histogram::new(ANSWERED_WITHIN)) as fn() -> Histogram);
        registry.register(
            "answer_seconds",
            "From the first byte of a delivery's headers that was read to its answer, by door",
            answers.clone(),
        );
        let oldest = Family::<Waits, Gauge>::default();
        registry.register(
            "oldest_seconds",
            "Age of the oldest request that nobody has decided, and of the oldest choice that P0 was not told; 0: none",
            oldest.clone(),
        );
        let backlog = Family::<Waits, Gauge>::default();
        registry.register("backlog", "How much waits in the ledger, by what it is", backlog.clone());
        let sockets = Family::<Door, Gauge>::default();
        registry.register(
            "sockets",
            "How many sockets to Slack are open; only there where Slack is heard over sockets",
            sockets.clone(),
        );
        registry.register("build", "Which version this is", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
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
            sockets,
            envelopes,
            socket_ends,
            answers,
            oldest,
            backlog,
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

    /// How many sockets to Slack are open.
    pub fn sockets(&self, open: usize) {
        self.0.sockets.get_or_create(&[("door", "slack")]).set(i64::try_from(open).unwrap_or(i64::MAX));
    }

    /// What became of an envelope.
    pub fn envelope(&self, kind: &'static str, what: &'static str) {
        self.0.envelopes.get_or_create(&[("kind", kind), ("what", what)]).inc();
    }

    /// Why a socket ended, will end or was not opened.
    pub fn socket_end(&self, why: &'static str) {
        self.0.socket_ends.get_or_create(&[("door", "slack"), ("why", why)]).inc();
    }

    /// How long an answer at a door took.
    pub fn answered(&self, door: &'static str, took: Duration) {
        self.0.answers.get_or_create(&[("door", door)]).observe(took.as_secs_f64());
    }

    /// For how long the oldest of its kind waits; `None`: there is none.
    pub fn oldest(&self, what: &'static str, age: Option<Duration>) {
        let age = age.unwrap_or_default().as_secs();
        self.0.oldest.get_or_create(&[("what", what)]).set(i64::try_from(age).unwrap_or(i64::MAX));
    }

    /// How many of a kind wait.
    pub fn backlog(&self, what: &'static str, count: u64) {
        self.0.backlog.get_or_create(&[("what", what)]).set(i64::try_from(count).unwrap_or(i64::MAX));
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
