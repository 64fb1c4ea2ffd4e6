//! The stand-in held to its own rules, over real sockets and with a clock that stands still.

mod bearers;
mod contract;
mod decisions;
mod faults;
mod logins;
mod pushes;
mod settings;

use serde_json::{Value, json};

use super::{P0, P0Setup, RequestSeed};
use crate::clock::Clock;
use crate::sandbox::wire::http_client;

const ALICE: &str = "token-of-alice";
const SETTINGS_KEY: &str = "sandbox-settings-key";

/// A stand-in with one pending request, `req-1` of Rita's, and Alice's token.
struct Stage {
    p0: P0,
    clock: Clock,
    http: reqwest::Client,
}

impl Stage {
    async fn set() -> Self {
        Self::set_with(P0Setup::default()).await
    }

    async fn set_with(setup: P0Setup) -> Self {
        let clock = Clock::stepped();
        let p0 = P0::start(P0Setup { clock: clock.clone(), ..setup }).await.unwrap();
        p0.trust_token(ALICE, "alice@example.com");
        p0.add(RequestSeed { id: Some("req-1".to_owned()), ..RequestSeed::default() });
        Self { p0, clock, http: http_client() }
    }

    /// A call as a careful client makes it.
    fn call(&self, method: http::Method, token: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.p0.base_url());
        self.http.request(method, url).bearer_auth(token).header("user-agent", "test")
    }

    async fn post(&self, token: &str, path: &str, body: &Value) -> (u16, String) {
        answer(self.call(http::Method::POST, token, path).json(body)).await
    }

    async fn decide(&self, token: &str, id: &str, verb: &str) -> (u16, String) {
        let body = if verb == "approve" { json!({ "expirationLength": "2h" }) } else { json!({}) };
        self.post(token, &format!("/o/acme/permission-requests/{id}/{verb}"), &body).await
    }

    fn status(&self) -> String {
        self.p0.status("req-1").unwrap()
    }
}

async fn answer(call: reqwest::RequestBuilder) -> (u16, String) {
    let response = call.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn refused(text: &str) -> (u16, String) {
    (400, json!({ "error": text }).to_string())
}

fn unauthorized() -> (u16, String) {
    (401, json!({ "error": "Unauthorized" }).to_string())
}
