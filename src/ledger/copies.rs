//! The messages that show a request. A copy is behind when it was drawn from an older revision than the request has;
//! that alone makes all copies converge, after a restart too.

use jiff::Timestamp;
use sqlx::Row as _;

use super::notices::{self, Notice};
use super::{Ledger, LedgerError, new_id, readable, watches};
use crate::domain::person::{ChannelId, UserId};
use crate::domain::phase::Phase;
use crate::domain::posted::Posted;
use crate::domain::request::{Request, RequestId};
use crate::domain::status::Ending;
use crate::domain::watch::News;
use crate::ledger::database::{Connection, Row};

/// For whom a copy is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody in a channel.
    Channel(ChannelId),
    /// One person who may decide, in their direct messages.
    Approver(UserId),
    /// The person who asked, in their direct messages; who that is in Slack is found out when it is posted.
    Requester,
    /// A person whose own request it is, and who asked to see it.
    Own(UserId),
    /// Everybody in a channel in which somebody posted a link to it.
    Unfurl {
        /// The channel.
        channel: ChannelId,
        /// The link, as Slack told of it.
        url: String,
    },
}

impl Audience {
    fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::Channel(channel) => ("channel", channel.as_str()),
            Self::Approver(user) => ("approver", user.as_str()),
            Self::Requester => ("requester", ""),
            Self::Own(user) => ("own", user.as_str()),
            Self::Unfurl { url, .. } => ("unfurl", url),
        }
    }

    fn read(audience: &str, target: &str, channel: Option<&ChannelId>) -> Option<Self> {
        match audience {
            "channel" => ChannelId::parse(target).map(Self::Channel),
            "approver" => UserId::parse(target).map(Self::Approver),
            "requester" => Some(Self::Requester),
            "own" => UserId::parse(target).map(Self::Own),
            "unfurl" => channel.map(|channel| Self::Unfurl { channel: channel.clone(), url: target.to_owned() }),
            _ => None,
        }
    }
}

/// A copy that is behind.
#[derive(Clone, Debug)]
pub struct StaleCopy {
    /// Its number in the ledger.
    pub id: i64,
    /// What it shows.
    pub request: RequestId,
    /// For whom.
    pub audience: Audience,
    /// Where it is, once it is anywhere.
    pub posted: Option<Posted>,
    /// Whether Slack shows anything of it.
    pub is_shown: bool,
    /// Whether the person asked to see it: else they are told.
    pub is_asked_for: bool,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// How often it was posted without an answer: each may be one more copy.
    pub lost: u32,
}

/// The request that a message stands for.
#[derive(Clone, Debug)]
pub struct RequestAt {
    /// Which.
    pub request: RequestId,
    /// Whether its card is there for everybody to see who sees the message.
    pub is_shown: bool,
}

impl Ledger {
    /// Copies that are behind and due, those that nobody has seen yet first, at most `most`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn stale_copies(&self, most: u32) -> Result<Vec<StaleCopy>, LedgerError> {
        let mut reading = self.readers.acquire().await?;
        let mut stale = Vec::new();
        for class in [UNSEEN, SEEN] {
            for target in targets(&mut reading, class).await? {
                stale.extend(first_of(&mut reading, class, &target, self.clock.now()).await?);
            }
        }
        stale.sort_by_key(|copy| (copy.posted.is_some(), copy.id));
        stale.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(stale)
    }

    /// Slack shows the copy, drawn from `revision`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn copy_drawn(&self, id: i64, posted: Posted, revision: i64) -> Result<(), LedgerError> {
        self.write(move |c, _| {
            Box::pin(async move {
                let kept = sqlx::query("SELECT 1 FROM copies WHERE id = $1").bind(id).fetch_optional(&mut *c).await?;
                if kept.is_none() {
                    // Its twin took its place while this was being drawn, and may have been drawn before: once more.
                    sqlx::query("UPDATE copies SET stale = 1 WHERE channel = $1 AND ts = $2")
                        .bind(posted.channel.as_str())
                        .bind(posted.ts)
                        .execute(c)
                        .await?;
                    return Ok(());
                }
                // Somebody may have pressed it before its place was known here: then it is known twice.
                sqlx::query("DELETE FROM copies WHERE channel = $1 AND ts = $2 AND id <> $3")
                    .bind(posted.channel.as_str())
                    .bind(&posted.ts)
                    .bind(id)
                    .execute(&mut *c)
                    .await?;
                sqlx::query(
                    "UPDATE copies SET channel = $2, ts = $3, drawn = $4, attempts = 0, lost = 0, due_at = 0,
                         stale = (SELECT CASE WHEN r.revision > $4 THEN 1 ELSE 0 END FROM requests r WHERE r.id = request_id)
                     WHERE id = $1",
                )
                .bind(id)
                .bind(posted.channel.as_str())
                .bind(posted.ts)
                .bind(revision)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// The copy is about to be posted: whatever becomes of that, it is not tried again before `due`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn copy_goes_out(&self, id: i64, due: Timestamp) -> Result<(), LedgerError> {
        self.run(sqlx::query("UPDATE copies SET due_at = $2 WHERE id = $1").bind(id).bind(due.as_millisecond())).await
    }

    /// The copy is to be tried again at `due`; `lost` where it may have been posted.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn copy_waits(&self, id: i64, due: Timestamp, lost: bool) -> Result<(), LedgerError> {
        self.run(
            sqlx::query("UPDATE copies SET attempts = attempts + 1, lost = lost + $3, due_at = $2 WHERE id = $1")
                .bind(id)
                .bind(due.as_millisecond())
                .bind(i64::from(lost)),
        )
        .await
    }

    /// Slack will never show the copy (deleted, archived, nobody to show it to), or it came too late. Whoever has not seen
    /// one was not told.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn copy_gone(&self, id: i64) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                sqlx::query("UPDATE copies SET gone = 1 WHERE id = $1").bind(id).execute(&mut *c).await?;
                let unseen = sqlx::query(
                    "SELECT request_id, target FROM copies WHERE id = $1 AND audience = 'approver' AND ts IS NULL",
                );
                let Some(row) = unseen.bind(id).fetch_optional(&mut *c).await? else { return Ok(()) };
                let request = RequestId::parse(row.try_get("request_id")?);
                let request = request.map_err(|error| LedgerError::Corrupt(error.to_string()))?;
                match UserId::parse(row.try_get("target")?) {
                    Some(user) => watches::not_reached(c, &request, &user, now).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// Somebody pressed a control of this card. Where the ledger did not know it (Slack had posted it and the answer
    /// was lost) it converges like the others from now on; with `redraw` it is drawn anew in any case.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn pressed(
        &self,
        request: RequestId,
        posted: Posted,
        by: UserId,
        redraw: bool,
    ) -> Result<(), LedgerError> {
        self.write(move |c, now| Box::pin(async move { self::pressed(c, &request, posted, &by, redraw, now).await }))
            .await
    }

    /// Has the request shown once more, in a message that converges like the others.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn show_to(&self, request: RequestId, audience: Audience) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                add(c, &request, &audience, now).await?;
                let (audience, target) = audience.columns();
                sqlx::query(
                    "UPDATE copies SET asked_for = 1
                     WHERE request_id = $1 AND audience = $2 AND target = $3 AND ts IS NULL",
                )
                .bind(request.as_str())
                .bind(audience)
                .bind(target)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Has the request's card laid under a message in which somebody posted a link to it; once for each message, whose
    /// link may be edited. Says whether the request is known.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn unfurl(&self, request: RequestId, message: Posted, url: String) -> Result<bool, LedgerError> {
        if self.request(&request).await?.is_none() {
            return Ok(false);
        }
        self.write(move |c, now| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO copies (id, request_id, audience, target, channel, ts, drawn, stale, attempts, lost, due_at, gone)
                     VALUES ($1, $2, 'unfurl', $3, $4, $5, -1, 1, 0, 0, $6, 0) ON CONFLICT (channel, ts)
                     DO UPDATE SET request_id = $2, target = $3, drawn = -1, stale = 1, attempts = 0, due_at = $6, gone = 0
                     WHERE copies.audience = 'unfurl' AND copies.target <> $3",
                )
                .bind(new_id(now))
                .bind(request.as_str())
                .bind(url)
                .bind(message.channel.as_str())
                .bind(message.ts)
                .bind(now.as_millisecond())
                .execute(c)
                .await?;
                Ok(true)
            })
        })
        .await
    }

    /// Which request a message shows, where it is one that the ledger knows.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn request_at(&self, posted: &Posted) -> Result<Option<RequestAt>, LedgerError> {
        let row = sqlx::query("SELECT request_id, gone, drawn FROM copies WHERE channel = $1 AND ts = $2")
            .bind(posted.channel.as_str())
            .bind(&posted.ts)
            .fetch_optional(&self.readers)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(RequestAt {
            request: RequestId::parse(row.try_get("request_id")?)
                .map_err(|error| LedgerError::Corrupt(error.to_string()))?,
            is_shown: row.try_get::<i64, _>("gone")? == 0 && row.try_get::<i64, _>("drawn")? >= 0,
        }))
    }

    /// Whether the person was told of the request: a copy of it is in their direct messages.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn was_told(&self, request: &RequestId, user: &UserId) -> Result<bool, LedgerError> {
        let row = sqlx::query(
            "SELECT 1 FROM copies WHERE request_id = $1 AND audience IN ('approver', 'own') AND target = $2 LIMIT 1",
        )
        .bind(request.as_str())
        .bind(user.as_str())
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.is_some())
    }
}

/// The same as a piece of somebody else's transaction.
pub(super) async fn pressed(
    c: &mut Connection,
    request: &RequestId,
    posted: Posted,
    by: &UserId,
    redraw: bool,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let audience = match posted.channel.as_str().starts_with('D') {
        true => Audience::Approver(by.clone()),
        false => Audience::Channel(posted.channel.clone()),
    };
    let (audience, target) = audience.columns();
    sqlx::query(
        "INSERT INTO copies (id, request_id, audience, target, channel, ts, drawn, stale, attempts, lost, due_at, gone)
         VALUES ($1, $2, $3, $4, $5, $6, 0, 1, 0, 0, $7, 0) ON CONFLICT (channel, ts)
         DO UPDATE SET gone = 0, stale = CASE WHEN $8 = 1 THEN 1 ELSE copies.stale END",
    )
    .bind(new_id(now))
    .bind(request.as_str())
    .bind(audience)
    .bind(target)
    .bind(posted.channel.as_str())
    .bind(posted.ts)
    .bind(now.as_millisecond())
    .bind(i64::from(redraw))
    .execute(c)
    .await?;
    Ok(())
}

/// Copies that are behind, and which nobody has seen.
const UNSEEN: &str = "stale = 1 AND gone = 0 AND ts IS NULL";
/// Copies that are behind what people see of them.
const SEEN: &str = "stale = 1 AND gone = 0 AND ts IS NOT NULL";
/// Copies of one target that a look brings: a heap for one channel hides nobody else's.
const EACH: i64 = 8;

/// For whom there are such copies. Each is found by one step in the index, however many copies wait for them.
async fn targets(c: &mut Connection, class: &'static str) -> Result<Vec<String>, LedgerError> {
    let sql = format!(
        "WITH RECURSIVE behind (target) AS (
             SELECT MIN(target) FROM copies WHERE {class}
             UNION ALL
             SELECT (SELECT MIN(target) FROM copies WHERE {class} AND target > behind.target)
             FROM behind WHERE behind.target IS NOT NULL
         )
         SELECT target FROM behind WHERE target IS NOT NULL"
    );
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(c).await?)
}

/// The oldest of them for a target that are due.
async fn first_of(
    c: &mut Connection,
    class: &'static str,
    target: &str,
    now: Timestamp,
) -> Result<Vec<StaleCopy>, LedgerError> {
    let sql = format!(
        "SELECT id, request_id, audience, target, channel, ts, drawn, asked_for, attempts, lost FROM copies
         WHERE {class} AND target = $1 AND due_at <= $2 ORDER BY id LIMIT $3"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql));
    let rows = rows.bind(target).bind(now.as_millisecond()).bind(EACH).fetch_all(c).await?;
    Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
}

fn read(row: &Row) -> Result<StaleCopy, LedgerError> {
    let corrupt = || LedgerError::Corrupt("a copy".to_owned());
    let channel = row.try_get::<Option<&str>, _>("channel")?.and_then(ChannelId::parse);
    let ts: Option<String> = row.try_get("ts")?;
    Ok(StaleCopy {
        id: row.try_get("id")?,
        request: RequestId::parse(row.try_get("request_id")?).map_err(|_| corrupt())?,
        audience: Audience::read(row.try_get("audience")?, row.try_get("target")?, channel.as_ref())
            .ok_or_else(corrupt)?,
        is_shown: row.try_get::<i64, _>("drawn")? >= 0,
        is_asked_for: row.try_get::<i64, _>("asked_for")? != 0,
        posted: match (channel, ts) {
            (Some(channel), Some(ts)) => Some(Posted { channel, ts }),
            _ => None,
        },
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
        lost: u32::try_from(row.try_get::<i64, _>("lost")?).unwrap_or(u32::MAX),
    })
}

/// Where the card of whoever asked is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequesterCopy {
    /// It is not posted yet.
    Waits,
    /// Here.
    Posted(Posted),
    /// Slack cannot show it.
    Gone,
}

impl Ledger {
    /// Where the card of whoever asked is; `None` where there is none.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn requester_copy(&self, request: &RequestId) -> Result<Option<RequesterCopy>, LedgerError> {
        requester_copy(&mut *self.readers.acquire().await?, request).await
    }
}

async fn requester_copy(c: &mut Connection, request: &RequestId) -> Result<Option<RequesterCopy>, LedgerError> {
    let row = sqlx::query(
        "SELECT channel, ts, gone FROM copies WHERE request_id = $1 AND audience = 'requester' ORDER BY id LIMIT 1",
    )
    .bind(request.as_str())
    .fetch_optional(c)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let channel = row.try_get::<Option<&str>, _>("channel")?.and_then(ChannelId::parse);
    Ok(Some(match (row.try_get::<i64, _>("gone")? != 0, channel, row.try_get("ts")?) {
        (true, ..) => RequesterCopy::Gone,
        (false, Some(channel), Some(ts)) => RequesterCopy::Posted(Posted { channel, ts }),
        _ => RequesterCopy::Waits,
    }))
}

pub(super) async fn add(
    c: &mut Connection,
    request: &RequestId,
    audience: &Audience,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let (audience, target) = audience.columns();
    sqlx::query(
        "INSERT INTO copies (id, request_id, audience, target, drawn, stale, attempts, lost, due_at, gone)
         VALUES ($1, $2, $3, $4, -1, 1, 0, 0, $5, 0)
         ON CONFLICT (request_id, audience, target) WHERE ts IS NULL
         DO UPDATE SET gone = 0, attempts = 0, due_at = $5",
    )
    .bind(new_id(now))
    .bind(request.as_str())
    .bind(audience)
    .bind(target)
    .bind(now.as_millisecond())
    .execute(c)
    .await?;
    Ok(())
}

/// Whether there is such a copy of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// There never was.
    Never,
    /// Slack shows it, or is going to.
    There,
    /// It was deleted, or Slack could not show it.
    Gone,
}

/// Whether there is such a copy of the request.
pub(super) async fn presence(
    c: &mut Connection,
    request: &RequestId,
    audience: &Audience,
) -> Result<Presence, LedgerError> {
    let (audience, target) = audience.columns();
    let are_gone: Option<i64> =
        sqlx::query_scalar("SELECT MIN(gone) FROM copies WHERE request_id = $1 AND audience = $2 AND target = $3")
            .bind(request.as_str())
            .bind(audience)
            .bind(target)
            .fetch_one(c)
            .await?;
    Ok(match are_gone {
        None => Presence::Never,
        Some(0) => Presence::There,
        Some(_) => Presence::Gone,
    })
}

/// The requester gets a copy once somebody has decided. A revocation is news that an edited message would not ring
/// for, so it is told anew.
pub(super) async fn tell_requester(
    c: &mut Connection,
    request: &Request,
    is_newly_decided: bool,
    now: Timestamp,
) -> Result<(), LedgerError> {
    match &request.phase {
        Phase::Approved(_) | Phase::Active(_) | Phase::Ended { how: Ending::Denied, .. } => {
            match requester_copy(c, &request.id).await? {
                Some(RequesterCopy::Posted(_)) if is_newly_decided => {
                    // An edited card does not ring.
                    let news = Notice::News { request: request.id.clone(), news: News::Decided };
                    notices::add(c, &news, now).await
                }
                // Quiet hours hold no decision back.
                None | Some(RequesterCopy::Waits) => add(c, &request.id, &Audience::Requester, now).await,
                Some(RequesterCopy::Posted(_) | RequesterCopy::Gone) => Ok(()),
            }
        }
        Phase::Ended { how: Ending::Revoked, .. } => {
            notices::add(c, &Notice::Revoked { request: request.id.clone() }, now).await
        }
        _ => Ok(()),
    }
}
