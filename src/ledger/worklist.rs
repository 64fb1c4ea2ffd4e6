//! The requests that concern one person: what waits for them, what they approved that still runs, and their own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row as _;

use super::requests::{self, Kept};
use super::{Ledger, LedgerError, from_json, readable};
use crate::domain::person::{SlackUser, UserId};
use crate::domain::phase::Actor;
use crate::domain::request::Request;
use crate::domain::rules::comparable;
use crate::ledger::database::{Connection, Row};

/// Requests of one kind that are looked at for one person, the newest.
pub const MOST: usize = 500;
/// The same for the database.
const MOST_ROWS: i64 = MOST as i64;
/// How long one's own requests are shown after they came, once they are over.
const OVER_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Older requests that one transaction looks at.
const AT_ONCE: i64 = 500;

/// A request that waits for a decision, as far as it concerns one person.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The request.
    pub kept: Kept,
    /// Whether the person was told of it.
    pub was_told: bool,
    /// The routes that name the person for it.
    pub named: BTreeSet<String>,
}

impl Ledger {
    /// What waits for a decision, what the person was told of first, then the newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn waiting_for(&self, user: &UserId) -> Result<Vec<Waiting>, LedgerError> {
        let mut reading = self.readers.begin().await?;
        let named = sqlx::query(
            "SELECT t.request_id, t.route FROM told t JOIN requests r ON r.id = t.request_id
             WHERE t.person = $1 AND t.named = 1 AND r.pending = 1",
        )
        .bind(user.as_str())
        .fetch_all(&mut *reading)
        .await?;
        let mut routes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in &named {
            routes.entry(row.try_get("request_id")?).or_default().insert(row.try_get("route")?);
        }
        let rows = sqlx::query(
            "SELECT body, card_key, revision, concerned FROM
                 (SELECT r.*, CASE WHEN EXISTS (SELECT 1 FROM told t WHERE t.request_id = r.id AND t.person = $1
                                                AND t.told_at IS NOT NULL)
                              THEN 1 ELSE 0 END AS concerned
                  FROM requests r WHERE r.pending = 1) AS waiting
             ORDER BY concerned DESC, seen_at DESC, id DESC LIMIT $2",
        )
        .bind(user.as_str())
        .bind(MOST_ROWS)
        .fetch_all(&mut *reading)
        .await?;
        let read = |row: &Row| {
            let kept = requests::read(row)?;
            let named = routes.get(kept.request.id.as_str()).cloned().unwrap_or_default();
            Ok(Waiting { kept, was_told: row.try_get::<i64, _>("concerned")? != 0, named })
        };
        Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
    }

    /// What the person approved that is not over, the latest first; `names` are those that P0 may know them by, since of
    /// an approve whose answer was lost P0 alone says whose it was.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn running_by(&self, by: &SlackUser, names: &[String]) -> Result<Vec<Kept>, LedgerError> {
        let rows = sqlx::query(
            "SELECT body, card_key, revision FROM requests r WHERE r.pending = 0 AND r.live <> 0
               AND EXISTS (SELECT 1 FROM decisions d WHERE d.request_id = r.id AND d.team = $1 AND d.person = $2
                           AND d.verb = 'approve' AND d.stage_name IN ('done', 'settled'))
             ORDER BY r.seen_at DESC, r.id DESC LIMIT $3",
        )
        .bind(by.team.as_str())
        .bind(by.user.as_str())
        .bind(MOST_ROWS)
        .fetch_all(&self.readers)
        .await?;
        let theirs = |kept: &Kept| match kept.request.phase.approval().map(|approval| &approval.by) {
            Some(Actor::Here { user, .. }) => user == by,
            Some(Actor::InP0 { email: Some(email), .. }) => {
                names.iter().any(|name| comparable(name) == comparable(email))
            }
            Some(Actor::InP0 { email: None, .. } | Actor::Unnamed) | None => false,
        };
        Ok(rows.iter().filter_map(|row| readable(requests::read(row))).filter(theirs).collect())
    }

    /// The requests that somebody with these names asked for or would get: what is not over, then what ended lately,
    /// each the newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn own_of(&self, names: &[String]) -> Result<Vec<Kept>, LedgerError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let since = self.clock.now().checked_sub(OVER_FOR).unwrap_or(Timestamp::MIN);
        let places: Vec<String> = (0..names.len()).map(|nth| format!("${}", nth + 3)).collect();
        let sql = format!(
            "SELECT body, card_key, revision FROM requests
             WHERE id IN (SELECT request_id FROM parties WHERE name IN ({})) AND (live <> 0 OR seen_at >= $1)
             ORDER BY live DESC, seen_at DESC, id DESC LIMIT $2",
            places.join(", ")
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(since.as_millisecond()).bind(MOST_ROWS);
        let query = names.iter().fold(query, |query, name| query.bind(comparable(name)));
        let rows = query.fetch_all(&self.readers).await?;
        Ok(rows.iter().filter_map(|row| readable(requests::read(row))).collect())
    }

    /// At a start: requests that an older version wrote are found like the others.
    pub(super) async fn look_at_older_requests(&self) -> Result<(), LedgerError> {
        loop {
            let rows: Vec<(String, String)> = sqlx::query_as("SELECT id, body FROM requests WHERE live = -1 LIMIT $1")
                .bind(AT_ONCE)
                .fetch_all(&self.readers)
                .await?;
            if rows.is_empty() {
                return Ok(());
            }
            self.write(move |c, _| {
                Box::pin(async move {
                    for (id, body) in &rows {
                        look_at(c, id, body).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        }
    }
}

async fn look_at(c: &mut Connection, id: &str, body: &str) -> Result<(), LedgerError> {
    let request: Option<Request> = readable(from_json(body));
    if let Some(request) = &request {
        note_parties(c, request).await?;
    }
    let live = request.is_none_or(|request| !request.phase.is_ended());
    sqlx::query("UPDATE requests SET live = $2 WHERE id = $1").bind(id).bind(i64::from(live)).execute(c).await?;
    Ok(())
}

/// Writes whose own a request is.
pub(super) async fn note_parties(c: &mut Connection, request: &Request) -> Result<(), LedgerError> {
    let names: BTreeSet<String> = request.facts.parties().map(comparable).collect();
    let known: Vec<String> = sqlx::query_scalar("SELECT name FROM parties WHERE request_id = $1")
        .bind(request.id.as_str())
        .fetch_all(&mut *c)
        .await?;
    if known.iter().cloned().collect::<BTreeSet<_>>() == names {
        return Ok(());
    }
    sqlx::query("DELETE FROM parties WHERE request_id = $1").bind(request.id.as_str()).execute(&mut *c).await?;
    for name in names {
        sqlx::query("INSERT INTO parties (name, request_id) VALUES ($1, $2)")
            .bind(name)
            .bind(request.id.as_str())
            .execute(&mut *c)
            .await?;
    }
    Ok(())
}
