//! The page on which a user is anybody in the sandbox: it shows Slack and P0, and acts as the person picked.
//!
//! `guard` turns foreign pages away, `act` does what a person does, `events` says when to look again, `files` holds what
//! runs in the browser. Everything is below one random path, so that only who was told the address gets in.

mod act;
mod answer;
mod events;
mod files;
mod guard;
mod switches;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::anyhow;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::duty::Duty;
use super::p0::RequestSeed;
use super::stage::Stage;
use super::stories::Stories;
use super::{new_secret, scene};
use answer::{Body, Done};
use files::FILES;
use guard::Guard;

/// The largest thing that anybody types, in bytes.
const BODY_CAP: usize = 64 * 1024;

/// The page before it is served: its port is taken and its address known.
pub(super) struct Page {
    listener: TcpListener,
    port: u16,
    token: String,
}

/// What the endpoints work with.
#[derive(Clone)]
struct Desk {
    stage: Stage,
    stories: Stories,
    /// How many requests were added by hand.
    added: Arc<AtomicUsize>,
    stop: CancellationToken,
}

impl Page {
    /// Takes a port of 127.0.0.1 (0: any that is free) and makes up the token.
    pub(super) async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port, token: new_secret() })
    }

    /// What the user opens.
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.port, self.token)
    }

    /// Serves until `stop` is cancelled.
    pub(super) async fn serve(self, stage: Stage, stories: Stories, stop: CancellationToken) {
        let desk = Desk { stage, stories, added: Arc::default(), stop: stop.clone() };
        let app = router(&self.token, self.port, desk);
        if let Err(error) = axum::serve(self.listener, app).with_graceful_shutdown(stop.cancelled_owned()).await {
            tracing::error!(%error, "the sandbox's page stopped serving");
        }
    }
}

fn router(token: &str, port: u16, desk: Desk) -> Router {
    let base = format!("/{token}/");
    let mut router = Router::new()
        .route(&format!("{base}state"), get(state))
        .route(&format!("{base}events"), get(events::events))
        .route(&format!("{base}act"), post(act::act))
        .route(&format!("{base}request"), post(add_request))
        .route(&format!("{base}fault"), post(switches::fault))
        .route(&format!("{base}bot"), post(switches::bot))
        .route(&format!("{base}duty"), post(switches::duty))
        .route(&format!("{base}time"), post(switches::time))
        .route(&format!("{base}story"), post(switches::story));
    for (name, kind, content) in FILES {
        let file = move || async move { ([(CONTENT_TYPE, HeaderValue::from_static(kind))], content) };
        router = router.route(&format!("{base}{name}"), get(file));
    }
    router
        .layer(DefaultBodyLimit::max(BODY_CAP))
        .layer(middleware::from_fn_with_state(Guard::new(port), guard::guard))
        .with_state(desk)
}

/// Everything that there is to see. The stand-ins leave tokens, keys and response URLs out.
async fn state(State(Desk { stage, stories, .. }): State<Desk>) -> Json<Value> {
    // The disk first: what it says was done, P0 and Slack have heard by then.
    let (disk, watches) = (stage.disk.to_json().await, stage.disk.watches(&stage.routes).await);
    Json(json!({
        "people": stage.scene.cast(),
        "channel": scene::CHANNEL,
        "slack": stage.slack.snapshot(),
        "p0": stage.p0.snapshot(),
        "bot": stage.bot.status(),
        "disk": disk,
        "watches": watches,
        "duty": stage.duty.as_ref().map(Duty::to_json),
        "faults": stage.faults.to_json(),
        "stories": stories.known(),
        "story": stories.to_json(),
    }))
}

/// Somebody asks P0 for something: the scene's requests over again, one after the other.
async fn add_request(State(Desk { stage, added, .. }): State<Desk>, Body(_): Body<Value>) -> Done {
    let seeds = stage.scene.requests();
    let next = added.fetch_add(1, Ordering::Relaxed).checked_rem(seeds.len());
    let seed = next.and_then(|next| seeds.get(next)).ok_or_else(|| anyhow!("the seed has no requests"))?;
    Ok(Json(json!({ "id": stage.p0.add(RequestSeed { id: None, ..seed.clone() }) })))
}
