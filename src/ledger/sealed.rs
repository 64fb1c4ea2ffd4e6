//! Records that the vault has sealed: which keys they need, and their sealing under another key.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::{Ledger, LedgerError, links};
use crate::authorize::vault::{KeyId, Owner};
use crate::domain::link::LinkEnd;
use crate::domain::person::{SlackUser, TeamId, UserId};
use crate::ledger::database::{Connection, Row};

/// Every row that may hold something sealed. A key id stands behind the version, `v1.`.
const RECORDS: &str = "(
    SELECT 'links' AS place, id, team, person, issuer, subject, sealed, substr(sealed, 4, 16) AS key_id FROM links
    UNION ALL
    SELECT 'sign_ins', id, team, person, '', '', sealed, substr(sealed, 4, 16) FROM sign_ins
) AS records WHERE sealed IS NOT NULL";

/// How many sealed records there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedCounts {
    /// By the key that each needs.
    pub by_key: BTreeMap<KeyId, u64>,
    /// Those that have not the form of a sealed record: no key opens them.
    pub unreadable: u64,
}

/// A sealed record.
#[derive(Clone, Debug)]
pub struct SealedRecord {
    place: Place,
    id: i64,
    /// To whom it was sealed.
    pub owner: Owner,
    /// What was sealed.
    pub sealed: String,
}

impl SealedRecord {
    /// As operators are told of it: `links 1234`.
    pub fn name(&self) -> String {
        format!("{} {}", self.place.table(), self.id)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Links,
    SignIns,
}

impl Place {
    fn table(self) -> &'static str {
        match self {
            Self::Links => "links",
            Self::SignIns => "sign_ins",
        }
    }
}

impl Ledger {
    /// How many records need which key.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn sealed_by_key(&self) -> Result<SealedCounts, LedgerError> {
        count(&mut *self.readers.acquire().await?).await
    }

    /// At most `most` records that another key than `key` has sealed, those that come behind `after`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn sealed_not_under(
        &self,
        key: &KeyId,
        after: Option<&SealedRecord>,
        most: u32,
    ) -> Result<Vec<SealedRecord>, LedgerError> {
        let sql = format!(
            "SELECT place, id, team, person, issuer, subject, sealed FROM {RECORDS}
                 AND key_id <> $1 AND (place, id) > ($2, $3) ORDER BY place, id LIMIT $4"
        );
        let (place, id) = after.map_or(("", 0), |record| (record.place.table(), record.id));
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(key.as_str()).bind(place).bind(id).bind(i64::from(most));
        rows.fetch_all(&self.readers).await?.iter().map(read).collect()
    }

    /// Puts `new` in the place of what is sealed; `false` where the record has changed meanwhile.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn reseal(&self, record: SealedRecord, new: String) -> Result<bool, LedgerError> {
        self.write(move |c, _| {
            Box::pin(async move {
                let sql = match record.place {
                    Place::Links => "UPDATE links SET sealed = $1 WHERE id = $2 AND sealed = $3",
                    Place::SignIns => "UPDATE sign_ins SET sealed = $1 WHERE id = $2 AND sealed = $3",
                };
                let done = sqlx::query(sql).bind(new).bind(record.id).bind(record.sealed).execute(c).await?;
                Ok(done.rows_affected() == 1)
            })
        })
        .await
    }

    /// Gives up what is sealed, since its key is lost. A link ends with it, and its owner is told.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn give_up(&self, record: SealedRecord) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let sql = match record.place {
                    Place::Links => "UPDATE links SET sealed = NULL WHERE id = $1 AND sealed = $2",
                    Place::SignIns => "UPDATE sign_ins SET sealed = NULL WHERE id = $1 AND sealed = $2",
                };
                let done = sqlx::query(sql).bind(record.id).bind(record.sealed).execute(&mut *c).await?;
                if done.rows_affected() == 1 && record.place == Place::Links {
                    links::end(c, record.id, LinkEnd::RevokedByOperator, now).await?;
                }
                Ok(())
            })
        })
        .await
    }
}

/// As [`Ledger::sealed_by_key`], for whoever has no more than a connection.
pub(super) async fn count(c: &mut Connection) -> Result<SealedCounts, LedgerError> {
    let sql =
        format!("SELECT substr(sealed, 1, 3) AS version, key_id, COUNT(*) AS records FROM {RECORDS} GROUP BY 1, 2");
    let mut counts = SealedCounts::default();
    for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(c).await? {
        let records = u64::try_from(row.try_get::<i64, _>("records")?).unwrap_or_default();
        match KeyId::parse(row.try_get("key_id")?).filter(|_| row.try_get("version").is_ok_and(|v: &str| v == "v1.")) {
            Some(key) => *counts.by_key.entry(key).or_default() += records,
            None => counts.unreadable += records,
        }
    }
    Ok(counts)
}

fn read(row: &Row) -> Result<SealedRecord, LedgerError> {
    let (id, team, person): (i64, &str, &str) = (row.try_get("id")?, row.try_get("team")?, row.try_get("person")?);
    let corrupt = || LedgerError::Corrupt("a sealed record names no Slack user".to_owned());
    let person =
        SlackUser { team: TeamId::parse(team).ok_or_else(corrupt)?, user: UserId::parse(person).ok_or_else(corrupt)? };
    let (place, owner) = match row.try_get("place")? {
        "links" => (Place::Links, Owner::link(id, row.try_get("issuer")?, row.try_get("subject")?, &person)),
        _ => (Place::SignIns, Owner::sign_in(id, &person)),
    };
    Ok(SealedRecord { place, id, owner, sealed: row.try_get("sealed")? })
}
