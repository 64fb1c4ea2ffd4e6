//! What the provider says of itself, held against what linking needs of it.

use std::sync::Arc;

use http::StatusCode;
use url::Url;

use crate::authorize::openid::{Metadata, Provider, Trouble};
use crate::check::Install;
use crate::check::report::Report;
use crate::check::web::ask;
use crate::config::{Accounts, Flow, Linked};
use crate::inbound::keys;

const OFFLINE_ACCESS: &str = "offline_access";
/// It wants a parameter for a refresh token in place of the scope.
const GOOGLE: &str = "https://accounts.google.com";
const REMEDY: &str = "correct identity.linked.issuer: it is the provider's name, exactly as its tokens write it in iss";

/// Asks. `None` where nothing came that can be believed.
pub(super) async fn check(
    install: &Install,
    linked: &Linked,
    provider: &Provider,
    report: &mut Report<'_>,
) -> Option<Arc<Metadata>> {
    let metadata = discovery(install, provider, report).await?;
    keys(install, &metadata, report).await;
    flow(linked, &metadata, report);
    renewal(linked, &metadata, report);
    email(linked, &metadata, report);
    Some(metadata)
}

async fn discovery(install: &Install, provider: &Provider, report: &mut Report<'_>) -> Option<Arc<Metadata>> {
    let client = &install.clients.as_ref()?.providers;
    let issuer = provider.issuer();
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    // The bot's own way says whether it can be believed; this one says more of why nothing comes.
    match ask(install, client.get(address)).await {
        Err(silence) => {
            let remedy = silence.remedy("identity.linked.issuer");
            report.fail("provider", format!("{issuer} cannot be asked: {silence}"), remedy);
            return None;
        }
        Ok(heard) if heard.status == StatusCode::TOO_MANY_REQUESTS || heard.status.is_server_error() => {
            let message = format!("{issuer} is busy or not well (HTTP {})", heard.status.as_u16());
            report.warn("provider", message, "run `check` again in a minute");
            report.unseen("anybody can link an account");
            return None;
        }
        Ok(heard) if !heard.status.is_success() => {
            let message = format!("{issuer} describes itself nowhere (HTTP {})", heard.status.as_u16());
            report.fail("provider", message, REMEDY);
            return None;
        }
        Ok(_) => {}
    }
    match provider.metadata().await {
        Ok(metadata) => {
            report.ok("provider", format!("{issuer} says of itself what linking needs"));
            Some(metadata)
        }
        Err(Trouble::Untrusted(rule)) => {
            report.fail("provider", format!("{issuer} is not to be believed: {rule}"), REMEDY);
            None
        }
        Err(trouble) => {
            report.fail("provider", format!("{issuer}: {trouble}"), REMEDY);
            None
        }
    }
}

async fn keys(install: &Install, metadata: &Metadata, report: &mut Report<'_>) {
    let Some(clients) = &install.clients else { return };
    let remedy = "nobody's ID token can be checked without them: see what is wrong at the provider";
    let heard = match ask(install, clients.providers.get(metadata.jwks_uri.clone())).await {
        Ok(heard) => heard,
        Err(silence) => return report.fail("provider.keys", format!("cannot be asked for: {silence}"), remedy),
    };
    match keys::of_key_set(&heard.body).map(|keys| keys.len()) {
        Ok(count) if count > 0 && heard.status.is_success() => {
            report.ok("provider.keys", format!("{count} of its keys can check an ID token"));
        }
        _ => report.fail("provider.keys", "are not published where it says they are", remedy),
    }
}

/// Where it says nothing of a grant it may know it all the same.
fn flow(linked: &Linked, metadata: &Metadata, report: &mut Report<'_>) {
    let fail = |report: &mut Report<'_>, message: &str, remedy: &str| report.fail("provider.flow", message, remedy);
    let lacks = |grant: &str| !metadata.grant_types.is_empty() && !metadata.grant_types.iter().any(|own| own == grant);
    let pkce = &metadata.code_challenge_methods;
    match linked.flow {
        Flow::Code { .. } if metadata.authorization_endpoint.is_none() || lacks("authorization_code") => {
            fail(report, "it offers no authorization code flow", "set identity.linked.flow = \"device\"");
        }
        Flow::Code { .. } if !pkce.is_empty() && !pkce.iter().any(|method| method == "S256") => {
            fail(report, "it offers no PKCE with S256, and the bot does without for nobody", "switch it on there");
        }
        Flow::Device
            if metadata.device_authorization_endpoint.is_none()
                || lacks("urn:ietf:params:oauth:grant-type:device_code") =>
        {
            fail(report, "it offers no device flow", "switch it on there, or set identity.linked.flow = \"code\"");
        }
        Flow::Code { .. } => report.ok("provider.flow", "it offers the authorization code flow; PKCE is used"),
        Flow::Device => report.ok("provider.flow", "it offers the device flow"),
    }
}

fn renewal(linked: &Linked, metadata: &Metadata, report: &mut Report<'_>) {
    let is_asked_for = linked.scopes.iter().any(|scope| scope == OFFLINE_ACCESS);
    let lists = |list: &[String], word: &str| list.is_empty() || list.iter().any(|own| own == word);
    let told = match metadata.revocation_endpoint {
        Some(_) => "it is told of `unlink`",
        None => "it has no way to be told of `unlink`: tokens are then forgotten here alone",
    };
    if !is_asked_for {
        let message = "identity.linked.scopes lacks \"offline_access\": most providers then give nothing that can be \
                       renewed, and people link again every hour or so";
        report.warn("provider.renewal", message, "add it, if your provider knows it");
    } else if !lists(&metadata.grant_types, "refresh_token") {
        let message = "it does not list the grant refresh_token: links may last for an hour or so";
        report.warn("provider.renewal", message, "let the client have refresh tokens there");
    } else if linked.issuer != GOOGLE && !lists(&metadata.scopes, OFFLINE_ACCESS) {
        let message = "it does not list the scope offline_access: links may last for an hour or so";
        report.warn("provider.renewal", message, "see there what a client needs for refresh tokens");
    } else {
        report.ok("provider.renewal", format!("tokens can be renewed; {told}"));
    }
}

/// How a provider is known to deal with addresses.
enum Says {
    Never,
    NotInTheIdToken,
    Perhaps,
}

impl Says {
    /// By the hosts that the provider has for every customer.
    fn of(issuer: &str, metadata: &Metadata) -> Self {
        let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let is_of =
            |domains: &[&str]| domains.iter().any(|domain| host == *domain || host.ends_with(&format!(".{domain}")));
        if is_of(&["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"]) {
            Self::Never
        } else if is_of(&["okta.com", "oktapreview.com", "okta-emea.com"]) {
            Self::NotInTheIdToken
        } else if !metadata.claims.is_empty() && !metadata.claims.iter().any(|claim| claim == "email_verified") {
            Self::Never
        } else {
            Self::Perhaps
        }
    }
}

/// People who are known by their address need a provider that vouches for it.
fn email(linked: &Linked, metadata: &Metadata, report: &mut Report<'_>) {
    const REMEDY: &str = "write people's subjects at the provider into identity.people in place of their addresses; or, \
                          where nobody but you can set an address there, add the issuer to trusted_email_issuers";
    let by_address = match &linked.accounts {
        Accounts::ConfirmedEmail => true,
        Accounts::Table(people) => people.values().any(|name| name.contains('@')),
    };
    if !by_address {
        return report.ok("provider.email", "is not needed: identity.people names everybody's subject");
    }
    if !linked.scopes.iter().any(|scope| scope == "email") {
        let message = "identity.linked.scopes lacks \"email\", by which people are known to be who they are";
        return report.warn("provider.email", message, "add it, or write subjects into identity.people");
    }
    let trusted = linked.trusted_email_issuers.contains(&linked.issuer);
    match Says::of(&linked.issuer, metadata) {
        _ if trusted => report.ok("provider.email", "its word on addresses is trusted where it says nothing of them"),
        Says::Never => {
            let message = "it does not say whether an address is verified (email_verified): nobody can link by address";
            report.fail("provider.email", message, REMEDY);
        }
        Says::NotInTheIdToken => {
            let message = "Okta does not put email_verified into the ID token of this flow: nobody can link by address";
            report.fail("provider.email", message, REMEDY);
        }
        Says::Perhaps => report.ok("provider.email", "addresses count that it says are verified (email_verified)"),
    }
}
