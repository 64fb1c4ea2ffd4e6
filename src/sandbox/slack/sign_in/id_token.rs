//! The ID token, honest unless somebody ordered otherwise.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Grant, KEY_ID};
use crate::sandbox::keys::compact;
use crate::sandbox::slack::state::Workspace;

/// How long an ID token is good for, in seconds.
const LIFE_SECONDS: i64 = 300;

/// What is wrong with the next ID token. Everything else about it is right.
#[derive(Clone, Debug, PartialEq)]
pub enum Tamper {
    /// This claim has this value; `null` takes it away.
    Claim(String, Value),
    /// Signed by another key than the one it names.
    ForeignKey,
    /// `alg: none` and no signature.
    Unsigned,
    /// The answer has none.
    Missing,
}

impl Workspace {
    /// Who signed in, for the app alone. `None` where somebody ordered that there is none.
    pub(super) fn id_token(&mut self, grant: &Grant, access_token: &str) -> Option<String> {
        let mut claims = self.claims(grant, access_token);
        let mut header = json!({ "alg": "ES256", "typ": "JWT", "kid": KEY_ID });
        let tamper = self.sign_in.tamper.take();
        let mut key = Some((&self.sign_in.key.private, Algorithm::ES256));
        match tamper {
            None => {}
            Some(Tamper::Claim(name, value)) => claims[name] = value,
            Some(Tamper::ForeignKey) => key = Some((&self.sign_in.stranger.private, Algorithm::ES256)),
            Some(Tamper::Unsigned) => {
                header = json!({ "alg": "none", "typ": "JWT" });
                key = None;
            }
            Some(Tamper::Missing) => return None,
        }
        // An ID token has no claim that is null.
        claims.as_object_mut()?.retain(|_, value| !value.is_null());
        Some(compact(&header, &claims, key))
    }

    fn claims(&self, grant: &Grant, access_token: &str) -> Value {
        let now = self.setup.clock.now().as_second();
        let digest = Sha256::digest(access_token);
        let mut claims = json!({
            "iss": self.own_url,
            "sub": grant.person.id,
            "aud": self.setup.client_id,
            "iat": now,
            "exp": now + LIFE_SECONDS,
            "auth_time": grant.issued.as_second(),
            "nonce": grant.nonce,
            "at_hash": URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2]),
            "https://slack.com/team_id": grant.team,
            "https://slack.com/user_id": grant.person.id,
        });
        let asked_for = |scope: &str| grant.scopes.iter().any(|asked| asked == scope);
        if asked_for("email")
            && let Some(email) = &grant.person.email
        {
            claims["email"] = json!(email);
            claims["email_verified"] = json!(grant.person.is_email_confirmed);
        }
        if asked_for("profile") {
            claims["name"] = json!(grant.person.real_name);
        }
        claims
    }
}
