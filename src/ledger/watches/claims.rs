//! "I'm on it": one person at a time, for as long as it holds.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::super::deliveries;
use super::super::{Ledger, LedgerError, audit, readable, requests};
use super::timers::{self, TimerKind};
use super::{begin, check_named, courtesy_at, load, save, show_requester, stir, tell_requester};
use crate::domain::decision::Verb;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::person::SlackUser;
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::domain::route::routes::Routes;
use crate::domain::watch::{CLAIM_HOLDS, Claim, News};
use crate::ledger::database::Connection;

/// What became of a claim before Slack was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// They are on it from now on.
    Made {
        /// Until when.
        until: Timestamp,
    },
    /// They are on it already; nothing was changed.
    Before,
    /// This very delivery was taken in before.
    Repeated,
    /// By the local rules they could not decide it; nothing was changed.
    Refused(Refusal),
}

impl Ledger {
    /// Somebody is on it: whoever was before is not any more.
    ///
    /// # Errors
    /// Where it cannot be written: then the person must not be told that it was.
    pub async fn claim_request(
        &self,
        keys: DeliveryKeys,
        request: RequestId,
        by: SlackUser,
        routes: Arc<Routes>,
    ) -> Result<Claimed, LedgerError> {
        self.write(move |c, now| Box::pin(async move { claim(c, keys, &request, by, &routes, now).await })).await
    }
}

async fn claim(
    c: &mut Connection,
    keys: DeliveryKeys,
    id: &RequestId,
    by: SlackUser,
    routes: &Routes,
    now: Timestamp,
) -> Result<Claimed, LedgerError> {
    if !deliveries::remember(c, keys, now).await? {
        return Ok(Claimed::Repeated);
    }
    let Some(kept) = requests::load(c, id).await? else { return Ok(Claimed::Refused(Refusal::OldCard)) };
    if kept.request.phase.is_decided() {
        let phase = Box::new(kept.request.phase);
        return Ok(Claimed::Refused(Refusal::AlreadyDecided { phase }));
    }
    let demands = routes.demands(&kept.request, now, None);
    if let Err(refusal) = check_named(c, id, &by.user, &demands, Verb::Approve, now).await? {
        return Ok(Claimed::Refused(refusal));
    }
    stir(c, id, &by.user, now).await?;
    let mut watch = match readable(load(c, id).await).flatten() {
        Some(watch) => watch,
        None => begin(c, &kept.request, routes, now).await?,
    };
    if watch.claim_at(now).is_some_and(|claim| claim.by == by) {
        return Ok(Claimed::Before);
    }
    let until = now.checked_add(CLAIM_HOLDS).unwrap_or(Timestamp::MAX);
    timers::set(c, id, TimerKind::ClaimLapses, None, until, now).await?;
    timers::put_off(c, id, TimerKind::Remind, until).await?;
    // People who take over from each other would hold the next level up for ever.
    if !watch.was_put_off && timers::put_off(c, id, TimerKind::Escalate, until).await? {
        watch.was_put_off = true;
        watch.next_at = watch.next_at.map(|next| next.max(until));
    }
    audit::watch(c, "request.claimed", id, Some(&by), json!({ "until": until, "before": watch.claim }), now).await?;
    let user = by.user.clone();
    watch.claim = Some(Claim { by, at: now, until });
    save(c, id, &watch).await?;
    let at = courtesy_at(routes, &watch, now);
    show_requester(c, id, at).await?;
    tell_requester(c, id, News::Claimed { by: user }, at).await?;
    requests::touch(c, id).await?;
    Ok(Claimed::Made { until })
}
