//! slack-morphism's client over our own HTTP client: with deadlines, and without bodies in its errors.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use slack_morphism::errors::{
    SlackClientApiError, SlackClientError, SlackClientHttpError, SlackClientHttpProtocolError,
    SlackClientProtocolError, SlackClientSystemError, SlackRateLimitError,
};
use slack_morphism::multipart_form::FileMultipartData;
use slack_morphism::prelude::{
    ClientResult, SlackClientApiCallContext, SlackClientHttpConnector, SlackClientId, SlackClientSecret,
};
use url::Url;

/// How long one call may take in all.
const CALL_WITHIN: Duration = Duration::from_secs(5);

/// Carries calls of the Web API.
pub(super) struct Connector {
    pub(super) client: reqwest::Client,
    /// Ends with `/`.
    pub(super) base_url: Url,
}

impl Connector {
    async fn send<RS: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
        context: SlackClientApiCallContext<'_>,
    ) -> ClientResult<RS> {
        let request = match context.token {
            Some(token) => request.bearer_auth(&token.token_value.0),
            None => request,
        };
        let answer = request.timeout(CALL_WITHIN).send().await.map_err(transport)?;
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let seconds = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            let limit = SlackRateLimitError::new();
            return Err(SlackClientError::RateLimitError(limit.opt_retry_after(seconds.map(Duration::from_secs))));
        }
        if !status.is_success() {
            return Err(SlackClientError::HttpError(SlackClientHttpError::new(status)));
        }
        let body: serde_json::Value = answer.json().await.map_err(transport)?;
        if body.get("ok") != Some(&serde_json::Value::Bool(true)) {
            let code = body.get("error").and_then(serde_json::Value::as_str).unwrap_or("no_error_code");
            return Err(SlackClientError::ApiError(SlackClientApiError::new(code.to_owned())));
        }
        serde_json::from_value(body)
            .map_err(|error| SlackClientError::ProtocolError(SlackClientProtocolError::new(error)))
    }
}

/// An error of the way, without the address: it may hold a capability.
fn transport(error: reqwest::Error) -> SlackClientError {
    SlackClientError::HttpProtocolError(SlackClientHttpProtocolError::new().with_cause(Box::new(error.without_url())))
}

fn not_used<'a, RS>(what: &'static str) -> BoxFuture<'a, ClientResult<RS>>
where
    RS: Send + 'a,
{
    let error = SlackClientSystemError::new().with_message(format!("{what} are not used here"));
    std::future::ready(Err(SlackClientError::SystemError(error))).boxed()
}

impl SlackClientHttpConnector for Connector {
    fn create_method_uri_path(&self, method: &str) -> ClientResult<Url> {
        Ok(self.base_url.join(method)?)
    }

    fn http_get_uri<'a, RS>(
        &'a self,
        uri: Url,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> serde::de::Deserialize<'de> + Send + 'a,
    {
        self.send(self.client.get(uri), context).boxed()
    }

    fn http_post_uri<'a, RQ, RS>(
        &'a self,
        uri: Url,
        body: &'a RQ,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RQ: Serialize + Send + Sync,
        RS: for<'de> serde::de::Deserialize<'de> + Send + 'a,
    {
        self.send(self.client.post(uri).json(body), context).boxed()
    }

    fn http_get_with_client_secret<'a, RS>(
        &'a self,
        _: Url,
        _: &'a SlackClientId,
        _: &'a SlackClientSecret,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> serde::de::Deserialize<'de> + Send + 'a,
    {
        not_used("client secrets")
    }

    fn http_post_uri_multipart_form<'a, 'p, RS, PT, TS>(
        &'a self,
        _: Url,
        _: Option<FileMultipartData<'p>>,
        _: &'p PT,
        _: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> serde::de::Deserialize<'de> + Send + 'a,
        PT: IntoIterator<Item = (&'p str, Option<TS>)> + Clone,
        TS: AsRef<str> + 'p + Send,
    {
        not_used("multipart forms")
    }

    fn http_post_uri_binary<'a, 'p, RS>(
        &'a self,
        _: Url,
        _: String,
        _: &'a [u8],
        _: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> serde::de::Deserialize<'de> + Send + 'a,
    {
        not_used("binary bodies")
    }
}
