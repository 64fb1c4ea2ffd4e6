//! panva's oidc-provider, as an organisation would set it up (`tests/idp/configuration.js`).

use std::process::Command;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::control::Control;
use super::program::Program;
use crate::interop::say;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/idp");
/// The secret of the client `p0-chatops`; nothing in it may be forgotten to be encoded.
pub const SECRET: &str = "of-p0-chatops:100%+more&=~";
/// Whom an access token is for that is a JWT.
pub const AUDIENCE: &str = "https://api.p0.example.com";

/// A person at the organisation.
#[derive(Clone, Serialize)]
pub struct Account {
    pub subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// The levels that a sign-in of theirs can reach.
    pub acr: Vec<String>,
}

impl Account {
    /// `alice` is `00u-alice`, with `alice@example.com` verified.
    pub fn of(name: &str) -> Self {
        Self {
            subject: format!("00u-{name}"),
            email: Some(format!("{name}@example.com")),
            email_verified: Some(true),
            acr: Vec::new(),
        }
    }
}

/// What an access token looks like.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessTokens {
    /// A JWT for [`AUDIENCE`], with `email`.
    Jwt,
    Opaque,
}

/// What a story changes before the provider starts.
pub struct Setup {
    pub accounts: Vec<Account>,
    pub access_tokens: AccessTokens,
    /// How long access and ID tokens live, in seconds.
    pub token_life: u32,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            accounts: ["alice", "bob", "carol", "dave"].map(Account::of).into(),
            access_tokens: AccessTokens::Jwt,
            token_life: 3600,
        }
    }
}

/// The provider, with a confidential client `p0-chatops` ([`SECRET`]) for authorization codes and a public one
/// `p0-device` for the device flow. PKCE is needed. Refresh tokens are always given, and rotated: one that is used twice
/// ends all that came of that sign-in.
pub struct OidcProvider {
    pub issuer: String,
    control: Control,
    _program: Program,
}

impl OidcProvider {
    /// `None` where the machine lacks what it needs, which has been said.
    pub fn start(setup: &Setup) -> Option<Self> {
        if !is_ready() {
            return None;
        }
        let settings = json!({
            "clients": [
                { "client_id": "p0-chatops", "client_secret": SECRET, "redirect_uris": ["http://127.0.0.1/not-yet"] },
                { "client_id": "p0-device", "redirect_uris": [] },
            ],
            "accounts": setup.accounts,
            "lifetimes": {
                "access_token": setup.token_life, "id_token": setup.token_life,
                "refresh_token": 86400, "device_code": 300,
            },
            "access_tokens": setup.access_tokens,
            "audience": AUDIENCE,
        });
        #[derive(Deserialize)]
        struct Line {
            issuer: String,
            control: String,
        }
        let mut command = Command::new("node");
        command.arg("provider.js").arg(settings.to_string()).current_dir(FOLDER);
        let (program, Line { issuer, control }) = Program::start(&mut command);
        Some(Self { issuer, control: Control(control), _program: program })
    }

    /// Where `p0-chatops` may be redirected to from now on.
    pub async fn redirect_to(&self, uri: &str) {
        let client = json!({ "client_id": "p0-chatops", "redirect_uris": [uri] });
        self.control.tell::<Value>("clients", &client).await.unwrap();
    }

    /// Follows an authorization request's address as a person would who signs in and agrees, in a browser of their
    /// own. Answers where that browser is redirected to, unopened, or what it shows instead.
    pub async fn log_in(&self, url: &str, subject: &str) -> Result<Url, String> {
        self.follow(json!({ "url": url, "account": subject })).await
    }

    /// As [`Self::log_in`], in a browser that keeps its cookies from one time to the next: whoever signed in there
    /// before need not do so again, unless the request asks for it.
    pub async fn log_in_with(&self, browser: &str, url: &str, subject: &str) -> Result<Url, String> {
        self.follow(json!({ "url": url, "account": subject, "browser": browser })).await
    }

    /// As [`Self::log_in`], and says no.
    pub async fn refuse(&self, url: &str) -> Result<Url, String> {
        self.follow(json!({ "url": url, "deny": true })).await
    }

    async fn follow(&self, how: Value) -> Result<Url, String> {
        #[derive(Deserialize)]
        struct Left {
            callback: Url,
        }
        self.control.tell("log-in", &how).await.map(|Left { callback }| callback)
    }

    /// Enters a device's code as this person, and agrees. Answers what the last page says, or why it was not reached.
    pub async fn enter_code(&self, user_code: &str, subject: &str) -> Result<String, String> {
        self.enter(json!({ "user_code": user_code, "account": subject })).await
    }

    /// Enters a device's code, and says no.
    pub async fn deny_code(&self, user_code: &str) -> Result<String, String> {
        self.enter(json!({ "user_code": user_code, "deny": true })).await
    }

    async fn enter(&self, how: Value) -> Result<String, String> {
        #[derive(Deserialize)]
        struct Page {
            told: String,
        }
        self.control.tell("device", &how).await.map(|Page { told }| told)
    }

    /// This person has left: no sign-in, and nothing more for what they signed in to before.
    pub async fn disable(&self, subject: &str) {
        self.control.tell::<Value>("disable", &json!({ "account": subject })).await.unwrap();
    }

    /// What the token and revocation endpoints were asked for, the oldest first, and what came of it: `refresh_token by
    /// p0-chatops for 00u-alice: given`. Whom it was for is `nobody` where the provider did not find out.
    pub async fn log(&self) -> Vec<String> {
        #[derive(Deserialize)]
        struct Entry {
            request: String,
            client: String,
            account: Option<String>,
            outcome: String,
        }
        let brief = |Entry { request, client, account, outcome }| {
            format!("{request} by {client} for {}: {outcome}", account.unwrap_or_else(|| "nobody".into()))
        };
        self.control.log().await.into_iter().map(brief).collect()
    }
}

/// Whether everything is here that the provider needs. Where something is lacking, that is said once.
fn is_ready() -> bool {
    static READY: OnceLock<bool> = OnceLock::new();
    *READY.get_or_init(|| {
        let lacking = match Command::new("node").arg("ready.js").current_dir(FOLDER).output() {
            Ok(output) if output.status.success() => return true,
            Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            Err(_) => "Node 20.12 or newer".to_owned(),
        };
        say(&format!(
            "SKIPPED: panva's oidc-provider (needs {lacking}; apt install nodejs npm && npm ci --prefix tests/idp)"
        ));
        false
    })
}
