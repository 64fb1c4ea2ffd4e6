//! What was asked for, and its digest: what people were shown.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::expiration::ExpirationLength;

/// One row that P0 prepared for display.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisplayRow {
    /// What the row is about.
    pub label: String,
    /// What it says.
    pub content: String,
}

/// What was asked for. `None` is "P0 has not said".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// P0's integration: `aws`, `gcloud`, `ssh` …
    pub kind: Option<String>,
    /// The kind of access within it: `role`, `group`, `session` …
    pub access: Option<String>,
    /// The permission, as JSON with sorted keys.
    pub permission: Option<String>,
    /// Who asked.
    pub requester: Option<String>,
    /// Who is to get the access; differs from the requester where one asks for another.
    pub principal: Option<String>,
    /// Why, in the requester's words.
    pub reason: Option<String>,
    /// For how long, in whatever words P0 sent.
    pub duration: Option<String>,
    /// P0's own rows for display (those it hides are left out).
    pub display: Option<Vec<DisplayRow>>,
    /// What the access is to: each thing with its texts, several where P0 sent an object for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Vec<Vec<String>>>,
    /// Tags, each with its values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, Vec<String>>>,
}

/// The SHA-256 of what people were shown; two equal digests are the same facts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Facts {
    /// The digest of these facts, uncut: never of a status, a time or a wording.
    pub fn digest(&self) -> Digest {
        let bytes = serde_json::to_vec(self).expect("text serialises");
        Digest(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(bytes)))
    }

    /// These facts with what `news` says instead; what it does not mention stays.
    pub fn updated(&self, news: Facts) -> Facts {
        let old = self.clone();
        Facts {
            kind: news.kind.or(old.kind),
            access: news.access.or(old.access),
            permission: news.permission.or(old.permission),
            requester: news.requester.or(old.requester),
            principal: news.principal.or(old.principal),
            reason: news.reason.or(old.reason),
            duration: news.duration.or(old.duration),
            display: news.display.or(old.display),
            resource: news.resource.or(old.resource),
            tags: news.tags.or(old.tags),
        }
    }

    /// The length asked for, where what P0 sent can be read as one.
    pub fn asked_length(&self) -> Option<ExpirationLength> {
        self.duration.as_deref()?.parse().ok()
    }

    /// Everybody whose own request this is, as P0 names them.
    pub fn parties(&self) -> impl Iterator<Item = &str> {
        self.requester.as_deref().into_iter().chain(self.principal.as_deref())
    }
}
