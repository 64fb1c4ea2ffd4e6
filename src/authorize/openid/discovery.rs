//! What a provider says of itself at `{issuer}/.well-known/openid-configuration`, and the keys it signs with.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::error::Category;
use url::Url;

use super::Trouble;
use super::token_endpoint::ANSWERS_WITHIN;
use crate::clock::Clock;
use crate::config::is_surely_loopback;
use crate::inbound::keys::PublishedKeys;
use crate::inbound::published::{Published, Terms, Unpublished};

/// How long the document and the keys are believed.
const BELIEVED: Duration = Duration::from_secs(60 * 60);

const MANY_TENANTS: &str = "the issuer stands for many tenants (common, organizations, {tenantid}): name the issuer of \
                            your own tenant, https://login.microsoftonline.com/<tenant id>/v2.0";
const ANOTHER_ISSUER: &str = "the discovery document names another issuer";
const INCOMPLETE: &str = "the discovery document lacks what has to be in it (issuer, token_endpoint, jwks_uri)";
const NO_ADDRESS: &str = "the issuer is no https address";
const WITHOUT_TLS: &str = "the discovery document names an address that is not https (http is for loopback hosts only)";

/// What a provider says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Where a browser is sent.
    pub authorization_endpoint: Option<Url>,
    /// Where codes and tokens are redeemed.
    pub token_endpoint: Url,
    /// Where its public keys are.
    pub jwks_uri: Url,
    /// Where device codes come from.
    pub device_authorization_endpoint: Option<Url>,
    /// Where refresh tokens are given back.
    pub revocation_endpoint: Option<Url>,
    /// The grants it offers; empty where it does not say.
    pub grant_types: Vec<String>,
    /// The scopes it offers; empty where it does not say.
    pub scopes: Vec<String>,
    /// The claims that it may send; empty where it does not say.
    pub claims: Vec<String>,
    /// The authentication context classes that it knows; empty where it does not say.
    pub acr_values: Vec<String>,
    /// How a client shows who it is at the token endpoint; empty where it does not say.
    pub token_endpoint_auth_methods: Vec<String>,
    /// The same at the revocation endpoint.
    pub revocation_endpoint_auth_methods: Vec<String>,
    /// The ways of PKCE that it offers; empty where it does not say (Entra offers `S256` and does not).
    pub code_challenge_methods: Vec<String>,
    /// Whether every callback names the issuer (RFC 9207).
    pub iss_in_callback: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: String,
    jwks_uri: String,
    device_authorization_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    grant_types_supported: Option<Vec<String>>,
    scopes_supported: Option<Vec<String>>,
    claims_supported: Option<Vec<String>>,
    acr_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    revocation_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: Option<bool>,
}

impl Metadata {
    fn read(text: &[u8], issuer: &str) -> Result<Self, Unpublished> {
        let document: Document = serde_json::from_slice(text).map_err(|error| match error.classify() {
            Category::Data => Unpublished::Untrusted(INCOMPLETE),
            _ => Unpublished::Silent("the answer is not JSON".to_owned()),
        })?;
        if stands_for_many(&document.issuer) {
            return Err(Unpublished::Untrusted(MANY_TENANTS));
        }
        if document.issuer != issuer {
            return Err(Unpublished::Untrusted(ANOTHER_ISSUER));
        }
        let optional = |text: Option<String>| text.map(|text| safe_url(&text)).transpose();
        Ok(Self {
            authorization_endpoint: optional(document.authorization_endpoint)?,
            token_endpoint: safe_url(&document.token_endpoint)?,
            jwks_uri: safe_url(&document.jwks_uri)?,
            device_authorization_endpoint: optional(document.device_authorization_endpoint)?,
            revocation_endpoint: optional(document.revocation_endpoint)?,
            grant_types: document.grant_types_supported.unwrap_or_default(),
            scopes: document.scopes_supported.unwrap_or_default(),
            claims: document.claims_supported.unwrap_or_default(),
            acr_values: document.acr_values_supported.unwrap_or_default(),
            token_endpoint_auth_methods: document.token_endpoint_auth_methods_supported.unwrap_or_default(),
            revocation_endpoint_auth_methods: document.revocation_endpoint_auth_methods_supported.unwrap_or_default(),
            code_challenge_methods: document.code_challenge_methods_supported.unwrap_or_default(),
            iss_in_callback: document.authorization_response_iss_parameter_supported.unwrap_or(false),
        })
    }
}

/// An address that may be called or shown: nothing that is sent there can be read on the way.
pub(super) fn safe_url(text: &str) -> Result<Url, Unpublished> {
    let url = Url::parse(text).map_err(|_| Unpublished::Untrusted(WITHOUT_TLS))?;
    let safe = url.scheme() == "https" || (url.scheme() == "http" && is_surely_loopback(&url));
    let plain = url.has_host() && url.username().is_empty() && url.password().is_none();
    (safe && plain).then_some(url).ok_or(Unpublished::Untrusted(WITHOUT_TLS))
}

/// Whether tokens of any tenant would carry it, so that who they name is nobody's word.
fn stands_for_many(issuer: &str) -> bool {
    let tenant = Url::parse(issuer).ok().and_then(|url| url.path_segments()?.next().map(str::to_ascii_lowercase));
    issuer.contains(['{', '}']) || tenant.is_some_and(|tenant| matches!(tenant.as_str(), "common" | "organizations"))
}

/// A provider's document and its keys.
#[derive(Clone)]
pub(super) struct Discovered {
    pub(super) metadata: Arc<Metadata>,
    pub(super) keys: PublishedKeys,
}

/// Where a provider is described.
pub(super) struct Discovery(Result<Published<Discovered>, Trouble>);

impl Discovery {
    pub(super) fn new(issuer: &str, client: reqwest::Client, clock: Clock) -> Self {
        Self(Self::behind(issuer, client, clock))
    }

    fn behind(issuer: &str, client: reqwest::Client, clock: Clock) -> Result<Published<Discovered>, Trouble> {
        if stands_for_many(issuer) {
            return Err(Trouble::Untrusted(MANY_TENANTS));
        }
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let url = safe_url(&address).map_err(|_| Trouble::Untrusted(NO_ADDRESS))?;
        let terms = |what: &str, issuer: &str| Terms {
            name: format!("the {what} of {issuer}"),
            believed: BELIEVED,
            within: ANSWERS_WITHIN,
        };
        let (of_document, issuer) = (terms("discovery document", issuer), issuer.to_owned());
        let (asker, theirs) = (client.clone(), clock.clone());
        let read = move |text: &[u8]| {
            let metadata = Metadata::read(text, &issuer)?;
            let address = metadata.jwks_uri.clone();
            let keys = PublishedKeys::new(asker.clone(), address, theirs.clone(), terms("key set", &issuer));
            Ok(Discovered { metadata: Arc::new(metadata), keys })
        };
        Ok(Published::new(client, url, clock, of_document, read))
    }

    pub(super) async fn get(&self) -> Result<Discovered, Trouble> {
        let published = self.0.as_ref().map_err(Trouble::clone)?;
        Ok(published.get(|_| true).await?)
    }
}
