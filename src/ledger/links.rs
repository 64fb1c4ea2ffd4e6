//! Whose account at the provider is whose in Slack: made, looked up and ended.

use jiff::Timestamp;
use serde_json::json;
use sqlx::Row as _;

use super::notices::{self, Notice};
use super::{Ledger, LedgerError, audit, deliveries, from_json, held, homes, new_id, readable, sign_ins, to_json};
use crate::authorize::linked::store::{Bound, NewLink};
use crate::clock::from_millisecond;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::link::{Account, Link, LinkEnd};
use crate::domain::person::{SlackUser, TeamId, UserId};
use crate::ledger::database::{Connection, Row};

const OF_ACCOUNT: &str = "issuer = $1 AND subject = $2 AND ended_at IS NULL";

pub(super) const COLUMNS: &str =
    "id, team, person, issuer, subject, identity, names, linked_at, proved_at, good_until, sealed,
                       generation, ended_at, ended_why";

/// What asking to unlink came to.
#[derive(Debug)]
pub enum Unlinked {
    /// This link is over.
    Ended(Box<Link>),
    /// There was none to end.
    HadNone,
    /// Nothing: the delivery was seen before, and ends no link that was made since.
    Repeated,
}

impl Ledger {
    /// A number for a link that may be made.
    pub fn new_link_id(&self) -> i64 {
        new_id(self.clock.now())
    }

    /// The person's living link.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn living_link(&self, by: &SlackUser) -> Result<Option<Link>, LedgerError> {
        living(&mut *self.readers.acquire().await?, by).await
    }

    /// Every name that a person's living link gives them, where they have any.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn linked_names(&self, user: &UserId) -> Result<Vec<String>, LedgerError> {
        let sql = format!("SELECT {COLUMNS} FROM links WHERE person = $1 AND ended_at IS NULL");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(user.as_str()).fetch_all(&self.readers).await?;
        let links = rows.iter().filter_map(|row| readable(read(row)));
        Ok(links.flat_map(|link| link.names.into_iter().chain([link.identity])).collect())
    }

    /// The living link of an account, whoever has it.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn link_of_account(&self, account: &Account) -> Result<Option<Link>, LedgerError> {
        let keys = [account.issuer.as_str(), account.subject.as_str()];
        one(&mut *self.readers.acquire().await?, OF_ACCOUNT, keys).await
    }

    /// Every link, living ones first, then by age.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn links(&self) -> Result<Vec<Link>, LedgerError> {
        all(&mut *self.readers.acquire().await?).await
    }

    /// Makes a link, where both sides are free, and ends the sign-in that it came of.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn bind(&self, new: NewLink) -> Result<Bound, LedgerError> {
        self.write(move |c, now| Box::pin(bind(c, new, now))).await
    }

    /// Ends a link, and has its owner told. `false` where it had ended before.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn end_link(&self, id: i64, why: LinkEnd) -> Result<bool, LedgerError> {
        self.write(move |c, now| Box::pin(end(c, id, why, now))).await
    }

    /// Ends the person's link at their word, which is remembered in the same moment.
    ///
    /// # Errors
    /// Where it cannot be written: then a repeated delivery does it.
    pub async fn unlink(&self, delivery: DeliveryKeys, by: SlackUser) -> Result<Unlinked, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                if !deliveries::remember(c, delivery, now).await? {
                    return Ok(Unlinked::Repeated);
                }
                let Some(link) = living(c, &by).await? else { return Ok(Unlinked::HadNone) };
                end(c, link.id, LinkEnd::Unlinked, now).await?;
                Ok(Unlinked::Ended(Box::new(link)))
            })
        })
        .await
    }

    /// Ends the living links of a workspace, or of these people in it. Says how many.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn end_links_of(
        &self,
        team: TeamId,
        people: Option<Vec<UserId>>,
        why: LinkEnd,
    ) -> Result<usize, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let rows = sqlx::query("SELECT id, person FROM links WHERE team = $1 AND ended_at IS NULL")
                    .bind(team.as_str())
                    .fetch_all(&mut *c)
                    .await?;
                let mut count = 0;
                for row in rows {
                    let person: &str = row.try_get("person")?;
                    if people.as_ref().is_none_or(|people| people.iter().any(|user| user.as_str() == person)) {
                        count += usize::from(end(c, row.try_get("id")?, why, now).await?);
                    }
                }
                Ok(count)
            })
        })
        .await
    }

    /// Owners of living links whom Slack was last asked about before `then`, at most `most`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn links_unseen_since(&self, then: Timestamp, most: u32) -> Result<Vec<Link>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM links WHERE ended_at IS NULL AND seen_at < $1 ORDER BY seen_at LIMIT {most}"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(then.as_millisecond()).fetch_all(&self.readers).await?;
        Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
    }

    /// Slack was asked about the owner of a link `at` that time, which says when it is asked next.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn link_seen(&self, id: i64, at: Timestamp) -> Result<(), LedgerError> {
        let at = at.as_millisecond();
        self.run(sqlx::query("UPDATE links SET seen_at = $2 WHERE id = $1").bind(id).bind(at)).await
    }
}

pub(super) async fn all(c: &mut Connection) -> Result<Vec<Link>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM links ORDER BY ended_at IS NOT NULL, id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(c).await?;
    Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
}

pub(super) async fn living(c: &mut Connection, by: &SlackUser) -> Result<Option<Link>, LedgerError> {
    one(c, "team = $1 AND person = $2 AND ended_at IS NULL", [by.team.as_str(), by.user.as_str()]).await
}

async fn one(c: &mut Connection, which: &'static str, keys: [&str; 2]) -> Result<Option<Link>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM links WHERE {which}");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(keys[0]).bind(keys[1]).fetch_optional(c).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn by_id(c: &mut Connection, id: i64) -> Result<Option<Link>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM links WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(c).await?;
    row.as_ref().map(read).transpose()
}

async fn bind(c: &mut Connection, new: NewLink, now: Timestamp) -> Result<Bound, LedgerError> {
    if !sign_ins::is_open(c, new.sign_in, now).await? {
        return Ok(Bound::SignInOver);
    }
    let Account { issuer, subject } = &new.account;
    if let Some(taken) = one(c, OF_ACCOUNT, [issuer, subject]).await?
        && taken.owner != new.owner
    {
        sign_ins::over(c, new.sign_in, "taken").await?;
        let detail = json!({ "account": new.account, "linked_by": taken.owner });
        audit::person(c, "link.refused", &new.owner, detail, now).await?;
        let (asker, owner) = (new.owner.user, taken.owner.user.clone());
        let told = |user: &UserId, other: &UserId, is_own| Notice::AccountTaken {
            user: user.clone(),
            other: other.clone(),
            is_own,
        };
        notices::add(c, &told(&asker, &owner, false), now).await?;
        notices::add(c, &told(&owner, &asker, true), now).await?;
        return Ok(Bound::TakenBy(taken.owner));
    }
    if let Some(has) = living(c, &new.owner).await? {
        return Ok(Bound::HasOne(Box::new(has)));
    }
    sqlx::query(
        "INSERT INTO links (id, team, person, issuer, subject, identity, names, linked_at, proved_at, good_until,
                            seen_at, sealed, generation, attempts, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $8, $10, 0, 0, $8)",
    )
    .bind(new.id)
    .bind(new.owner.team.as_str())
    .bind(new.owner.user.as_str())
    .bind(issuer)
    .bind(subject)
    .bind(&new.identity)
    .bind(to_json(&new.names)?)
    .bind(now.as_millisecond())
    .bind(new.good_until.as_millisecond())
    .bind(new.sealed)
    .execute(&mut *c)
    .await?;
    sign_ins::over(c, new.sign_in, "linked").await?;
    let detail = json!({ "link": new.id, "account": new.account, "identity": new.identity });
    audit::person(c, "link.made", &new.owner, detail, now).await?;
    notices::add(c, &Notice::Linked { user: new.owner.user, identity: new.identity }, now).await?;
    homes::touch_all(c).await?;
    Ok(Bound::Made)
}

pub(super) async fn end(c: &mut Connection, id: i64, why: LinkEnd, now: Timestamp) -> Result<bool, LedgerError> {
    let Some(link) = by_id(c, id).await?.filter(|link| link.ended.is_none()) else { return Ok(false) };
    // What the provider has killed it need not be told of.
    let keep = why != LinkEnd::EndedByProvider;
    sqlx::query(
        "UPDATE links SET ended_at = $2, ended_why = $3, due_at = $2, sealed = CASE WHEN $4 = 1 THEN sealed END
         WHERE id = $1",
    )
    .bind(id)
    .bind(now.as_millisecond())
    .bind(why.as_str())
    .bind(i64::from(keep))
    .execute(&mut *c)
    .await?;
    audit::person(c, "link.ended", &link.owner, json!({ "link": id, "account": link.account, "why": why }), now)
        .await?;
    held::refuse_unlinked(c, &link.owner, now).await?;
    homes::touch_all(c).await?;
    // Whoever unlinks is answered where they did; the others could not be told.
    if !matches!(why, LinkEnd::Unlinked | LinkEnd::Deactivated | LinkEnd::AppUninstalled) {
        notices::add(c, &Notice::LinkEnded { user: link.owner.user, identity: link.identity, why }, now).await?;
    }
    Ok(true)
}

pub(super) fn read(row: &Row) -> Result<Link, LedgerError> {
    let corrupt = |what: &str| LedgerError::Corrupt(format!("a link's {what}"));
    let text = |column: &str| row.try_get::<&str, _>(column);
    let time = |column: &str| row.try_get::<i64, _>(column).map(from_millisecond);
    let ended = match (row.try_get::<Option<i64>, _>("ended_at")?, row.try_get::<Option<&str>, _>("ended_why")?) {
        (Some(at), Some(why)) => Some((LinkEnd::parse(why).ok_or_else(|| corrupt("end"))?, from_millisecond(at))),
        _ => None,
    };
    Ok(Link {
        id: row.try_get("id")?,
        owner: SlackUser {
            team: TeamId::parse(text("team")?).ok_or_else(|| corrupt("team"))?,
            user: UserId::parse(text("person")?).ok_or_else(|| corrupt("person"))?,
        },
        account: Account { issuer: text("issuer")?.to_owned(), subject: text("subject")?.to_owned() },
        identity: text("identity")?.to_owned(),
        names: from_json(text("names")?)?,
        linked: time("linked_at")?,
        proved: time("proved_at")?,
        good_until: time("good_until")?,
        sealed: row.try_get("sealed")?,
        generation: row.try_get("generation")?,
        ended,
    })
}
