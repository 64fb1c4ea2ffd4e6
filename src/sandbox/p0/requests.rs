//! Access requests: what P0 knows of one, and how it moves.

use jiff::{SignedDuration, Timestamp};
use rand::distr::{Alphanumeric, SampleString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The statuses in which a request waits for an approver.
const PENDING: [&str; 2] = ["PENDING_APPROVAL", "PENDING_APPROVAL_ESCALATED"];

/// The beginnings of the statuses in which there is nothing left to revoke, or it is on its way out already.
const ENDED: [&str; 7] = ["DENIED", "ERRORED", "TIMED_OUT", "REVOKE", "EXPIR", "CLEANUP", "CLEANED"];

/// What somebody asks for. [`Default`] is a plain AWS role, wanted by `rita@example.com` for herself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestSeed {
    /// The request id; `None` for 20 random letters and digits, as P0 makes them.
    pub id: Option<String>,
    /// P0's `type`: the integration, such as `aws` or `k8s`.
    pub r#type: String,
    /// P0's `access`: what of the integration, such as `role` or `resource`.
    pub access: String,
    /// P0's `permission` object; its shape depends on the type and is not published.
    pub permission: Value,
    /// Who asks, by e-mail.
    pub requestor: String,
    /// Who would get the access, by e-mail.
    pub principal: String,
    /// Why, in the requester's words.
    pub reason: Option<String>,
    /// How long is asked for, as people type it ("2 hours").
    pub duration: Option<String>,
    /// The rows that P0 would show.
    pub rows: Vec<DisplayRow>,
    /// Who may decide, by e-mail (`service` for the shared credential); `None` for everybody P0 knows.
    pub approvers: Option<Vec<String>>,
}

impl Default for RequestSeed {
    fn default() -> Self {
        Self {
            id: None,
            r#type: "aws".to_owned(),
            access: "role".to_owned(),
            permission: json!({ "role": "ReadOnly", "accountId": "111122223333" }),
            requestor: "rita@example.com".to_owned(),
            principal: "rita@example.com".to_owned(),
            reason: Some("Look at a bill".to_owned()),
            duration: Some("1 hour".to_owned()),
            rows: vec![DisplayRow::new("Role", "ReadOnly"), DisplayRow::new("Account", "staging (111122223333)")],
            approvers: None,
        }
    }
}

/// One row of `display.rows`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisplayRow {
    /// What the row is about.
    pub label: String,
    /// What it says.
    pub content: String,
    /// Whether P0 keeps it from people who look at the request.
    #[serde(default)]
    pub is_hidden: bool,
}

impl DisplayRow {
    /// A row that is shown.
    pub fn new(label: &str, content: &str) -> Self {
        Self { label: label.to_owned(), content: content.to_owned(), is_hidden: false }
    }
}

/// A request at P0.
pub(super) struct AccessRequest {
    pub(super) id: String,
    pub(super) seed: RequestSeed,
    /// Text, because a test may move a request to a status that nobody has heard of.
    pub(super) status: String,
    requested: i64,
    granted: Option<i64>,
    expires: Option<i64>,
    updated: i64,
    granted_for: Option<SignedDuration>,
    approval: Option<Value>,
    history: Vec<Value>,
}

impl AccessRequest {
    /// A request that waits for an approver.
    pub(super) fn new(mut seed: RequestSeed, now: Timestamp) -> Self {
        let id = seed.id.take().unwrap_or_else(|| Alphanumeric.sample_string(&mut rand::rng(), 20));
        let now = now.as_millisecond();
        let mut request = Self {
            id,
            seed,
            status: String::new(),
            requested: now,
            granted: None,
            expires: None,
            updated: now - 1,
            granted_for: None,
            approval: None,
            history: Vec::new(),
        };
        request.move_to(PENDING[0], now);
        request
    }

    /// Whether an approver can still decide.
    pub(super) fn is_pending(&self) -> bool {
        PENDING.contains(&self.status.as_str())
    }

    /// Whether nothing is left to revoke.
    pub(super) fn is_ended(&self) -> bool {
        ENDED.iter().any(|ended| self.status.starts_with(ended))
    }

    /// Whether it was approved and the access does not exist yet.
    pub(super) fn is_provisioning(&self) -> bool {
        ["APPROVED", "APPROVED_NOTIFIED", "STAGED"].contains(&self.status.as_str())
    }

    /// Sets the status at `now` (epoch milliseconds).
    pub(super) fn move_to(&mut self, status: &str, now: i64) {
        status.clone_into(&mut self.status);
        // Two moves within one millisecond of a stepped clock still come one after the other.
        self.updated = now.max(self.updated + 1);
        let label = status.to_lowercase().replace('_', " ");
        self.history.push(json!({ "status": status, "label": label, "timestamp": self.updated }));
    }

    /// Approves it for `granted_for`; `source` says through what.
    pub(super) fn approve(
        &mut self,
        source: &str,
        name: &str,
        email: &str,
        granted_for: Option<SignedDuration>,
        now: i64,
    ) {
        self.granted_for = granted_for;
        self.approval =
            Some(json!({ "approvalSource": source, "approvedTimestamp": now, "name": name, "email": email }));
        self.move_to("APPROVED", now);
    }

    /// Provisioning worked: the access exists and its time runs.
    pub(super) fn provision(&mut self, now: i64) {
        self.granted = Some(now);
        self.expires = self.granted_for.map(|length| now.saturating_add(length.as_millis() as i64));
        self.move_to("DONE", now);
    }

    /// All fields that P0 sends of a request; those marked optional are left out where there is nothing to say.
    pub(super) fn to_json(&self) -> Value {
        let mut fields = json!({
            "requestId": self.id,
            "type": self.seed.r#type,
            "access": self.seed.access,
            "status": self.status,
            "requestor": self.seed.requestor,
            "principal": self.seed.principal,
            "requestedTimestamp": self.requested,
            "lastUpdatedTimestamp": self.updated,
            "permission": self.seed.permission,
            "delegation": {},
            "display": { "rows": self.seed.rows, "history": self.history },
        });
        let optional = [
            ("reason", json!(self.seed.reason)),
            ("duration", json!(self.seed.duration)),
            ("grantTimestamp", json!(self.granted)),
            ("expiryTimestamp", json!(self.expires)),
            ("approvalDetails", json!(self.approval)),
        ];
        for (name, value) in optional {
            if !value.is_null() {
                fields[name] = value;
            }
        }
        fields
    }
}
