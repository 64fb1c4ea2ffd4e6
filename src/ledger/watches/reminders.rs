//! Reminders. Who is on duty, or away, may have changed since somebody was told: whether they are still meant is asked
//! again before they are rung.

use jiff::Timestamp;

use super::super::LedgerError;
use super::super::notices::{self, Notice};
use super::fire::{UNDER_WAY, is_under_way};
use super::timers::{self, Timer, TimerKind};
use super::{courtesy_at, told};
use crate::domain::person::UserId;
use crate::domain::request::RequestId;
use crate::domain::route::routes::Routes;
use crate::domain::watch::{MOST_REMINDERS, Watch};
use crate::ledger::database::Connection;

/// A reminder is due: it is asked whether the person still is meant, or it waits.
pub(super) async fn fire(
    c: &mut Connection,
    timer: &Timer,
    watch: &Watch,
    routes: &Routes,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let (request, Some(user)) = (&timer.request, &timer.target) else { return Ok(()) };
    if told::idle(c, request, user).await?.is_none_or(|before| before >= MOST_REMINDERS) {
        return Ok(());
    }
    let soon = now.checked_add(UNDER_WAY).unwrap_or(Timestamp::MAX);
    let later = match watch.claim_at(now) {
        Some(claim) => Some(claim.until),
        // The next level may be theirs too: nobody is rung twice within a minute.
        None if timers::is_level_due(c, request, soon).await? || is_under_way(c, request).await? => Some(soon),
        None => Some(courtesy_at(routes, watch, now)).filter(|at| *at > now),
    };
    match later {
        Some(later) => timers::set(c, request, TimerKind::Remind, Some(user), later, now).await,
        None => timers::set(c, request, TimerKind::Summon, Some(user), now, now).await,
    }
}

/// Rings somebody who still is meant, and sets the next reminder. Says whether they were rung: whoever has done something
/// meanwhile is not.
pub(super) async fn ring(
    c: &mut Connection,
    request: &RequestId,
    user: &UserId,
    watch: &Watch,
    routes: &Routes,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let Some(before) = told::idle(c, request, user).await?.filter(|before| *before < MOST_REMINDERS) else {
        return Ok(false);
    };
    let nth = before + 1;
    notices::add(c, &Notice::Reminder { request: request.clone(), user: user.clone(), nth }, now).await?;
    told::reminded(c, request, user).await?;
    let after = routes.named(&watch.route).and_then(|route| route.remind_after);
    if let Some(after) = after.filter(|_| nth < MOST_REMINDERS) {
        let due = now.checked_add(after * 2_u32.pow(nth)).unwrap_or(Timestamp::MAX);
        timers::set(c, request, TimerKind::Remind, Some(user), due, now).await?;
    }
    Ok(true)
}
