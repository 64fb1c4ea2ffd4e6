//! How requests are looked after: which route they go by, who was told, who is on it, and what comes next.

pub(super) mod expiry;
pub mod timers;
mod told;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::copies::{self, Audience};
use super::{LedgerError, from_json, to_json};
use crate::domain::request::{Request, RequestId};
use crate::domain::route::routes::{Recipient, Routes};
use crate::domain::watch::Watch;

pub(super) use told::{named, of_request as told_of};

/// How a request is looked after; `None` for one that came before there were routes.
pub(super) async fn load(c: &mut SqliteConnection, request: &RequestId) -> Result<Option<Watch>, LedgerError> {
    let body: Option<String> = sqlx::query_scalar("SELECT body FROM watches WHERE request_id = $1")
        .bind(request.as_str())
        .fetch_optional(c)
        .await?;
    body.as_deref().map(from_json).transpose()
}

/// Writes how a request is looked after.
pub(super) async fn save(c: &mut SqliteConnection, request: &RequestId, watch: &Watch) -> Result<(), LedgerError> {
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

/// A request that was not known before is shown where its route says.
pub(super) async fn begin(
    c: &mut SqliteConnection,
    request: &Request,
    routes: &Routes,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let found = routes.find(&request.facts, now, None);
    if let Some(channel) = &found.route.channel {
        copies::add(c, &request.id, &Audience::Channel(channel.clone()), now).await?;
    }
    for recipient in &found.route.notify {
        if let Recipient::User(user) = recipient {
            copies::add(c, &request.id, &Audience::Approver(user.clone()), now).await?;
        }
    }
    let watch = Watch {
        route: found.route.name.clone(),
        is_default: found.is_default(),
        perhaps: found.perhaps.iter().map(|(route, missing)| (route.name.clone(), missing.clone())).collect(),
        level: None,
        next_at: None,
        is_exhausted: false,
        left_out: Vec::new(),
        claim: None,
    };
    save(c, &request.id, &watch).await
}
