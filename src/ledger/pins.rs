//! What was found out once and has to stay as it was.

use super::{Ledger, LedgerError};
use crate::ledger::database::Connection;

impl Ledger {
    /// What was found out once under this name; else takes `found` for it, for good.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn pin(&self, name: String, found: String) -> Result<String, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO pins (name, body, pinned_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
                )
                .bind(&name)
                .bind(found)
                .bind(now.as_millisecond())
                .execute(&mut *c)
                .await?;
                Ok(sqlx::query_scalar("SELECT body FROM pins WHERE name = $1").bind(name).fetch_one(c).await?)
            })
        })
        .await
    }

    /// What was pinned under this name.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn pinned(&self, name: &str) -> Result<Option<String>, LedgerError> {
        pin(&mut *self.readers.acquire().await?, name).await
    }
}

pub(super) async fn pin(c: &mut Connection, name: &str) -> Result<Option<String>, LedgerError> {
    Ok(sqlx::query_scalar("SELECT body FROM pins WHERE name = $1").bind(name).fetch_optional(c).await?)
}
