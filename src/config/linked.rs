//! Where people sign in to link their account, and what is made of that for P0.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use url::Url;

use super::ConfigError;
use super::identity::{SignInPages, algorithm};
use super::raw::{RawExchange, RawLinked};
use super::settings::{Accounts, Exchange, Flow, Linked, SentToken, SubjectToken};
use super::values::{Checked, https, https_base, long_enough, required, span};
use crate::domain::person::UserId;

/// Asked for where the settings do not say otherwise: who somebody is, and a token that lasts.
const SCOPES: [&str; 3] = ["openid", "email", "offline_access"];
/// Where Google's Identity Platform is; P0's own client uses it there.
const IDENTITY_TOOLKIT: &str = "https://identitytoolkit.googleapis.com";
const SECURE_TOKEN: &str = "https://securetoken.googleapis.com";
/// Longest time between two sign-ins that is believed, where only Identity Platform renews.
const LONGEST_SESSION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Whose account is whose.
pub(super) fn accounts(people: BTreeMap<UserId, String>, by_email: bool) -> Checked<Accounts> {
    match (people.is_empty(), by_email) {
        (false, _) => Ok(Accounts::Table(people)),
        (true, true) => Ok(Accounts::ConfirmedEmail),
        (true, false) => Err(ConfigError::new(
            "identity.people",
            "is empty, and identity.email_match is not true: nobody could link an account",
        )),
    }
}

pub(super) fn linked(raw: RawLinked, accounts: Accounts, pages: &SignInPages<'_>) -> Checked<Linked> {
    let issuer = issuer("identity.linked.issuer", &required("identity.linked.issuer", raw.issuer)?)?;
    let flow = flow(raw.flow.as_deref(), pages)?;
    let client_id = raw.client_id.map(|id| required("identity.linked.client_id", Some(id))).transpose()?;
    if client_id.is_none() && matches!(flow, Flow::Code { .. }) {
        return Err(ConfigError::new(
            "identity.linked.client_id",
            "is missing: flow = \"code\" needs an OIDC client of your own, for P0's take loopback redirects only",
        ));
    }
    if let Some(secret) = &raw.client_secret {
        long_enough("identity.linked.client_secret", secret)?;
        if client_id.is_none() {
            return Err(ConfigError::new("identity.linked.client_secret", "is of no use without client_id"));
        }
    }
    let trusted = raw.trusted_email_issuers.unwrap_or_default().into_iter();
    let session = span("identity.linked.session", raw.session.as_deref().unwrap_or("12h"))?;
    if session > LONGEST_SESSION {
        return Err(ConfigError::new("identity.linked.session", "has to be at most 30d"));
    }
    Ok(Linked {
        issuer,
        client_id,
        client_secret: raw.client_secret,
        scopes: scopes(raw.scopes)?,
        flow,
        send: sent_token(raw.send.as_deref(), raw.identity_toolkit_url, raw.secure_token_url)?,
        trusted_email_issuers: trusted
            .map(|text| self::issuer("identity.linked.trusted_email_issuers", &text))
            .collect::<Checked<_>>()?,
        session,
        accounts,
    })
}

/// An issuer is compared byte for byte, so it is kept as it is written.
fn issuer(key: &str, text: &str) -> Checked<String> {
    let url = https_base(key, text)?;
    let shared = |part: &str| matches!(part, "common" | "organizations" | "consumers") || part.contains(['{', '%']);
    if url.path_segments().is_some_and(|mut parts| parts.any(shared)) {
        return Err(ConfigError::new(
            key,
            format!("{text:?} is of many organisations: it has to be your own tenant's, exactly as its tokens say"),
        ));
    }
    Ok(text.to_owned())
}

fn flow(named: Option<&str>, pages: &SignInPages<'_>) -> Checked<Flow> {
    match named {
        Some("device") => Ok(Flow::Device),
        Some("code") => match (pages.public_url, pages.slack) {
            (None, _) => {
                Err(ConfigError::new("public_url", "is missing: flow = \"code\" has pages that browsers open"))
            }
            (_, None) => Err(ConfigError::new(
                "slack.client_id",
                "and slack.client_secret are missing: flow = \"code\" begins with Sign in with Slack",
            )),
            (Some(public_url), Some(client)) => {
                Ok(Flow::Code { public_url: public_url.clone(), slack: client.clone() })
            }
        },
        None => Err(ConfigError::new("identity.linked.flow", "is missing: has to be \"code\" or \"device\"")),
        Some(other) => {
            Err(ConfigError::new("identity.linked.flow", format!("is {other:?}: has to be \"code\" or \"device\"")))
        }
    }
}

fn scopes(given: Option<Vec<String>>) -> Checked<Vec<String>> {
    let scopes = given.unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec());
    // RFC 6749, section 3.3.
    let is_token =
        |scope: &String| !scope.is_empty() && scope.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    if let Some(scope) = scopes.iter().find(|scope| !is_token(scope)) {
        return Err(ConfigError::new("identity.linked.scopes", format!("{scope:?} is no scope")));
    }
    if !scopes.iter().any(|scope| scope == "openid") {
        return Err(ConfigError::new("identity.linked.scopes", "has to hold \"openid\": who signed in is told by it"));
    }
    Ok(scopes)
}

fn sent_token(named: Option<&str>, toolkit: Option<String>, secure_token: Option<String>) -> Checked<SentToken> {
    if named != Some("identity_platform") && (toolkit.is_some() || secure_token.is_some()) {
        return Err(ConfigError::new(
            "identity.linked.identity_toolkit_url",
            "and secure_token_url are only used with send = \"identity_platform\"",
        ));
    }
    match named {
        Some("access_token") => Ok(SentToken::AccessToken),
        Some("id_token") => Ok(SentToken::IdToken),
        Some("identity_platform") => Ok(SentToken::IdentityPlatform {
            toolkit: base("identity.linked.identity_toolkit_url", toolkit, IDENTITY_TOOLKIT)?,
            secure_token: base("identity.linked.secure_token_url", secure_token, SECURE_TOKEN)?,
        }),
        None => Err(ConfigError::new(
            "identity.linked.send",
            "is missing: has to be \"access_token\", \"id_token\" or \"identity_platform\", whichever your P0 takes",
        )),
        Some(other) => Err(ConfigError::new(
            "identity.linked.send",
            format!("is {other:?}: has to be \"access_token\", \"id_token\" or \"identity_platform\""),
        )),
    }
}

fn base(key: &str, given: Option<String>, usual: &str) -> Checked<Url> {
    https_base(key, given.as_deref().unwrap_or(usual))
}

pub(super) fn exchange(raw: RawExchange, linked: Linked, folder: &Path) -> Checked<Exchange> {
    if matches!(linked.send, SentToken::IdentityPlatform { .. }) {
        return Err(ConfigError::new(
            "identity.linked.send",
            "says which of the provider's tokens is exchanged: has to be \"access_token\" or \"id_token\"",
        ));
    }
    if let Some(secret) = &raw.client_secret {
        long_enough("identity.exchange.client_secret", secret)?;
    }
    let key_file = required("identity.exchange.actor_key_file", raw.actor_key_file)?;
    Ok(Exchange {
        endpoint: https("identity.exchange.endpoint", &required("identity.exchange.endpoint", raw.endpoint)?)?,
        client_id: required("identity.exchange.client_id", raw.client_id)?,
        client_secret: raw.client_secret,
        audience: raw.audience,
        resource: raw.resource,
        scope: raw.scope,
        subject: match linked.send {
            SentToken::IdToken => SubjectToken::IdToken,
            _ => SubjectToken::AccessToken,
        },
        actor_key_file: folder.join(key_file),
        actor_algorithm: algorithm("identity.exchange.actor_algorithm", raw.actor_algorithm.as_deref())?,
        actor: required("identity.exchange.actor", raw.actor)?,
        linked,
    })
}
