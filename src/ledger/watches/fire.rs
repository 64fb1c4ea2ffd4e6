//! What falls due by itself: reminders, escalation, the end of a claim. Whatever fires, fires in the transaction that takes
//! its timer away.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use sqlx::SqliteConnection;

use super::super::notices::{self, Notice};
use super::super::{Ledger, LedgerError, audit, requests};
use super::timers::{self, Timer, TimerKind};
use super::{courtesy_at, load, save, show_requester, tell_requester, told};
use crate::domain::request::RequestId;
use crate::domain::route::routes::Routes;
use crate::domain::watch::{MOST_REMINDERS, News, Watch};

/// What fires without asking anybody.
const KINDS: [TimerKind; 3] = [TimerKind::ClaimLapses, TimerKind::Remind, TimerKind::Escalate];
/// Timers that fire in one transaction at most.
const MOST: u32 = 100;
/// How long what calls people waits while somebody's decision is under way.
const UNDER_WAY: Duration = Duration::from_secs(60);

/// What came of timers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fired {
    /// How many fired, for whatever came of it.
    pub timers: usize,
    /// How many people are reminded.
    pub reminded: usize,
    /// Requests whose next level is told.
    pub escalated: Vec<RequestId>,
    /// Requests of which everybody was told, and which nobody has decided.
    pub exhausted: Vec<RequestId>,
}

impl Ledger {
    /// Has everything happen that is due and asks nobody.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn fire_timers(&self, routes: Arc<Routes>) -> Result<Fired, LedgerError> {
        // Most looks find nothing: they cost no write.
        if timers::due(&mut *self.readers.acquire().await?, &KINDS, self.clock.now(), 1).await?.is_empty() {
            return Ok(Fired::default());
        }
        self.write(move |c, now| Box::pin(async move { fire(c, &routes, now).await })).await
    }
}

async fn fire(c: &mut SqliteConnection, routes: &Routes, now: Timestamp) -> Result<Fired, LedgerError> {
    let mut fired = Fired::default();
    // A claim that is over holds nobody up: its end comes first.
    for kind in KINDS {
        for timer in timers::due(c, &[kind], now, MOST).await? {
            timers::take(c, timer.id).await?;
            fired.timers += 1;
            let kept = requests::load(c, &timer.request).await?;
            let waits = kept.is_some_and(|kept| !kept.request.phase.is_decided());
            let Some(watch) = load(c, &timer.request).await?.filter(|_| waits) else { continue };
            match kind {
                TimerKind::Remind => remind(c, &timer, &watch, routes, now, &mut fired).await?,
                TimerKind::Escalate => escalate(c, &timer, watch, routes, now, &mut fired).await?,
                _ => lapse(c, &timer, watch, now).await?,
            }
        }
    }
    Ok(fired)
}

async fn remind(
    c: &mut SqliteConnection,
    timer: &Timer,
    watch: &Watch,
    routes: &Routes,
    now: Timestamp,
    fired: &mut Fired,
) -> Result<(), LedgerError> {
    let (request, Some(user)) = (&timer.request, &timer.target) else { return Ok(()) };
    let Some(before) = told::idle(c, request, user).await?.filter(|before| *before < MOST_REMINDERS) else {
        return Ok(());
    };
    let later = match watch.claim_at(now) {
        Some(claim) => Some(claim.until),
        None if is_under_way(c, request).await? => now.checked_add(UNDER_WAY).ok(),
        None => Some(courtesy_at(routes, watch, now)).filter(|at| *at > now),
    };
    if let Some(later) = later {
        return timers::set(c, request, TimerKind::Remind, Some(user), later, now).await;
    }
    let nth = before + 1;
    notices::add(c, &Notice::Reminder { request: request.clone(), user: user.clone(), nth }, now).await?;
    told::reminded(c, request, user).await?;
    fired.reminded += 1;
    let after = routes.named(&watch.route).and_then(|route| route.remind_after);
    if let Some(after) = after.filter(|_| nth < MOST_REMINDERS) {
        let due = now.checked_add(after * 2_u32.pow(nth)).unwrap_or(Timestamp::MAX);
        timers::set(c, request, TimerKind::Remind, Some(user), due, now).await?;
    }
    Ok(())
}

async fn escalate(
    c: &mut SqliteConnection,
    timer: &Timer,
    mut watch: Watch,
    routes: &Routes,
    now: Timestamp,
    fired: &mut Fired,
) -> Result<(), LedgerError> {
    let request = &timer.request;
    let later = match watch.claim_at(now) {
        Some(claim) => Some(claim.until),
        None if is_under_way(c, request).await? => now.checked_add(UNDER_WAY).ok(),
        None => None,
    };
    if let Some(later) = later {
        return timers::set(c, request, TimerKind::Escalate, None, later, now).await;
    }
    if watch.next_at.is_some() {
        fired.escalated.push(request.clone());
        return timers::set(c, request, TimerKind::Summon, None, now, now).await;
    }
    watch.is_exhausted = true;
    save(c, request, &watch).await?;
    let at = courtesy_at(routes, &watch, now);
    show_requester(c, request, at).await?;
    tell_requester(c, request, News::Exhausted, at).await?;
    requests::touch(c, request).await?;
    audit::watch(c, "request.exhausted", request, None, json!({ "route": watch.route, "level": watch.level }), now)
        .await?;
    fired.exhausted.push(request.clone());
    Ok(())
}

async fn lapse(c: &mut SqliteConnection, timer: &Timer, mut watch: Watch, now: Timestamp) -> Result<(), LedgerError> {
    let request = &timer.request;
    match &watch.claim {
        Some(claim) if now < claim.until => {
            let until = claim.until;
            timers::set(c, request, TimerKind::ClaimLapses, None, until, now).await
        }
        Some(_) => {
            watch.claim = None;
            save(c, request, &watch).await?;
            requests::touch(c, request).await
        }
        None => Ok(()),
    }
}

/// Whether somebody has decided, and P0 has not answered yet or they have not signed in for it yet.
async fn is_under_way(c: &mut SqliteConnection, request: &RequestId) -> Result<bool, LedgerError> {
    let found = sqlx::query(
        "SELECT 1 FROM decisions WHERE request_id = $1 AND verb IN ('approve', 'deny')
             AND stage_name IN ('held', 'recorded', 'sending') LIMIT 1",
    )
    .bind(request.as_str())
    .fetch_optional(c)
    .await?;
    Ok(found.is_some())
}
