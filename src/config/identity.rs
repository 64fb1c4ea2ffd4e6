//! Whose credential a decision carries, by one mode.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonwebtoken::Algorithm;
use url::Url;

use super::ConfigError;
use super::linked;
use super::raw::{RawAssertion, RawIdentity};
use super::settings::{Assertion, Identity, SlackClient, Tokens};
use super::values::{Checked, not_built, required, required_secret, span};
use crate::domain::person::UserId;

/// The modes that there are.
const MODES: &str = "\"linked\", \"exchange\", \"tokens\", \"assertion\" or \"service\"";

/// What the pages need on which people sign in.
pub(super) struct SignInPages<'s> {
    pub(super) public_url: Option<&'s Url>,
    pub(super) slack: Option<&'s SlackClient>,
}

pub(super) fn check(raw: RawIdentity, pages: &SignInPages<'_>, folder: &Path) -> Checked<Identity> {
    let people = raw.people.unwrap_or_default().into_iter();
    let people: BTreeMap<UserId, String> = people.map(|(user, name)| person(user, name)).collect::<Checked<_>>()?;
    let by_email = raw.email_match == Some(true);
    if by_email && !people.is_empty() {
        return Err(ConfigError::new(
            "identity.email_match",
            "contradicts identity.people: where a table is configured nobody is looked up by e-mail",
        ));
    }
    let signs_in = matches!(raw.mode.as_deref(), Some("linked" | "exchange"));
    if by_email && !signs_in {
        return Err(not_built("identity.email_match", "matching by e-mail in this mode"));
    }
    match raw.mode.as_deref() {
        None => Err(ConfigError::new("identity.mode", format!("is missing: has to be {MODES}"))),
        Some("linked") => {
            let accounts = linked::accounts(people, by_email)?;
            linked::linked(raw.linked.unwrap_or_default(), accounts, pages).map(Box::new).map(Identity::Linked)
        }
        Some("exchange") => {
            let accounts = linked::accounts(people, by_email)?;
            let linked = linked::linked(raw.linked.unwrap_or_default(), accounts, pages)?;
            linked::exchange(raw.exchange.unwrap_or_default(), linked, folder).map(Box::new).map(Identity::Exchange)
        }
        Some("tokens") => tokens(raw.tokens.unwrap_or_default(), people, folder).map(Identity::Tokens),
        Some("assertion") if raw.acknowledge_bot_signs_for_approvers != Some(true) => Err(ConfigError::new(
            "identity.acknowledge_bot_signs_for_approvers",
            "has to be true for mode \"assertion\": whoever holds the bot's key can decide as anybody",
        )),
        Some("assertion") => assertion(raw.assertion.unwrap_or_default(), people, folder).map(Identity::Assertion),
        Some("service") if raw.acknowledge_shared_credential != Some(true) => Err(ConfigError::new(
            "identity.acknowledge_shared_credential",
            "has to be true for mode \"service\": P0 will not learn who decided",
        )),
        Some("service") => {
            let token = required_secret("identity.service.token", raw.service.unwrap_or_default().token)?;
            Ok(Identity::Service { token, people })
        }
        Some(other) => Err(ConfigError::new("identity.mode", format!("is {other:?}: has to be {MODES}"))),
    }
}

fn person(user: String, name: String) -> Checked<(UserId, String)> {
    let key = format!("identity.people.{user}");
    let id = UserId::parse(&user).ok_or_else(|| ConfigError::new(&key, "is no Slack user (U… or W…)"))?;
    if name.trim().is_empty() {
        return Err(ConfigError::new(key, "is empty: has to be the person's name in P0, mostly an e-mail address"));
    }
    Ok((id, name.trim().to_owned()))
}

fn tokens(files: BTreeMap<String, String>, people: BTreeMap<UserId, String>, folder: &Path) -> Checked<Tokens> {
    let files: BTreeMap<UserId, PathBuf> = files
        .into_iter()
        .map(|(user, path)| {
            let id = UserId::parse(&user)
                .ok_or_else(|| ConfigError::new(format!("identity.tokens.{user}"), "is no Slack user (U… or W…)"))?;
            Ok((id, folder.join(path)))
        })
        .collect::<Checked<_>>()?;
    let mut seen = BTreeMap::new();
    for (user, path) in &files {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if let Some(other) = seen.insert(real, user) {
            return Err(ConfigError::new(
                format!("identity.tokens.{user}"),
                format!("names the same file as {other}'s: each person has a token of their own"),
            ));
        }
    }
    if files.is_empty() {
        return Err(ConfigError::new("identity.tokens", "is empty: mode \"tokens\" needs a file for each approver"));
    }
    Ok(Tokens { files, people })
}

fn assertion(raw: RawAssertion, people: BTreeMap<UserId, String>, folder: &Path) -> Checked<Assertion> {
    let algorithm = algorithm("identity.assertion.algorithm", raw.algorithm.as_deref())?;
    let lifetime = span("identity.assertion.lifetime", raw.lifetime.as_deref().unwrap_or("5m"))?;
    if lifetime > Duration::from_secs(5 * 60) {
        return Err(ConfigError::new("identity.assertion.lifetime", "has to be at most 5m"));
    }
    if people.is_empty() {
        return Err(ConfigError::new("identity.people", "is empty: mode \"assertion\" signs for nobody else"));
    }
    Ok(Assertion {
        private_key_file: folder.join(required("identity.assertion.private_key_file", raw.private_key_file)?),
        algorithm,
        issuer: required("identity.assertion.issuer", raw.issuer)?,
        audience: required("identity.assertion.audience", raw.audience)?,
        lifetime,
        people,
    })
}

/// With which algorithm the bot signs.
pub(super) fn algorithm(key: &str, named: Option<&str>) -> Checked<Algorithm> {
    match named.unwrap_or("ES256") {
        "ES256" => Ok(Algorithm::ES256),
        "EdDSA" => Ok(Algorithm::EdDSA),
        "RS256" => Ok(Algorithm::RS256),
        other => Err(ConfigError::new(key, format!("is {other:?}: has to be ES256, EdDSA or RS256"))),
    }
}
