//! The whole sandbox, from its page: who is let in, and that a press there is a decision at P0.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::sandbox::run::Sandbox;
use crate::sandbox::scene;
use crate::sandbox::stage::Stage;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

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
        let sandbox = Sandbox::start(0).await.unwrap();
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
        tokio::time::timeout(PATIENCE, waiting).await.expect("the page shows it")
    }

    /// Presses a button of the channel's first card that has it.
    async fn press(&self, person: &str, action_id: &str) -> (StatusCode, Value) {
        let ts = tokio::time::timeout(PATIENCE, self.card()).await.unwrap();
        let place = json!({ "in": "message", "channel": scene::CHANNEL, "ts": ts });
        self.post("act", &json!({ "person": person, "kind": "press", "place": place, "action_id": action_id })).await
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

#[tokio::test]
async fn only_who_knows_the_address_gets_in() {
    let browser = Browser::open().await;
    let page = browser.http.get(&browser.url).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'self';"));
    assert!(page.text().await.unwrap().contains("<title>p0-chatops sandbox</title>"));
    for path in ["/", "/state", "/0123456789abcdef0123456789abcdef/", "/0123456789abcdef0123456789abcdef/state"] {
        let stranger = browser.http.get(format!("http://{}{path}", browser.host())).send().await.unwrap();
        assert_eq!(stranger.status(), StatusCode::NOT_FOUND, "{path}");
    }
    browser.close().await;
}

#[tokio::test]
async fn foreign_names_and_foreign_pages_are_turned_away() {
    let browser = Browser::open().await;
    let port = browser.host().split(':').nth(1).unwrap();
    let localhost = format!("localhost:{port}");
    assert_eq!(browser.get("state", Some(("host", &localhost))).await, StatusCode::OK);
    for host in [&format!("evil.example:{port}"), "localhost", "127.0.0.1", "127.0.0.1:1"] {
        assert_eq!(browser.get("state", Some(("host", host))).await, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    let own = format!("http://{}", browser.host());
    assert_eq!(browser.get("state", Some(("origin", &own))).await, StatusCode::OK);
    for origin in
        ["null", "http://evil.example", "http://127.0.0.1", &format!("http://{localhost}"), &format!("{own}0")]
    {
        assert_eq!(browser.get("state", Some(("origin", origin))).await, StatusCode::FORBIDDEN, "{origin}");
    }
    // What a form of another page can send is no JSON.
    let form = browser.http.post(format!("{}request", browser.url)).body("{}").send().await.unwrap();
    assert_eq!(form.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    browser.close().await;
}

#[tokio::test]
async fn a_press_on_the_page_is_a_decision_at_p0() {
    let browser = Browser::open().await;
    assert_eq!(browser.press("U01ALICE", "approve").await, (StatusCode::OK, json!({ "status": 200 })));
    browser.until(|state| state["p0"]["calls"][0]["status"] == 200).await;
    let call = browser.stage.p0.calls().remove(0);
    assert_eq!(call.identity.as_deref(), Some("alice@example.com"));
    assert!(call.path.ends_with("/approve") && call.effect, "{call:?}");
    browser.close().await;
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let browser = Browser::open().await;
    let slash = |person: &str| json!({ "person": person, "kind": "slash", "channel": scene::CHANNEL, "text": "help" });
    let (status, answer) = browser.post("act", &slash("U05STRANGER")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(answer["error"], "not allowed: U05STRANGER is not in C01ACCESS");
    assert_eq!(browser.post("act", &slash("U04GUEST")).await, (StatusCode::OK, json!({ "status": 200 })));
    browser.close().await;
}

#[tokio::test]
async fn the_page_adds_requests_and_is_told_of_them() {
    let browser = Browser::open().await;
    let mut events = browser.http.get(format!("{}events", browser.url)).send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    assert_eq!(events.chunk().await.unwrap().unwrap(), "data: changed\n\n");
    let (_, added) = browser.post("request", &json!({})).await;
    assert_eq!(browser.stage.p0.status(added["id"].as_str().unwrap()).as_deref(), Some("PENDING_APPROVAL"));
    let told = tokio::time::timeout(PATIENCE, events.chunk()).await.unwrap().unwrap().unwrap();
    assert_eq!(told, "data: changed\n\n");
    // An open page does not keep the sandbox from stopping.
    browser.close().await;
}

#[tokio::test]
async fn nothing_is_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let browser = Browser::open().await;
    let folder = browser.folder.clone();
    let mode = |name: &str| std::fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("U01ALICE")), (0o700, 0o600));
    browser.close().await;
    assert!(!folder.exists());
}

/// The rows of a table that the page shows.
fn rows<'s>(state: &'s Value, table: &str) -> Vec<&'s Value> {
    let tables = state["disk"]["tables"].as_array().unwrap();
    let found = tables.iter().find(|found| found["name"] == table).unwrap();
    found["rows"].as_array().unwrap().iter().collect()
}

/// What a decision's row says of its stage.
const STAGE: usize = 4;
const TRIES: usize = 6;
/// What a copy's row says of its drawing.
const BEHIND: usize = 6;

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
    let browser = Browser::open().await;
    let choices = browser.state().await["faults"]["choices"]["p0"].clone();
    let known: Vec<&str> = choices.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(known, ["none", "slow", "down", "busy", "refuses", "html", "lost"]);
    for (fault, status, stage, ends) in [
        ("slow", json!(200), "sending", "done"),
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
        let drawn = |state: &Value| rows(state, "copies").iter().all(|row| row[BEHIND] == "no");
        browser.until(|state| rows(state, "decisions")[0][STAGE] == ends && drawn(state)).await;
    }
    browser.close().await;
}
