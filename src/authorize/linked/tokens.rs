//! What is kept of a linked account: always sealed, and only opened to be sent where it belongs.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::authorize::claims;
use crate::authorize::identity_platform::PlatformTokens;
use crate::authorize::openid::{Claims, Grant};
use crate::authorize::vault::{Owner, Unsealable, Vault};
use crate::config::{Secret, SentToken};
use crate::domain::link::Link;

/// Everything that a provider gave for a person, and what was got for it.
#[derive(Clone, Deserialize, Serialize)]
pub struct Tokens {
    #[serde(serialize_with = "exposed")]
    pub(super) access: Secret,
    pub(super) access_expires: Option<Timestamp>,
    #[serde(serialize_with = "exposed_option")]
    pub(super) id: Option<Secret>,
    pub(super) id_expires: Option<Timestamp>,
    #[serde(serialize_with = "exposed_option")]
    pub(super) refresh: Option<Secret>,
    pub(super) platform: Option<PlatformTokens>,
    /// What the ID token's nonce is the SHA-256 of, where Identity Platform has to be told: some providers repeat the
    /// nonce of the sign-in at every refresh.
    pub(super) nonce: Option<String>,
    /// `sub` of what P0 was shown when the link was made, where that could be read.
    pub(super) shown_as: Option<String>,
    /// An ID token was not believed, and none has come since that is: whose the rest is nobody has said.
    pub(super) in_doubt: bool,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

/// Only into what is sealed at once.
pub(in crate::authorize) fn exposed<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

fn exposed_option<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::expose).serialize(serializer)
}

impl Tokens {
    /// What a grant holds; where it brings no refresh token, the old one stays, and so does what was got for others.
    pub(super) fn of(grant: &Grant, old: Option<&Self>) -> Self {
        Self {
            access: grant.access_token.clone(),
            access_expires: grant.access_expires,
            id: grant.id_token.clone(),
            id_expires: grant.claims.as_ref().map(|claims| claims.expires),
            refresh: grant.refresh_token.clone().or_else(|| old?.refresh.clone()),
            platform: old.and_then(|old| old.platform.clone()),
            nonce: old.and_then(|old| old.nonce.clone()),
            shown_as: old.and_then(|old| old.shown_as.clone()),
            in_doubt: grant.doubt.is_some() || (grant.claims.is_none() && old.is_some_and(|old| old.in_doubt)),
        }
    }

    /// The grant again, as far as it was kept.
    pub(super) fn into_grant(self, claims: Option<Claims>) -> Grant {
        Grant {
            access_token: self.access,
            access_expires: self.access_expires,
            refresh_token: self.refresh,
            id_token: self.id,
            claims,
            doubt: None,
            unfit: None,
        }
    }

    /// What P0 is shown, and until when it is good; `None` where there is none of the kind.
    pub(super) fn shown(&self, send: &SentToken) -> Option<(&Secret, Timestamp)> {
        let (token, expires) = match send {
            SentToken::AccessToken => (Some(&self.access), self.access_expires),
            SentToken::IdToken => (self.id.as_ref(), self.id_expires),
            SentToken::IdentityPlatform { .. } => match &self.platform {
                Some(platform) => (Some(&platform.id), Some(platform.expires)),
                None => (None, None),
            },
        };
        // What the provider says counts, and what the token itself does. Where neither says how long it lasts, P0's 401
        // will.
        token.map(|token| {
            let says = [expires, claims::expires(token.expose())];
            (token, says.into_iter().flatten().min().unwrap_or(Timestamp::MAX))
        })
    }

    /// Seals them for a link.
    pub(super) fn seal(&self, vault: &Vault, owner: &Owner) -> Result<String, Unsealable> {
        let text = Zeroizing::new(serde_json::to_vec(self).map_err(|_| Unsealable::NotOwners)?);
        vault.seal(owner, &text)
    }

    /// Opens what was sealed for it.
    pub(super) fn open(vault: &Vault, owner: &Owner, sealed: &str) -> Result<Self, Unsealable> {
        let text = vault.unseal(owner, sealed)?;
        // What the library says of text that it cannot read may quote it.
        serde_json::from_slice(&text).map_err(|_| Unsealable::NotOwners)
    }
}

/// To whom a link's tokens are sealed.
pub(super) fn owner(link: &Link) -> Owner {
    Owner::link(link.id, &link.account.issuer, &link.account.subject, &link.owner)
}
