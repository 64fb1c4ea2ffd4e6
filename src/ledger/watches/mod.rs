//! How requests are looked after: which route they go by, who was told, who is on it, and what comes next.

pub mod claims;
pub(super) mod expiry;
pub mod fire;
mod reminders;
mod revise;
pub mod summons;
pub mod timers;
mod told;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::copies::{self, Audience, Presence};
use super::notices::{self, Notice};
use super::{LedgerError, audit, from_json, readable, requests, to_json};
use crate::domain::person::UserId;
use crate::domain::request::{Request, RequestId};
use crate::domain::route::routes::{Route, Routes};
use crate::domain::watch::{News, Reason, Told, Watch};
use crate::ledger::database::Connection;
use timers::TimerKind;

pub(super) use told::{check_named, is_naming, named, of_request as told_of, stir};

/// What nobody needs any more once a request is decided.
const OF_WAITING: [TimerKind; 4] = [TimerKind::Summon, TimerKind::Remind, TimerKind::Escalate, TimerKind::ClaimLapses];
/// What calls people.
const OF_CALLING: [TimerKind; 3] = [TimerKind::Summon, TimerKind::Remind, TimerKind::Escalate];

/// How a request is looked after; `None` for one that came before there were routes.
pub(super) async fn load(c: &mut Connection, request: &RequestId) -> Result<Option<Watch>, LedgerError> {
    let body: Option<String> = sqlx::query_scalar("SELECT body FROM watches WHERE request_id = $1")
        .bind(request.as_str())
        .fetch_optional(c)
        .await?;
    body.as_deref().map(from_json).transpose()
}

/// Writes how a request is looked after.
pub(super) async fn save(c: &mut Connection, request: &RequestId, watch: &Watch) -> Result<(), LedgerError> {
    sqlx::query(
        "INSERT INTO watches (request_id, route, body) VALUES ($1, $2, $3)
         ON CONFLICT (request_id) DO UPDATE SET route = $2, body = $3",
    )
    .bind(request.as_str())
    .bind(&watch.route)
    .bind(to_json(watch)?)
    .execute(c)
    .await?;
    Ok(())
}

/// A request is looked after from now on as the routes say: it is shown in its route's channel, and the people of the first
/// level are found out at once. Where the routes said something else before, whom they named is found out anew, up to the
/// level that was told where it still goes by the same rule; a claim holds, and nobody gets a second card.
pub(super) async fn begin(
    c: &mut Connection,
    request: &Request,
    routes: &Routes,
    now: Timestamp,
) -> Result<Watch, LedgerError> {
    let found = routes.find(&request.facts, request.first_seen, None);
    let mut watch = Watch::by(routes, request);
    let calls = |route: &Route| !route.notify.is_empty() || route.escalate_after.is_some();
    let anybody = calls(found.route) || routes.may_restrict(&request.facts).next().is_some();
    let is_called = anybody && !request.phase.is_decided();
    if let Some(before) = readable(load(c, &request.id).await).flatten() {
        keep_what_holds(&mut watch, before);
    }
    watch.is_revised = is_called && !told_of(c, &request.id).await?.is_empty();
    told::name_nobody(c, &request.id).await?;
    timers::clear(c, &request.id, &OF_CALLING).await?;
    if let Some(channel) = &found.route.channel {
        let audience = Audience::Channel(channel.clone());
        if copies::presence(c, &request.id, &audience).await? != Presence::There {
            copies::add(c, &request.id, &audience, now).await?;
        }
    }
    save(c, &request.id, &watch).await?;
    if is_called {
        timers::set(c, &request.id, TimerKind::Summon, None, now, now).await?;
    }
    Ok(watch)
}

/// What holds of how a request was looked after before.
fn keep_what_holds(watch: &mut Watch, before: Watch) {
    (watch.claim, watch.is_over) = (before.claim, before.is_over);
    if watch.route == before.route {
        (watch.level, watch.is_exhausted) = (before.level, before.is_exhausted);
    }
}

/// What is asked has changed. Where it goes by another rule now, or others may decide, it is looked after from the
/// beginning: whoever has a card and is told again is rung, for it is about something else now.
pub(super) async fn follow(
    c: &mut Connection,
    before: &Request,
    request: &Request,
    routes: &Routes,
    now: Timestamp,
) -> Result<(), LedgerError> {
    if request.phase.is_decided() {
        return Ok(());
    }
    let Some(mut watch) = readable(load(c, &request.id).await).flatten() else { return Ok(()) };
    let found = Watch::by(routes, request);
    let restricting = |request: &Request| -> BTreeSet<String> {
        routes.may_restrict(&request.facts).map(|route| route.name.clone()).collect()
    };
    if found.route != watch.route || !restricting(request).is_subset(&restricting(before)) {
        told::renew(c, &request.id).await?;
        let begun = begin(c, request, routes, now).await?;
        save(c, &request.id, &Watch { level: None, is_exhausted: false, is_revised: false, ..begun }).await?;
    } else if (&found.perhaps, &found.terms) != (&watch.perhaps, &watch.terms) {
        (watch.perhaps, watch.terms) = (found.perhaps, found.terms);
        save(c, &request.id, &watch).await?;
    }
    Ok(())
}

/// A request has moved: nobody is called to one that is decided, and one that waits again after all is looked after again.
/// Says whether it is decided now and was not before.
pub(super) async fn settle(c: &mut Connection, request: &Request, now: Timestamp) -> Result<bool, LedgerError> {
    let Some(mut watch) = readable(load(c, &request.id).await).flatten() else { return Ok(false) };
    match (watch.is_over, request.phase.is_decided()) {
        (false, true) => {
            timers::clear(c, &request.id, &OF_WAITING).await?;
            (watch.is_over, watch.claim, watch.next_at) = (true, None, None);
            save(c, &request.id, &watch).await?;
            requests::touch(c, &request.id).await?;
            Ok(true)
        }
        (true, false) => {
            (watch.is_over, watch.is_exhausted, watch.was_put_off, watch.is_revised) = (false, false, false, false);
            (watch.level, watch.next_at) = (None, None);
            watch.next.clear();
            watch.left_out.clear();
            save(c, &request.id, &watch).await?;
            told::renew(c, &request.id).await?;
            told::name_nobody(c, &request.id).await?;
            timers::set(c, &request.id, TimerKind::Summon, None, now, now).await?;
            Ok(false)
        }
        _ => Ok(false),
    }
}

/// Everybody was told who is to be, and nobody has decided.
async fn exhaust(
    c: &mut Connection,
    request: &RequestId,
    watch: &mut Watch,
    routes: &Routes,
    now: Timestamp,
) -> Result<(), LedgerError> {
    (watch.is_exhausted, watch.next_at) = (true, None);
    save(c, request, watch).await?;
    let at = courtesy_at(routes, watch, now);
    show_requester(c, request, at).await?;
    tell_requester(c, request, News::Exhausted, at).await?;
    requests::touch(c, request).await?;
    audit::watch(c, "request.exhausted", request, None, json!({ "route": watch.route, "level": watch.level }), now)
        .await
}

/// Slack could not show somebody their card, so they were not told after all. Where nobody else was, the next are told at
/// once.
pub(super) async fn not_reached(
    c: &mut Connection,
    request: &RequestId,
    user: &UserId,
    now: Timestamp,
) -> Result<(), LedgerError> {
    if !told::take_back(c, request, user).await? {
        return Ok(());
    }
    requests::touch(c, request).await?;
    let watch = readable(load(c, request).await).flatten();
    let Some(watch) = watch.filter(|watch| !watch.is_over && !watch.is_exhausted) else { return Ok(()) };
    if watch.claim_at(now).is_some() || is_told(&watch, &told_of(c, request).await?) {
        return Ok(());
    }
    // A level whose people are still being found out is tried again in its own time.
    if timers::is_level_due(c, request, Timestamp::MAX).await? {
        return timers::not_after(c, request, TimerKind::Escalate, now).await;
    }
    timers::set(c, request, TimerKind::Summon, None, now, now).await
}

/// Whether somebody knows of a request who still is meant by its rules.
fn is_told(watch: &Watch, told: &[Told]) -> bool {
    let is_named = |user: &UserId| told.iter().any(|named| named.is_named && named.user == *user);
    let stands_in = |told: &Told| matches!(told.reason, Reason::InPlaceOf(_)) && told.route == watch.route;
    told.iter().any(|told| told.at.is_some() && (is_named(&told.user) || stands_in(told)))
}

/// Whoever asked hears something in the thread of their card, once that is there.
pub(super) async fn tell_requester(
    c: &mut Connection,
    request: &RequestId,
    news: News,
    at: Timestamp,
) -> Result<(), LedgerError> {
    notices::add(c, &Notice::News { request: request.clone(), news }, at).await
}

/// Has the card of whoever asked posted, where there is none yet.
pub(super) async fn show_requester(
    c: &mut Connection,
    request: &RequestId,
    at: Timestamp,
) -> Result<bool, LedgerError> {
    // Whom Slack could not find is not looked for again with each thing that happens.
    if copies::presence(c, request, &Audience::Requester).await? != Presence::Never {
        return Ok(false);
    }
    copies::add(c, request, &Audience::Requester, at).await?;
    Ok(true)
}

/// When courtesies are due: at once, or at the end of the route's quiet hours.
pub(super) fn courtesy_at(routes: &Routes, watch: &Watch, now: Timestamp) -> Timestamp {
    let quiet = routes.named(&watch.route).and_then(|route| route.quiet.as_ref());
    quiet.and_then(|quiet| quiet.end_after(now)).unwrap_or(now)
}
