//! New tokens for old ones: one renews for an identity at a time, whoever it is, and the new ones are on disk before
//! anybody uses them.

use std::time::Duration;

use jiff::Timestamp;

use super::store::{NotKept, Renewal, Renewed};
use super::tokens::{Tokens, owner};
use super::{LinkedAccounts, unusable};
use crate::authorize::NotAuthorized;
use crate::authorize::identity_platform;
use crate::authorize::openid::token_endpoint::ANSWERS_WITHIN;
use crate::authorize::openid::{Claims, Provider, REFRESHED_WITHIN, Trouble};
use crate::config::SentToken;
use crate::domain::link::{Link, LinkEnd};
use crate::domain::person::folded;
use crate::domain::refusal::Refusal;

/// How long to wait for somebody else's renewal before looking again.
const SOMEBODY_RENEWS: Duration = Duration::from_secs(1);
/// How soon after the right to renew was given the refresh token has to be used: whoever was held up for longer might
/// use it beside whoever has the right next.
const BEGUN_WITHIN: Duration = Duration::from_secs(12);
/// Tries to write down what a provider gave: it may be all that is left.
const KEEP_TRIES: u32 = 5;
/// Between two of those.
const KEEP_AGAIN: Duration = Duration::from_secs(1);
/// The longest that a renewal takes: what is asked for at the last moment, each question with its own deadline (what the
/// provider says of itself, its keys before and after, Identity Platform twice), and the tries to write it down.
pub const LONGEST_RENEWAL: Duration = BEGUN_WITHIN
    .saturating_add(REFRESHED_WITHIN)
    .saturating_add(ANSWERS_WITHIN.saturating_mul(5))
    .saturating_add(WRITTEN_WITHIN);
/// How long the tries to write it down take.
const WRITTEN_WITHIN: Duration = Duration::from_secs(10);
/// The error that says that all of a sign-in's tokens are dead: revoked, run out, or used twice. Any other is about the
/// client, and nobody's tokens are dead for that.
const ENDED: &str = "invalid_grant";

/// What asking for new tokens comes to.
enum Answer {
    /// They can be sent.
    New(Box<New>),
    /// It is over, and why.
    Over(LinkEnd),
    /// Somebody could not be asked.
    Later(String),
    /// It cannot be used as it is set up.
    Wrong(String),
}

struct New {
    tokens: Tokens,
    proved: Timestamp,
    good_until: Timestamp,
}

impl LinkedAccounts {
    /// The link's tokens as they were kept.
    pub(super) fn kept(&self, link: Link) -> Result<(Link, Tokens), NotAuthorized> {
        let tokens = self.open(&link)?;
        Ok((link, tokens))
    }

    /// The link's tokens, renewed.
    pub(super) async fn renewed(&self, link: Link) -> Result<(Link, Tokens), NotAuthorized> {
        let asked = self.0.clock.now();
        let lease = self.0.store.lease(link).await.map_err(|NotKept| NotAuthorized::Later(None))?;
        let renewal = lease.ok_or(NotAuthorized::Later(Some(SOMEBODY_RENEWS)))?;
        // Whoever stops waiting must not lose what the provider gives meanwhile.
        let accounts = self.clone();
        let renewing = self.0.renewals.spawn(async move { accounts.renew(renewal, asked).await });
        renewing.await.unwrap_or(Err(NotAuthorized::Later(None)))
    }

    fn open(&self, link: &Link) -> Result<Tokens, NotAuthorized> {
        let sealed = link.sealed.as_deref().ok_or(NotAuthorized::Refused(Refusal::NotLinked))?;
        Tokens::open(&self.0.vault, &owner(link), sealed).map_err(|error| unusable(link, &error.to_string()))
    }

    async fn renew(&self, renewal: Renewal, leased: Timestamp) -> Result<(Link, Tokens), NotAuthorized> {
        let link = renewal.link.clone();
        let old = match self.open(&link) {
            Ok(old) => old,
            Err(error) => {
                let _ = self.0.store.release(renewal).await;
                return Err(error);
            }
        };
        match self.ask_anew(&renewal, leased, &old).await {
            Answer::New(new) => self.keep(renewal, link, *new).await,
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
    async fn keep(&self, renewal: Renewal, mut link: Link, new: New) -> Result<(Link, Tokens), NotAuthorized> {
        match self.write_down(&renewal, &new.tokens, new.proved, new.good_until).await {
            Ok(true) => {
                link.generation += 1;
                Ok((link, new.tokens))
            }
            Ok(false) => Err(NotAuthorized::Later(Some(SOMEBODY_RENEWS))),
            Err(NotKept) => Err(NotAuthorized::Later(None)),
        }
    }

    /// Keeps what the provider gave although it cannot be sent, as tokens that have to be renewed before: the old refresh
    /// token may be dead by now.
    async fn keep_unsent(&self, renewal: &Renewal, tokens: &Tokens) {
        let _ = self.write_down(renewal, tokens, renewal.link.proved, Timestamp::UNIX_EPOCH).await;
    }

    async fn write_down(
        &self,
        renewal: &Renewal,
        tokens: &Tokens,
        proved: Timestamp,
        good_until: Timestamp,
    ) -> Result<bool, NotKept> {
        let sealed = tokens.seal(&self.0.vault, &owner(&renewal.link)).map_err(|error| {
            tracing::error!(%error, link = renewal.link.id, "renewed tokens could not be sealed");
            NotKept
        })?;
        let mut tries = 1;
        loop {
            let renewed = Renewed { sealed: sealed.clone(), proved, good_until };
            match self.0.store.renewed(renewal, renewed).await {
                Err(NotKept) if tries < KEEP_TRIES => {
                    tries += 1;
                    tokio::time::sleep(KEEP_AGAIN).await;
                }
                written => return written,
            }
        }
    }

    async fn ask_anew(&self, renewal: &Renewal, leased: Timestamp, old: &Tokens) -> Answer {
        let link = &renewal.link;
        let Some(refresh) = &old.refresh else { return self.without_the_provider(link, old).await };
        let provider = match self.ready().await {
            Ok(provider) => provider,
            Err(trouble) => return of_trouble(trouble),
        };
        let now = self.0.clock.now();
        if now > leased + BEGUN_WITHIN {
            return Answer::Later("it took too long to begin".to_owned());
        }
        if self.0.stopping.is_cancelled() {
            return Answer::Later("the bot is stopping".to_owned());
        }
        let grant = match provider.refresh(refresh, &link.account.subject).await {
            Ok(grant) => grant,
            Err(trouble) => return of_trouble(trouble),
        };
        let mut tokens = Tokens::of(&grant, Some(old));
        let unfit = match grant.doubt.or(grant.unfit) {
            Some(trouble) => Some(of_trouble(trouble)),
            None if tokens.in_doubt => {
                Some(Answer::Wrong("no ID token came after one that was not believed".to_owned()))
            }
            None if grant.claims.as_ref().is_some_and(|claims| names_another(link, claims)) => {
                Some(Answer::Over(LinkEnd::NamesAnother))
            }
            None => self.0.complete(&mut tokens, None).await.err().map(of_trouble),
        };
        if let Some(answer) = unfit {
            self.keep_unsent(renewal, &tokens).await;
            return answer;
        }
        let Some((_, good_until)) = tokens.shown(&self.0.settings.send) else {
            if let SentToken::IdToken = self.0.settings.send {
                tracing::error!("the provider renews no ID tokens: identity.linked.send has to be another one");
            }
            self.keep_unsent(renewal, &tokens).await;
            return Answer::Over(LinkEnd::RanOut);
        };
        Answer::New(Box::new(New { tokens, proved: now, good_until }))
    }

    /// The provider, once all is known that is needed beside it: what is redeemed is spent.
    async fn ready(&self) -> Result<&Provider, Trouble> {
        let provider = self.provider().await?;
        provider.metadata().await?;
        if self.0.platform().is_some() {
            self.0.login().await?;
        }
        Ok(provider)
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
            Ok(platform) => {
                let good_until = platform.expires.min(until);
                let tokens = Tokens { platform: Some(platform), ..old.clone() };
                Answer::New(Box::new(New { tokens, proved: link.proved, good_until }))
            }
            Err(trouble) => of_trouble(trouble),
        }
    }
}

/// Whether the provider calls the person by an address that it did not know them by when they linked.
fn names_another(link: &Link, claims: &Claims) -> bool {
    let known = |email: &String| link.names.iter().chain([&link.identity]).any(|name| folded(name) == folded(email));
    link.identity.contains('@') && claims.email.as_ref().is_some_and(|email| !known(email))
}

/// What trouble with a provider comes to.
fn of_trouble(trouble: Trouble) -> Answer {
    match trouble {
        Trouble::Unavailable(words) => Answer::Later(words),
        Trouble::AnotherPerson => Answer::Over(LinkEnd::NamesAnother),
        Trouble::Refused { code, .. } if code == ENDED => Answer::Over(LinkEnd::EndedByProvider),
        trouble if identity_platform::is_over(&trouble) => Answer::Over(LinkEnd::EndedByPlatform),
        other => Answer::Wrong(other.to_string()),
    }
}
