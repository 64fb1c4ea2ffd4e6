//! The requests that P0 told of: the bot's own record, since P0 offers none to read.

use jiff::Timestamp;
use sqlx::Row as _;
use std::sync::Arc;

use super::copies;
use super::decisions;
use super::deliveries;
use super::{Ledger, LedgerError, audit, from_json, homes, new_id, outcomes, readable, to_json, watches, worklist};
use crate::domain::card_key::CardKey;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::door::Door;
use crate::domain::facts::Digest;
use crate::domain::person::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Applied, Push, Request, RequestId};
use crate::domain::route::routes::Routes;
use crate::domain::watch::Watch;
use crate::ledger::database::{Connection, Row};

/// Requests that one list shows at most.
pub const MOST_LISTED: i64 = 20;
/// Unread pushes that are kept for the operator, the newest.
const UNREAD_KEPT: i64 = 1000;
/// Characters kept of one of them.
const UNREAD_CHARACTERS: usize = 64 * 1024;

/// A request with what the ledger keeps beside it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The request.
    pub request: Request,
    /// The key that the controls of its card carry now.
    pub key: CardKey,
    /// Grows with every change that people see.
    pub revision: i64,
}

/// What a push did.
#[derive(Clone, Debug)]
pub struct Taken {
    /// To the request.
    pub applied: Applied,
    /// How a request is looked after that was not known before.
    pub begun: Option<Watch>,
}

impl Ledger {
    /// Takes a push in; `routes` say where a request that was not known is shown. `None` where the token that it
    /// came with opens the door `once` and was used before.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn take_push(
        &self,
        push: Push,
        routes: Arc<Routes>,
        once: Option<DeliveryKeys>,
        door: Door,
    ) -> Result<Option<Taken>, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                if let Some(keys) = once
                    && !deliveries::remember(c, keys, now).await?
                {
                    return Ok(None);
                }
                take_push(c, push, &routes, door, now).await.map(Some)
            })
        })
        .await
    }

    /// Keeps a push that does not read as a request, for the operator to look at.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn keep_unread(&self, body: &str) -> Result<(), LedgerError> {
        // PostgreSQL holds no NUL, and what can never be written would be pushed again for ever.
        let body = crate::domain::text::cut(body, UNREAD_CHARACTERS).replace('\0', "\u{fffd}");
        self.write(move |c, now| {
            Box::pin(async move {
                sqlx::query("INSERT INTO unread_pushes (id, body, seen_at) VALUES ($1, $2, $3)")
                    .bind(new_id(now))
                    .bind(body)
                    .bind(now.as_millisecond())
                    .execute(&mut *c)
                    .await?;
                sqlx::query("DELETE FROM unread_pushes WHERE id NOT IN (SELECT id FROM unread_pushes ORDER BY id DESC LIMIT $1)")
                    .bind(UNREAD_KEPT)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// One request, if P0 told of it.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn request(&self, id: &RequestId) -> Result<Option<Kept>, LedgerError> {
        load(&mut *self.readers.acquire().await?, id).await
    }

    /// The requests that wait for somebody to decide, newest first, at most [`MOST_LISTED`].
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn pending(&self) -> Result<Vec<Kept>, LedgerError> {
        let rows = sqlx::query(
            "SELECT body, card_key, revision FROM requests WHERE pending = 1 ORDER BY seen_at DESC, id DESC LIMIT $1",
        )
        .bind(MOST_LISTED)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }

    /// The same, with those in front that somebody chose something for, the latest first: that is what they are at.
    /// `all`: others too.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn pending_for(&self, user: &UserId, all: bool) -> Result<Vec<Kept>, LedgerError> {
        let rows = sqlx::query(
            "SELECT body, card_key, revision FROM
                 (SELECT requests.*, COALESCE((SELECT MAX(d.id) FROM decisions d
                                               WHERE d.request_id = requests.id AND d.person = $1), 0) AS chosen
                  FROM requests WHERE pending = 1) AS waiting
             WHERE chosen > 0 OR $2 = 1 ORDER BY chosen DESC, seen_at DESC, id DESC LIMIT $3",
        )
        .bind(user.as_str())
        .bind(i64::from(all))
        .bind(MOST_LISTED)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(read).collect()
    }
}

/// Every request that nobody has decided.
pub(super) async fn load_pending(c: &mut Connection) -> Result<Vec<Request>, LedgerError> {
    let rows = sqlx::query("SELECT body FROM requests WHERE pending = 1").fetch_all(c).await?;
    Ok(rows.iter().filter_map(|row| readable(from_json(row.try_get("body").ok()?))).collect())
}

async fn take_push(
    c: &mut Connection,
    push: Push,
    routes: &Routes,
    door: Door,
    now: Timestamp,
) -> Result<Taken, LedgerError> {
    let mut detail = serde_json::json!({ "status": push.status, "updated": push.updated, "door": door });
    let id = push.id.clone();
    let mut begun = None;
    let applied = match load(c, &id).await? {
        None => {
            let mut request = Request::first_heard(push, now);
            detail["facts"] = request.facts.digest().as_str().into();
            outcomes::replay(c, &mut request).await?;
            insert(c, &request, now).await?;
            begun = Some(watches::begin(c, &request, routes, now).await?);
            settle_after_move(c, &request, now).await?;
            Applied { moved: true, changed: false, visible: true }
        }
        Some(Kept { mut request, .. }) => {
            let before = request.clone();
            let applied = request.apply(push, now);
            detail["facts"] = request.facts.digest().as_str().into();
            if request != before {
                keep(c, &request, now).await?;
            }
            if applied.visible {
                touch(c, &id).await?;
            }
            if applied.changed {
                refuse_waiting(c, &request, now).await?;
                watches::follow(c, &before, &request, routes, now).await?;
            }
            if applied.moved {
                settle_after_move(c, &request, now).await?;
            }
            applied
        }
    };
    if applied.visible {
        audit::push(c, &id, detail, now).await?;
    }
    Ok(Taken { applied, begun })
}

/// Choices that were made about other facts are not carried out about these.
async fn refuse_waiting(c: &mut Connection, request: &Request, now: Timestamp) -> Result<(), LedgerError> {
    let digest = request.facts.digest();
    for decision in decisions::unsent_of(c, &request.id).await? {
        let safer = decision.choice.verb() == crate::domain::decision::Verb::Revoke;
        if !safer && decision.basis.digest() != Some(&digest) {
            outcomes::refused(c, decision, Refusal::Changed, now).await?;
        }
    }
    Ok(())
}

/// After a request has moved: outcomes that were unknown are known, and the requester may have to hear of it.
pub(super) async fn settle_after_move(
    c: &mut Connection,
    request: &Request,
    now: Timestamp,
) -> Result<(), LedgerError> {
    outcomes::settle(c, request, now).await?;
    let is_newly_decided = watches::settle(c, request, now).await?;
    copies::tell_requester(c, request, is_newly_decided, now).await
}

pub(super) async fn load(c: &mut Connection, id: &RequestId) -> Result<Option<Kept>, LedgerError> {
    let row = sqlx::query("SELECT body, card_key, revision FROM requests WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(c)
        .await?;
    row.as_ref().map(read).transpose()
}

pub(super) fn read(row: &Row) -> Result<Kept, LedgerError> {
    let key: String = row.try_get("card_key")?;
    Ok(Kept {
        request: from_json(row.try_get("body")?)?,
        key: CardKey::parse(&key).ok_or_else(|| LedgerError::Corrupt("a card key".to_owned()))?,
        revision: row.try_get("revision")?,
    })
}

async fn insert(c: &mut Connection, request: &Request, now: Timestamp) -> Result<(), LedgerError> {
    let key = CardKey::random();
    sqlx::query(
        "INSERT INTO requests (id, body, card_key, pending, revision, seen_at, live) VALUES ($1, $2, $3, $4, 1, $5, $6)",
    )
    .bind(request.id.as_str())
    .bind(to_json(request)?)
    .bind(key.as_str())
    .bind(i64::from(!request.phase.is_decided()))
    .bind(now.as_millisecond())
    .bind(i64::from(!request.phase.is_ended()))
    .execute(&mut *c)
    .await?;
    insert_card(c, &key, &request.id, &request.facts.digest()).await?;
    homes::touch_all(c).await?;
    arrange(c, request, now).await
}

/// Writes what is looked for by: whose request it is, and when its grant ends.
async fn arrange(c: &mut Connection, request: &Request, now: Timestamp) -> Result<(), LedgerError> {
    worklist::note_parties(c, request).await?;
    watches::expiry::arrange(c, request, now).await
}

/// Writes a request that was changed, and has its card drawn anew.
pub(super) async fn save(c: &mut Connection, request: &Request, now: Timestamp) -> Result<(), LedgerError> {
    keep(c, request, now).await?;
    touch(c, &request.id).await
}

/// Writes a request, with another key for its card where other facts are shown.
async fn keep(c: &mut Connection, request: &Request, now: Timestamp) -> Result<(), LedgerError> {
    let digest = request.facts.digest();
    let known: Option<String> = sqlx::query_scalar("SELECT key FROM cards WHERE request_id = $1 AND digest = $2")
        .bind(request.id.as_str())
        .bind(digest.as_str())
        .fetch_optional(&mut *c)
        .await?;
    let key = match known {
        Some(key) => key,
        None => {
            let key = CardKey::random();
            insert_card(c, &key, &request.id, &digest).await?;
            key.as_str().to_owned()
        }
    };
    sqlx::query("UPDATE requests SET body = $2, card_key = $3, pending = $4, live = $5 WHERE id = $1")
        .bind(request.id.as_str())
        .bind(to_json(request)?)
        .bind(key)
        .bind(i64::from(!request.phase.is_decided()))
        .bind(i64::from(!request.phase.is_ended()))
        .execute(&mut *c)
        .await?;
    arrange(c, request, now).await
}

/// Has every copy of a request's card drawn anew, and every Home on which it may stand.
pub(super) async fn touch(c: &mut Connection, id: &RequestId) -> Result<(), LedgerError> {
    sqlx::query("UPDATE requests SET revision = revision + 1 WHERE id = $1").bind(id.as_str()).execute(&mut *c).await?;
    sqlx::query("UPDATE copies SET stale = 1 WHERE request_id = $1").bind(id.as_str()).execute(&mut *c).await?;
    homes::touch_all(c).await
}

/// Has the cards of all requests drawn anew that nobody has decided: what can be chosen on them is otherwise now.
pub(super) async fn touch_pending(c: &mut Connection) -> Result<(), LedgerError> {
    sqlx::query("UPDATE requests SET revision = revision + 1 WHERE pending = 1").execute(&mut *c).await?;
    sqlx::query("UPDATE copies SET stale = 1 WHERE request_id IN (SELECT id FROM requests WHERE pending = 1)")
        .execute(&mut *c)
        .await?;
    homes::touch_all(c).await
}

async fn insert_card(c: &mut Connection, key: &CardKey, id: &RequestId, digest: &Digest) -> Result<(), LedgerError> {
    sqlx::query("INSERT INTO cards (key, request_id, digest) VALUES ($1, $2, $3)")
        .bind(key.as_str())
        .bind(id.as_str())
        .bind(digest.as_str())
        .execute(c)
        .await?;
    Ok(())
}
