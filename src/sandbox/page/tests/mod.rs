//! The whole sandbox, from its page: a browser's questions and clicks, over a real socket.

mod access;
mod deeds;
mod linked;
mod stage;
mod stories;

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::cli::SandboxArgs;
use crate::sandbox::identity::{CardRisk, IdentityMode};
use crate::sandbox::run::Sandbox;
use crate::sandbox::scene::{self, Scene};
use crate::sandbox::seed::Seed;
use crate::sandbox::stage::Stage;

/// Longer than anything here takes, and than a story waits before it says what for.
const PATIENCE: Duration = Duration::from_secs(45);

struct Browser {
    http: reqwest::Client,
    url: String,
    stage: Stage,
    folder: std::path::PathBuf,
    stop: CancellationToken,
    sandbox: tokio::task::JoinHandle<()>,
}

impl Browser {
    async fn open() -> Self {
        Self::open_among(2).await
    }

    /// Among so many of the built-in requests: Slack takes their cards one a second.
    async fn open_among(requests: usize) -> Self {
        Self::open_where(IdentityMode::Tokens, requests).await
    }

    /// The same, where this is whose credential decides.
    async fn open_where(identity: IdentityMode, requests: usize) -> Self {
        let mut seed = Seed::built_in().unwrap();
        seed.requests.truncate(requests);
        Self::look_at(Sandbox::set(Scene::new(seed, identity, CardRisk::Low), 0, None).await.unwrap())
    }

    async fn open_with(args: SandboxArgs) -> Self {
        Self::look_at(Sandbox::start(&args).await.unwrap())
    }

    fn look_at(sandbox: Sandbox) -> Self {
        let stage = sandbox.stage();
        let (url, folder) = (sandbox.url(), sandbox.folder().to_owned());
        let stop = CancellationToken::new();
        let sandbox = tokio::spawn(sandbox.run(stop.clone()));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, url, stage, folder, stop, sandbox }
    }

    /// Where the page is, without its token: `127.0.0.1:PORT`.
    fn host(&self) -> &str {
        self.url.split('/').nth(2).unwrap()
    }

    async fn get(&self, path: &str, header: Option<(&str, &str)>) -> StatusCode {
        let mut request = self.http.request(Method::GET, format!("{}{path}", self.url));
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        request.send().await.unwrap().status()
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let response = self.http.post(format!("{}{path}", self.url)).json(body).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// The first card in the channel with a button to approve.
    async fn card(&self) -> String {
        let mut changes = self.stage.slack.changed();
        loop {
            let cards = self.stage.slack.messages(scene::CHANNEL);
            if let Some(card) =
                cards.iter().find(|card| self.stage.slack.element(scene::CHANNEL, &card.ts, "approve").is_some())
            {
                return card.ts.clone();
            }
            changes.changed().await.unwrap();
        }
    }

    async fn state(&self) -> Value {
        self.http.get(format!("{}state", self.url)).send().await.unwrap().json().await.unwrap()
    }

    /// Waits until what the page would show is like this.
    async fn until(&self, shows: impl Fn(&Value) -> bool) -> Value {
        let mut events = self.http.get(format!("{}events", self.url)).send().await.unwrap();
        let waiting = async {
            loop {
                let state = self.state().await;
                if shows(&state) {
                    return state;
                }
                events.chunk().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(state) => state,
            Err(_) => panic!("the page shows {}", self.state().await),
        }
    }

    /// Presses a button of the channel's first card that has it.
    async fn press(&self, person: &str, action_id: &str) -> (StatusCode, Value) {
        let ts = tokio::time::timeout(PATIENCE, self.card()).await.unwrap();
        let shown = self.stage.slack.element(scene::CHANNEL, &ts, action_id);
        let place = json!({ "in": "message", "channel": scene::CHANNEL, "ts": ts });
        let press = json!({
            "person": person, "kind": "press", "place": place, "action_id": action_id, "shown": shown,
        });
        self.post("act", &press).await
    }

    async fn switch(&self, fault: Value) {
        assert_eq!(self.post("fault", &fault).await, (StatusCode::OK, json!({})));
    }

    async fn with_bot(&self, what: &str) -> (StatusCode, Value) {
        self.post("bot", &json!({ "do": what })).await
    }

    async fn close(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.sandbox).await.unwrap().unwrap();
    }
}

/// The rows of a table that the page shows.
fn rows<'s>(state: &'s Value, table: &str) -> Vec<&'s Value> {
    let tables = state["disk"]["tables"].as_array().unwrap();
    let found = tables.iter().find(|found| found["name"] == table).unwrap();
    found["rows"].as_array().unwrap().iter().collect()
}
