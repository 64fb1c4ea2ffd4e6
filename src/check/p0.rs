//! P0: whether it is there and knows the organisation. No call decides anything, and none touches a setting: even
//! reading those would change them.

use http::StatusCode;
use serde_json::Value;
use url::Url;

use super::report::Report;
use super::web::{Heard, ask};
use super::{Install, clocks};
use crate::authorize::p0_login::{AccountAnswer, P0Accounts};
use crate::config::{Identity, Secret};
use crate::domain::text::cut;

/// What to do where P0 did not say.
pub(super) const ASK_AGAIN: &str = "run `check` again in a minute";

/// Asks P0 how the organisation logs in: that is public. Answers what it says, where what answers is surely P0: nobody
/// else is shown a token, or believed about the time.
pub(super) async fn check(install: &Install, report: &mut Report<'_>) -> Option<Value> {
    let Some((organisation, heard)) = discovery(install, report).await else {
        report.skip("p0.clock", "needs an answer that is surely P0's");
        if matches!(install.settings.identity, Identity::Tokens(_) | Identity::Service { .. }) {
            report.skip("p0.token", "needs an answer that is surely P0's: no token was sent");
        }
        return None;
    };
    clocks::p0(install, heard.ahead, report);
    if let Identity::Service { token, .. } = &install.settings.identity {
        service(install, token, report).await;
    }
    Some(organisation)
}

/// What P0 answered, where it surely was P0.
async fn discovery(install: &Install, report: &mut Report<'_>) -> Option<(Value, Heard)> {
    let Some(clients) = &install.clients else {
        report.skip("p0.org", "needs a way out");
        return None;
    };
    let p0 = &install.settings.p0;
    let request = P0Accounts::new(clients.decisions.clone(), p0).login_request();
    let heard = match ask(install, request).await {
        Ok(heard) => heard,
        Err(silence) => {
            report.fail("p0.org", format!("P0 cannot be asked: {silence}"), silence.remedy("p0.base_url"));
            return None;
        }
    };
    match (heard.status, heard.json().filter(is_organisation)) {
        (StatusCode::OK, Some(organisation)) => {
            report.ok("p0.org", format!("P0 knows the organisation {}", p0.org));
            addresses(install, &organisation, report);
            return Some((organisation, heard));
        }
        (StatusCode::NOT_FOUND, _) => report.fail(
            "p0.org",
            format!("P0 knows no organisation {}", p0.org),
            "correct p0.org: the short name in P0's own addresses; or p0.base_url",
        ),
        // `serve` never asks this.
        (status, _) if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
            report.warn(
                "p0.org",
                format!(
                    "P0 is busy or not well (HTTP {}): it did not say whether it knows {}",
                    status.as_u16(),
                    p0.org
                ),
                "run `check` again in a minute; if this stays, see that p0.base_url is right",
            );
            report.unseen("P0 knows the organisation");
        }
        (status, _) => report.fail(
            "p0.org",
            format!("what answers is not P0's API (HTTP {})", status.as_u16()),
            "correct p0.base_url, or try again when P0 is well",
        ),
    }
    None
}

/// Whether it is what P0's own client reads before anybody logs in.
fn is_organisation(answer: &Value) -> bool {
    answer["tenantId"].is_string() || answer["auth"].is_object()
}

/// Holds the address that P0 names for the organisation's API against the one in the settings.
fn addresses(install: &Install, organisation: &Value, report: &mut Report<'_>) {
    let named = organisation["config"]["appUrl"].as_str().and_then(|url| Url::parse(url).ok());
    let base_url = &install.settings.p0.base_url;
    match named {
        Some(named) if origin(&named) != origin(base_url) => report.warn(
            "p0.addresses",
            format!("P0 names {} as the organisation's API, and p0.base_url is {}", origin(&named), origin(base_url)),
            "set p0.base_url to the address that P0 names, if you know it to be yours",
        ),
        Some(_) => {
            report.ok("p0.addresses", format!("P0 names the same API as p0.base_url; {}", provider(organisation)))
        }
        None => {
            report.ok("p0.addresses", format!("P0 names no other API than p0.base_url; {}", provider(organisation)))
        }
    }
}

fn provider(organisation: &Value) -> String {
    let provider = &organisation["auth"]["provider"];
    let kind = provider["ssoProvider"].as_str().or_else(|| organisation["ssoProvider"].as_str());
    let domain = provider["providerDomain"].as_str().or_else(|| organisation["providerDomain"].as_str());
    match (kind, domain) {
        (Some(kind), Some(domain)) => {
            format!("people log in with {} at {}", cut(kind, 40), cut(domain, 100))
        }
        (Some(kind), None) => format!("people log in with {}", cut(kind, 40)),
        (None, _) => "it names no login".to_owned(),
    }
}

/// Scheme, host and port.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

async fn service(install: &Install, token: &Secret, report: &mut Report<'_>) {
    match account(install, token).await {
        AccountAnswer::Good { .. } => report.ok("p0.token", "P0 takes the shared credential"),
        AccountAnswer::Refused(status) => report.fail(
            "p0.token",
            format!("P0 refuses the shared credential (HTTP {}): nobody can decide", status.as_u16()),
            "set identity.service.token to one that P0 takes",
        ),
        AccountAnswer::Unknown(why) => {
            let message = format!("P0 did not say whether it takes the shared credential ({why})");
            report.warn("p0.token", message, ASK_AGAIN);
            report.unseen("anybody can decide");
        }
    }
}

/// Asks P0 whether a bearer is good, as the bot does.
pub(super) async fn account(install: &Install, bearer: &Secret) -> AccountAnswer {
    let clients = install.clients.as_ref().expect("P0 was asked with it");
    let request = P0Accounts::new(clients.decisions.clone(), &install.settings.p0).account_request(bearer);
    match ask(install, request).await {
        Ok(heard) => AccountAnswer::judged(heard.status, &heard.body),
        Err(silence) => AccountAnswer::Unknown(silence.to_string()),
    }
}
