//! Single values: present, long enough, of the right form.

use std::net::SocketAddr;
use std::time::Duration;

use url::Url;

use super::host::is_surely_loopback;
use super::secret::SHORTEST;
use super::{ConfigError, Secret};
use crate::domain::expiration::ExpirationLength;

pub(super) type Checked<T> = Result<T, ConfigError>;

pub(super) fn required(key: &str, value: Option<String>) -> Checked<String> {
    match value.map(|value| value.trim().to_owned()) {
        Some(value) if value == "…" || value.contains("replace-with-") => {
            Err(ConfigError::new(key, "is the example's placeholder: put the real one in its place"))
        }
        Some(value) if !value.is_empty() => Ok(value),
        Some(_) => Err(ConfigError::new(key, "is empty")),
        None => Err(ConfigError::new(key, "is missing")),
    }
}

pub(super) fn required_secret(key: &str, value: Option<Secret>) -> Checked<Secret> {
    let secret = value.ok_or_else(|| ConfigError::new(key, "is missing"))?;
    long_enough(key, &secret)?;
    Ok(secret)
}

pub(super) fn long_enough(key: &str, secret: &Secret) -> Checked<()> {
    match secret.expose().trim().chars().count() {
        0 => Err(ConfigError::new(key, "is empty")),
        _ if secret.expose().contains("replace-with-") => {
            Err(ConfigError::new(key, "is the example's placeholder: put the real one in its place"))
        }
        n if n < SHORTEST => {
            Err(ConfigError::new(key, format!("is shorter than {SHORTEST} characters: that is no secret")))
        }
        _ if secret.expose().contains(|c: char| c.is_whitespace() || c.is_control()) => {
            Err(ConfigError::new(key, "has white space in it"))
        }
        _ => Ok(()),
    }
}

pub(super) fn ids<T>(
    key: &str,
    texts: Option<Vec<String>>,
    parse: impl Fn(&str) -> Option<T>,
    what: &str,
) -> Checked<Vec<T>> {
    let texts = texts.unwrap_or_default().into_iter();
    texts.map(|text| parse(&text).ok_or_else(|| ConfigError::new(key, format!("{text:?} is not {what}")))).collect()
}

pub(super) fn address(key: &str, text: &str) -> Checked<SocketAddr> {
    text.parse().map_err(|_| ConfigError::new(key, format!("{text:?} is no address with a port, as 127.0.0.1:3000")))
}

pub(super) fn span(key: &str, text: &str) -> Checked<Duration> {
    let length: ExpirationLength = text.parse().map_err(|error| ConfigError::new(key, format!("{text:?}: {error}")))?;
    Ok(length.duration())
}

pub(super) fn parse_url(key: &str, text: &str) -> Checked<Url> {
    let url = Url::parse(text).map_err(|error| ConfigError::new(key, format!("is no address: {error}")))?;
    if url.host().is_none() || url.cannot_be_a_base() {
        return Err(ConfigError::new(key, "is no address with a host"));
    }
    Ok(url)
}

pub(super) fn https(key: &str, text: &str) -> Checked<Url> {
    let url = parse_url(key, text)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigError::new(key, "may not hold a user name or a password"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_surely_loopback(&url) => Ok(url),
        _ => Err(ConfigError::new(key, "has to begin with https:// (http:// is for loopback hosts only)")),
    }
}

/// An address that paths are put behind.
pub(super) fn https_base(key: &str, text: &str) -> Checked<Url> {
    let url = https(key, text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigError::new(key, "may not have a query or a fragment"));
    }
    Ok(url)
}
