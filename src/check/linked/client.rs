//! Whether the bot is known as the client that it says it is: it redeems what nobody ever got. Whoever knows the client
//! says that this is not good; whoever does not says so first.

use rand::distr::{Alphanumeric, SampleString};
use url::Url;

use crate::authorize::openid::{Poll, Provider, Trouble};
use crate::check::report::Report;
use crate::config::{Flow, Linked, Secret};
use crate::link::page_below;

/// Errors that speak of the client: those of RFC 6749 (5.2), and Slack's own.
const OF_THE_CLIENT: [&str; 4] = ["invalid_client", "unauthorized_client", "invalid_client_id", "bad_client_secret"];
/// Errors that speak of the address to go back to; most providers look at it after the code only.
const OF_THE_ADDRESS: [&str; 3] = ["redirect_uri_mismatch", "invalid_redirect_uri", "bad_redirect_uri"];

/// At the organisation's provider.
pub(super) async fn at_provider(linked: &Linked, client_id: &str, provider: &Provider, report: &mut Report<'_>) {
    let asked = match &linked.flow {
        Flow::Code { public_url, .. } => redeem(provider, &page_below(public_url, "provider")).await,
        Flow::Device => match provider.poll(&made_up()).await {
            Ok(Poll::Granted(_)) => None,
            // Of whom it does not know it says nothing about codes.
            Ok(Poll::Pending | Poll::SlowDown | Poll::Denied | Poll::Expired) => {
                Some(Trouble::refused("expired_token", ""))
            }
            Err(trouble) => Some(trouble),
        },
    };
    let remedy = match &linked.client_id {
        Some(_) => {
            "correct identity.linked.client_id and client_secret; the client has to have this flow, and its secret goes by \
             client_secret_basic or client_secret_post"
        }
        None => "set identity.linked.client_id to a client of your own there",
    };
    tell("provider.client", &format!("the provider knows the client {client_id}"), asked, remedy, report);
}

/// At Slack.
pub(super) async fn at_slack(public_url: &Url, slack: &Provider, report: &mut Report<'_>) {
    let asked = redeem(slack, &page_below(public_url, "slack")).await;
    let remedy = "copy Client ID and Client Secret from the app's Basic Information, and its redirect URL into the app";
    tell("slack.client", "Slack knows the app's client id and secret", asked, remedy, report);
}

async fn redeem(provider: &Provider, redirect_uri: &Url) -> Option<Trouble> {
    let (code, verifier) = (made_up(), made_up());
    let issuer = Some(provider.issuer());
    provider.redeem(code.expose(), redirect_uri, verifier.expose(), "p0-chatops-check", issuer).await.err()
}

/// As long as PKCE's verifier has to be.
fn made_up() -> Secret {
    Secret::new(Alphanumeric.sample_string(&mut rand::rng(), 43))
}

fn tell(id: &'static str, is_known: &str, asked: Option<Trouble>, remedy: &str, report: &mut Report<'_>) {
    match asked {
        Some(Trouble::Refused { code, words }) if OF_THE_CLIENT.contains(&code.as_str()) => {
            let words = if words.is_empty() { words } else { format!(" ({words})") };
            report.fail(id, format!("is refused: {code}{words}"), remedy);
        }
        Some(Trouble::Refused { code, .. }) if OF_THE_ADDRESS.contains(&code.as_str()) => {
            report.fail(id, format!("the address to go back to is refused: {code}"), remedy);
        }
        Some(Trouble::Refused { .. }) => report.ok(id, is_known),
        Some(Trouble::Unavailable(words)) => {
            report.warn(id, format!("was not judged: {words}"), "run `check` again in a minute");
            report.unseen("anybody can link an account");
        }
        Some(trouble) => report.fail(id, trouble.to_string(), remedy),
        None => report.fail(id, "a made-up code is taken for a good one", "see what answers there: it is no provider"),
    }
}
