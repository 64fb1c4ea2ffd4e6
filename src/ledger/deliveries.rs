//! What has been taken in already: Slack repeats events, and signed bytes can be replayed for five minutes.

use std::time::Duration;

use jiff::Timestamp;

use super::{Ledger, LedgerError};
use crate::domain::delivery::DeliveryKeys;
use crate::ledger::database::Connection;

/// How long a delivery is remembered: Slack's last retry of an event comes after about six minutes, and a token for
/// single use lives for at most 15, counted from a time that may be half a minute ahead of ours.
pub(super) const REMEMBERED: Duration = Duration::from_secs(15 * 60 + 30);

impl Ledger {
    /// Remembers a delivery; `false` where any of its keys was seen before.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn first_delivery(&self, keys: DeliveryKeys) -> Result<bool, LedgerError> {
        self.write(move |c, now| Box::pin(remember(c, keys, now))).await
    }
}

/// Remembers the keys; `false` where any was seen before.
pub(super) async fn remember(c: &mut Connection, keys: DeliveryKeys, now: Timestamp) -> Result<bool, LedgerError> {
    let mut first = true;
    for key in keys.iter() {
        let inserted =
            sqlx::query("INSERT INTO deliveries (key, seen_at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING")
                .bind(key)
                .bind(now.as_millisecond())
                .execute(&mut *c)
                .await?;
        first &= inserted.rows_affected() == 1;
    }
    Ok(first)
}

/// Forgets what is older than anything that could still be repeated.
pub(super) async fn forget(c: &mut Connection, now: Timestamp) -> Result<(), LedgerError> {
    let before = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
    sqlx::query("DELETE FROM deliveries WHERE seen_at < $1").bind(before.as_millisecond()).execute(c).await?;
    Ok(())
}
