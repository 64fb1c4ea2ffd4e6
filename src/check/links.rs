//! Who has linked an account, by the ledger.

use super::Install;
use super::report::Report;
use crate::config::{Accounts, DatabaseUrl};
use crate::domain::link::Link;
use crate::domain::person::folded;
use crate::ledger::inspect;

/// People who are named in one line.
const MOST_NAMED: usize = 10;

/// The links that live; `None` where the ledger cannot be read, which was told of before.
pub(super) async fn living(url: &DatabaseUrl) -> Option<Vec<Link>> {
    let links = inspect::links(url).await.ok()?;
    Some(links.into_iter().filter(|link| link.ended.is_none()).collect())
}

/// What is wrong with a link as the settings are now, and what to do.
pub(super) fn fault(install: &Install, link: &Link) -> Option<(String, String)> {
    let linked = install.settings.identity.linked()?;
    let anew = format!("p0-chatops links revoke {}; then they link their account anew", link.owner.user);
    if link.account.issuer != linked.issuer {
        let message = format!("linked an account at {}, which is not identity.linked.issuer", link.account.issuer);
        return Some((message, anew));
    }
    let named = install.settings.identity.people().get(&link.owner.user)?;
    let is_theirs = *named == link.account.subject || folded(named) == folded(&link.identity);
    (!is_theirs).then(|| {
        let message = format!("linked the account of {}, and identity.people names {named}", link.identity);
        (message, anew)
    })
}

/// Says how many people have linked an account, and whose links nobody can use.
pub(super) fn check(install: &Install, report: &mut Report<'_>) {
    let (Some(linked), Some(links)) = (install.settings.identity.linked(), &install.links) else { return };
    let by_address = matches!(linked.accounts, Accounts::ConfirmedEmail);
    let (of_use, of_none): (Vec<&Link>, Vec<&Link>) =
        links.iter().partition(|link| by_address || install.settings.identity.people().contains_key(&link.owner.user));
    for link in of_none {
        report.warn(
            ("link", &link.owner.user),
            format!("has linked {}, and is not in identity.people: may not decide", link.identity),
            format!("p0-chatops links revoke {}, or name them", link.owner.user),
        );
    }
    let names: Vec<String> = of_use.iter().take(MOST_NAMED).map(|link| link.owner.user.to_string()).collect();
    let more = if of_use.len() > MOST_NAMED { ", …" } else { "" };
    let named = install.settings.identity.people().len();
    match (of_use.len(), by_address) {
        (0, _) => report.warn(
            "links",
            "nobody has linked an account yet: nobody can decide",
            format!("start `serve`, then type {} link in Slack", install.settings.slack.command),
        ),
        (count, true) => report.ok("links", format!("{count} linked: {}{more}", names.join(", "))),
        (count, false) => report.ok("links", format!("{count} of {named} have linked their account")),
    }
}
