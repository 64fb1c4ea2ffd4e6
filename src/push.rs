//! `p0-chatops push`: a push of P0's that something else has taken in, such as a queue or a function in a cloud, by the same
//! gate as the door's. A running `serve` on the ledger sees it within a second.

use std::collections::BTreeMap;
use std::io::{Read as _, Write};
use std::path::Path;

use anyhow::Context as _;
use axum::body::Body;
use axum::extract::Request;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;

use crate::beside;
use crate::cli::push::PushArgs;
use crate::clock::Clock;
use crate::config;
use crate::decide::{Received, Reception};
use crate::domain::door::Door;
use crate::domain::text::{cut, plain};
use crate::http_client::Clients;
use crate::inbound::body::MOST_BYTES;
use crate::inbound::notifier_keys::NotifierKeys;
use crate::inbound::pushed::NotifierGate;
use crate::telemetry::Metrics;

/// Bytes of a file that are read: a body of the largest size in base64, and its headers.
const MOST: u64 = 2 * MOST_BYTES as u64;

/// A push that is not taken, however often it is sent.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The file is no push.
    #[error("{file}: {problem}")]
    NoPush {
        /// Which file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The gate let it not in.
    #[error("{0}")]
    TurnedAway(&'static str),
}

/// An HTTP request as gateways hand it on: of its headers only the token counts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relayed {
    headers: BTreeMap<String, String>,
    body: String,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// Takes a push in and says on `out` what it did.
///
/// # Errors
/// [`NotTaken`], settings that are at fault, or what may be otherwise later: keys that cannot be had, a ledger that cannot
/// write.
pub async fn run(args: &PushArgs, clock: Clock, out: &mut impl Write) -> anyhow::Result<()> {
    let settings = config::load(args.config.config.as_deref())?;
    let request = read(&args.push)?;
    let clients = Clients::new(&settings.outbound)?;
    let metrics = Metrics::default();
    let gate = NotifierGate {
        keys: NotifierKeys::new(&settings.notifier.key, clients.providers, clock.clone())?,
        notifier: settings.notifier,
        clock: clock.clone(),
        metrics: metrics.clone(),
    };
    let pushed = match gate.admit(request).await {
        Ok(pushed) => pushed,
        Err(turned_away) if turned_away.status == StatusCode::SERVICE_UNAVAILABLE => {
            anyhow::bail!("P0's keys cannot be had now (notifier.jwks_url): push it again later");
        }
        Err(turned_away) => return Err(NotTaken::TurnedAway(in_words(turned_away.reason)).into()),
    };
    let url = &settings.database_url;
    let Some(ledger) = beside::open(url, clock).await.context("push it again later")? else {
        anyhow::bail!("there is no ledger at {url} yet: start `serve` once, then push it again");
    };
    let reception = Reception { ledger: ledger.clone(), routes: settings.routes, door: Door::Cli, metrics };
    let received = reception.receive(pushed).await;
    ledger.close().await;
    match received.context("push it again later")? {
        Received::Kept { request, did } => writeln!(out, "request {request}: {did}"),
        Received::Unread => writeln!(
            out,
            "it does not read as a request, and was kept: [notifier.fields] says where P0 puts what; `check` says what lacks"
        ),
        Received::TokenUsed => return Err(NotTaken::TurnedAway(in_words("token_used")).into()),
    }
    .context("standard output")
}

/// The file as the request that it was.
fn read(file: &Path) -> Result<Request, NotTaken> {
    let no_push = |problem: String| {
        let file = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
        NotTaken::NoPush { file, problem }
    };
    let mut bytes = Vec::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().take(MOST + 1).read_to_end(&mut bytes),
        false => std::fs::File::open(file).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)),
    };
    read.map_err(|error| no_push(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MOST {
        return Err(no_push(format!("is larger than {MOST} bytes")));
    }
    // What serde would say may hold the token.
    let relayed: Relayed = serde_json::from_slice(&bytes).map_err(|_| {
        no_push(r#"is no push: it has to be {"headers": {"authorization": "Bearer …"}, "body": "…"}"#.to_owned())
    })?;
    let body = match relayed.is_base64_encoded {
        true => {
            BASE64_STANDARD.decode(&relayed.body).map_err(|_| no_push("has a body that is no base64".to_owned()))?
        }
        false => relayed.body.into_bytes(),
    };
    let mut request = Request::new(Body::from(body));
    for (name, value) in &relayed.headers {
        if name.eq_ignore_ascii_case(header::AUTHORIZATION.as_str()) {
            let value = HeaderValue::from_str(value)
                .map_err(|_| no_push(format!("has a header {} that is none", cut(&plain(name), 20))))?;
            request.headers_mut().append(header::AUTHORIZATION, value);
        }
    }
    Ok(request)
}

/// Why a push is not taken, by the gate's reason for it.
fn in_words(reason: &'static str) -> &'static str {
    match reason {
        "token_missing" => "it has no token: its header `authorization` has to be handed on, once",
        "token_wrong" => {
            "its token is not P0's, or not for this bot: look at notifier.issuer, audience, subject and its key"
        }
        "token_old" => {
            "its token is too old (notifier.max_token_age): a relay has to be quicker, or the setting longer"
        }
        "token_expired" => "its token has run out",
        "token_ahead" => "its token is from the future: one of the clocks is wrong",
        "token_used" => "its token was used before (notifier.single_use)",
        "unreadable" => "its body is no JSON",
        "too_large" => "its body is larger than 1 MiB",
        other => other,
    }
}
