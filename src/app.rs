//! The wiring: settings are read once, everything is built once, nothing is global.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::authorize::Authorizer;
use crate::authorize::admins::Admins;
use crate::authorize::credentials::Credentials;
use crate::authorize::linked::Parts;
use crate::authorize::p0_login::P0Accounts;
use crate::authorize::workspace::Workspace;
use crate::check::look_at_start;
use crate::clock::Clock;
use crate::config::{self, ConfigError, Settings, SlackMode};
use crate::decide::{self, Desk, Tools};
use crate::domain::route::risk::Risk;
use crate::domain::rules::Limits;
use crate::evidence::Sealer;
use crate::forward::permission_api::PermissionApi;
use crate::forward::settings_api::SettingsApi;
use crate::forward::settings_worker::SettingsWorker;
use crate::forward::worker::Worker;
use crate::home::painter::Painter;
use crate::http_client::Clients;
use crate::inbound::notifier_keys::NotifierKeys;
use crate::inbound::pushed::NotifierGate;
use crate::inbound::signed::Gate;
use crate::jit::SettingsDesk;
use crate::ledger::backlog::Backlog;
use crate::ledger::jit::cards::Policy;
use crate::ledger::{Ledger, LedgerError};
use crate::link::keeper::Keeper;
use crate::link::{Linking, browser};
use crate::notify::Offer;
use crate::notify::courier::Courier;
use crate::notify::dispatcher::Dispatcher;
use crate::notify::oncall::{self, Roster};
use crate::notify::web_api::{Installed, SlackApi, SlackFailure};
use crate::serve::serve;
use crate::socket::Sockets;
use crate::telemetry::Metrics;
use crate::vault;

/// Where P0 pushes to.
const P0_DOOR: &str = "/p0/notifications";
/// Tries of the one question that a start asks.
const AUTH_TRIES: u32 = 3;

/// Why the bot did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings are at fault.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Slack did not say who the bot is.
    #[error(
        "Slack could not be asked who the bot is (slack.api_base_url): {0}; a proxy is only used where `proxy` names it"
    )]
    Slack(SlackFailure),
}

/// Where the bot is reached.
pub struct Listeners {
    /// By Slack where that calls, by people's browsers, and by P0 where that has no listener of its own. None where
    /// [`Settings::has_doors`] says that nobody comes.
    pub doors: Option<TcpListener>,
    /// By the operator.
    pub probes: TcpListener,
    /// By P0 alone, where the settings say so.
    pub pushes: Option<TcpListener>,
}

/// A bot, ready to run.
pub struct App {
    /// What is durable.
    pub ledger: Ledger,
    /// Forwards decisions.
    pub worker: Worker,
    /// Forwards changes of P0's settings.
    pub settings_worker: SettingsWorker,
    /// Brings things to Slack.
    pub courier: Courier,
    /// Tells people in time.
    pub dispatcher: Dispatcher,
    /// Draws Homes anew.
    pub painter: Painter,
    /// Keeps links true, where accounts are linked.
    pub keeper: Option<Keeper>,
    /// Seals the evidence.
    pub sealer: Sealer,
    /// Keep sockets to Slack open, where Slack is not to call.
    pub sockets: Option<Sockets>,
    /// Private lines on their way, and people who come back from signing in.
    pub whispers: TaskTracker,
    desk: Desk,
    metrics: Metrics,
    look: Look,
    jwks: Option<serde_json::Value>,
}

/// What the look at the start works with.
struct Look {
    settings: Settings,
    clock: Clock,
    clients: Clients,
}

impl App {
    /// Builds the bot. Asks Slack who it is, and nobody else anything.
    ///
    /// # Errors
    /// What is at fault.
    pub async fn build(settings: Settings, clock: Clock) -> Result<Self, StartError> {
        let metrics = Metrics::default();
        let clients = Clients::new(&settings.outbound)?;
        let notifier_keys = NotifierKeys::new(&settings.notifier.key, clients.providers.clone(), clock.clone())?;
        let look = Look { settings: settings.clone(), clock: clock.clone(), clients: clients.clone() };
        let slack = SlackApi::new(clients.slack.clone(), &settings.slack, metrics.clone());
        let ledger = Ledger::open_to_serve(&settings.database_url, clock.clone()).await?;
        // Signatures and tokens are told by this machine's clock, all else by the one that replicas share.
        let (machine, clock) = (clock, ledger.clock());
        ledger.state_settings(settings.durations.stated.clone()).await?;
        let rearranged = ledger.follow_settings(settings.routes.clone()).await?;
        if rearranged > 0 {
            tracing::info!(rearranged, "requests that wait are looked after as the routes say now");
        }
        let sealer = Sealer::new(&settings.audit, ledger.clone(), clock.clone())?;
        let vault = match &settings.vault {
            Some(keys) => Some(vault::open(keys, &ledger).await?),
            None => None,
        };
        let parts = vault.map(|vault| Parts {
            client: clients.providers.clone(),
            p0: P0Accounts::new(clients.decisions.clone(), &settings.p0),
            vault,
            store: Arc::new(ledger.clone()),
            clock: clock.clone(),
        });
        let credentials =
            Arc::new(Credentials::new(settings.identity.clone(), clock.clone(), clients.providers.clone(), parts)?);
        credentials.report_unusable().await;
        let workspace = workspace(&settings, &slack).await?;
        let limits = Limits {
            usual: settings.durations.default,
            never_seen: credentials.forwards_never_seen() && settings.routes.demands_unseen().risk == Risk::Low,
            one_party: settings.p0.one_party,
            routes: settings.routes.clone(),
            p0_knows_nobody: credentials.p0_knows_nobody(),
        };
        let admins = Admins::new(Arc::new(slack.clone()), workspace.clone(), settings.slack.admins.clone());
        let policy = Policy::of(&settings);
        let offer = Arc::new(Offer::new(&settings));
        let whispers = TaskTracker::new();
        let authorizer = Authorizer::new(Arc::new(slack.clone()), workspace.clone(), credentials.clone());
        let linking = credentials.linked().map(|accounts| {
            let (app, client) = (&settings.slack, clients.providers.clone());
            Linking::new(accounts.clone(), authorizer.clone(), app, client, clock.clone())
        });
        let settings_worker = SettingsWorker {
            ledger: ledger.clone(),
            admins: admins.clone(),
            p0: SettingsApi::new(clients.decisions.clone(), &settings.p0),
            policy: policy.clone(),
            only: None,
            clock: clock.clone(),
            metrics: metrics.clone(),
        };
        let worker = Worker {
            ledger: ledger.clone(),
            authorizer,
            p0: PermissionApi::new(clients.decisions, &settings.p0),
            limits: limits.clone(),
            clock: clock.clone(),
            metrics: metrics.clone(),
        };
        let roster = Roster::new(
            oncall::Tools {
                directory: Arc::new(slack.clone()),
                workspace: workspace.clone(),
                client: clients.providers.clone(),
                ledger: Some(ledger.clone()),
                clock: clock.clone(),
                metrics: metrics.clone(),
            },
            settings.oncall.clone(),
        )?;
        let dispatcher = Dispatcher {
            ledger: ledger.clone(),
            roster,
            credentials: credentials.clone(),
            limits: limits.clone(),
            clock: clock.clone(),
            metrics: metrics.clone(),
        };
        let desk = Desk {
            gate: Gate {
                secrets: settings.slack.signing_secrets().to_vec(),
                clock: machine.clone(),
                metrics: metrics.clone(),
            },
            notifier_gate: NotifierGate {
                keys: notifier_keys,
                notifier: settings.notifier.clone(),
                clock: machine,
                metrics: metrics.clone(),
            },
            tools: Tools {
                ledger: ledger.clone(),
                slack: slack.clone(),
                workspace,
                credentials: credentials.clone(),
                offer: offer.clone(),
                settings: SettingsDesk { admins, policy },
                linking: linking.clone(),
                limits,
                forward_within: settings.forward_within,
                time_zone: settings.time_zone.clone(),
                clock: clock.clone(),
                metrics: metrics.clone(),
                whispers: whispers.clone(),
            },
        };
        let sockets = match &settings.slack.mode {
            SlackMode::Http { .. } => None,
            SlackMode::Socket(mode) => Some(Sockets::new(&settings.slack, mode, clients.slack, desk.tools.clone())),
        };
        Ok(Self {
            dispatcher,
            sockets,
            painter: Painter::new(desk.tools.clone()),
            keeper: linking.map(|linking| Keeper { ledger: ledger.clone(), linking, clock: clock.clone() }),
            worker,
            settings_worker,
            courier: Courier::new(ledger.clone(), slack, offer, clock),
            sealer,
            desk,
            look,
            jwks: credentials.jwks(),
            metrics,
            whispers,
            ledger,
        })
    }

    /// The doors for Slack, for people's browsers, and for P0 where it has none of its own.
    pub fn doors(&self) -> Router {
        let mut doors = Router::new();
        if self.sockets.is_none() {
            doors = doors
                .route("/slack/interactivity", self.measured("interactivity", post(decide::slack)))
                .route("/slack/commands", self.measured("commands", post(decide::slack)))
                .route("/slack/events", self.measured("events", post(decide::slack)));
        }
        if self.look.settings.notifier.listen.is_none() {
            doors = doors.route(P0_DOOR, self.measured("notifier", post(decide::pushed)));
        }
        if self.keeper.is_some() {
            doors = doors
                .route("/link/slack", get(browser::from_slack).head(browser::looked_at))
                .route("/link/provider", get(browser::from_provider).head(browser::looked_at))
                .route("/link/{ticket}", get(browser::open).post(browser::begin));
        }
        if let Some(jwks) = self.jwks.clone() {
            // A key that is to sign is published for longer than this before it does.
            let kept = [(header::CACHE_CONTROL, "public, max-age=300")];
            doors = doors.route("/.well-known/jwks.json", get(move || async move { (kept, Json(jwks)) }));
        }
        doors.with_state(self.desk.clone())
    }

    /// P0's door, where it has a listener of its own.
    pub fn pushes(&self) -> Router {
        let door = self.measured("notifier", post(decide::pushed));
        Router::new().route(P0_DOOR, door).with_state(self.desk.clone())
    }

    fn measured(&self, door: &'static str, answers: MethodRouter<Desk>) -> MethodRouter<Desk> {
        answers.layer(from_fn_with_state((door, self.metrics.clone()), measure))
    }

    /// The operator's probes.
    pub fn probes(&self) -> Router {
        Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(Probed {
                ledger: self.ledger.clone(),
                sockets: self.sockets.clone(),
                metrics: self.metrics.clone(),
            })
    }

    /// Serves until `stop` is cancelled, and then until what was in flight is finished.
    pub async fn run(self, listeners: Listeners, stop: CancellationToken) {
        let Listeners { doors, probes, pushes } = listeners;
        let (outside, operator, p0) = (self.doors(), self.probes(), self.pushes());
        let accounts = self.keeper.as_ref().map(|keeper| keeper.linking.accounts().clone());
        let (stopped, renewing) = (stop.clone(), accounts.clone());
        let (no_more_pushes, no_more_doors, no_more_sockets) = (stop.clone(), stop.clone(), stop.clone());
        let Look { settings, clock, clients } = self.look;
        tokio::join!(
            async {
                if let Some(doors) = doors {
                    serve(doors, outside, no_more_doors).await;
                }
            },
            async {
                if let Some(sockets) = self.sockets {
                    sockets.run(no_more_sockets).await;
                }
            },
            serve(probes, operator, stop.clone()),
            async {
                if let Some(pushes) = pushes {
                    serve(pushes, p0, no_more_pushes).await;
                }
            },
            self.worker.run(stop.clone()),
            self.settings_worker.run(stop.clone()),
            self.courier.run(stop.clone()),
            self.dispatcher.run(stop.clone()),
            self.painter.run(stop.clone()),
            self.sealer.run(stop.clone()),
            stop.clone().run_until_cancelled_owned(look_at_start(settings, clock, clients)),
            async {
                if let Some(keeper) = self.keeper {
                    keeper.run(stop).await;
                }
            },
            async {
                stopped.cancelled().await;
                if let Some(accounts) = renewing {
                    accounts.begin_no_more();
                }
            },
        );
        // What a provider has given is written down before the ledger is closed.
        if let Some(accounts) = accounts {
            accounts.close().await;
        }
        self.whispers.close();
        self.whispers.wait().await;
        self.ledger.close().await;
    }
}

/// Whose members may decide: as the settings say, else the members of where the app is installed.
async fn workspace(settings: &Settings, slack: &SlackApi) -> Result<Workspace, StartError> {
    Ok(allowed(&settings.slack, who_am_i(slack).await?))
}

/// As the settings say, else where the app is installed.
pub(crate) fn allowed(slack: &config::Slack, installed: Installed) -> Workspace {
    let (mut teams, mut enterprises) = (slack.allowed_teams.clone(), slack.allowed_enterprises.clone());
    if teams.is_empty() && enterprises.is_empty() {
        teams.extend(installed.team);
        enterprises.extend(installed.enterprise);
    }
    Workspace { teams, enterprises, allow_guests: slack.allow_guests }
}

async fn who_am_i(slack: &SlackApi) -> Result<Installed, StartError> {
    let mut tries = 1;
    loop {
        match slack.auth_test().await {
            Ok(installed) => return Ok(installed),
            Err(SlackFailure::Refused(code)) => {
                return Err(ConfigError::new("slack.bot_token", format!("is refused by Slack: {code}")).into());
            }
            Err(failure) if tries == AUTH_TRIES => return Err(StartError::Slack(failure)),
            Err(_) => {
                tokio::time::sleep(Duration::from_secs(u64::from(tries))).await;
                tries += 1;
            }
        }
    }
}

fn show(metrics: &Metrics, backlog: Backlog) {
    metrics.oldest("undecided", backlog.oldest_undecided);
    metrics.oldest("unsent", backlog.oldest_unsent);
    for (what, count) in [
        ("recorded", backlog.recorded),
        ("sending", backlog.sending),
        ("held", backlog.held),
        ("cards", backlog.cards),
        ("notices", backlog.notices),
        ("timers", backlog.timers),
        ("unsealed", backlog.unsealed),
    ] {
        metrics.backlog(what, count);
    }
}

/// Measures how long an answer takes, whatever it is.
async fn measure(State((door, metrics)): State<(&'static str, Metrics)>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let answer = next.run(request).await;
    metrics.answered(door, began.elapsed());
    answer
}

/// What the operator's probes look at.
#[derive(Clone)]
struct Probed {
    ledger: Ledger,
    sockets: Option<Sockets>,
    metrics: Metrics,
}

async fn ready(State(Probed { ledger, sockets, .. }): State<Probed>) -> Response {
    if let Err(error) = ledger.probe().await {
        tracing::error!(%error, "not ready: the ledger cannot write");
        return (StatusCode::SERVICE_UNAVAILABLE, "the ledger cannot write\n").into_response();
    }
    if sockets.is_some_and(|sockets| !sockets.is_open()) {
        return (StatusCode::SERVICE_UNAVAILABLE, "no socket to Slack is open\n").into_response();
    }
    "ready\n".into_response()
}

async fn metrics(State(Probed { ledger, metrics, .. }): State<Probed>) -> Response {
    match ledger.backlog().await {
        Ok(backlog) => show(&metrics, backlog),
        Err(error) => tracing::error!(%error, "how much waits could not be read"),
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.exposition()).into_response()
}
