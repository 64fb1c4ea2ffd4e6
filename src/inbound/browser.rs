//! A person's browser on its way through a sign-in: what its cookie proves, and what it brings back from elsewhere.
//!
//! Everything that a sign-in must know again (`state`, `nonce`, the verifier of PKCE) is derived from the secret in the
//! cookie: the ledger keeps fingerprints only, and no other browser can go on where this one began.

use std::fmt;

use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::Sha256;
use url::form_urlencoded;

use crate::domain::sign_in::{Fingerprint, SIGN_IN_WITHIN};

/// Longest query that is read, in bytes; a code may be long.
const MOST_QUERY: usize = 8 * 1024;

/// Where a browser was sent: each has a state and a nonce of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// To Slack.
    Slack,
    /// To the organisation's provider.
    Provider,
}

impl Leg {
    fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Provider => "provider",
        }
    }
}

/// The secret in a browser's cookie; no `Debug` shows it.
#[derive(Clone)]
pub struct BrowserSecret(String);

impl fmt::Debug for BrowserSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserSecret(…)")
    }
}

impl BrowserSecret {
    const CHARACTERS: usize = 43;

    /// A new one, for a browser that begins.
    #[must_use]
    pub fn random() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// The one in a request's cookies.
    pub fn of(headers: &HeaderMap, is_https: bool) -> Option<Self> {
        let name = cookie_name(is_https);
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut values = cookies.flat_map(|line| line.split(';')).filter_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        });
        // Two of them are nobody's: which one counts would be a guess.
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let fits = value.len() == Self::CHARACTERS
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        fits.then(|| Self(value.to_owned()))
    }

    /// The cookie that gives it to a browser, for as long as a sign-in may take. `Lax`, because the way back from
    /// elsewhere is a plain link.
    pub fn cookie(&self, is_https: bool) -> HeaderValue {
        let secure = if is_https { "; Secure" } else { "" };
        let (name, age) = (cookie_name(is_https), SIGN_IN_WITHIN.as_secs());
        let cookie = format!("{name}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}", self.0);
        let mut value = HeaderValue::from_str(&cookie).expect("letters, digits and punctuation");
        value.set_sensitive(true);
        value
    }

    /// As the ledger knows it.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }

    /// What comes back with the browser.
    pub fn state(&self, leg: Leg) -> String {
        self.derived(&["state", leg.name()])
    }

    /// What the `nonce` of the ID token is the SHA-256 of. Identity Platform believes an ID token with a nonce only
    /// where it is given this beside it.
    pub fn raw_nonce(&self, leg: Leg) -> String {
        self.derived(&["nonce", leg.name()])
    }

    /// What comes back in the ID token.
    pub fn nonce(&self, leg: Leg) -> String {
        Fingerprint::of(&self.raw_nonce(leg)).as_str().to_owned()
    }

    /// PKCE's secret, 43 characters (RFC 7636, 4.1).
    pub fn verifier(&self, leg: Leg) -> String {
        self.derived(&["verifier", leg.name()])
    }

    fn derived(&self, what: &[&str]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()).expect("any length is a key");
        mac.update(what.join("/").as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

/// `__Host-` has browsers refuse it from other hosts and without TLS; on a loopback host there is none.
fn cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-p0-sign-in" } else { "p0-sign-in" }
}

/// What a browser brings back (RFC 6749, 4.1.2; RFC 9207).
pub struct Callback {
    /// Whose sign-in it is.
    pub state: Fingerprint,
    /// A code to redeem, or the error that came in its place.
    pub answer: Result<String, String>,
    /// Who answered, where they say.
    pub issuer: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Callback {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let query = parts.uri.query().unwrap_or_default();
        if query.len() > MOST_QUERY {
            return Err(StatusCode::URI_TOO_LONG);
        }
        let field = |name: &str| {
            let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            match (values.next(), values.next()) {
                (Some((_, value)), None) if !value.is_empty() => Ok(Some(value.into_owned())),
                (None | Some(_), None) => Ok(None),
                // Which of two counts would be a guess.
                _ => Err(StatusCode::BAD_REQUEST),
            }
        };
        let state = field("state")?.ok_or(StatusCode::BAD_REQUEST)?;
        let answer = match (field("code")?, field("error")?) {
            (Some(code), None) => Ok(code),
            (None, Some(error)) => Err(error),
            _ => return Err(StatusCode::BAD_REQUEST),
        };
        Ok(Self { state: Fingerprint::of(&state), answer, issuer: field("iss")? })
    }
}

/// Whether another site had the browser send this: browsers say so, and nothing else has to.
pub fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    matches!(site, Some("cross-site" | "same-site"))
}
