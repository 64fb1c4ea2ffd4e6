//! Sealing: entries get their positions, and each a hash of itself and of all before it. It happens off the hot path, and by
//! one at a time: whoever seals moves the chain's one row on from what it was when they looked, or has come too late.

use serde_json::{Map, Value, json};
use sqlx::Row as _;

use super::canonical::{canonical, exact, link};
use super::personal::{Texts, set_apart};
use crate::clock::from_millisecond;
use crate::ledger::database::{Connection, Row};
use crate::ledger::{Ledger, LedgerError, to_json};

/// Entries that are sealed in one transaction, which clicks wait behind.
pub const AT_ONCE: usize = 32;

/// How long the chain is, and its last hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Entries in it; the position of the last.
    pub entries: i64,
    /// The hash of the last; 64 zeros where there is none.
    pub head: String,
}

/// The columns of an entry, as [`Stored::read`] reads them.
pub(super) const COLUMNS: &str = "id, at, event, request_id, decision, team, person, detail, personal, apart";

/// An entry as the ledger has it.
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) texts: Texts,
    fields: Map<String, Value>,
    /// The personal texts stood in the detail: an older version wrote it.
    was_whole: bool,
}

impl Stored {
    pub(super) fn read(row: &Row) -> Result<Self, LedgerError> {
        let text = |column: &str| row.try_get::<Option<String>, _>(column);
        let (id, at): (i64, i64) = (row.try_get("id")?, row.try_get("at")?);
        let detail: String = row.try_get("detail")?;
        // What somebody has made of it is evidence too.
        let mut detail = serde_json::from_str(&detail).unwrap_or_else(|_| json!({ "unreadable": detail }));
        let personal = text("personal")?;
        let mut texts = personal.and_then(|texts| serde_json::from_str(&texts).ok()).unwrap_or_default();
        let was_whole = row.try_get::<i64, _>("apart")? == 0;
        if was_whole {
            detail = exact(detail);
            texts = set_apart(&mut detail);
        }
        let mut fields = Map::new();
        fields.insert("id".into(), id.to_string().into());
        fields.insert("at".into(), from_millisecond(at).to_string().into());
        fields.insert("event".into(), text("event")?.into());
        fields.insert("detail".into(), detail);
        if let Some(request) = text("request_id")? {
            fields.insert("request".into(), request.into());
        }
        if let Some(decision) = row.try_get::<Option<i64>, _>("decision")? {
            fields.insert("decision".into(), decision.to_string().into());
        }
        if let (Some(team), Some(user)) = (text("team")?, text("person")?) {
            fields.insert("by".into(), json!({ "team": team, "user": user }));
        }
        Ok(Self { id, texts, fields, was_whole })
    }

    /// What is chained and exported.
    pub(super) fn entry(mut self, position: i64) -> (Value, Texts) {
        self.fields.insert("position".into(), position.into());
        (Value::Object(self.fields), self.texts)
    }
}

/// An entry with its place.
struct Sealed {
    id: i64,
    position: i64,
    hash: String,
    /// The detail and the texts of an entry that an older version wrote.
    parted: Option<(String, String)>,
}

impl Ledger {
    /// Seals what has none yet, at most so much as clicks can wait for; says how much that was. A look that finds nothing
    /// costs no write.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub async fn seal(&self) -> Result<usize, LedgerError> {
        let mut reader = self.readers.acquire().await?;
        // First: whoever seals meanwhile moves it on, and this comes to nothing.
        let before = chain(&mut reader).await?;
        let sql = format!("SELECT {COLUMNS} FROM audit WHERE position IS NULL ORDER BY id LIMIT $1");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(AT_ONCE as i64).fetch_all(&mut *reader).await?;
        drop(reader);
        if rows.is_empty() {
            return Ok(0);
        }
        let (mut after, mut sealed) = (before.clone(), Vec::with_capacity(rows.len()));
        for row in &rows {
            let stored = Stored::read(row)?;
            let (id, was_whole) = (stored.id, stored.was_whole);
            after.entries += 1;
            let (entry, texts) = stored.entry(after.entries);
            after.head = link(&after.head, &canonical(&entry)).ok_or_else(|| corrupt("head"))?;
            let parted = match was_whole {
                true => Some((canonical(&entry["detail"]), to_json(&texts)?)),
                false => None,
            };
            sealed.push(Sealed { id, position: after.entries, hash: after.head.clone(), parted });
        }
        let count = sealed.len();
        let is_moved = self.write(move |c, _| Box::pin(keep(c, before, after, sealed))).await?;
        Ok(if is_moved { count } else { 0 })
    }

    /// The chain as it is.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn chain(&self) -> Result<Chain, LedgerError> {
        chain(&mut *self.readers.acquire().await?).await
    }
}

pub(super) async fn chain(c: &mut Connection) -> Result<Chain, LedgerError> {
    let row = sqlx::query("SELECT entries, head FROM audit_chain WHERE id = 1").fetch_optional(c).await?;
    let row = row.ok_or_else(|| corrupt("row"))?;
    Ok(Chain { entries: row.try_get("entries")?, head: row.try_get("head")? })
}

fn corrupt(what: &str) -> LedgerError {
    LedgerError::Corrupt(format!("the {what} of the evidence's chain"))
}

async fn keep(c: &mut Connection, before: Chain, after: Chain, sealed: Vec<Sealed>) -> Result<bool, LedgerError> {
    let moved =
        sqlx::query("UPDATE audit_chain SET entries = $1, head = $2 WHERE id = 1 AND entries = $3 AND head = $4")
            .bind(after.entries)
            .bind(after.head)
            .bind(before.entries)
            .bind(before.head)
            .execute(&mut *c)
            .await?;
    if moved.rows_affected() == 0 {
        return Ok(false);
    }
    for Sealed { id, position, hash, parted } in sealed {
        let placed = sqlx::query("UPDATE audit SET position = $2, hash = $3 WHERE id = $1 AND position IS NULL")
            .bind(id)
            .bind(position)
            .bind(hash)
            .execute(&mut *c)
            .await?;
        if placed.rows_affected() == 0 {
            return Err(LedgerError::Corrupt(format!(
                "entry {id} of the evidence: it has a position that nobody gave it"
            )));
        }
        if let Some((detail, texts)) = parted {
            sqlx::query("UPDATE audit SET detail = $2, personal = $3, apart = 1 WHERE id = $1")
                .bind(id)
                .bind(detail)
                .bind(texts)
                .execute(&mut *c)
                .await?;
        }
    }
    Ok(true)
}
