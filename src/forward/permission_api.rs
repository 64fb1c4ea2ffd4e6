//! P0's permission-request API: `POST /o/{org}/permission-requests/{id}/approve|deny|revoke`.

use std::time::Duration;

use http::header;
use serde_json::{Value, json};
use url::Url;

use super::outcome::{self, Outcome};
use crate::config::{P0, Secret};
use crate::domain::decision::Choice;
use crate::domain::request::RequestId;

/// How long a call may take in all. A lease holds three times as long.
pub const CALL_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read.
const MOST_BYTES: usize = 64 * 1024;

/// A client of the permission-request API.
#[derive(Clone)]
pub struct PermissionApi {
    client: reqwest::Client,
    base_url: Url,
    org: String,
}

impl PermissionApi {
    /// A client for one organisation. `client` must not follow redirects, retry, or keep connections:
    /// a decision that rides an idle connection may be lost without anybody knowing whether it was sent.
    pub fn new(client: reqwest::Client, p0: &P0) -> Self {
        Self { client, base_url: p0.base_url.clone(), org: p0.org.clone() }
    }

    /// Tells P0 the choice, once, with the bearer's authority.
    pub async fn call(&self, id: &RequestId, choice: &Choice, bearer: &Secret) -> Outcome {
        let request = self
            .client
            .post(self.url(id, choice))
            .timeout(CALL_WITHIN)
            .bearer_auth(bearer.expose())
            .json(&body(choice));
        match request.send().await {
            Err(error) if error.is_connect() || error.is_builder() => {
                tracing::warn!(error = %error.without_url(), "P0 could not be reached");
                Outcome::NotSent
            }
            Err(error) => {
                tracing::warn!(error = %error.without_url(), "P0's answer was lost");
                Outcome::Unknown { words: String::new() }
            }
            Ok(answer) => {
                let status = answer.status();
                let retry_after = retry_after(&answer);
                let body = read(answer).await;
                outcome::of_answer(status, retry_after, body.as_deref())
            }
        }
    }

    fn url(&self, id: &RequestId, choice: &Choice) -> Url {
        let base = self.base_url.as_str().trim_end_matches('/');
        let path = format!("{base}/o/{}/permission-requests/{}/{}", self.org, id.path_segment(), choice.verb());
        Url::parse(&path).expect("a checked address with encoded segments")
    }
}

/// The body of a call. Deny and revoke send `{}`: P0's parser rejects a literal `null`.
fn body(choice: &Choice) -> Value {
    match choice {
        Choice::Approve { length } => json!({ "expirationLength": length.for_p0() }),
        Choice::Deny { .. } | Choice::Revoke => json!({}),
    }
}

fn retry_after(answer: &reqwest::Response) -> Option<Duration> {
    let seconds: u64 = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The body, bounded; `None` where it did not arrive whole.
async fn read(mut answer: reqwest::Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > MOST_BYTES {
            body.truncate(MOST_BYTES);
            break;
        }
    }
    Some(body)
}
