//! Reasons that people typed in a message: text is not consent, but it is not lost either.

use jiff::Timestamp;

use super::{Ledger, LedgerError};
use crate::domain::person::SlackUser;
use crate::domain::request::RequestId;
use crate::ledger::database::Connection;

impl Ledger {
    /// Keeps a reason for the modal in which it can be confirmed.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn keep_draft(&self, request: RequestId, by: SlackUser, reason: String) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO drafts (request_id, team, person, reason, written_at) VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (request_id, team, person) DO UPDATE SET reason = $4, written_at = $5",
                )
                .bind(request.as_str())
                .bind(by.team.as_str())
                .bind(by.user.as_str())
                .bind(reason)
                .bind(now.as_millisecond())
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// The reason that the person typed last.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn draft(&self, request: &RequestId, by: &SlackUser) -> Result<Option<String>, LedgerError> {
        let reason =
            sqlx::query_scalar("SELECT reason FROM drafts WHERE request_id = $1 AND team = $2 AND person = $3")
                .bind(request.as_str())
                .bind(by.team.as_str())
                .bind(by.user.as_str())
                .fetch_optional(&self.readers)
                .await?;
        Ok(reason)
    }
}

/// Forgets drafts that were written before `before`.
pub(super) async fn forget(c: &mut Connection, before: Timestamp) -> Result<(), LedgerError> {
    sqlx::query("DELETE FROM drafts WHERE written_at < $1").bind(before.as_millisecond()).execute(c).await?;
    Ok(())
}
