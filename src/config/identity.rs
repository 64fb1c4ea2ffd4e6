//! Whose credential a decision carries, by one mode.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use url::Url;

use super::ConfigError;
use super::linked;
use super::own_tokens;
use super::raw::{RawAssertion, RawIdentity};
use super::settings::{Accounts, Assertion, AssertionGrant, Identity, RedeemedAssertion, SlackClient};
use super::values::{Checked, https, long_enough, required, required_secret, span};
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
    if by_email && matches!(raw.mode.as_deref(), Some("tokens" | "service")) {
        let problem = "has no use in this mode: \"linked\", \"exchange\" and \"assertion\" ask who people are to P0";
        return Err(ConfigError::new("identity.email_match", problem));
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
        Some("tokens") => {
            let (files, within) = (raw.tokens.unwrap_or_default(), raw.tokens_command_within.as_deref());
            own_tokens::tokens(files, raw.tokens_command, within, people, folder).map(Identity::Tokens)
        }
        Some("assertion") if raw.acknowledge_bot_signs_for_approvers != Some(true) => Err(ConfigError::new(
            "identity.acknowledge_bot_signs_for_approvers",
            "has to be true for mode \"assertion\": whoever holds the bot's key can decide as anybody",
        )),
        Some("assertion") => {
            if people.is_empty() && !by_email {
                let problem =
                    "is empty, and identity.email_match is not true: mode \"assertion\" signs for nobody else";
                return Err(ConfigError::new("identity.people", problem));
            }
            let accounts = if by_email { Accounts::ConfirmedEmail } else { Accounts::Table(people) };
            assertion(raw.assertion.unwrap_or_default(), accounts, folder).map(Identity::Assertion)
        }
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

fn assertion(mut raw: RawAssertion, accounts: Accounts, folder: &Path) -> Checked<Assertion> {
    let redeemed = redeemed(&mut raw)?;
    let algorithm = algorithm("identity.assertion.algorithm", raw.algorithm.as_deref())?;
    let lifetime = span("identity.assertion.lifetime", raw.lifetime.as_deref().unwrap_or("5m"))?;
    if lifetime > Duration::from_secs(5 * 60) {
        return Err(ConfigError::new("identity.assertion.lifetime", "has to be at most 5m"));
    }
    Ok(Assertion {
        private_key_file: folder.join(required("identity.assertion.private_key_file", raw.private_key_file)?),
        algorithm,
        issuer: required("identity.assertion.issuer", raw.issuer)?,
        audience: required("identity.assertion.audience", raw.audience)?,
        lifetime,
        also_publish: raw.also_publish.unwrap_or_default().into_iter().map(|path| folder.join(path)).collect(),
        redeemed,
        accounts,
    })
}

fn redeemed(raw: &mut RawAssertion) -> Checked<Option<Box<RedeemedAssertion>>> {
    let key = |name: &str| format!("identity.assertion.{name}");
    let Some(endpoint) = raw.token_endpoint.take() else {
        let set = [
            ("grant", raw.grant.is_some()),
            ("client_id", raw.client_id.is_some()),
            ("client_secret", raw.client_secret.is_some()),
            ("scope", raw.scope.is_some()),
        ];
        return match set.into_iter().find(|(_, is_set)| *is_set) {
            Some((name, _)) => Err(ConfigError::new(key(name), "is of no use without token_endpoint")),
            None => Ok(None),
        };
    };
    let either = "has to be \"jwt-bearer\" or \"token-exchange\", whichever that endpoint takes";
    let grant = match raw.grant.as_deref() {
        Some("jwt-bearer") => AssertionGrant::JwtBearer,
        Some("token-exchange") => AssertionGrant::TokenExchange,
        Some(other) => return Err(ConfigError::new(key("grant"), format!("is {other:?}: {either}"))),
        None => return Err(ConfigError::new(key("grant"), format!("is missing: {either}"))),
    };
    if let Some(secret) = &raw.client_secret {
        long_enough(&key("client_secret"), secret)?;
        if raw.client_id.is_none() {
            return Err(ConfigError::new(key("client_secret"), "is of no use without client_id"));
        }
    }
    Ok(Some(Box::new(RedeemedAssertion {
        endpoint: https(&key("token_endpoint"), &endpoint)?,
        grant,
        client_id: raw.client_id.take().map(|id| required(&key("client_id"), Some(id))).transpose()?,
        client_secret: raw.client_secret.take(),
        scope: raw.scope.take(),
    })))
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
