//! The stand-in held to the rules it is to enforce, over real sockets and with a clock that stands still.

mod asking;
mod clients;
mod codes;
mod devices;
mod exchange;
mod faults;
mod pages;
mod refresh;
mod tokens;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::{Idp, IdpSetup};
use crate::clock::Clock;
use crate::sandbox::jws::Jws;
use crate::sandbox::wire::http_client;

const CLIENT: &str = "p0-chatops";
const SECRET: &str = "sandbox-idp-secret";
const REDIRECT: &str = "https://bot.example/link/provider";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters";

/// A provider, and a client that does everything right.
struct Stage {
    idp: Idp,
    clock: Clock,
    http: reqwest::Client,
}

impl Stage {
    async fn set() -> Self {
        Self::set_with(IdpSetup::default()).await
    }

    async fn set_with(setup: IdpSetup) -> Self {
        let clock = Clock::stepped();
        let idp = Idp::start(IdpSetup { clock: clock.clone(), ..setup }).await.unwrap();
        idp.allow_redirect(CLIENT, REDIRECT);
        Self { idp, clock, http: http_client() }
    }

    /// A good authorization request, except for `changes`; an empty one leaves its parameter out.
    fn link(&self, changes: &[(&str, &str)]) -> Url {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let good = [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT),
            ("scope", "openid email profile offline_access"),
            ("prompt", "consent"),
            ("state", "a-state"),
            ("nonce", "a-nonce"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let kept = good.into_iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        let new = changes.iter().copied().filter(|(_, value)| !value.is_empty());
        Url::parse_with_params(&format!("{}/authorize", self.idp.issuer()), kept.chain(new)).unwrap()
    }

    /// POSTs a form as the confidential client, which authenticates with Basic.
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        self.send(self.http.post(self.url(path)).basic_auth(CLIENT, Some(SECRET)).form(form)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.idp.issuer())
    }

    /// The tokens of a sign-in that was begun with `changes`.
    async fn tokens(&self, who: &str, changes: &[(&str, &str)]) -> Value {
        let callback = self.idp.log_in(self.link(changes), who).await.unwrap();
        let (status, answer) = self.redeem(&of(&callback, "code").unwrap()).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn redeem(&self, code: &str) -> (u16, Value) {
        self.post("/token", &redeeming(code)).await
    }

    async fn refresh(&self, token: &Value) -> (u16, Value) {
        let token = token.as_str().unwrap();
        self.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// The claims of a token, which was signed by a published key.
    async fn claims(&self, token: &Value) -> Value {
        let (_, keys) = self.send(self.http.get(self.url("/jwks"))).await;
        let jws = Jws::read(token.as_str().unwrap()).unwrap();
        assert!(jws.is_signed_by_one_of(&serde_json::from_value(keys).unwrap()), "by a published key");
        serde_json::from_slice(&jws.payload).unwrap()
    }

    fn why(&self) -> String {
        self.idp.calls().pop().unwrap().why.unwrap()
    }
}

fn redeeming(code: &str) -> [(&str, &str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)]
}

/// A parameter of a callback.
fn of(callback: &Url, name: &str) -> Option<String> {
    callback.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}

/// The error code of an answer, with its status.
fn error((status, answer): (u16, Value)) -> (u16, String) {
    (status, answer["error"].as_str().unwrap_or("no error").to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
