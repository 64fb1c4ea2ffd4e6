//! The whole sandbox, from its page: who is let in, and that a press there is a decision at P0.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::sandbox::p0::P0;
use crate::sandbox::run::Sandbox;
use crate::sandbox::scene;
use crate::sandbox::slack::Slack;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

struct Browser {
    http: reqwest::Client,
    url: String,
    slack: Slack,
    p0: P0,
    folder: std::path::PathBuf,
    stop: CancellationToken,
    sandbox: tokio::task::JoinHandle<()>,
}

impl Browser {
    async fn open() -> Self {
        let sandbox = Sandbox::start(0).await.unwrap();
        let (slack, p0) = sandbox.stand_ins();
        let (url, folder) = (sandbox.url(), sandbox.folder().to_owned());
        let stop = CancellationToken::new();
        let sandbox = tokio::spawn(sandbox.run(stop.clone()));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, url, slack, p0, folder, stop, sandbox }
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
        let mut changes = self.slack.changed();
        loop {
            let cards = self.slack.messages(scene::CHANNEL);
            if let Some(card) =
                cards.iter().find(|card| self.slack.element(scene::CHANNEL, &card.ts, "approve").is_some())
            {
                return card.ts.clone();
            }
            changes.changed().await.unwrap();
        }
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
    let ts = tokio::time::timeout(PATIENCE, browser.card()).await.unwrap();
    let place = json!({ "in": "message", "channel": scene::CHANNEL, "ts": ts });
    let press = json!({ "person": "U01ALICE", "kind": "press", "place": place, "action_id": "approve" });
    let mut calls = browser.p0.changed();
    assert_eq!(browser.post("act", &press).await, (StatusCode::OK, json!({ "status": 200 })));
    let called = async {
        while !browser.p0.calls().iter().any(|call| call.status == Some(200)) {
            calls.changed().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, called).await.unwrap();
    let call = browser.p0.calls().remove(0);
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
    assert_eq!(browser.p0.status(added["id"].as_str().unwrap()).as_deref(), Some("PENDING_APPROVAL"));
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
