//! Finding out the people of a level asks others, so it is leased; what came of it is written in one transaction that
//! takes its timer away.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::json;
use sqlx::SqliteConnection;

use super::super::copies::{self, Audience};
use super::super::leases::LEASE;
use super::super::{Ledger, LedgerError, audit, requests};
use super::timers::{self, Timer, TimerKind};
use super::{begin, courtesy_at, load, save, show_requester, tell_requester, told, told_of};
use crate::domain::person::UserId;
use crate::domain::request::Request;
use crate::domain::route::routes::Routes;
use crate::domain::watch::{LeftOut, News, Reason, Told, Watch};

/// Things that may be said of who was not told.
const MOST_LEFT_OUT: usize = 20;

/// The right to find out and tell the people of a request's next level, for [`LEASE`].
#[derive(Debug)]
pub struct Summons {
    timer: Timer,
    token: String,
    request: Request,
    watch: Watch,
    told: Vec<Told>,
}

/// Who is told on a level, as it was found out.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// Whom routes name, each with the route's name and why.
    pub named: Vec<(UserId, String, Reason)>,
    /// Who is told, with why; those among them who know of it already are reminded.
    pub tell: Vec<(UserId, Reason)>,
    /// Who is not.
    pub left_out: Vec<LeftOut>,
    /// Whether there is a level after this one.
    pub has_next: bool,
}

/// What came of a level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summoned {
    /// How many people were told who had not been.
    pub told: usize,
    /// Whether nobody is told of the request on this level.
    pub is_nobody: bool,
    /// Whether there is nobody left to tell.
    pub is_exhausted: bool,
}

impl Summons {
    /// What is asked.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The rule that it goes by.
    pub fn route(&self) -> &str {
        &self.watch.route
    }

    /// Which level is to be told.
    pub fn level(&self) -> u32 {
        self.watch.level.map_or(0, |level| level.saturating_add(1))
    }

    /// How often it was tried in vain.
    pub fn attempts(&self) -> u32 {
        self.timer.attempts
    }

    /// Who knows of it already.
    pub fn knows(&self, user: &UserId) -> bool {
        self.told.iter().any(|told| told.user == *user && told.at.is_some())
    }
}

impl Ledger {
    /// Leases the levels that are to be told now, at most `most`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn lease_summons(&self, routes: Arc<Routes>, most: u32) -> Result<Vec<Summons>, LedgerError> {
        // Most looks find nothing: they cost no write.
        let due =
            timers::due(&mut *self.readers.acquire().await?, &[TimerKind::Summon], self.clock.now(), most).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        self.write(move |c, now| Box::pin(async move { lease(c, &routes, most, now).await })).await
    }

    /// Writes down who is told, and has them told.
    ///
    /// # Errors
    /// Where it cannot be written: then it is tried again once the lease has run out.
    pub async fn summoned(
        &self,
        summons: Summons,
        level: Level,
        routes: Arc<Routes>,
    ) -> Result<Option<Summoned>, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                match timers::take_leased(c, summons.timer.id, &summons.token).await? {
                    true => summoned(c, summons, level, &routes, now).await.map(Some),
                    false => Ok(None),
                }
            })
        })
        .await
    }

    /// Gives a level back whose people could not be found out, to be tried again at `due`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn summon_later(&self, summons: Summons, due: Timestamp) -> Result<(), LedgerError> {
        self.run(
            sqlx::query(
                "UPDATE timers SET lease_token = NULL, lease_until = NULL, attempts = attempts + 1, due_at = $3
                 WHERE id = $1 AND lease_token = $2",
            )
            .bind(summons.timer.id)
            .bind(summons.token)
            .bind(due.as_millisecond()),
        )
        .await
    }
}

async fn lease(
    c: &mut SqliteConnection,
    routes: &Routes,
    most: u32,
    now: Timestamp,
) -> Result<Vec<Summons>, LedgerError> {
    let mut leased = Vec::new();
    for timer in timers::due(c, &[TimerKind::Summon], now, most).await? {
        let Some(kept) = requests::load(c, &timer.request).await?.filter(|kept| !kept.request.phase.is_decided())
        else {
            timers::clear(c, &timer.request, &[TimerKind::Summon]).await?;
            continue;
        };
        let request = kept.request;
        let watch = match load(c, &request.id).await? {
            Some(watch) if routes.named(&watch.route).is_some() => watch,
            // The settings have changed since, and its rule is gone: it goes by another one now.
            _ => {
                begin(c, &request, routes, now).await?;
                continue;
            }
        };
        let token = Alphanumeric.sample_string(&mut rand::rng(), 22);
        let until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
        timers::lease(c, timer.id, &token, until).await?;
        let told = told_of(c, &request.id).await?;
        leased.push(Summons { timer, token, request, watch, told });
    }
    Ok(leased)
}

async fn summoned(
    c: &mut SqliteConnection,
    summons: Summons,
    level: Level,
    routes: &Routes,
    now: Timestamp,
) -> Result<Summoned, LedgerError> {
    let nth = summons.level();
    let Summons { request, mut watch, .. } = summons;
    let id = &request.id;
    let route = routes.named(&watch.route);
    let mut named = BTreeSet::new();
    for (user, route, reason) in level.named {
        named.insert((user.clone(), route.clone()));
        let told = Told { user, route, level: nth, is_named: true, reason, at: None, stirred: None };
        told::write(c, id, &told).await?;
    }
    let mut new = Vec::new();
    for (user, reason) in &level.tell {
        let is_named = named.contains(&(user.clone(), watch.route.clone()));
        let told = Told {
            user: user.clone(),
            route: watch.route.clone(),
            level: nth,
            is_named,
            reason: reason.clone(),
            at: Some(now),
            stirred: None,
        };
        let knows = told::idle(c, id, user).await?.is_some()
            || copies::is_there(c, id, &Audience::Approver(user.clone())).await?;
        told::write(c, id, &told).await?;
        match (knows, route.and_then(|route| route.remind_after)) {
            // Nobody gets a second card: the one that they have is called to mind.
            (true, _) => timers::set(c, id, TimerKind::Remind, Some(user), now, now).await?,
            (false, after) => {
                copies::add(c, id, &Audience::Approver(user.clone()), now).await?;
                if let Some(after) = after {
                    let due = now.checked_add(after).unwrap_or(Timestamp::MAX);
                    timers::set(c, id, TimerKind::Remind, Some(user), due, now).await?;
                }
                new.push(user.clone());
            }
        }
    }
    let is_nobody = level.tell.is_empty() && route.is_some_and(|route| nth > 0 || !route.notify.is_empty());
    watch.level = Some(nth);
    for left_out in level.left_out {
        if !watch.left_out.contains(&left_out) && watch.left_out.len() < MOST_LEFT_OUT {
            watch.left_out.push(left_out);
        }
    }
    watch.next_at = None;
    let after = route.and_then(|route| route.escalate_after);
    match (is_nobody, level.has_next, after) {
        (true, true, _) => timers::set(c, id, TimerKind::Summon, None, now, now).await?,
        (true, false, _) => watch.is_exhausted = true,
        (false, has_next, Some(after)) => {
            let held = watch.claim_at(now).map_or(now, |claim| claim.until);
            let due = now.checked_add(after).unwrap_or(Timestamp::MAX).max(held);
            watch.next_at = has_next.then_some(due);
            timers::set(c, id, TimerKind::Escalate, None, due, now).await?;
        }
        (false, _, None) => {}
    }
    save(c, id, &watch).await?;
    let at = courtesy_at(routes, &watch, now);
    if !new.is_empty() && !show_requester(c, id, at).await? && nth > 0 {
        tell_requester(c, id, News::Escalated { to: new.clone() }, at).await?;
    }
    requests::touch(c, id).await?;
    let told: Vec<&UserId> = level.tell.iter().map(|(user, _)| user).collect();
    let detail = json!({ "route": watch.route, "level": nth, "told": told, "left_out": watch.left_out });
    audit::watch(c, "request.told", id, None, detail, now).await?;
    Ok(Summoned { told: new.len(), is_nobody, is_exhausted: watch.is_exhausted })
}
