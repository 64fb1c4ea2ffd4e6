//! What P0 itself says of accounts: how an organisation logs in, and whether a token is good.

use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::openid::Trouble;
use crate::config::{P0, Secret};
use crate::inbound::bounded;

const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
const MOST_BYTES: usize = 256 * 1024;

/// Asks P0.
#[derive(Clone)]
pub struct P0Accounts {
    client: reqwest::Client,
    base: Url,
    org: String,
}

/// How the organisation's people log in, as P0's public `GET /orgs/{org}` tells its own client. It is pinned: what it
/// names later is not believed without the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Identity Platform's tenant.
    pub tenant_id: String,
    /// Identity Platform's name for the provider.
    pub provider_id: String,
    /// The provider's host, where P0 names one.
    pub provider_domain: Option<String>,
    /// P0's own client at the provider.
    pub client_id: Option<String>,
    /// Identity Platform's key for the project; it is public, and in every browser.
    pub api_key: String,
}

/// What P0 says of a bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountAnswer {
    /// It is good; P0 may name its owner.
    Good {
        /// The address that P0 names, where it does.
        email: Option<String>,
    },
    /// P0 does not take it.
    Refused(StatusCode),
    /// P0 did not say: in words for the operator.
    Unknown(String),
}

impl AccountAnswer {
    /// What an answer of P0's says.
    pub(crate) fn judged(status: StatusCode, body: &[u8]) -> Self {
        let said: Option<Value> = serde_json::from_slice(body).ok();
        // P0's clients take an error for one at any status.
        let is_error = said.as_ref().is_some_and(|said| said["error"].is_string());
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::Refused(status),
            _ if status.is_success() && is_error => Self::Refused(status),
            // An empty answer says yes; a page does not.
            _ if status.is_success() && (said.is_some() || body.trim_ascii().is_empty()) => {
                Self::Good { email: said.as_ref().and_then(|said| said["email"].as_str()).map(str::to_owned) }
            }
            // Also 404: an address that is wrong says nothing of the bearer.
            _ => Self::Unknown(format!("HTTP {}", status.as_u16())),
        }
    }
}

impl Login {
    /// Reads what P0 publishes of an organisation; `None` where it does not say how its people log in.
    pub(crate) fn read(organisation: &Value) -> Option<Self> {
        let provider = &organisation["auth"]["provider"];
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self {
            tenant_id: text(&organisation["tenantId"])?,
            provider_id: text(&provider["providerId"])?,
            provider_domain: text(&provider["providerDomain"]),
            client_id: text(&provider["clientId"]),
            api_key: text(&organisation["config"]["fs"]["apiKey"])?,
        })
    }

    /// Whether P0 names another provider than this issuer.
    pub(crate) fn is_elsewhere(&self, issuer: &str) -> bool {
        let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
        self.provider_domain.is_some() && self.provider_domain != host
    }
}

/// Under which name an organisation's login is pinned: another one, or another P0, has a pin of its own.
pub(crate) fn login_pin(base: &Url, org: &str) -> String {
    format!("p0.login {}", login_address(base, org))
}

fn login_address(base: &Url, org: &str) -> Url {
    address(base, &format!("orgs/{org}"))
}

fn address(base: &Url, path: &str) -> Url {
    let base = base.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/{path}")).expect("a checked address and name")
}

impl P0Accounts {
    /// Asks with `client`, which must not follow redirects.
    pub fn new(client: reqwest::Client, p0: &P0) -> Self {
        Self { client, base: p0.base_url.clone(), org: p0.org.clone() }
    }

    /// Whether P0 takes a bearer for this organisation.
    pub async fn account(&self, bearer: &Secret) -> AccountAnswer {
        match self.ask(self.account_request(bearer)).await {
            Ok((status, body)) => AccountAnswer::judged(status, &body),
            Err(words) => AccountAnswer::Unknown(words),
        }
    }

    /// The question whether a bearer is good (`GET /o/{org}/account`), as P0's own client asks it.
    pub(crate) fn account_request(&self, bearer: &Secret) -> reqwest::RequestBuilder {
        self.client.get(address(&self.base, &format!("o/{}/account", self.org))).bearer_auth(bearer.expose())
    }

    /// The question how the organisation logs in (`GET /orgs/{org}`); it is public.
    pub(crate) fn login_request(&self) -> reqwest::RequestBuilder {
        self.client.get(login_address(&self.base, &self.org))
    }

    /// Under which name the organisation's login is pinned.
    pub(super) fn login_pin(&self) -> String {
        login_pin(&self.base, &self.org)
    }

    /// How the organisation logs in.
    pub(super) async fn login(&self) -> Result<Login, Trouble> {
        let (status, body) = self.ask(self.login_request()).await.map_err(Trouble::Unavailable)?;
        if !status.is_success() {
            return Err(Trouble::Unavailable(format!("P0 answered HTTP {}", status.as_u16())));
        }
        let said: Value =
            serde_json::from_slice(&body).map_err(|_| Trouble::Unavailable("P0 answered without JSON".to_owned()))?;
        Login::read(&said).ok_or(Trouble::Untrusted("P0 does not say how the organisation logs in"))
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<(StatusCode, Vec<u8>), String> {
        let answer = request.timeout(ANSWERS_WITHIN).send().await.map_err(|error| error.without_url().to_string())?;
        let status = answer.status();
        Ok((status, bounded::read(answer, MOST_BYTES).await?))
    }
}
