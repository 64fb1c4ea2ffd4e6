//! New tokens for old ones: one renews for an identity at a time, whoever it is, and the new ones are on disk before
//! anybody uses them.

use std::time::Duration;

use jiff::Timestamp;

use super::store::{NotKept, Renewal, Renewed};
use super::tokens::{Tokens, owner};
use super::{LinkedAccounts, binding, lasts, unusable};
use crate::authorize::NotAuthorized;
use crate::authorize::openid::Trouble;
use crate::domain::link::{Link, LinkEnd};
use crate::domain::refusal::Refusal;

/// How long to wait for somebody else's renewal before looking again.
const SOMEBODY_RENEWS: Duration = Duration::from_secs(1);
/// Tries to write down what a provider gave: it may be all that is left.
const KEEP_TRIES: u32 = 3;

/// What the provider's answer comes to.
enum Answer {
    New(Box<(Tokens, Timestamp)>),
    /// The provider gave new tokens, and Identity Platform nothing for them.
    Half(Box<Tokens>, Trouble),
    /// It is over, and why.
    Over(LinkEnd),
    /// It could not be asked.
    Later(String),
    /// It cannot be used as it is set up.
    Wrong(String),
}

impl LinkedAccounts {
    /// The link's tokens, renewed where they do not last.
    pub(super) async fn fresh(&self, link: Link) -> Result<(Link, Tokens), NotAuthorized> {
        if lasts(link.good_until, self.0.clock.now()) {
            let tokens = self.open(&link)?;
            return Ok((link, tokens));
        }
        let lease = self.0.store.lease(link).await.map_err(|NotKept| NotAuthorized::Later(None))?;
        let renewal = lease.ok_or(NotAuthorized::Later(Some(SOMEBODY_RENEWS)))?;
        // Whoever stops waiting must not lose what the provider gives meanwhile.
        let accounts = self.clone();
        let renewing = self.0.renewals.spawn(async move { accounts.renew(renewal).await });
        renewing.await.unwrap_or(Err(NotAuthorized::Later(None)))
    }

    fn open(&self, link: &Link) -> Result<Tokens, NotAuthorized> {
        let sealed = link.sealed.as_deref().ok_or(NotAuthorized::Refused(Refusal::NotLinked))?;
        Tokens::open(&self.0.vault, &owner(link), sealed).map_err(|error| unusable(link, &error.to_string()))
    }

    async fn renew(&self, renewal: Renewal) -> Result<(Link, Tokens), NotAuthorized> {
        let link = renewal.link.clone();
        let old = match self.open(&link) {
            Ok(old) => old,
            Err(error) => {
                let _ = self.0.store.release(renewal).await;
                return Err(error);
            }
        };
        let answer = match self.ask_anew(&link, &old).await {
            Answer::Half(tokens, trouble) => {
                // The provider's old token may be dead by now: what it gave is kept, and goes on from there.
                self.keep_half(&renewal, &tokens).await;
                of_trouble(trouble)
            }
            answer => answer,
        };
        match answer {
            Answer::Half(..) => Err(NotAuthorized::Later(None)),
            Answer::New(new) => {
                let (tokens, proved) = *new;
                self.keep(renewal, link, tokens, proved).await
            }
            Answer::Over(why) => {
                tracing::info!(by = %link.owner, link = link.id, why = why.as_str(), "a link is over");
                self.0.store.end(link.id, why).await.map_err(|NotKept| NotAuthorized::Later(None))?;
                Err(NotAuthorized::Refused(Refusal::LinkEnded))
            }
            Answer::Later(words) => {
                tracing::warn!(by = %link.owner, link = link.id, words, "a link could not be renewed yet");
                let _ = self.0.store.release(renewal).await;
                Err(NotAuthorized::Later(None))
            }
            Answer::Wrong(words) => {
                let _ = self.0.store.release(renewal).await;
                Err(unusable(&link, &words))
            }
        }
    }

    /// Writes new tokens down, and only then gives them out.
    async fn keep(
        &self,
        renewal: Renewal,
        mut link: Link,
        tokens: Tokens,
        proved: Timestamp,
    ) -> Result<(Link, Tokens), NotAuthorized> {
        let Some((_, good_until)) = tokens.shown(&self.0.settings.send) else {
            self.0.store.end(link.id, LinkEnd::RanOut).await.map_err(|NotKept| NotAuthorized::Later(None))?;
            return Err(NotAuthorized::Refused(Refusal::LinkEnded));
        };
        let sealed = tokens.seal(&self.0.vault, &owner(&link)).map_err(|error| unusable(&link, &error.to_string()))?;
        for _ in 0..KEEP_TRIES {
            let renewed = Renewed { sealed: sealed.clone(), proved, good_until };
            match self.0.store.renewed(&renewal, renewed).await {
                Ok(true) => {
                    link.generation += 1;
                    return Ok((link, tokens));
                }
                Ok(false) => return Err(NotAuthorized::Later(Some(SOMEBODY_RENEWS))),
                Err(NotKept) => {}
            }
        }
        Err(NotAuthorized::Later(None))
    }

    /// Writes down what the provider gave, as tokens that have to be renewed before they are sent.
    async fn keep_half(&self, renewal: &Renewal, tokens: &Tokens) {
        let Ok(sealed) = tokens.seal(&self.0.vault, &owner(&renewal.link)) else { return };
        let (proved, good_until) = (self.0.clock.now(), Timestamp::UNIX_EPOCH);
        for _ in 0..KEEP_TRIES {
            let renewed = Renewed { sealed: sealed.clone(), proved, good_until };
            if self.0.store.renewed(renewal, renewed).await.is_ok() {
                return;
            }
        }
    }

    async fn ask_anew(&self, link: &Link, old: &Tokens) -> Answer {
        let Some(refresh) = &old.refresh else { return self.without_the_provider(link, old).await };
        let now = self.0.clock.now();
        let renewed = match self.provider().await {
            Ok(provider) => provider.refresh(refresh, &link.account.subject).await,
            Err(trouble) => Err(trouble),
        };
        let grant = match renewed {
            Ok(grant) => grant,
            Err(trouble) => return of_trouble(trouble),
        };
        if let Some(email) = grant.claims.as_ref().and_then(|claims| claims.email.as_deref())
            && link.identity.contains('@')
            && !link.names.iter().chain([&link.identity]).any(|name| binding::is_same(name, email))
        {
            return Answer::Over(LinkEnd::NamesAnother);
        }
        let mut tokens = Tokens::of(&grant, Some(old));
        match self.0.complete(&mut tokens, None).await {
            Ok(()) => Answer::New(Box::new((tokens, now))),
            Err(trouble) => Answer::Half(Box::new(tokens), trouble),
        }
    }

    /// Identity Platform renews by itself, but only for so long after the provider's last word: it would do so for an
    /// account that has been closed.
    async fn without_the_provider(&self, link: &Link, old: &Tokens) -> Answer {
        let until = link.proved.checked_add(self.0.settings.session).unwrap_or(Timestamp::MAX);
        let (Some(platform), Some(tokens)) = (self.0.platform(), &old.platform) else {
            return Answer::Over(LinkEnd::RanOut);
        };
        if self.0.clock.now() >= until {
            return Answer::Over(LinkEnd::RanOut);
        }
        let renewed = match self.0.login().await {
            Ok(login) => platform.renew(login, &tokens.refresh).await,
            Err(trouble) => Err(trouble),
        };
        match renewed {
            Ok(platform) => Answer::New(Box::new((Tokens { platform: Some(platform), ..old.clone() }, link.proved))),
            Err(Trouble::Refused { .. }) => Answer::Over(LinkEnd::EndedByProvider),
            Err(trouble) => of_trouble(trouble),
        }
    }
}

/// What trouble with a provider comes to.
fn of_trouble(trouble: Trouble) -> Answer {
    match trouble {
        Trouble::Unavailable(words) => Answer::Later(words),
        // The whole family is dead: revoked, run out, or used twice. Identity Platform says so in its own words.
        Trouble::Refused { code, .. }
            if ["invalid_grant", "USER_DISABLED", "USER_NOT_FOUND", "TOKEN_EXPIRED"].contains(&code.as_str()) =>
        {
            Answer::Over(LinkEnd::EndedByProvider)
        }
        other => Answer::Wrong(other.to_string()),
    }
}
