//! What goes on with links while nobody presses anything: device codes are asked after, ended links are forgotten at the
//! provider, and owners who left are found.

use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Inner, Linking};
use crate::authorize::NotAuthorized;
use crate::authorize::linked::not_bound;
use crate::authorize::linked::store::{Bound, Renewal};
use crate::authorize::openid::{Poll, Trouble};
use crate::clock::Clock;
use crate::domain::link::{LinkEnd, NotBound};
use crate::domain::refusal::Refusal;
use crate::domain::sign_in::{SignIn, SignInStage};
use crate::ledger::notices::Notice;
use crate::ledger::sign_ins::SignInLease;
use crate::ledger::{Ledger, LedgerError};

/// How often the ledger is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How much longer is waited where a provider says that it is asked too often (RFC 8628, 3.5).
const SLOWER_BY: Duration = Duration::from_secs(5);
/// How long to wait before somebody who did not answer is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(3);
/// Tries to write down what a provider gave for a code, well within the time that a step may take.
const KEEP_TRIES: u32 = 5;
/// Between two of those.
const KEEP_AGAIN: Duration = Duration::from_secs(1);
/// How often Slack is asked whether the owner of a link is still there.
const SEEN_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long to wait before somebody of whom Slack said nothing is asked about again.
const LOOK_AGAIN: Duration = Duration::from_secs(5 * 60);
/// Owners that are asked about in one look: Slack takes about 100 such questions a minute, and clicks ask them too.
const AT_ONCE: u32 = 1;
/// Tries to have a provider forget tokens, over about two days; then they are forgotten here.
const FORGET_TRIES: i64 = 50;
/// Between two of those.
const FORGET_AGAIN: Duration = Duration::from_secs(60 * 60);

/// Keeps links true.
#[derive(Clone)]
pub struct Keeper {
    /// Where they are.
    pub ledger: Ledger,
    /// What they stand on.
    pub linking: Linking,
    /// What time it is.
    pub clock: Clock,
}

impl Keeper {
    /// Keeps at it until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            while self.step_due().await > 0 && !stop.is_cancelled() {}
            logged(&self.look_after_owners().await);
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Does all that is due now and says how much that was.
    pub async fn step(&self) -> usize {
        let mut count = 0;
        loop {
            let done = self.step_due().await;
            if done == 0 {
                break;
            }
            count += done;
        }
        count + usize::from(logged(&self.look_after_owners().await))
    }

    /// One sign-in's step, and one link's end, where any is due. Says how many there were.
    async fn step_due(&self) -> usize {
        let done = [self.step_sign_in().await, self.forget().await];
        done.iter().filter(|done| logged(done)).count()
    }

    /// One step of somebody with a device code. `Ok(false)`: none is due.
    async fn step_sign_in(&self) -> Result<bool, LedgerError> {
        let Some(lease) = self.ledger.claim_sign_in().await? else { return Ok(false) };
        let sign_in = lease.sign_in().clone();
        if self.clock.now() >= sign_in.expires {
            // Whoever got no code, or entered it, was not the one who took too long.
            let why = match sign_in.stage {
                SignInStage::DeviceShown { .. } => NotBound::TooLate,
                _ => NotBound::Unavailable,
            };
            self.fail(lease, "too_late", why).await?;
            return Ok(true);
        }
        match sign_in.stage {
            SignInStage::DeviceWanted => self.get_code(lease, &sign_in).await?,
            SignInStage::DeviceShown { interval_ms } => {
                self.ask(lease, &sign_in, Duration::from_millis(interval_ms)).await?;
            }
            _ => self.bind(lease, &sign_in).await?,
        }
        Ok(true)
    }

    async fn get_code(&self, lease: SignInLease, sign_in: &SignIn) -> Result<(), LedgerError> {
        let accounts = self.linking.accounts();
        let code = match accounts.provider().await {
            Ok(provider) => provider.device_code().await,
            Err(trouble) => Err(trouble),
        };
        let code = match code {
            Ok(code) => code,
            Err(Trouble::Unavailable(_)) => {
                let due = self.clock.now() + ASK_AGAIN;
                self.ledger.step_taken(lease, SignInStage::DeviceWanted, None, due, None).await?;
                return Ok(());
            }
            Err(trouble) => return self.fail(lease, "no_code", not_bound(&trouble)).await,
        };
        let now = self.clock.now();
        let notice = Notice::DeviceCode {
            user: sign_in.asker.user.clone(),
            code: code.user_code,
            page: code.verification_uri,
            complete: code.verification_uri_complete,
            until: now.checked_add(code.expires_in).unwrap_or(sign_in.expires).min(sign_in.expires),
        };
        let Some(sealed) = accounts.seal_code(sign_in, &code.device_code) else {
            return self.fail(lease, "not_sealed", NotBound::Unavailable).await;
        };
        let stage = shown(code.interval);
        self.ledger.step_taken(lease, stage, Some(sealed), now + code.interval, Some(notice)).await?;
        Ok(())
    }

    /// Asks whether the code was entered. What comes is on disk before anybody asks again.
    async fn ask(&self, lease: SignInLease, sign_in: &SignIn, interval: Duration) -> Result<(), LedgerError> {
        let accounts = self.linking.accounts();
        let Some(code) = accounts.open_code(sign_in) else {
            return self.fail(lease, "not_opened", NotBound::Unavailable).await;
        };
        let polled = match accounts.provider().await {
            Ok(provider) => provider.poll(&code).await,
            Err(trouble) => Err(trouble),
        };
        let (interval, sealed) = match polled {
            Ok(Poll::Pending) => (interval, sign_in.sealed.clone()),
            Ok(Poll::SlowDown) => (interval + SLOWER_BY, sign_in.sealed.clone()),
            Err(Trouble::Unavailable(_)) => (interval.max(ASK_AGAIN), sign_in.sealed.clone()),
            Ok(Poll::Granted(grant)) => {
                let Some(sealed) = accounts.seal_grant(sign_in, &grant) else {
                    return self.fail(lease, "not_sealed", NotBound::Unavailable).await;
                };
                return self.keep(lease, sealed).await;
            }
            Ok(Poll::Denied) => {
                let why = NotBound::RefusedByProvider { code: "access_denied".to_owned() };
                return self.fail(lease, "denied", why).await;
            }
            Ok(Poll::Expired) => return self.fail(lease, "code_expired", NotBound::TooLate).await,
            Err(trouble) => return self.fail(lease, "provider", not_bound(&trouble)).await,
        };
        let due = self.clock.now() + interval;
        self.ledger.step_taken(lease, shown(interval), sealed, due, None).await?;
        Ok(())
    }

    /// Writes down what a provider gave for a code: it gives that once.
    async fn keep(&self, lease: SignInLease, sealed: String) -> Result<(), LedgerError> {
        for _ in 1..KEEP_TRIES {
            let (lease, sealed, now) = (lease.clone(), sealed.clone(), self.clock.now());
            match self.ledger.step_taken(lease, SignInStage::Answered, Some(sealed), now, None).await {
                Ok(_) => return Ok(()),
                Err(error) => tracing::error!(%error, "what a provider gave for a code could not be written yet"),
            }
            tokio::time::sleep(KEEP_AGAIN).await;
        }
        self.ledger.step_taken(lease, SignInStage::Answered, Some(sealed), self.clock.now(), None).await.map(drop)
    }

    async fn bind(&self, lease: SignInLease, sign_in: &SignIn) -> Result<(), LedgerError> {
        let Some(grant) = self.linking.accounts().open_grant(sign_in) else {
            return self.fail(lease, "not_opened", NotBound::Unavailable).await;
        };
        let bound = match self.linking.0.confirmed(sign_in).await {
            Ok(in_slack) => self.linking.accounts().link(&grant, sign_in, in_slack.as_ref(), None).await,
            Err(why) => Err(why),
        };
        match bound {
            Ok((Bound::Made | Bound::TakenBy(_) | Bound::SignInOver, _)) => Ok(()),
            Ok((Bound::HasOne(link), _)) => {
                self.fail(lease, "has_one", NotBound::HasOne { identity: link.identity }).await
            }
            Err(NotBound::Unavailable) => {
                let due = self.clock.now() + ASK_AGAIN;
                let sealed = sign_in.sealed.clone();
                self.ledger.step_taken(lease, SignInStage::Answered, sealed, due, None).await?;
                Ok(())
            }
            Err(why) => self.fail(lease, "not_bound", why).await,
        }
    }

    async fn fail(&self, lease: SignInLease, how: &'static str, why: NotBound) -> Result<(), LedgerError> {
        let user = lease.sign_in().asker.user.clone();
        tracing::warn!(by = %lease.sign_in().asker, how, "a sign-in came to nothing");
        self.ledger.step_failed(lease, how, Notice::NotLinked { user, why }).await
    }

    /// Has the provider forget the tokens of one link that has ended. `Ok(false)`: there is none.
    async fn forget(&self) -> Result<bool, LedgerError> {
        let Some(Renewal { link, token }) = self.ledger.claim_forgetting().await? else { return Ok(false) };
        // A provider may end all that it ever gave the account (RFC 7009, 2.1): a link that was made since as well.
        if self.ledger.link_of_account(&link.account).await?.is_some() {
            self.ledger.forgotten(&link, false).await?;
            return Ok(true);
        }
        match self.linking.accounts().revoke(&link).await {
            Ok(at_provider) => self.ledger.forgotten(&link, at_provider).await?,
            Err(Trouble::Unavailable(_)) if self.ledger.forget_tries(link.id).await? < FORGET_TRIES => {
                self.ledger.forget_later(link.id, token, self.clock.now() + FORGET_AGAIN).await?;
            }
            Err(trouble) => {
                tracing::warn!(link = link.id, %trouble, "a provider was not told that a link has ended");
                self.ledger.forgotten(&link, false).await?;
            }
        }
        Ok(true)
    }

    /// Ends the links of people who are gone from Slack. `Ok(false)`: nobody had to be asked about.
    async fn look_after_owners(&self) -> Result<bool, LedgerError> {
        let now = self.clock.now();
        if now < self.linking.0.slack_asked_for_rest() {
            return Ok(false);
        }
        let then = now.checked_sub(SEEN_EVERY).unwrap_or(Timestamp::MIN);
        let links = self.ledger.links_unseen_since(then, AT_ONCE).await?;
        for link in &links {
            match self.linking.0.authorizer.admitted(&link.owner).await {
                Err(NotAuthorized::Refused(Refusal::Deactivated | Refusal::NobodyKnown)) => {
                    self.ledger.end_link(link.id, LinkEnd::Deactivated).await?;
                }
                Err(NotAuthorized::Later(wait)) => {
                    self.linking.0.rest_until(now + wait.unwrap_or_default());
                    // The others have their turn before somebody of whom Slack says nothing that can be used.
                    self.ledger.link_seen(link.id, then + LOOK_AGAIN).await?;
                    return Ok(false);
                }
                // A guest keeps the link, and may not decide with it.
                Ok(_) | Err(NotAuthorized::Refused(_)) => self.ledger.link_seen(link.id, now).await?,
            }
        }
        Ok(!links.is_empty())
    }
}

impl Inner {
    /// Until when Slack wants to be asked less, by its last `Retry-After` to us.
    fn slack_asked_for_rest(&self) -> Timestamp {
        *self.rest_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rest_until(&self, then: Timestamp) {
        *self.rest_until.lock().unwrap_or_else(PoisonError::into_inner) = then;
    }
}

fn shown(interval: Duration) -> SignInStage {
    SignInStage::DeviceShown { interval_ms: u64::try_from(interval.as_millis()).unwrap_or(u64::MAX) }
}

/// Whether something was done; what failed is logged, and tried again.
fn logged(done: &Result<bool, LedgerError>) -> bool {
    match done {
        Ok(done) => *done,
        Err(error) => {
            tracing::error!(%error, "links could not be kept");
            false
        }
    }
}
