//! What is signed: access tokens (RFC 9068) and ID tokens (OpenID Connect Core 2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::own::{Issued, Kind};
use crate::sandbox::idp::claims::without_nulls;
use crate::sandbox::idp::families::FamilyId;
use crate::sandbox::idp::sign_in::PASSWORD;
use crate::sandbox::idp::state::State;
use crate::sandbox::idp::tamper;
use crate::sandbox::keys::compact;
use crate::sandbox::new_secret;

/// For whom an access token is, and for what.
pub(super) struct Access<'a> {
    pub(super) subject: &'a str,
    pub(super) client: Option<&'a str>,
    pub(super) scope: &'a [String],
    pub(super) audience: &'a str,
    /// The claim `act` (RFC 8693 4.1).
    pub(super) actor: Option<Value>,
    /// With which family it ends, where there is one.
    pub(super) family: Option<FamilyId>,
}

/// A new access token. It has the account's e-mail whatever the scope, as a P0 wants to know whose it is.
pub(super) fn access_token(state: &mut State, access: &Access<'_>) -> String {
    let jti = state.issue(Kind::Access, access.family);
    let now = state.now().as_second();
    let mut claims = json!({
        "iss": state.issuer,
        "sub": access.subject,
        "aud": access.audience,
        "iat": now,
        "exp": now.saturating_add_unsigned(state.setup.access_life.as_secs()),
        "jti": jti,
        "client_id": access.client,
        "scope": access.scope.join(" "),
        "email": state.account(access.subject).and_then(|account| account.email.as_deref()),
        "act": access.actor,
    });
    without_nulls(&mut claims);
    let key = state.keys.signing();
    let header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": key.id });
    compact(&header, &claims, Some((&key.pair.private, Algorithm::ES256)))
}

/// A new ID token of a family, wrong where it was ordered to be.
pub(super) fn id_token(
    state: &mut State,
    family: FamilyId,
    scope: &[String],
    nonce: Option<&str>,
    access_token: &str,
) -> String {
    let jti = state.issue(Kind::Id, Some(family));
    let now = state.now().as_second();
    let of = state.family(family);
    let signed_in = &of.signed_in;
    let amr: &[&str] = if signed_in.acr == PASSWORD { &["pwd"] } else { &["pwd", "mfa"] };
    let says_auth_time = signed_in.with_auth_time || state.setup.auth_time_unasked;
    let mut claims = json!({
        "iss": state.issuer,
        "sub": signed_in.subject,
        "aud": of.client,
        "iat": now,
        "exp": now.saturating_add_unsigned(state.setup.id_life.as_secs()),
        "jti": jti,
        "nonce": nonce,
        "auth_time": says_auth_time.then(|| signed_in.auth_time.as_second()),
        "acr": signed_in.acr,
        "amr": amr,
        "at_hash": at_hash(access_token),
    });
    let has = |word: &str| scope.iter().any(|own| own == word);
    if let Some(account) = state.account(&signed_in.subject) {
        if has("email") {
            claims["email"] = json!(account.email);
            claims["email_verified"] = json!(account.email_verified);
        }
        if has("profile") {
            claims["name"] = json!(account.name);
        }
    }
    without_nulls(&mut claims);
    let tamper = state.tampers.pop_front();
    if let Some(tamper) = &tamper {
        tamper.change(&mut claims);
    }
    tamper::sign(state.keys.signing(), &claims, tamper.as_ref())
}

/// The left half of the access token's SHA-256 (OpenID Connect Core 3.1.3.6).
fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16])
}

impl State {
    /// Remembers a token by a new `jti`.
    fn issue(&mut self, kind: Kind, family: Option<FamilyId>) -> String {
        let jti = new_secret();
        self.issued.insert(jti.clone(), Issued { kind, family });
        jti
    }
}
