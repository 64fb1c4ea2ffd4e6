//! What is known of P0's settings, and with it what may be granted.

use sqlx::Row as _;

use crate::config::assumed_lengths;
use crate::domain::jit::lengths::Lengths;
use crate::domain::jit::mirror::{Mirror, Stated};
use crate::domain::jit::told::ToldLength;
use crate::domain::jit::wanted::Wanted;
use crate::ledger::database::Connection;
use crate::ledger::{Ledger, LedgerError, audit, from_json, requests, to_json};

impl Ledger {
    /// What is known of P0's settings.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn mirror(&self) -> Result<Mirror, LedgerError> {
        load(&mut *self.readers.acquire().await?).await
    }

    /// What may be granted now.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn lengths(&self) -> Result<Lengths, LedgerError> {
        Ok(self.mirror().await?.lengths())
    }

    /// Takes in what the settings file says. Answers whether that was news.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn state_settings(&self, stated: Stated) -> Result<bool, LedgerError> {
        let known = self.mirror().await?;
        let mut tried = known.clone();
        tried.state(stated.clone(), &assumed_lengths(), self.clock.now());
        // Most starts bring no news: they cost no write.
        if tried == known {
            return Ok(false);
        }
        self.write(move |c, now| {
            Box::pin(async move {
                let mut mirror = load(c).await?;
                let is_news = mirror.state(stated.clone(), &assumed_lengths(), now);
                save(c, &mirror).await?;
                audit::settings(c, "settings.stated", serde_json::json!({ "stated": stated }), now).await?;
                Ok(is_news)
            })
        })
        .await
    }

    /// Takes in what the operator says that P0 has.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn import_settings(&self, wanted: Wanted, values: Vec<ToldLength>) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let mut mirror = load(c).await?;
                mirror.import(&wanted, &values, now);
                save(c, &mirror).await?;
                audit::settings(c, "settings.imported", serde_json::json!({ "mirror": mirror }), now).await
            })
        })
        .await
    }
}

pub(in crate::ledger) async fn load(c: &mut Connection) -> Result<Mirror, LedgerError> {
    let row = sqlx::query("SELECT body FROM settings_mirror").fetch_optional(c).await?;
    match row {
        Some(row) => from_json(row.try_get("body")?),
        None => Ok(Mirror::assumed(&assumed_lengths())),
    }
}

/// Writes what is known. Where something else may be granted than before, every card that still waits is drawn anew.
pub(super) async fn save(c: &mut Connection, mirror: &Mirror) -> Result<(), LedgerError> {
    let before = load(c).await?.lengths();
    sqlx::query("INSERT INTO settings_mirror (id, body) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET body = $1")
        .bind(to_json(mirror)?)
        .execute(&mut *c)
        .await?;
    if mirror.lengths() == before {
        return Ok(());
    }
    requests::touch_pending(c).await
}

/// What may be granted at this moment.
pub(in crate::ledger) async fn lengths(c: &mut Connection) -> Result<Lengths, LedgerError> {
    Ok(load(c).await?.lengths())
}
