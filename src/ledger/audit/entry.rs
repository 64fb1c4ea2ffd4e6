//! One entry as it is written, in the transaction of its fact.

use jiff::Timestamp;
use serde_json::Value;

use super::canonical::{canonical, exact};
use super::personal::set_apart;
use crate::domain::person::SlackUser;
use crate::domain::request::RequestId;
use crate::ledger::database::Connection;
use crate::ledger::{LedgerError, new_id, to_json};

/// What is noted of a fact.
#[derive(Default)]
pub(super) struct Entry<'e> {
    /// What happened.
    pub(super) event: &'e str,
    /// About which request.
    pub(super) request: Option<&'e str>,
    /// About which decision.
    pub(super) decision: Option<i64>,
    /// Who did it.
    pub(super) by: Option<&'e SlackUser>,
    /// The rest. Personal texts in it are set apart.
    pub(super) detail: Value,
}

impl<'e> Entry<'e> {
    /// An entry about a request.
    pub(super) fn about(request: &'e RequestId) -> Self {
        Self { request: Some(request.as_str()), ..Self::default() }
    }

    /// Writes it.
    pub(super) async fn write(self, c: &mut Connection, now: Timestamp) -> Result<(), LedgerError> {
        let mut detail = exact(self.detail);
        let texts = set_apart(&mut detail);
        sqlx::query(
            "INSERT INTO audit (id, at, event, request_id, decision, team, person, detail, personal, apart)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)",
        )
        .bind(new_id(now))
        .bind(now.as_millisecond())
        .bind(self.event.to_owned())
        .bind(self.request.map(str::to_owned))
        .bind(self.decision)
        .bind(self.by.map(|by| by.team.as_str().to_owned()))
        .bind(self.by.map(|by| by.user.as_str().to_owned()))
        .bind(canonical(&detail))
        .bind(if texts.is_empty() { None } else { Some(to_json(&texts)?) })
        .execute(c)
        .await?;
        Ok(())
    }
}
