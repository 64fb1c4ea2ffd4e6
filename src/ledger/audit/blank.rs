//! Blanking: personal texts are forgotten. Their digests stay, and so does the chain.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row as _;

use super::entry::Entry;
use super::personal::Texts;
use crate::domain::person::UserId;
use crate::domain::request::RequestId;
use crate::ledger::database::Connection;
use crate::ledger::{Ledger, LedgerError, from_json, to_json};

/// Entries that are blanked in one transaction, which clicks wait behind.
const AT_ONCE: i64 = 200;

/// Whose entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// What somebody did.
    Person(UserId),
    /// What was done about a request.
    Request(RequestId),
}

/// What was blanked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blanked {
    /// Entries that had something.
    pub entries: usize,
    /// Texts that they had.
    pub texts: usize,
}

impl Ledger {
    /// Blanks the personal texts of entries. That becomes evidence too.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub async fn blank(&self, whose: Whose) -> Result<Blanked, LedgerError> {
        // Sealing sets apart what an older version wrote.
        while self.seal().await? > 0 {}
        let (mut all, mut after) = (Blanked::default(), 0);
        loop {
            let of = whose.clone();
            let (Blanked { entries, texts }, last) =
                self.write(move |c, now| Box::pin(async move { page(c, &of, after, now).await })).await?;
            (all.entries, all.texts) = (all.entries + entries, all.texts + texts);
            match last {
                Some(last) => after = last,
                None => return Ok(all),
            }
        }
    }
}

/// The next entries after one; answers the last that was looked at.
async fn page(
    c: &mut Connection,
    whose: &Whose,
    after: i64,
    now: Timestamp,
) -> Result<(Blanked, Option<i64>), LedgerError> {
    let (sql, key, detail) = match whose {
        Whose::Person(user) => (
            "SELECT id, personal FROM audit WHERE person = $1 AND personal IS NOT NULL AND id > $2 ORDER BY id LIMIT $3",
            user.as_str(),
            json!({ "person": user }),
        ),
        Whose::Request(request) => (
            "SELECT id, personal FROM audit
             WHERE request_id = $1 AND personal IS NOT NULL AND id > $2 ORDER BY id LIMIT $3",
            request.as_str(),
            json!({ "request": request }),
        ),
    };
    let rows = sqlx::query(sql).bind(key.to_owned()).bind(after).bind(AT_ONCE).fetch_all(&mut *c).await?;
    let (mut blanked, mut last) = (Blanked::default(), None);
    for row in rows {
        let id: i64 = row.try_get("id")?;
        let personal: String = row.try_get("personal")?;
        let mut texts: Texts = from_json(&personal)?;
        last = Some(id);
        let held = texts.values_mut().filter_map(Option::take).count();
        if held == 0 {
            continue;
        }
        blanked = Blanked { entries: blanked.entries + 1, texts: blanked.texts + held };
        sqlx::query("UPDATE audit SET personal = $2 WHERE id = $1")
            .bind(id)
            .bind(to_json(&texts)?)
            .execute(&mut *c)
            .await?;
    }
    if blanked.entries > 0 {
        let detail = json!({ "of": detail, "entries": blanked.entries, "texts": blanked.texts, "door": "cli" });
        Entry { event: "evidence.blanked", detail, ..Entry::default() }.write(c, now).await?;
    }
    Ok((blanked, last))
}
