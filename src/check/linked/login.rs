//! What P0 says of the organisation's login, held against the settings and against what was pinned.

use serde_json::Value;

use crate::authorize::p0_login::{Login, login_pin};
use crate::check::Install;
use crate::check::report::Report;
use crate::config::{Identity, Linked, SentToken};
use crate::domain::text::cut;
use crate::ledger::inspect;

/// Answers as which client people sign in, where that is known.
pub(super) async fn check(
    install: &Install,
    linked: &Linked,
    organisation: Option<&Value>,
    report: &mut Report<'_>,
) -> Option<String> {
    let needs_p0 = linked.client_id.is_none() || matches!(linked.send, SentToken::IdentityPlatform { .. });
    let Some(organisation) = organisation else {
        report.skip("p0.login", "needs an answer that is surely P0's");
        return linked.client_id.clone();
    };
    sent(install, linked, organisation, report);
    let Some(login) = Login::read(organisation) else {
        if needs_p0 {
            let remedy =
                "set identity.linked.client_id to a client of your own, and send to \"access_token\" or \"id_token\"";
            report.fail("p0.login", "P0 does not say how the organisation logs in", remedy);
        }
        return linked.client_id.clone();
    };
    let elsewhere = login.is_elsewhere(&linked.issuer);
    let domain = cut(login.provider_domain.as_deref().unwrap_or_default(), 100);
    match (&linked.client_id, &login.client_id) {
        (None, _) if elsewhere => report.fail(
            "p0.login",
            format!("P0's own client is at {domain}, and identity.linked.issuer is {}: nobody can link", linked.issuer),
            "set identity.linked.issuer to that provider, or client_id to a client of your own",
        ),
        (None, None) => report.fail(
            "p0.login",
            "P0 names no client of its own at the provider: nobody can link",
            "set identity.linked.client_id to a client of your own there",
        ),
        (Some(_), _) if elsewhere => report.warn(
            "p0.login",
            format!("people log in to P0 at {domain}, and link their account at {}", linked.issuer),
            "see that both are one provider's: P0 knows people by what theirs says",
        ),
        _ if needs_p0 => pinned(install, &login, report).await,
        _ => report.ok("p0.login", "P0 names no other provider than identity.linked.issuer"),
    }
    linked.client_id.clone().or(login.client_id)
}

/// What P0 named first counts: whoever could answer in its place later must not be sent anybody's tokens.
async fn pinned(install: &Install, login: &Login, report: &mut Report<'_>) {
    let url = &install.settings.database_url;
    let pin = login_pin(&install.settings.p0.base_url, &install.settings.p0.org);
    let Ok(pinned) = inspect::pinned(url, &pin).await else {
        return report.unseen("P0 names the login that was pinned");
    };
    let named = match (&login.client_id, &login.provider_domain) {
        (Some(client), Some(domain)) => format!("P0 names the client {} at {}", cut(client, 80), cut(domain, 100)),
        (Some(client), None) => format!("P0 names the client {}", cut(client, 80)),
        (None, _) => "P0 names its login".to_owned(),
    };
    let Some(pinned) = pinned else {
        return report.ok("p0.login", format!("{named}: that will be pinned at the first link"));
    };
    if serde_json::from_str::<Login>(&pinned).is_ok_and(|pinned| pinned == *login) {
        return report.ok("p0.login", format!("{named}, as was pinned at the first link"));
    }
    let tool = match url.file() {
        Some(file) => format!("sqlite3 {}", file.display()),
        None => format!("psql {url}"),
    };
    let message = format!("{named}: that is not what was pinned at the first link, and the bot goes on with what was");
    let remedy = format!(
        "ask P0 whether that is theirs; if so, stop the bot, run {tool} \"delete from pins where name = \
         '{pin}'\", and start it"
    );
    report.warn("p0.login", message, remedy);
}

/// Which token P0 will be shown, and whether its own client shows another kind.
fn sent(install: &Install, linked: &Linked, organisation: &Value, report: &mut Report<'_>) {
    let shows_providers = organisation["useProviderToken"] == true;
    let token = match linked.send {
        SentToken::AccessToken => "the provider's access token",
        SentToken::IdToken => "the provider's ID token",
        SentToken::IdentityPlatform { .. } => "a token of Identity Platform, got with the provider's",
    };
    if let Identity::Exchange(exchange) = &install.settings.identity {
        return report.ok("send", format!("P0 is sent what {} gives for {token}", exchange.endpoint));
    }
    let (shown, other) = match (&linked.send, shows_providers) {
        (SentToken::IdentityPlatform { .. }, true) => ("the provider's access token", "access_token"),
        (SentToken::AccessToken, false) => ("a token of Identity Platform", "identity_platform"),
        _ => return report.ok("send", format!("P0 is sent {token}")),
    };
    let remedy = format!("set identity.linked.send = \"{other}\" if P0 refuses people's accounts when they link them");
    report.warn("send", format!("P0 is sent {token}, and its own client sends {shown}"), remedy);
}
