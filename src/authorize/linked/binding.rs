//! Whether the account that came back is the asker's own. E-mail is a check here, and nowhere an identity.

use std::collections::BTreeMap;

use crate::authorize::openid::{Claims, Verified};
use crate::config::{Accounts, Linked};
use crate::domain::link::{Link, NotBound};
use crate::domain::person::{Email, UserId, folded};

/// Who the asker is to P0, where the account is theirs.
///
/// # Errors
/// Why it is not, or cannot be told.
pub(super) fn own(
    claims: &Claims,
    asker: &UserId,
    in_slack: Option<&Email>,
    settings: &Linked,
) -> Result<String, NotBound> {
    match &settings.accounts {
        Accounts::Table(people) => {
            let entry = people.get(asker).ok_or(NotBound::NotInTable)?;
            if is_ambiguous(people, entry) {
                return Err(NotBound::Ambiguous);
            }
            if *entry == claims.subject {
                // An address that nobody vouches for names nobody, not even on the card.
                return Ok(verified(claims, settings).map_or_else(|_| entry.clone(), str::to_owned));
            }
            if !entry.contains('@') {
                return Err(NotBound::AnothersAccount);
            }
            is_same(verified(claims, settings)?, entry).then(|| entry.clone()).ok_or(NotBound::AnothersAccount)
        }
        Accounts::ConfirmedEmail => {
            let in_slack = in_slack.ok_or(NotBound::NoSlackEmail)?;
            let email = verified(claims, settings)?;
            is_same(email, in_slack.as_str()).then(|| email.to_owned()).ok_or(NotBound::AnothersAccount)
        }
    }
}

/// Whether a link is still its owner's by the settings, which may have changed since.
pub(super) fn still_own(link: &Link, settings: &Linked) -> bool {
    let is_named = match &settings.accounts {
        Accounts::Table(people) => {
            let entry = people.get(&link.owner.user);
            entry.is_some_and(|entry| *entry == link.account.subject || is_same(entry, &link.identity))
        }
        Accounts::ConfirmedEmail => true,
    };
    is_named && link.account.issuer == settings.issuer
}

/// The address that the provider vouches for.
fn verified<'c>(claims: &'c Claims, settings: &Linked) -> Result<&'c str, NotBound> {
    // Names are compared without the space around them, which an address does not have.
    let email =
        claims.email.as_deref().filter(|email| !email.contains(char::is_whitespace)).ok_or(NotBound::NoEmail)?;
    match claims.email_verified {
        Some(Verified::Yes) => Ok(email),
        // One that never says so may be trusted by name; one that says otherwise may not.
        None if settings.trusted_email_issuers.contains(&claims.issuer) => Ok(email),
        Some(Verified::No | Verified::Unclear) | None => Err(NotBound::EmailNotVerified),
    }
}

/// Compared in one Unicode form and without ASCII case. Look-alikes stay different: folding more would make them one.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// Whether the table names the account for several people.
pub(super) fn is_ambiguous(people: &BTreeMap<UserId, String>, entry: &str) -> bool {
    people.values().filter(|other| is_same(other, entry)).count() > 1
}
