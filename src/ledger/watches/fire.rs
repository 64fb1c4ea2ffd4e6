//! What falls due by itself: reminders, escalation, the end of a claim. Whatever fires, fires in the transaction that takes
//! its timer away.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::super::{Ledger, LedgerError, readable, requests};
use super::timers::{self, Timer, TimerKind};
use super::{courtesy_at, exhaust, load, reminders, save, tell_requester};
use crate::domain::request::RequestId;
use crate::domain::route::routes::Routes;
use crate::domain::watch::{Claim, News, Watch};
use crate::ledger::database::Connection;

/// What fires without asking anybody.
const KINDS: [TimerKind; 3] = [TimerKind::ClaimLapses, TimerKind::Escalate, TimerKind::Remind];
/// Timers that fire in one transaction at most.
const MOST: u32 = 100;
/// How long what calls people waits while somebody's decision is under way.
pub(super) const UNDER_WAY: Duration = Duration::from_secs(60);

/// What came of timers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fired {
    /// How many fired, for whatever came of it.
    pub timers: usize,
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

async fn fire(c: &mut Connection, routes: &Routes, now: Timestamp) -> Result<Fired, LedgerError> {
    let mut fired = Fired::default();
    // A claim that is over holds nobody up: its end comes first.
    for kind in KINDS {
        for timer in timers::due(c, &[kind], now, MOST).await? {
            fired.timers += 1;
            let kept = readable(requests::load(c, &timer.request).await);
            let (Some(kept), Some(watch)) = (kept, readable(load(c, &timer.request).await)) else {
                timers::pass_over(c, timer.id, now).await?;
                continue;
            };
            timers::take(c, timer.id).await?;
            let waits = kept.is_some_and(|kept| !kept.request.phase.is_decided());
            let Some(watch) = watch.filter(|_| waits) else { continue };
            match kind {
                TimerKind::Remind => reminders::fire(c, &timer, &watch, routes, now).await?,
                TimerKind::Escalate => escalate(c, &timer, watch, routes, now, &mut fired).await?,
                _ => lapse(c, &timer, watch, routes, now).await?,
            }
        }
    }
    Ok(fired)
}

async fn escalate(
    c: &mut Connection,
    timer: &Timer,
    mut watch: Watch,
    routes: &Routes,
    now: Timestamp,
    fired: &mut Fired,
) -> Result<(), LedgerError> {
    let request = &timer.request;
    if is_under_way(c, request).await? {
        let later = now.checked_add(UNDER_WAY).unwrap_or(Timestamp::MAX);
        if watch.next_at.is_some() {
            watch.next_at = Some(later);
            save(c, request, &watch).await?;
            requests::touch(c, request).await?;
        }
        return timers::set(c, request, TimerKind::Escalate, None, later, now).await;
    }
    if watch.next_at.is_some() {
        fired.escalated.push(request.clone());
        return timers::set(c, request, TimerKind::Summon, None, now, now).await;
    }
    exhaust(c, request, &mut watch, routes, now).await?;
    fired.exhausted.push(request.clone());
    Ok(())
}

async fn lapse(
    c: &mut Connection,
    timer: &Timer,
    mut watch: Watch,
    routes: &Routes,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let request = &timer.request;
    match watch.claim.take() {
        Some(Claim { until, .. }) if now < until => {
            timers::set(c, request, TimerKind::ClaimLapses, None, until, now).await
        }
        Some(claim) => {
            save(c, request, &watch).await?;
            if !is_under_way(c, request).await? {
                let at = courtesy_at(routes, &watch, now);
                tell_requester(c, request, News::Lapsed { by: claim.by.user }, at).await?;
            }
            requests::touch(c, request).await
        }
        None => Ok(()),
    }
}

/// Whether somebody has decided, and P0 has not answered yet: not where they still have to sign in for it, nor where P0 has
/// not heard it for so long that the card says so.
pub(super) async fn is_under_way(c: &mut Connection, request: &RequestId) -> Result<bool, LedgerError> {
    let found = sqlx::query(
        "SELECT 1 FROM decisions WHERE request_id = $1 AND verb IN ('approve', 'deny')
             AND (stage_name = 'sending' OR (stage_name = 'recorded' AND unheard = 0)) LIMIT 1",
    )
    .bind(request.as_str())
    .fetch_optional(c)
    .await?;
    Ok(found.is_some())
}
