//! Sign in with Slack (OpenID Connect), by which a browser proves who in Slack is looking at it.
//!
//! `authorize` is the page on which somebody says who they are, `token` changes what they bring back from there for
//! an ID token, which `id_token` signs; `browser` is the browser of whoever signs in.

mod authorize;
mod browser;
mod id_token;
mod token;

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::Jwk;
use serde_json::{Value, json};

pub(super) use authorize::{ask, decide};
pub use id_token::Tamper;
pub(super) use token::{TOKEN_METHOD, token};

use super::setup::Person;
use super::state::Workspace;
use crate::sandbox::keys::KeyPair;

/// The name of `/.well-known/openid-configuration` in the record of calls and for faults.
pub(super) const CONFIGURATION: &str = "openid-configuration";
/// The name of `/openid/connect/keys` there.
pub(super) const KEYS: &str = "openid.connect.keys";

/// The scopes that can be asked for.
const SCOPES: [&str; 3] = ["openid", "email", "profile"];
/// How long a code can be used.
const CODE_LIFE: Duration = Duration::from_secs(10 * 60);
/// The name of the one key.
const KEY_ID: &str = "sandbox-1";

/// What the stand-in holds for signing people in.
pub(super) struct SignIn {
    key: KeyPair,
    stranger: KeyPair,
    /// Who has signed in and not been asked for yet, by code.
    grants: HashMap<String, Grant>,
    tamper: Option<Tamper>,
}

/// That somebody signed in, until the app asks who.
struct Grant {
    person: Person,
    team: String,
    scopes: Vec<String>,
    nonce: Option<String>,
    redirect_uri: String,
    issued: Timestamp,
}

impl Grant {
    /// Whether its code has run out.
    fn is_old(&self, now: Timestamp) -> bool {
        now.duration_since(self.issued).unsigned_abs() > CODE_LIFE
    }
}

impl SignIn {
    /// Nobody has signed in yet; the keys are new.
    pub(super) fn new() -> Self {
        Self { key: KeyPair::generate(), stranger: KeyPair::generate(), grants: HashMap::new(), tamper: None }
    }

    /// The public half of the key as a JWK Set.
    pub(super) fn keys(&self) -> Value {
        let mut key = Jwk::from_encoding_key(&self.key.private, Algorithm::ES256).expect("a P-256 key has a JWK");
        key.common.key_id = Some(KEY_ID.to_owned());
        json!({ "keys": [key] })
    }
}

/// It holds keys and codes, which nobody is to read.
impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").finish_non_exhaustive()
    }
}

impl Workspace {
    /// The OpenID Provider's configuration. Slack signs with RS256; nothing but the name depends on that.
    pub(super) fn configuration(&self) -> Value {
        let origin = &self.own_url;
        json!({
            "issuer": origin,
            "authorization_endpoint": format!("{origin}/openid/connect/authorize"),
            "token_endpoint": format!("{origin}/api/{TOKEN_METHOD}"),
            "jwks_uri": format!("{origin}/openid/connect/keys"),
            "scopes_supported": SCOPES,
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        })
    }
}
