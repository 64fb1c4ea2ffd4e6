//! The ID token, honest unless somebody ordered otherwise.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Grant, KEY_ID};
use crate::sandbox::keys::{compact, overrule};
use crate::sandbox::slack::state::Workspace;

/// How long an ID token is good for, in seconds.
const LIFE_SECONDS: i64 = 300;

/// What is wrong with an ID token.
#[derive(Clone, Debug)]
pub enum Tampering {
    /// These claims are set to something else; a `null` takes one away.
    Claims(Map<String, Value>),
    /// It is signed with a key that is not Slack's, under the name of Slack's.
    ForeignKey,
    /// `alg: none` and an empty signature.
    Unsigned,
    /// The answer has none.
    Missing,
}

impl Tampering {
    /// One claim is set to something else; a `null` takes it away.
    pub fn claim(name: &str, value: Value) -> Self {
        Self::Claims(Map::from_iter([(name.to_owned(), value)]))
    }
}

impl Workspace {
    /// Who signed in, for the app alone. `None` where somebody ordered that there is none.
    pub(super) fn id_token(&mut self, grant: &Grant, access_token: &str) -> Option<String> {
        let mut claims = self.claims(grant, access_token);
        let mut header = json!({ "alg": "ES256", "typ": "JWT", "kid": KEY_ID });
        let tampering = self.sign_in.tampering.take();
        let mut key = Some((&self.sign_in.key.private, Algorithm::ES256));
        match tampering {
            None => {}
            Some(Tampering::Claims(changes)) => overrule(&mut claims, &changes),
            Some(Tampering::ForeignKey) => key = Some((&self.sign_in.stranger.private, Algorithm::ES256)),
            Some(Tampering::Unsigned) => {
                header = json!({ "alg": "none", "typ": "JWT" });
                key = None;
            }
            Some(Tampering::Missing) => return None,
        }
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
        // An ID token has no claim that is null.
        claims.as_object_mut().into_iter().for_each(|claims| claims.retain(|_, value| !value.is_null()));
        claims
    }
}
