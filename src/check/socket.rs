//! Socket Mode: whether Slack opens a socket to the bot, and says hello over it.

use super::Install;
use super::ledger;
use super::report::Report;
use crate::config::SlackMode;
use crate::notify::web_api::{SlackApi, SlackFailure};
use crate::socket::wire::{Dialer, NotOpened};
use crate::telemetry::Metrics;

/// Opens one, where that is how Slack tells anything.
pub(super) async fn check(install: &Install, report: &mut Report<'_>) {
    let SlackMode::Socket(mode) = &install.settings.slack.mode else { return };
    let Some(clients) = &install.clients else {
        return report.skip("slack.socket", "needs a way out");
    };
    let slack = SlackApi::new(clients.slack.clone(), &install.settings.slack, Metrics::default());
    // Slack gives any socket any press: one that answers nothing is not opened beside a bot that would answer it.
    if ledger::is_taken(&install.settings.database_url).await {
        return match slack.open_connection(&mode.app_token).await {
            Ok(_) => {
                report.ok("slack.socket", "Slack would open one more socket beside those of the running p0-chatops")
            }
            Err(failure) => refused(&NotOpened::Slack(failure), report),
        };
    }
    let dialer = Dialer { slack, app_token: mode.app_token.clone(), client: clients.slack.clone() };
    match dialer.open().await {
        Ok(mut socket) => {
            let _ = socket.close(None).await;
            report.ok("slack.socket", "a socket was opened, and Slack says hello");
        }
        Err(failure) => refused(&failure, report),
    }
}

fn refused(failure: &NotOpened, report: &mut Report<'_>) {
    let remedy = match failure {
        NotOpened::Slack(SlackFailure::Refused(code)) if !failure.is_passing() => {
            let message = match code.as_str() {
                "missing_scope" => "slack.app_token lacks the scope connections:write".to_owned(),
                code => format!("slack.app_token is refused by Slack: {code}"),
            };
            let remedy = "make a token with the scope connections:write under Basic Information, App-Level Tokens";
            return report.fail("slack.socket", message, remedy);
        }
        NotOpened::Slack(SlackFailure::Busy { .. }) => "wait a minute, then run `check` again",
        NotOpened::Slack(_) => "see that slack.api_base_url is right; where only a proxy leads out, set proxy",
        NotOpened::ForeignAddress => "see what answers at slack.api_base_url",
        NotOpened::Disabled => "switch Socket Mode on in the app's settings, or set slack.mode = \"http\"",
        NotOpened::Unreachable(_) | NotOpened::NoWebSocket(_) | NotOpened::NotGreeted => {
            "let the bot out to wss-primary.slack.com and its kin on port 443, and a proxy let WebSockets through"
        }
    };
    report.fail("slack.socket", failure.to_string(), remedy);
}
