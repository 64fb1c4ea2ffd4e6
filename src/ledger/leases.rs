//! Who may act on a decision: a lease first, then the mark that stands on disk before the first byte goes out.
//!
//! P0 has no idempotency key. So only a decision that is `Recorded` is ever leased, and one that is `Sending` is
//! never sent again by itself: whoever finds it abandoned makes it `Unknown`.

use std::time::Duration;

use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString};

use super::{Ledger, LedgerError, audit, decisions, jit, links, outcomes, renewals, requests, watches};
use crate::domain::decision::{Decision, Stage};
use crate::domain::link::LinkVersion;
use crate::domain::person::Authority;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{self, Asked, Limits};
use crate::ledger::database::Connection;

/// How long a lease holds. The call that it covers has a deadline of 10 s.
pub const LEASE: Duration = Duration::from_secs(30);
/// When a decision is looked at again of which it is being found out whether its author is named.
const NAMED_SOON: Duration = Duration::from_secs(1);

/// The right to work on one recorded decision, for [`LEASE`].
#[derive(Debug)]
pub struct Lease {
    decision: Decision,
    token: String,
}

impl Lease {
    /// The decision that this is the right to.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }
}

/// The right to send one decision to P0, once: it is marked on disk.
#[derive(Debug)]
pub struct SendingLease {
    lease: Lease,
    sender: Sender,
    marked: Timestamp,
}

impl SendingLease {
    /// The decision that is to be sent.
    pub fn decision(&self) -> &Decision {
        &self.lease.decision
    }

    /// When the mark was made.
    pub fn marked(&self) -> Timestamp {
        self.marked
    }
}

/// As whom a decision is to be sent.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The P0 identity.
    pub identity: String,
    /// How it was shown to be the person's.
    pub authority: Authority,
    /// Every name by which a request could be the person's own.
    pub names: Vec<String>,
    /// Which tokens of which link are sent, where they are of one.
    pub link: Option<LinkVersion>,
}

/// What came of marking.
#[derive(Debug)]
pub enum Marked {
    /// It may be sent.
    Sending(Box<SendingLease>),
    /// It may not, or not now; the ledger says which.
    NotSent,
}

impl Ledger {
    /// Leases decisions that are due, the oldest of each request, at most `most`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn claim(&self, most: u32) -> Result<Vec<Lease>, LedgerError> {
        // Most looks find nothing: they cost no write.
        if self.due(most).await?.is_empty() {
            return Ok(Vec::new());
        }
        self.write(move |c, now| Box::pin(claim(c, most, now))).await
    }

    async fn due(&self, most: u32) -> Result<Vec<i64>, LedgerError> {
        due(&mut *self.readers.acquire().await?, most, self.clock.now()).await
    }

    /// Asks every rule again and marks the decision as being sent, on disk, before a byte goes out.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn mark(&self, lease: Lease, sender: Sender, limits: Limits) -> Result<Marked, LedgerError> {
        self.write(move |c, now| Box::pin(mark(c, lease, sender, limits, now))).await
    }

    /// Refuses a leased decision that was not sent.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn refuse_unsent(&self, lease: Lease, refusal: Refusal) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                match held(c, &lease, &["recorded"]).await? {
                    Some(decision) => outcomes::refused(c, decision, refusal, now).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// Gives a leased decision back, to be tried again at `due`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn retry_unsent(&self, lease: Lease, due: Timestamp) -> Result<(), LedgerError> {
        self.write(move |c, _| Box::pin(put_back(c, lease, "recorded", due))).await
    }

    /// Gives a marked decision back that surely was not sent, or that P0 was too busy to take.
    ///
    /// # Errors
    /// Where it cannot be written: then it stays marked, and becomes `Unknown`.
    pub async fn retry(&self, sending: Box<SendingLease>, due: Timestamp) -> Result<(), LedgerError> {
        self.write(move |c, _| Box::pin(put_back(c, sending.lease, "sending", due))).await
    }

    /// Gives a marked decision back that P0 answered with 401, to be sent once more with a new token.
    ///
    /// # Errors
    /// Where it cannot be written: then it stays marked, and becomes `Unknown`.
    pub async fn retry_renewed(
        &self,
        sending: Box<SendingLease>,
        not_taken: LinkVersion,
        due: Timestamp,
    ) -> Result<(), LedgerError> {
        self.write(move |c, _| {
            Box::pin(async move {
                renewals::distrust(c, not_taken).await?;
                sqlx::query("UPDATE decisions SET renewed = 1 WHERE id = $1 AND lease_token = $2")
                    .bind(sending.lease.decision.id)
                    .bind(&sending.lease.token)
                    .execute(&mut *c)
                    .await?;
                put_back(c, sending.lease, "sending", due).await
            })
        })
        .await
    }

    /// P0 took it. Also an answer that comes after the lease ran out is believed: it is what happened.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn done(&self, sending: Box<SendingLease>) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let Sender { identity, authority, .. } = sending.sender;
                match held(c, &sending.lease, &["sending", "unknown", "settled"]).await? {
                    Some(decision) => outcomes::done(c, decision, identity, authority, now).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// P0 refused it.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn refused(&self, sending: Box<SendingLease>, refusal: Refusal) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                match held(c, &sending.lease, &["sending", "unknown"]).await? {
                    Some(decision) => outcomes::refused(c, decision, refusal, now).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// Nobody knows whether P0 took it.
    ///
    /// # Errors
    /// Where it cannot be written: then it stays marked, and becomes `Unknown` all the same.
    pub async fn unknown(&self, sending: Box<SendingLease>, words: String) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                match held(c, &sending.lease, &["sending"]).await? {
                    Some(decision) => outcomes::unknown(c, decision, words, now).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }
}

async fn due(c: &mut Connection, most: u32, now: Timestamp) -> Result<Vec<i64>, LedgerError> {
    // A request with a decision under way, or leased, gives out no second one: it waits for its turn.
    let ids = sqlx::query_scalar(
        "SELECT d.id FROM decisions d
         WHERE d.stage_name = 'recorded' AND d.due_at <= $1 AND (d.lease_until IS NULL OR d.lease_until <= $1)
           AND NOT EXISTS (SELECT 1 FROM decisions o WHERE o.request_id = d.request_id
               AND (o.stage_name = 'sending' OR (o.stage_name = 'recorded' AND (o.lease_until > $1
                   OR (o.id < d.id AND o.due_at <= $1)))))
         ORDER BY d.due_at, d.id LIMIT $2",
    )
    .bind(now.as_millisecond())
    .bind(i64::from(most))
    .fetch_all(c)
    .await?;
    Ok(ids)
}

async fn claim(c: &mut Connection, most: u32, now: Timestamp) -> Result<Vec<Lease>, LedgerError> {
    let mut leases = Vec::new();
    for id in due(c, most, now).await? {
        let token = Alphanumeric.sample_string(&mut rand::rng(), 22);
        let until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
        sqlx::query("UPDATE decisions SET lease_token = $2, lease_until = $3 WHERE id = $1")
            .bind(id)
            .bind(&token)
            .bind(until.as_millisecond())
            .execute(&mut *c)
            .await?;
        if let Some(decision) = decisions::load(c, id).await? {
            leases.push(Lease { decision, token });
        }
    }
    Ok(leases)
}

/// The decision as it stands, where the lease still is the last one given out and the stage is one of `stages`.
async fn held(c: &mut Connection, lease: &Lease, stages: &[&str]) -> Result<Option<Decision>, LedgerError> {
    let token: Option<String> = sqlx::query_scalar("SELECT lease_token FROM decisions WHERE id = $1")
        .bind(lease.decision.id)
        .fetch_optional(&mut *c)
        .await?
        .flatten();
    if token.as_ref() != Some(&lease.token) {
        return Ok(None);
    }
    let decision = decisions::load(c, lease.decision.id).await?;
    Ok(decision.filter(|decision| stages.contains(&decision.stage.name())))
}

async fn mark(
    c: &mut Connection,
    lease: Lease,
    sender: Sender,
    limits: Limits,
    now: Timestamp,
) -> Result<Marked, LedgerError> {
    let Some(mut decision) = held(c, &lease, &["recorded"]).await? else { return Ok(Marked::NotSent) };
    if now > decision.deadline {
        outcomes::dropped(c, decision, now).await?;
        return Ok(Marked::NotSent);
    }
    if decisions::one_is_sending(c, &decision.request).await? {
        put_back(c, lease, "recorded", now).await?;
        return Ok(Marked::NotSent);
    }
    let kept = requests::load(c, &decision.request).await?;
    let request = kept.as_ref().map(|kept| &kept.request);
    let open = decisions::approve_open(c, &decision.request).await?;
    let by_answers = match request {
        None => rules::check_phase(&decision.choice, &outcomes::phase_by_answers(c, &decision.request, now).await?),
        Some(_) => Ok(()),
    };
    let bounds = limits.bounds(jit::mirror::lengths(c).await?, request, &decision.choice, now);
    let named = watches::named(c, &decision.request, &decision.by.user).await?;
    let asked = Asked { restated: decision.restated, proof: decision.proof.as_ref(), chosen: decision.chosen };
    let allowed = by_answers
        .and_then(|()| rules::check(&limits, &bounds, &decision.choice, &decision.basis, request, open, decision.again))
        .and_then(|()| match decision.picked {
            true => rules::check_offered(&bounds, &decision.choice, request),
            false => Ok(()),
        })
        .and_then(|()| rules::check_own(&limits, &decision.choice, request, &sender.names))
        .and_then(|()| rules::check_named(&bounds.demands, decision.choice.verb(), &named))
        .and_then(|()| rules::check_care(&bounds.demands, &decision.choice, asked, now));
    let allowed = match allowed {
        Ok(()) => same_link(c, &decision, &sender).await?,
        refused => refused,
    };
    if allowed == Err(Refusal::NotNamed) && watches::is_naming(c, &decision.request, now).await? {
        put_back(c, lease, "recorded", now.checked_add(NAMED_SOON).unwrap_or(now)).await?;
        return Ok(Marked::NotSent);
    }
    if let Err(refusal) = allowed {
        outcomes::refused(c, decision, refusal, now).await?;
        return Ok(Marked::NotSent);
    }
    decision.stage = Stage::Sending { identity: sender.identity.clone(), authority: sender.authority, since: now };
    let until = now.checked_add(LEASE).unwrap_or(Timestamp::MAX);
    sqlx::query("UPDATE decisions SET lease_until = $2, attempts = attempts + 1 WHERE id = $1")
        .bind(decision.id)
        .bind(until.as_millisecond())
        .execute(&mut *c)
        .await?;
    decisions::save_stage(c, &decision).await?;
    requests::touch(c, &decision.request).await?;
    audit::decision(c, &decision, now).await?;
    let lease = Lease { decision, token: lease.token };
    Ok(Marked::Sending(Box::new(SendingLease { lease, sender, marked: now })))
}

/// Whoever chose with one link does not decide with another, and one that was ended sends nothing any more.
async fn same_link(
    c: &mut Connection,
    decision: &Decision,
    sender: &Sender,
) -> Result<Result<(), Refusal>, LedgerError> {
    let Some(link) = sender.link else { return Ok(Ok(())) };
    let living = links::living(c, &decision.by).await?.map(|link| link.id);
    let same = living == Some(link.id) && decision.link == Some(link.id);
    Ok(if same { Ok(()) } else { Err(Refusal::LinkChanged) })
}

async fn put_back(c: &mut Connection, lease: Lease, from: &'static str, due: Timestamp) -> Result<(), LedgerError> {
    let Some(mut decision) = held(c, &lease, &[from]).await? else { return Ok(()) };
    // A try that did not come to the mark counts as one too: the wait grows with it.
    let tried = i64::from(decision.stage == Stage::Recorded);
    sqlx::query(
        "UPDATE decisions SET lease_token = NULL, lease_until = NULL, due_at = $2, attempts = attempts + $3
         WHERE id = $1",
    )
    .bind(decision.id)
    .bind(due.as_millisecond())
    .bind(tried)
    .execute(&mut *c)
    .await?;
    if decision.stage == Stage::Recorded {
        return Ok(());
    }
    decision.stage = Stage::Recorded;
    decisions::save_stage(c, &decision).await?;
    requests::touch(c, &decision.request).await
}
