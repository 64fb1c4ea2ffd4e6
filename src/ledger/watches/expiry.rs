//! The ends of grants: their owners hear of them in advance, and cards say so where P0 is late with saying that they are
//! over.

use jiff::Timestamp;

use super::super::notices::{self, Notice};
use super::super::{LedgerError, readable, requests};
use super::timers::{self, Timer, TimerKind};
use crate::domain::request::Request;
use crate::ledger::database::Connection;

/// Timers of this kind that one sweep fires.
const AT_ONCE: u32 = 200;

/// What is about the end of a grant.
pub(in crate::ledger) const KINDS: [TimerKind; 2] = [TimerKind::EndsSoon, TimerKind::Overdue];

/// Keeps the timers of a request true, whatever its end is now. What has fired is in the past, and is not set again.
pub(in crate::ledger) async fn arrange(
    c: &mut Connection,
    request: &Request,
    now: Timestamp,
) -> Result<(), LedgerError> {
    for (kind, due) in KINDS.into_iter().zip([request.ends_soon_at(), request.overdue_at()]) {
        match due {
            None => timers::clear(c, &request.id, &[kind]).await?,
            Some(due) if due > now => timers::set(c, &request.id, kind, None, due, now).await?,
            Some(due) => timers::not_after(c, &request.id, kind, due).await?,
        }
    }
    Ok(())
}

/// Fires what is due, and says how much that was.
pub(in crate::ledger) async fn fire(c: &mut Connection, now: Timestamp) -> Result<usize, LedgerError> {
    let due = timers::due(c, &KINDS, now, AT_ONCE).await?;
    for Timer { id, request, kind, .. } in &due {
        let Some(kept) = readable(requests::load(c, request).await) else {
            timers::pass_over(c, *id, now).await?;
            continue;
        };
        timers::clear(c, request, &[*kind]).await?;
        let Some(kept) = kept else { continue };
        let ends_later = kept.request.grant_end().is_some_and(|end| end.at > now);
        if *kind == TimerKind::EndsSoon && ends_later {
            notices::add(c, &Notice::EndsSoon { request: request.clone() }, now).await?;
        }
        requests::touch(c, request).await?;
    }
    Ok(due.len())
}
