//! Whose account at the provider is whose in Slack, and who may renew its tokens.

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

use super::notices::{self, Notice};
use super::{Ledger, LedgerError, audit, deliveries, from_json, held, new_id, readable, sign_ins, to_json};
use crate::authorize::linked::LONGEST_RENEWAL;
use crate::authorize::linked::store::{Bound, LinkStore, NewLink, NotKept, Renewal, Renewed};
use crate::clock::from_millisecond;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::link::{Account, Link, LinkEnd, LinkVersion};
use crate::domain::person::{SlackUser, TeamId, UserId};

/// How long the right to renew holds. It has to outlast everything that is asked for one renewal, each with its own
/// deadline: whoever took it over meanwhile would use a refresh token for the second time, and kill all that came of it.
const RENEWAL: Duration = LONGEST_RENEWAL;

const OF_ACCOUNT: &str = "issuer = $1 AND subject = $2 AND ended_at IS NULL";

const COLUMNS: &str = "id, team, person, issuer, subject, identity, names, linked_at, proved_at, good_until, sealed,
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

    /// What was found out once under this name; else takes `found` for it, for good.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn pin(&self, name: String, found: String) -> Result<String, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO pins (name, body, pinned_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
                )
                .bind(&name)
                .bind(found)
                .bind(now.as_millisecond())
                .execute(&mut *c)
                .await?;
                Ok(sqlx::query_scalar("SELECT body FROM pins WHERE name = $1").bind(name).fetch_one(c).await?)
            })
        })
        .await
    }

    /// What was pinned under this name.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn pinned(&self, name: &str) -> Result<Option<String>, LedgerError> {
        pin(&mut *self.readers.acquire().await?, name).await
    }
}

fn told(error: LedgerError) -> NotKept {
    tracing::error!(%error, "the ledger could not do what a link needs");
    NotKept
}

impl LinkStore for Ledger {
    fn new_id(&self) -> i64 {
        self.new_link_id()
    }

    fn living<'s>(&'s self, by: &'s SlackUser) -> BoxFuture<'s, Result<Option<Link>, NotKept>> {
        Box::pin(async move { self.living_link(by).await.map_err(told) })
    }

    fn of_account<'s>(&'s self, account: &'s Account) -> BoxFuture<'s, Result<Option<Link>, NotKept>> {
        Box::pin(async move { self.link_of_account(account).await.map_err(told) })
    }

    fn bind(&self, new: NewLink) -> BoxFuture<'_, Result<Bound, NotKept>> {
        Box::pin(async move { Self::bind(self, new).await.map_err(told) })
    }

    fn lease(&self, link: Link) -> BoxFuture<'_, Result<Option<Renewal>, NotKept>> {
        Box::pin(async move { self.lease_renewal(link).await.map_err(told) })
    }

    fn renewed(&self, renewal: &Renewal, renewed: Renewed) -> BoxFuture<'_, Result<bool, NotKept>> {
        let (id, token) = (renewal.link.id, renewal.token.clone());
        Box::pin(async move { Self::renewed(self, id, token, renewed).await.map_err(told) })
    }

    fn release(&self, renewal: Renewal) -> BoxFuture<'_, Result<(), NotKept>> {
        Box::pin(async move { Self::release(self, renewal).await.map_err(told) })
    }

    fn end(&self, id: i64, why: LinkEnd) -> BoxFuture<'_, Result<(), NotKept>> {
        Box::pin(async move { self.end_link(id, why).await.map(drop).map_err(told) })
    }

    fn pinned<'s>(&'s self, name: &'s str) -> BoxFuture<'s, Result<Option<String>, NotKept>> {
        Box::pin(async move { Self::pinned(self, name).await.map_err(told) })
    }

    fn pin(&self, name: String, found: String) -> BoxFuture<'_, Result<String, NotKept>> {
        Box::pin(async move { Self::pin(self, name, found).await.map_err(told) })
    }
}

pub(super) async fn all(c: &mut SqliteConnection) -> Result<Vec<Link>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM links ORDER BY ended_at IS NOT NULL, id");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(c).await?;
    Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
}

pub(super) async fn pin(c: &mut SqliteConnection, name: &str) -> Result<Option<String>, LedgerError> {
    Ok(sqlx::query_scalar("SELECT body FROM pins WHERE name = $1").bind(name).fetch_optional(c).await?)
}

/// P0 did not take these tokens: they are renewed before they are sent again. Newer ones are left as they are.
pub(super) async fn distrust(c: &mut SqliteConnection, of: LinkVersion) -> Result<(), LedgerError> {
    sqlx::query("UPDATE links SET good_until = 0 WHERE id = $1 AND generation = $2")
        .bind(of.id)
        .bind(of.generation)
        .execute(c)
        .await?;
    Ok(())
}

pub(super) async fn living(c: &mut SqliteConnection, by: &SlackUser) -> Result<Option<Link>, LedgerError> {
    one(c, "team = $1 AND person = $2 AND ended_at IS NULL", [by.team.as_str(), by.user.as_str()]).await
}

async fn one(c: &mut SqliteConnection, which: &'static str, keys: [&str; 2]) -> Result<Option<Link>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM links WHERE {which}");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(keys[0]).bind(keys[1]).fetch_optional(c).await?;
    row.as_ref().map(read).transpose()
}

async fn by_id(c: &mut SqliteConnection, id: i64) -> Result<Option<Link>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM links WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(c).await?;
    row.as_ref().map(read).transpose()
}

async fn bind(c: &mut SqliteConnection, new: NewLink, now: Timestamp) -> Result<Bound, LedgerError> {
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
    Ok(Bound::Made)
}

async fn lease(c: &mut SqliteConnection, link: Link, now: Timestamp) -> Result<Option<Renewal>, LedgerError> {
    let Some(current) = by_id(c, link.id).await? else { return Ok(None) };
    if current.generation != link.generation || current.ended.is_some() || is_leased(c, link.id, now).await? {
        return Ok(None);
    }
    Ok(Some(Renewal { token: give_lease(c, link.id, now).await?, link: current }))
}

async fn is_leased(c: &mut SqliteConnection, id: i64, now: Timestamp) -> Result<bool, LedgerError> {
    let until: Option<i64> =
        sqlx::query_scalar("SELECT lease_until FROM links WHERE id = $1").bind(id).fetch_one(c).await?;
    Ok(until.is_some_and(|until| until > now.as_millisecond()))
}

async fn give_lease(c: &mut SqliteConnection, id: i64, now: Timestamp) -> Result<String, LedgerError> {
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

pub(super) async fn end(c: &mut SqliteConnection, id: i64, why: LinkEnd, now: Timestamp) -> Result<bool, LedgerError> {
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
    // Whoever unlinks is answered where they did; the others could not be told.
    if !matches!(why, LinkEnd::Unlinked | LinkEnd::Deactivated | LinkEnd::AppUninstalled) {
        notices::add(c, &Notice::LinkEnded { user: link.owner.user, identity: link.identity, why }, now).await?;
    }
    Ok(true)
}

async fn to_forget(c: &mut SqliteConnection, now: Timestamp) -> Result<Option<Link>, LedgerError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM links WHERE ended_at IS NOT NULL AND sealed IS NOT NULL AND due_at <= $1
             AND (lease_until IS NULL OR lease_until <= $1) ORDER BY due_at LIMIT 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.as_millisecond()).fetch_optional(c).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<Link, LedgerError> {
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
