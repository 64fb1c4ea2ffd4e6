//! Who may work on a link's tokens: one at a time, to renew those of a living link or to give those of an ended one back.

use std::time::Duration;

use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::json;

use super::links::{COLUMNS, by_id, read};
use super::{Ledger, LedgerError, audit};
use crate::authorize::linked::LONGEST_RENEWAL;
use crate::authorize::linked::store::{Renewal, Renewed};
use crate::domain::link::{Link, LinkVersion};
use crate::ledger::database::Connection;

/// How long the right to renew holds. It has to outlast everything that is asked for one renewal, each with its own
/// deadline: whoever took it over meanwhile would use a refresh token for the second time, and kill all that came of it.
const RENEWAL: Duration = LONGEST_RENEWAL;

impl Ledger {
    /// The right to renew a link's tokens; `None` where somebody else has it, or has renewed them since.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn lease_renewal(&self, link: Link) -> Result<Option<Renewal>, LedgerError> {
        self.write(move |c, now| Box::pin(lease(c, link, now))).await
    }

    /// Puts new tokens in the place of the old; `false` where the right to had run out and somebody else took it.
    ///
    /// # Errors
    /// Where it cannot be written: then the old ones stay.
    pub async fn renewed(&self, id: i64, token: String, renewed: Renewed) -> Result<bool, LedgerError> {
        self.write(move |c, _| {
            Box::pin(async move {
                // A link that ended meanwhile takes them too: they are what its provider has to be told to forget.
                let ended: Option<Option<i64>> = sqlx::query_scalar(
                    "UPDATE links SET sealed = $3, proved_at = $4, good_until = $5, generation = generation + 1,
                                      lease_token = NULL, lease_until = NULL
                     WHERE id = $1 AND lease_token = $2 AND (ended_at IS NULL OR sealed IS NOT NULL)
                     RETURNING ended_at",
                )
                .bind(id)
                .bind(token)
                .bind(renewed.sealed)
                .bind(renewed.proved.as_millisecond())
                .bind(renewed.good_until.as_millisecond())
                .fetch_optional(c)
                .await?;
                Ok(ended == Some(None))
            })
        })
        .await
    }

    /// Gives the right to renew back, unused.
    ///
    /// # Errors
    /// Where it cannot be written: then it runs out by itself.
    pub async fn release(&self, renewal: Renewal) -> Result<(), LedgerError> {
        self.run(
            sqlx::query("UPDATE links SET lease_token = NULL, lease_until = NULL WHERE id = $1 AND lease_token = $2")
                .bind(renewal.link.id)
                .bind(renewal.token),
        )
        .await
    }

    /// An ended link whose tokens the provider has not been told of, leased; `None` where there is nothing to do.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn claim_forgetting(&self) -> Result<Option<Renewal>, LedgerError> {
        // Most looks find nothing: they cost no write.
        if to_forget(&mut *self.readers.acquire().await?, self.clock.now()).await?.is_none() {
            return Ok(None);
        }
        self.write(|c, now| {
            Box::pin(async move {
                let Some(link) = to_forget(c, now).await? else { return Ok(None) };
                Ok(Some(Renewal { token: give_lease(c, link.id, now).await?, link }))
            })
        })
        .await
    }

    /// The tokens of an ended link are gone for good.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn forgotten(&self, link: &Link, at_provider: bool) -> Result<(), LedgerError> {
        let (id, owner) = (link.id, link.owner.clone());
        self.write(move |c, now| {
            Box::pin(async move {
                sqlx::query("UPDATE links SET sealed = NULL, lease_token = NULL, lease_until = NULL WHERE id = $1")
                    .bind(id)
                    .execute(&mut *c)
                    .await?;
                let detail = json!({ "link": id, "revoked_at_provider": at_provider });
                audit::person(c, "link.forgotten", &owner, detail, now).await
            })
        })
        .await
    }

    /// The provider is to be told again at `due`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn forget_later(&self, id: i64, token: String, due: Timestamp) -> Result<(), LedgerError> {
        self.run(
            sqlx::query(
                "UPDATE links SET attempts = attempts + 1, due_at = $3, lease_token = NULL, lease_until = NULL
                 WHERE id = $1 AND lease_token = $2",
            )
            .bind(id)
            .bind(token)
            .bind(due.as_millisecond()),
        )
        .await
    }

    /// How often the provider was told in vain that a link has ended.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn forget_tries(&self, id: i64) -> Result<i64, LedgerError> {
        Ok(sqlx::query_scalar("SELECT attempts FROM links WHERE id = $1").bind(id).fetch_one(&self.readers).await?)
    }
}

/// P0 did not take these tokens: they are renewed before they are sent again. Newer ones are left as they are.
pub(super) async fn distrust(c: &mut Connection, of: LinkVersion) -> Result<(), LedgerError> {
    sqlx::query("UPDATE links SET good_until = 0 WHERE id = $1 AND generation = $2")
        .bind(of.id)
        .bind(of.generation)
        .execute(c)
        .await?;
    Ok(())
}

async fn lease(c: &mut Connection, link: Link, now: Timestamp) -> Result<Option<Renewal>, LedgerError> {
    let Some(current) = by_id(c, link.id).await? else { return Ok(None) };
    if current.generation != link.generation || current.ended.is_some() || is_leased(c, link.id, now).await? {
        return Ok(None);
    }
    Ok(Some(Renewal { token: give_lease(c, link.id, now).await?, link: current }))
}

async fn is_leased(c: &mut Connection, id: i64, now: Timestamp) -> Result<bool, LedgerError> {
    let until: Option<i64> =
        sqlx::query_scalar("SELECT lease_until FROM links WHERE id = $1").bind(id).fetch_one(c).await?;
    Ok(until.is_some_and(|until| until > now.as_millisecond()))
}

async fn give_lease(c: &mut Connection, id: i64, now: Timestamp) -> Result<String, LedgerError> {
    let token = Alphanumeric.sample_string(&mut rand::rng(), 22);
    let until = now.checked_add(RENEWAL).unwrap_or(Timestamp::MAX);
    sqlx::query("UPDATE links SET lease_token = $2, lease_until = $3 WHERE id = $1")
        .bind(id)
        .bind(&token)
        .bind(until.as_millisecond())
        .execute(c)
        .await?;
    Ok(token)
}

async fn to_forget(c: &mut Connection, now: Timestamp) -> Result<Option<Link>, LedgerError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM links WHERE ended_at IS NOT NULL AND sealed IS NOT NULL AND due_at <= $1
             AND (lease_until IS NULL OR lease_until <= $1) ORDER BY due_at LIMIT 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.as_millisecond()).fetch_optional(c).await?;
    row.as_ref().map(read).transpose()
}
