//! P0's settings API, `/o/{org}/settings/…`: what `jit-settings.json` documents, and the two routes that only P0's own
//! clients know.

use http::Method;
use serde_json::{Value, json};
use url::Url;

use super::answer;
use super::outcome::Outcome;
use super::settings_answer::said;
use crate::config::{P0, SettingsKey};
use crate::domain::jit::change::{Approvals, Change, Said};
use crate::domain::text::path_segment;

/// A client of the settings API.
#[derive(Clone)]
pub struct SettingsApi {
    client: reqwest::Client,
    settings: String,
    key: SettingsKey,
}

impl SettingsApi {
    /// A client for one organisation; `None` where there is no key. `client` must not follow redirects, retry, or keep
    /// connections, as for decisions.
    pub fn new(client: reqwest::Client, p0: &P0) -> Option<Self> {
        let base = p0.base_url.as_str().trim_end_matches('/');
        let settings = format!("{base}/o/{}/settings", p0.org);
        Some(Self { client, settings, key: p0.settings_api_key.clone()? })
    }

    /// Tells P0 of one change, once. `name` is what P0 may call the length that is removed.
    pub async fn call(&self, change: &Change, name: Option<&str>) -> Outcome<Said> {
        let (method, path, body) = operation(change, name);
        let Some(url) = self.url(&path) else {
            tracing::error!(change = change.name(), "the name of a length is no segment of a path");
            return Outcome::NotSent;
        };
        let request = self.client.request(method, url).bearer_auth(self.key.for_the_settings_api());
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        answer::of(request).await.and_then(|answer| said(change, answer))
    }

    /// The address, where it reads back as it was written: `.` and `..` climb, and nothing may be above an empty name.
    fn url(&self, path: &str) -> Option<Url> {
        let written = format!("{}/{path}", self.settings);
        Url::parse(&written).ok().filter(|url| url.as_str() == written && !written.ends_with('/'))
    }
}

/// Method, path and body.
fn operation(change: &Change, name: Option<&str>) -> (Method, String, Option<Value>) {
    let set = |path: &str, body: Value| (Method::PUT, path.to_owned(), Some(body));
    match change {
        Change::Add { length } => (Method::POST, "expiry-options".to_owned(), Some(json!(length))),
        Change::Remove { .. } => {
            (Method::DELETE, format!("expiry-options/{}", path_segment(name.unwrap_or_default())), None)
        }
        Change::Reset => (Method::POST, "expiry-options/_reset".to_owned(), None),
        Change::Maximum { length } => set("max-access-duration", json!(length)),
        Change::Standing { length } => set("standing-access-duration", json!(length)),
        Change::Approvable { length } => set("approvable-duration", json!(length)),
        Change::Approvals(Approvals { one_party, require_reason }) => {
            set("default-approvals", json!({ "allowOneParty": one_party, "requireReason": require_reason }))
        }
    }
}
