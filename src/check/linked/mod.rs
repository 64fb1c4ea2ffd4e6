//! Linked accounts: the provider at which people sign in, the clients as which the bot is known there and at Slack, and
//! what comes of a sign-in for P0.

mod client;
mod exchange;
mod login;
mod provider;

use serde_json::Value;
use url::Url;

use super::report::Report;
use super::{Install, risk};
use crate::authorize::linked::registration;
use crate::authorize::openid::Provider;
use crate::config::{Flow, Identity, SlackClient};
use crate::link::{page_below, slack_registration};

/// Looks at everything that a sign-in goes through. `organisation` is what P0 publishes, where it surely was P0.
pub(super) async fn check(install: &Install, organisation: Option<&Value>, report: &mut Report<'_>) {
    let Some(linked) = install.settings.identity.linked() else { return };
    let client_id = login::check(install, linked, organisation, report).await;
    let Some(clients) = &install.clients else { return report.skip("provider", "needs a way out") };
    let client = clients.providers.clone();
    let known_as = registration(linked, client_id.clone().unwrap_or_default());
    let provider = Provider::new(known_as, client.clone(), install.clock.clone());
    match provider::check(install, linked, &provider, report).await {
        Some(metadata) => {
            risk::of_provider(install, &metadata, report);
            match client_id {
                Some(id) => client::at_provider(linked, &id, &provider, report).await,
                None => report.skip("provider.client", "needs P0's word on which client that is"),
            }
        }
        None => report.skip("provider.client", "needs what the provider says of itself"),
    }
    if let Flow::Code { public_url, slack } = &linked.flow {
        addresses(public_url, report);
        let registration = slack_registration(&install.settings.slack, slack);
        let provider = Provider::new(registration, client, install.clock.clone());
        sign_in_with_slack(install, public_url, slack, &provider, report).await;
    }
    if let Identity::Exchange(settings) = &install.settings.identity {
        exchange::check(install, settings, report).await;
    }
}

/// The addresses to which browsers are sent back: whoever registers another one is refused at the first link.
fn addresses(public_url: &Url, report: &mut Report<'_>) {
    let [slack, provider] = ["slack", "provider"].map(|leg| page_below(public_url, leg));
    report.ok(("redirect", "Slack"), format!("{slack} has to stand in the app under OAuth & Permissions"));
    report
        .ok(("redirect", "provider"), format!("{provider} has to be the client's at the provider, letter for letter"));
}

async fn sign_in_with_slack(
    install: &Install,
    public_url: &Url,
    app: &SlackClient,
    slack: &Provider,
    report: &mut Report<'_>,
) {
    const REMEDY: &str = "copy Client ID and Client Secret from the app's Basic Information";
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let looks_right = app.id.split_once('.').is_some_and(|(one, other)| is_number(one) && is_number(other));
    if !looks_right {
        let message = "slack.client_id is not as Slack writes one (1234567890.1234567890)";
        return report.fail("slack.client", message, REMEDY);
    }
    let secrets = install.settings.slack.signing_secrets();
    if secrets.iter().any(|secret| secret.expose() == app.secret.expose()) {
        return report.fail("slack.client", "slack.client_secret is the signing secret", REMEDY);
    }
    client::at_slack(public_url, slack, report).await;
}
