//! The device flow (RFC 8628): a code that the person enters at the provider, while the bot asks whether they did.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::discovery::safe_url;
use super::grant::seconds;
use super::id_token::Expected;
use super::token_endpoint::Authentication;
use super::{Grant, Provider, Trouble};
use crate::config::Secret;

/// Between two questions where the provider does not say.
const INTERVAL: Duration = Duration::from_secs(5);
/// How long a code is good where the provider does not say.
const EXPIRES_IN: Duration = Duration::from_secs(5 * 60);
/// Longest code that a person is asked to enter, in characters.
const MOST_USER_CODE: usize = 32;

/// A code, and where it is entered.
#[derive(Clone)]
pub struct DeviceCode {
    /// What the bot asks with.
    pub device_code: Secret,
    /// What the person enters.
    pub user_code: String,
    /// Where they enter it.
    pub verification_uri: Url,
    /// The same with the code in it, so that nothing has to be typed.
    pub verification_uri_complete: Option<Url>,
    /// The shortest time between two questions.
    pub interval: Duration,
    /// How long the code is good.
    pub expires_in: Duration,
}

/// What the provider says when it is asked.
#[derive(Clone, Debug)]
pub enum Poll {
    /// The person agreed.
    Granted(Box<Grant>),
    /// Not yet.
    Pending,
    /// Not yet, and from now on 5 seconds longer are to be waited each time.
    SlowDown,
    /// The person, or the provider, said no.
    Denied,
    /// The code has run out.
    Expired,
}

#[derive(Deserialize)]
struct DeviceAnswer {
    device_code: Secret,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    verification_uri_complete: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    interval: Option<Duration>,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<Duration>,
}

impl Provider {
    /// Asks for a code.
    ///
    /// # Errors
    /// Also where the provider offers no device flow.
    pub async fn device_code(&self) -> Result<DeviceCode, Trouble> {
        let metadata = self.metadata().await?;
        let url = metadata
            .device_authorization_endpoint
            .clone()
            .ok_or(Trouble::Untrusted("the discovery document names no device_authorization_endpoint"))?;
        let endpoint = self.endpoint(url, &metadata.token_endpoint_auth_methods);
        let scope = self.scopes().join(" ");
        let mut form = vec![("scope", scope.as_str())];
        // Here the name is wanted in the form, however the client shows who it is.
        if matches!(endpoint.authentication, Authentication::Basic { .. }) {
            form.push(("client_id", &self.0.registration.client_id));
        }
        let answer: DeviceAnswer = endpoint.ask(&form).await?;
        let user_code = answer.user_code.trim();
        let typed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b' ');
        if user_code.is_empty() || user_code.len() > MOST_USER_CODE || !user_code.bytes().all(typed) {
            return Err(Trouble::Untrusted("its user_code is nothing that a person could enter"));
        }
        Ok(DeviceCode {
            device_code: answer.device_code,
            user_code: user_code.to_owned(),
            verification_uri: safe_url(&answer.verification_uri)?,
            verification_uri_complete: answer.verification_uri_complete.map(|url| safe_url(&url)).transpose()?,
            interval: answer.interval.unwrap_or(INTERVAL).max(Duration::from_secs(1)),
            expires_in: answer.expires_in.unwrap_or(EXPIRES_IN),
        })
    }

    /// Asks whether the person agreed. A code is asked for by one asker, and no sooner than its interval allows.
    ///
    /// # Errors
    /// Also where the code was redeemed before (`invalid_grant`).
    pub async fn poll(&self, device_code: &Secret) -> Result<Poll, Trouble> {
        let discovered = self.0.discovery.get().await?;
        let form =
            [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", device_code.expose())];
        let endpoint = self.token_endpoint(&discovered.metadata);
        match self.grant(&endpoint, &discovered.keys, &form, Expected::Device).await {
            Ok(grant) => Ok(Poll::Granted(Box::new(grant))),
            Err(Trouble::Refused { code, words }) => match code.as_str() {
                "authorization_pending" => Ok(Poll::Pending),
                "slow_down" => Ok(Poll::SlowDown),
                "access_denied" => Ok(Poll::Denied),
                "expired_token" => Ok(Poll::Expired),
                _ => Err(Trouble::Refused { code, words }),
            },
            Err(trouble) => Err(trouble),
        }
    }
}
