//! What on-call sources said last: it counts where one does not answer.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{Ledger, LedgerError};
use crate::clock::from_millisecond;

impl Ledger {
    /// What a source said last, and when.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn oncall_answer(&self, source: &str) -> Result<Option<(String, Timestamp)>, LedgerError> {
        let row = sqlx::query("SELECT body, asked_at FROM oncall_answers WHERE source = $1")
            .bind(source)
            .fetch_optional(&mut *self.readers.acquire().await?)
            .await?;
        row.map(|row| Ok((row.try_get("body")?, from_millisecond(row.try_get("asked_at")?)))).transpose()
    }

    /// Keeps what a source has said, in place of what it said before.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn keep_oncall_answer(&self, source: String, body: String, at: Timestamp) -> Result<(), LedgerError> {
        let statement = sqlx::query(
            "INSERT INTO oncall_answers (source, body, asked_at) VALUES ($1, $2, $3)
             ON CONFLICT (source) DO UPDATE SET body = $2, asked_at = $3",
        );
        self.run(statement.bind(source).bind(body).bind(at.as_millisecond())).await
    }
}
