//! Finding out the people of a level asks others, so it is leased; what came of it is written in one transaction that
//! takes its timer away.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::json;

use super::super::copies::{self, Audience, Presence};
use super::super::leases::LEASE;
use super::super::{Ledger, LedgerError, audit, readable, requests};
use super::timers::{self, Timer, TimerKind};
use super::{begin, courtesy_at, exhaust, load, reminders, save, show_requester, tell_requester, told, told_of};
use crate::domain::person::UserId;
use crate::domain::request::Request;
use crate::domain::route::routes::{Recipient, Routes};
use crate::domain::watch::{LeftOut, News, Reason, Told, Watch};
use crate::ledger::database::Connection;

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
    /// Who is meant on the level after this one; `None` where there is none.
    pub next: Option<Vec<Recipient>>,
    /// When the rest of its people are looked for again, where a source did not answer.
    pub again: Option<Timestamp>,
}

/// What came of a level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summoned {
    /// How many people were told who had not been.
    pub told: usize,
    /// How many were reminded.
    pub reminded: usize,
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

    /// Which level is to be told; for one that looks back, the last one that was.
    pub fn level(&self) -> u32 {
        match self.looks_back() {
            true => self.watch.level.unwrap_or(0),
            false => self.watch.level.map_or(0, |level| level.saturating_add(1)),
        }
    }

    /// Whether the people of every level until now are found out once more: to remind one of them, or since the routes say
    /// something else now.
    pub fn looks_back(&self) -> bool {
        self.timer.target.is_some() || self.watch.is_revised
    }

    /// Who is to be reminded, where they still are meant; `None` where a level is to be told.
    pub fn reminds(&self) -> Option<&UserId> {
        self.timer.target.as_ref()
    }

    /// Whether that is since the routes say something else now.
    pub fn is_revised(&self) -> bool {
        self.timer.target.is_none() && self.watch.is_revised
    }

    /// Whether somebody was told for want of anybody else.
    pub fn is_fallback(&self, user: &UserId) -> bool {
        self.told.iter().any(|told| told.user == *user && told.at.is_some() && told.reason == Reason::Fallback)
    }

    /// The rules by which somebody was named before.
    pub fn named(&self) -> impl Iterator<Item = (&UserId, &str)> {
        self.told.iter().filter(|told| told.is_named).map(|told| (&told.user, told.route.as_str()))
    }

    /// How often it was tried in vain.
    pub fn attempts(&self) -> u32 {
        self.timer.attempts
    }

    /// Who knows of it already.
    pub fn who_know(&self) -> impl Iterator<Item = &UserId> {
        self.told.iter().filter(|told| told.at.is_some()).map(|told| &told.user)
    }

    /// Whether somebody does.
    pub fn knows(&self, user: &UserId) -> bool {
        self.who_know().any(|who| who == user)
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
                let (id, token) = (summons.timer.id, &summons.token);
                let is_ours = match level.again {
                    Some(due) => timers::give_back(c, id, token, due).await?,
                    None => timers::take_leased(c, id, token).await?,
                };
                // It was asked for a while: somebody may be on it since.
                match load(c, &summons.request.id).await?.filter(|_| is_ours) {
                    Some(watch) => summoned(c, Summons { watch, ..summons }, level, &routes, now).await.map(Some),
                    None => Ok(None),
                }
            })
        })
        .await
    }
}

async fn lease(c: &mut Connection, routes: &Routes, most: u32, now: Timestamp) -> Result<Vec<Summons>, LedgerError> {
    let mut leased = Vec::new();
    for timer in timers::due(c, &[TimerKind::Summon], now, most).await? {
        let kept = readable(requests::load(c, &timer.request).await);
        let (Some(kept), Some(watch)) = (kept, readable(load(c, &timer.request).await)) else {
            timers::pass_over(c, timer.id, now).await?;
            continue;
        };
        let Some(kept) = kept.filter(|kept| !kept.request.phase.is_decided()) else {
            timers::clear(c, &timer.request, &[TimerKind::Summon]).await?;
            continue;
        };
        let request = kept.request;
        let watch = match watch {
            Some(watch) if routes.named(&watch.route).is_some() => watch,
            // The settings have changed since, and its rule is gone: it goes by another one now.
            _ => {
                timers::clear(c, &request.id, &[TimerKind::Summon]).await?;
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
    c: &mut Connection,
    summons: Summons,
    level: Level,
    routes: &Routes,
    now: Timestamp,
) -> Result<Summoned, LedgerError> {
    let nth = summons.level();
    let Summons { timer, request, mut watch, told: before, .. } = summons;
    let id = &request.id;
    let reminds = timer.target.as_ref();
    // Whoever was told by an earlier try of this very level knows of it.
    let earlier =
        |told: &&Told| timer.attempts > 0 && told.level == nth && told.at.is_some_and(|at| at >= timer.set_at());
    let knows_already =
        |user: &UserId| reminds.is_some() || before.iter().filter(earlier).any(|told| told.user == *user);
    let route = routes.named(&watch.route);
    let mut named = BTreeSet::new();
    for (user, route, reason) in level.named {
        named.insert((user.clone(), route.clone()));
        let told = Told { user, route, level: nth, is_named: true, reason, at: None, stirred: None };
        told::write(c, id, &told).await?;
    }
    let mut tell = Vec::new();
    for (user, reason) in level.tell {
        let card = copies::presence(c, id, &Audience::Approver(user.clone())).await?;
        let of_theirs = || before.iter().filter(|told| told.user == user);
        let was_told = of_theirs().any(|told| told.at.is_some());
        // Whom an earlier try of this level could not reach is not tried with each of its tries; and whom Slack cannot reach
        // who is told for want of others, not with each level.
        let was_last_resort = of_theirs().any(|told| told.at.is_none() && told.reason == Reason::Fallback);
        if card != Presence::Gone || was_told || timer.attempts == 0 && !was_last_resort {
            tell.push((user, reason, card));
        }
    }
    let (mut new, mut reminded) = (Vec::new(), 0);
    for (user, reason, card) in &tell {
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
        told::write(c, id, &told).await?;
        match (*card == Presence::There, route.and_then(|route| route.remind_after)) {
            // Nobody gets a second card: the one that they have is called to mind.
            (true, _) if reminds == Some(user) => {
                reminded += usize::from(reminders::ring(c, id, user, &watch, routes, now).await?);
            }
            (true, _) if knows_already(user) => {}
            (true, Some(after)) if watch.is_revised => {
                let due = now.checked_add(after).unwrap_or(Timestamp::MAX);
                timers::set(c, id, TimerKind::Remind, Some(user), due, now).await?;
            }
            (true, None) if watch.is_revised => {}
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
    let mut summoned = Summoned { told: new.len(), reminded, ..Summoned::default() };
    let was_revised = watch.is_revised;
    if reminds.is_none() {
        watch.left_out = level.left_out;
        watch.left_out.truncate(MOST_LEFT_OUT);
        (watch.next_at, watch.was_put_off) = (None, false);
        watch.next.clear();
    }
    if reminds.is_none() && level.again.is_none() {
        (watch.level, watch.is_revised) = (Some(nth), false);
        summoned.is_nobody = tell.is_empty() && route.is_some_and(|route| nth > 0 || !route.notify.is_empty());
        let after = route.and_then(|route| route.escalate_after);
        watch.is_exhausted &= level.next.is_none() && new.is_empty();
        let was_exhausted = watch.is_exhausted;
        match (summoned.is_nobody, level.next, after) {
            (true, Some(_), _) => timers::set(c, id, TimerKind::Summon, None, now, now).await?,
            (true, None, _) if !was_exhausted => {
                summoned.is_exhausted = true;
                exhaust(c, id, &mut watch, routes, now).await?;
            }
            // What was said to the end is not said again.
            (_, None, _) if was_exhausted => {}
            (false, next, Some(after)) => {
                // From when the level's first people were told, however many tries it took to find the others, and though
                // the settings have changed since.
                let kept = |told: &&Told| was_revised && told.level == nth && told.route == watch.route;
                let first = before.iter().filter(|told| earlier(told) || kept(told));
                let since = first.filter_map(|told| told.at).min().unwrap_or(now);
                let due = since.checked_add(after).unwrap_or(Timestamp::MAX).max(now);
                let held = watch.claim_at(now).map(|claim| claim.until).filter(|until| *until > due);
                watch.was_put_off = held.is_some();
                let due = held.unwrap_or(due);
                watch.next_at = next.is_some().then_some(due);
                watch.next = next.unwrap_or_default();
                timers::set(c, id, TimerKind::Escalate, None, due, now).await?;
            }
            (_, _, None) | (true, None, _) => {}
        }
        // Where the sources are silent the way ends for now: they are asked again in as long as a level lasts.
        let is_silent = watch.left_out.contains(&LeftOut::LevelsUnknown);
        if let Some(after) = after.filter(|_| summoned.is_nobody && watch.is_exhausted && is_silent) {
            watch.level = nth.checked_sub(1);
            let due = now.checked_add(after).unwrap_or(Timestamp::MAX);
            timers::set(c, id, TimerKind::Summon, None, due, now).await?;
        }
    }
    save(c, id, &watch).await?;
    let at = courtesy_at(routes, &watch, now);
    if !new.is_empty() && !show_requester(c, id, at).await? && nth > 0 && !was_revised {
        tell_requester(c, id, News::Escalated { to: new.clone() }, at).await?;
    }
    if reminds.is_some() && new.is_empty() {
        return Ok(summoned);
    }
    requests::touch(c, id).await?;
    let told: Vec<&UserId> = tell.iter().map(|(user, ..)| user).collect();
    let detail = json!({ "route": watch.route, "level": nth, "told": told, "left_out": watch.left_out });
    audit::watch(c, "request.told", id, None, detail, now).await?;
    Ok(summoned)
}
