//! Mode `tokens`: each person's own bearer token, in a file that is read anew for each decision.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;

use super::credentials::{Credential, Problem};
use super::private_file;
use crate::config::Secret;
use crate::domain::person::{Authority, UserId};
use crate::domain::refusal::Refusal;

/// Largest token file that is read, in bytes.
const MOST_BYTES: u64 = 16 * 1024;

/// Claims that name the person: OpenID Connect's, and those of Entra, which often sends no `email`.
const NAMES: [&str; 5] = ["email", "upn", "preferred_username", "unique_name", "sub"];

/// The file of each person.
pub(super) struct TokenFiles(pub(super) BTreeMap<UserId, PathBuf>);

impl TokenFiles {
    pub(super) async fn report_unusable(&self) {
        for (user, path) in &self.0 {
            if let Err(problem) = read(path).await {
                tracing::warn!(user = user.as_str(), path = %path.display(), problem, "a token file cannot be used");
            }
        }
    }

    /// What the operator has to mend before the person's file can be used; `None` also where they have none.
    pub(super) async fn problem(&self, user: &UserId, identity: Option<&str>, now: Timestamp) -> Option<Problem> {
        let path = self.0.get(user)?;
        let (refusal, problem) = match read(path).await {
            Err(problem) => (Refusal::CredentialUnusable, problem),
            Ok(token) => match check_claims(&readable_claims(&token)?, identity, now).err()? {
                Refusal::CredentialExpired => (Refusal::CredentialExpired, "its token has run out"),
                refusal => (refusal, "its token says that it is somebody else's"),
            },
        };
        Some(Problem { refusal, words: format!("{}: {problem}", path.display()) })
    }

    /// Reads the person's token. What exactly is wrong with a file is for the operator: it is logged, not told.
    ///
    /// `identity` is who they are to P0 by the table of people; where that says nothing the token's claims do.
    pub(super) async fn credential(
        &self,
        user: &UserId,
        identity: Option<&str>,
        now: Timestamp,
    ) -> Result<Credential, Refusal> {
        let missing = if identity.is_some() { Refusal::NoCredential } else { Refusal::NoIdentity };
        let path = self.0.get(user).ok_or(missing)?;
        let token = read(path).await.map_err(|problem| {
            tracing::warn!(user = user.as_str(), path = %path.display(), problem, "a token file cannot be used");
            Refusal::CredentialUnusable
        })?;
        let names = match readable_claims(&token) {
            Some(claims) => check_claims(&claims, identity, now)?,
            None => Vec::new(),
        };
        Ok(Credential {
            identity: identity.map(str::to_owned).or_else(|| names.first().cloned()),
            bearer: Secret::new(token),
            authority: Authority::OwnToken,
            names,
        })
    }
}

async fn read(path: &Path) -> Result<String, &'static str> {
    // What is checked is what is read: the file behind the path may change in between.
    let file = tokio::fs::File::open(path).await.map_err(|error| private_file::not_opened(&error))?;
    let metadata = file.metadata().await.map_err(|_| "it cannot be looked at")?;
    private_file::check(&metadata)?;
    let mut text = String::new();
    file.take(MOST_BYTES + 1).read_to_string(&mut text).await.map_err(|_| "it cannot be read as text")?;
    if text.len() as u64 > MOST_BYTES {
        return Err("it is larger than 16 KiB");
    }
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("it does not hold one token and nothing else");
    }
    Ok(token.to_owned())
}

/// The claims of a token that is a JWT; any other is opaque, and the table vouches for it. They are read to refuse,
/// never to believe, so the signature is P0's business.
fn readable_claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims.is_object().then_some(claims)
}

/// Refuses a token that says it is somebody else's or has run out; answers the names that it gives its owner.
fn check_claims(claims: &Value, identity: Option<&str>, now: Timestamp) -> Result<Vec<String>, Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    if claims.get("exp").and_then(Value::as_f64).is_some_and(|exp| exp <= now.as_second() as f64) {
        return Err(Refusal::CredentialExpired);
    }
    let is_identity = |name: &String| identity.is_none_or(|identity| name.trim().eq_ignore_ascii_case(identity));
    if text("email").is_some_and(|email| !is_identity(&email)) {
        return Err(Refusal::CredentialOfAnother);
    }
    let names: Vec<String> = NAMES.iter().filter_map(|name| text(name)).collect();
    // Without an e-mail, whatever looks like an address says whose it is; any other subject is P0's own id.
    let addresses: Vec<&String> = names.iter().filter(|name| name.contains('@')).collect();
    if !addresses.is_empty() && !addresses.into_iter().any(is_identity) {
        return Err(Refusal::CredentialOfAnother);
    }
    Ok(names)
}
