//! To whom a sealed record belongs: it opens for that row of that person, and for no other.

use serde_json::json;

use crate::domain::person::SlackUser;

/// The owner of a sealed record, which the cipher authenticates with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner(Vec<u8>);

impl Owner {
    /// The row `id` of a link between an identity at a provider and a Slack user.
    pub fn link(id: i64, issuer: &str, subject: &str, person: &SlackUser) -> Self {
        Self::of(&json!(["p0-chatops link", id, issuer, subject, person.team, person.user]))
    }

    /// The row `id` of a sign-in that a Slack user has begun.
    pub fn sign_in(id: i64, person: &SlackUser) -> Self {
        Self::of(&json!(["p0-chatops sign-in", id, person.team, person.user]))
    }

    /// As JSON, since there no two lists are written alike.
    fn of(parts: &serde_json::Value) -> Self {
        Self(parts.to_string().into_bytes())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
