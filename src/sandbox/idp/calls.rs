//! The log of calls: where they came to, for what, of which client, for whom, and what came of it. Never a token, a code
//! or a secret, and therefore no query and no body.

use jiff::Timestamp;
use serde::Serialize;

use super::refusal::Refusal;
use super::setup::Grant;

/// Where a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `GET /.well-known/openid-configuration`
    Discovery,
    /// `GET /jwks`
    Jwks,
    /// `GET` and `POST /authorize`, by a browser.
    Authorize,
    /// `POST /token`
    Token,
    /// `POST /device_authorization`
    DeviceAuthorization,
    /// `GET` and `POST /device`, by a browser.
    Device,
    /// `POST /revoke`
    Revoke,
}

impl Endpoint {
    /// By path; it is no prefix, and nothing in it is decoded.
    pub(super) fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/.well-known/openid-configuration" => Self::Discovery,
            "/jwks" => Self::Jwks,
            "/authorize" => Self::Authorize,
            "/token" => Self::Token,
            "/device_authorization" => Self::DeviceAuthorization,
            "/device" => Self::Device,
            "/revoke" => Self::Revoke,
            _ => return None,
        })
    }

    /// The methods that it takes.
    pub(super) fn allows(self) -> &'static [&'static str] {
        match self {
            Self::Discovery | Self::Jwks => &["GET"],
            Self::Authorize | Self::Device => &["GET", "POST"],
            Self::Token | Self::DeviceAuthorization | Self::Revoke => &["POST"],
        }
    }
}

/// Which calls meet a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// All.
    Any,
    /// Those to one endpoint.
    Endpoint(Endpoint),
    /// Those to the token endpoint for one grant.
    Grant(Grant),
}

impl From<Endpoint> for Target {
    fn from(endpoint: Endpoint) -> Self {
        Self::Endpoint(endpoint)
    }
}

impl From<Grant> for Target {
    fn from(grant: Grant) -> Self {
        Self::Grant(grant)
    }
}

impl Target {
    /// Whether this call is one of them.
    pub(super) fn meets(self, call: &Call) -> bool {
        match self {
            Self::Any => true,
            Self::Endpoint(endpoint) => call.endpoint == Some(endpoint),
            Self::Grant(grant) => call.grant == Some(grant),
        }
    }
}

/// One call as it arrived and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// When it arrived, by the stand-in's clock.
    pub at: Timestamp,
    /// On which connection since the start, counted from 1.
    pub connection: u64,
    /// The HTTP method.
    pub method: String,
    /// Where it went to; `None` for a path that is nothing here.
    pub endpoint: Option<Endpoint>,
    /// What it asked the token endpoint for.
    pub grant: Option<Grant>,
    /// The client, when it was authenticated (or public, or only named by a browser).
    pub client: Option<String>,
    /// Whose account it was about, as far as that was found out.
    pub subject: Option<String>,
    /// `ok` where the work was done, answered or not, else the OAuth error code (`refused` where OAuth has none).
    /// `None` while the work is not done.
    pub outcome: Option<String>,
    /// Why it was refused, for people who look for the mistake.
    pub why: Option<String>,
    /// The status answered; `None` while the answer is out, and for ever where none was sent.
    pub status: Option<u16>,
}

impl Call {
    pub(super) fn done(&mut self) {
        self.outcome = Some("ok".to_owned());
    }

    pub(super) fn refused(&mut self, refusal: &Refusal) {
        self.outcome = Some(refusal.code.to_owned());
        self.why = Some(refusal.why.clone());
    }
}
