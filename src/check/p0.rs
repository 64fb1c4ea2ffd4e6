//! P0: whether it is there and knows the organisation. No call decides anything, and none touches a setting: even
//! reading those would change them.

use http::StatusCode;
use serde_json::Value;
use url::Url;

use super::report::Report;
use super::web::ask;
use super::{Install, clocks};
use crate::config::{Identity, Secret};
use crate::domain::text::cut;

/// What P0 says of a bearer.
pub(super) enum Account {
    Good,
    Refused(StatusCode),
    /// It cannot be asked, or answers something else.
    Unknown,
}

/// Asks P0 how the organisation logs in: that is public. Answers whether P0 can be asked more.
pub(super) async fn check(install: &Install, report: &mut Report<'_>) -> bool {
    let Some(clients) = &install.clients else {
        report.skip("p0.org", "needs a way out");
        return false;
    };
    let p0 = &install.settings.p0;
    let url = address(install, &format!("orgs/{}", p0.org));
    let heard = match ask(install, clients.decisions.get(url)).await {
        Ok(heard) => heard,
        Err(silence) => {
            report.fail("p0.org", format!("P0 cannot be asked: {silence}"), silence.remedy("p0.base_url"));
            return false;
        }
    };
    match (heard.status, heard.json().filter(Value::is_object)) {
        (StatusCode::OK, Some(organisation)) => {
            report.ok("p0.org", format!("P0 knows the organisation {}", p0.org));
            addresses(install, &organisation, report);
        }
        (StatusCode::NOT_FOUND, _) => report.fail(
            "p0.org",
            format!("P0 knows no organisation {}", p0.org),
            "correct p0.org: the short name in P0's own addresses; or p0.base_url",
        ),
        (status, _) => report.fail(
            "p0.org",
            format!("what answers is not P0's API (HTTP {})", status.as_u16()),
            "correct p0.base_url, or try again when P0 is well",
        ),
    }
    clocks::p0(install, heard.ahead, report);
    if let Identity::Service { token, .. } = &install.settings.identity {
        service(install, token, report).await;
    }
    true
}

/// Holds the address that P0 names for the organisation's API against the one in the settings. The identity provider
/// that it names is told: no setting pins one yet.
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
            format!("people log in with {} at {}, which no setting pins yet", cut(kind, 40), cut(domain, 100))
        }
        (Some(kind), None) => format!("people log in with {}, which no setting pins yet", cut(kind, 40)),
        (None, _) => "it names no login".to_owned(),
    }
}

/// Scheme, host and port.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

async fn service(install: &Install, token: &Secret, report: &mut Report<'_>) {
    match account(install, token).await {
        Account::Good => report.ok("p0.token", "P0 takes the shared credential"),
        Account::Refused(status) => report.warn(
            "p0.token",
            format!("P0 refuses the shared credential (HTTP {})", status.as_u16()),
            "set identity.service.token to one that P0 takes",
        ),
        Account::Unknown => report.skip("p0.token", "P0 does not say whether the shared credential is good"),
    }
}

/// Asks P0 whether a bearer is good, as P0's own client does.
pub(super) async fn account(install: &Install, bearer: &Secret) -> Account {
    let Some(clients) = &install.clients else { return Account::Unknown };
    let url = address(install, &format!("o/{}/account", install.settings.p0.org));
    match ask(install, clients.decisions.get(url).bearer_auth(bearer.expose())).await {
        Ok(heard) if matches!(heard.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            Account::Refused(heard.status)
        }
        // P0's clients take an error for one at any status.
        Ok(heard) if heard.json().is_some_and(|answer| answer["error"].is_string()) => Account::Refused(heard.status),
        Ok(heard) if heard.status.is_success() && !heard.is_page() => Account::Good,
        Ok(_) | Err(_) => Account::Unknown,
    }
}

fn address(install: &Install, path: &str) -> Url {
    let base = install.settings.p0.base_url.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/{path}")).expect("a checked address and name")
}
