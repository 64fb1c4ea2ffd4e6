//! P0's permission-request API: `POST /o/{org}/permission-requests/{id}/approve|deny|revoke`.

use serde_json::{Value, json};
use url::Url;

use super::answer;
use super::outcome::Outcome;
use crate::config::{P0, Secret};
use crate::domain::decision::Choice;
use crate::domain::request::RequestId;

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
        let request = self.client.post(self.url(id, choice)).bearer_auth(bearer.expose()).json(&body(choice));
        answer::of(request).await.map(drop)
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
