//! A sign-in in a browser: what the client asked for, read strictly, and what it comes to.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use super::params::Params;
use super::refusal::Refusal;
use super::setup::{Account, Client, Grant, RefreshTokens};
use super::state::State;

/// The `acr` of a sign-in for which nothing better was asked, or could be had.
pub const PASSWORD: &str = "urn:sandbox:acr:password";

/// How long a page waits for somebody to choose.
const PAGE_LIFE: Duration = Duration::from_secs(600);

/// Who signed in, when and how.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SignedIn {
    pub(super) subject: String,
    pub(super) auth_time: Timestamp,
    pub(super) acr: String,
    /// Whether the client asked for its age.
    pub(super) with_auth_time: bool,
    /// The client's, to be repeated.
    #[serde(skip)]
    pub(super) nonce: Option<String>,
}

/// An authorization request that was found in order.
#[derive(Clone)]
pub(super) struct SignIn {
    pub(super) client: String,
    pub(super) back: WayBack,
    pub(super) nonce: Option<String>,
    pub(super) challenge: String,
    pub(super) scope: Vec<String>,
    pub(super) acr_values: Vec<String>,
    pub(super) asks_age: bool,
    pub(super) login_hint: Option<String>,
    pub(super) expires: Timestamp,
    /// When the person signed in, where that is not when they choose the account.
    pub(super) as_of: Option<Timestamp>,
}

/// An authorization code and all that it stands for.
pub(super) struct Code {
    pub(super) asked: SignIn,
    pub(super) signed_in: SignedIn,
    pub(super) expires: Timestamp,
    /// What it was exchanged for.
    pub(super) given: Option<super::families::FamilyId>,
}

/// Where a browser is sent back to.
#[derive(Clone)]
pub(super) struct WayBack {
    pub(super) redirect_uri: String,
    state: Option<String>,
    iss: Option<String>,
}

impl WayBack {
    /// The address of the callback. A query that the redirect URI has itself is kept (RFC 6749 3.1.2).
    pub(super) fn with(&self, answer: &[(&str, &str)]) -> String {
        // What is no URL was never registered by anybody who wants to come back.
        let Ok(mut url) = Url::parse(&self.redirect_uri) else { return self.redirect_uri.clone() };
        url.query_pairs_mut()
            .extend_pairs(answer)
            .extend_pairs(self.state.iter().map(|state| ("state", state)))
            .extend_pairs(self.iss.iter().map(|iss| ("iss", iss)));
        url.into()
    }
}

/// Why nobody is asked to sign in.
pub(super) enum Unasked {
    /// The browser stays here: it is not known, or not certain, where it may be sent (RFC 6749 4.1.2.1).
    Stays(&'static str),
    /// The browser brings the error to the client.
    GoesBack(WayBack, Refusal),
}

impl SignIn {
    /// Reads an authorization request. `repeated` are the parameters that stood there more than once.
    pub(super) fn read(state: &State, params: &Params, repeated: &[String]) -> Result<Self, Unasked> {
        let client = params.get("client_id").and_then(|id| state.client(id));
        let client = client.ok_or(Unasked::Stays("The application is not known here (client_id)."))?;
        let registered = |uri: &&str| client.redirect_uris.iter().any(|known| known == uri);
        let redirect_uri = params.get("redirect_uri").filter(registered);
        let redirect_uri = redirect_uri
            .ok_or(Unasked::Stays("The application may not send you back to where it wants to (redirect_uri)."))?;
        let back = WayBack {
            redirect_uri: redirect_uri.to_owned(),
            state: params.get("state").map(str::to_owned),
            iss: state.setup.iss_in_callback.then(|| state.issuer.clone()),
        };
        let mut asked = Self {
            client: client.id.clone(),
            back,
            nonce: params.get("nonce").map(str::to_owned),
            challenge: params.get("code_challenge").unwrap_or_default().to_owned(),
            scope: params.words("scope"),
            acr_values: params.words("acr_values"),
            asks_age: params.get("max_age").is_some(),
            login_hint: params.get("login_hint").map(str::to_owned),
            expires: state.now() + PAGE_LIFE,
            as_of: None,
        };
        match asked.check(state, client, params, repeated) {
            Ok(()) => Ok(asked),
            Err(refusal) => Err(Unasked::GoesBack(asked.back, refusal)),
        }
    }

    /// All that is wrong with the request, but that the client may hear of. Takes away the scope that is asked for in vain.
    fn check(&mut self, state: &State, client: &Client, params: &Params, repeated: &[String]) -> Result<(), Refusal> {
        if !repeated.is_empty() {
            return Err(Refusal::invalid_request(format!("{} is there twice", repeated.join(" "))));
        }
        if params.need("response_type")? != "code" {
            return Err(Refusal::new("unsupported_response_type", "only response_type=code"));
        }
        if !client.grants.contains(&Grant::AuthorizationCode) {
            return Err(Refusal::unauthorized_client());
        }
        if params.get("request").is_some() {
            return Err(Refusal::new("request_not_supported", "no request objects"));
        }
        if params.get("request_uri").is_some() {
            return Err(Refusal::new("request_uri_not_supported", "no request objects"));
        }
        if params.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(Refusal::invalid_request("only response_mode=query"));
        }
        if params.need("code_challenge_method")? != "S256" || !is_s256(params.need("code_challenge")?) {
            return Err(Refusal::invalid_request("only PKCE with S256: a challenge is 43 characters of base64url"));
        }
        check_scope(state, &self.scope)?;
        if params.get("max_age").is_some_and(|age| age.parse::<u32>().is_err()) {
            return Err(Refusal::invalid_request("max_age is no number of seconds"));
        }
        let prompt = params.words("prompt");
        if prompt.iter().any(|word| !["none", "login", "consent", "select_account"].contains(&word.as_str())) {
            return Err(Refusal::invalid_request("prompt is none of none, login, consent, select_account"));
        }
        match prompt.as_slice() {
            [only] if only == "none" => return Err(Refusal::new("login_required", "nobody is signed in")),
            words if words.iter().any(|word| word == "none") => {
                return Err(Refusal::invalid_request("prompt=none stands alone"));
            }
            _ => {}
        }
        let consents = prompt.iter().any(|word| word == "consent");
        if state.setup.refresh_tokens == RefreshTokens::ForConsent && !consents {
            self.scope.retain(|word| word != "offline_access");
        }
        Ok(())
    }

    /// Who signed in with this, if it is this account that was chosen now.
    pub(super) fn signed_in(&self, state: &State, account: &Account) -> Result<SignedIn, Refusal> {
        let acr = self.acr_values.iter().find(|acr| account.acr.contains(acr));
        if acr.is_none() && !self.acr_values.is_empty() && state.setup.refuses_unmet_acr {
            return Err(Refusal::new(
                "unmet_authentication_requirements",
                "the account cannot prove what was asked for",
            ));
        }
        Ok(SignedIn {
            subject: account.subject.clone(),
            auth_time: self.as_of.unwrap_or_else(|| state.now()),
            acr: acr.map_or(PASSWORD, String::as_str).to_owned(),
            with_auth_time: self.asks_age,
            nonce: self.nonce.clone(),
        })
    }
}

/// Whether a scope is asked for as OpenID Connect wants it, and known.
pub(super) fn check_scope(state: &State, scope: &[String]) -> Result<(), Refusal> {
    if let Some(unknown) = scope.iter().find(|word| !state.setup.scopes.contains(word)) {
        return Err(Refusal::new("invalid_scope", format!("the scope {unknown} is not known")));
    }
    if scope.iter().any(|word| word == "openid") {
        Ok(())
    } else {
        Err(Refusal::new("invalid_scope", "the scope openid is missing"))
    }
}

/// Whether this can be the SHA-256 of something, in base64url.
fn is_s256(challenge: &str) -> bool {
    challenge.len() == 43 && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
