//! What `serve` says in its log once it runs: what the settings name and nobody knows.

use std::io;
use std::time::Duration;

use super::report::{Form, Report};
use super::{Install, channels, groups, oncall, people, slack};
use crate::clock::Clock;
use crate::config::Settings;
use crate::http_client::Clients;

/// How far apart questions are, so that the look is in nobody's way.
const APART: Duration = Duration::from_secs(2);
/// How long all of it may take.
const WHOLE_WITHIN: Duration = Duration::from_secs(15 * 60);

/// Looks once at the channels, people, user groups and on-call sources that the settings name, as `check` does, and logs
/// what will not work. Nothing waits for it.
pub(crate) async fn look_at_start(settings: Settings, clock: Clock, clients: Clients) {
    let install = Install {
        settings,
        clock,
        local: clients.decisions.clone(),
        clients: Some(clients),
        credentials: None,
        jwks: None,
        links: None,
        apart: APART,
    };
    if tokio::time::timeout(WHOLE_WITHIN, look(&install)).await.is_err() {
        tracing::warn!("not everything was looked at that the settings name: `p0-chatops check` does");
    }
}

async fn look(install: &Install) {
    let mut nowhere = io::sink();
    let mut report = Report::new(&mut nowhere, Form::Log);
    let Some(home) = slack::check(install, &mut report).await else { return };
    channels(install, Some(&home), &mut report).await;
    groups::check(install, Some(&home), &mut report).await;
    if home.may("users:read") {
        people::strangers(install, &home, &mut report).await;
    }
    oncall::check(install, Some(&home), &mut report).await;
}
