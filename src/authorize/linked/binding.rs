//! Whether the account that came back is the asker's own. E-mail is a check here, and nowhere an identity.

use crate::authorize::openid::{Claims, Verified};
use crate::config::{Accounts, Linked};
use crate::domain::link::NotBound;
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
            if people.values().filter(|other| folded(other) == folded(entry)).count() > 1 {
                return Err(NotBound::Ambiguous);
            }
            if *entry == claims.subject {
                return Ok(claims.email.clone().unwrap_or_else(|| entry.clone()));
            }
            if !entry.contains('@') {
                return Err(NotBound::AnothersAccount);
            }
            (folded(verified(claims, settings)?) == folded(entry))
                .then(|| entry.clone())
                .ok_or(NotBound::AnothersAccount)
        }
        Accounts::ConfirmedEmail => {
            let in_slack = in_slack.ok_or(NotBound::NoSlackEmail)?;
            let email = verified(claims, settings)?;
            (folded(email) == folded(in_slack.as_str())).then(|| email.to_owned()).ok_or(NotBound::AnothersAccount)
        }
    }
}

/// The address that the provider vouches for.
fn verified<'c>(claims: &'c Claims, settings: &Linked) -> Result<&'c str, NotBound> {
    let email = claims.email.as_deref().ok_or(NotBound::NoEmail)?;
    match claims.email_verified {
        Some(Verified::Yes) => Ok(email),
        // One that never says so may be trusted by name; one that says otherwise may not.
        None if settings.trusted_email_issuers.contains(&claims.issuer) => Ok(email),
        Some(Verified::No | Verified::Unclear) | None => Err(NotBound::EmailNotVerified),
    }
}
