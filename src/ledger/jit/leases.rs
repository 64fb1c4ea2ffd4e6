//! Who may act on a change of P0's settings: a lease first, then the mark that stands on disk before the first byte goes
//! out, as for every decision. One change is under way at a time: what one does depends on what another has done.

use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::json;

use super::cards::Policy;
use super::{agreement, decisions, mirror, outcomes, proposals};
use crate::domain::jit::author::Author;
use crate::domain::jit::change::{Change, Said};
use crate::domain::jit::proposal::{Groups, Proposal, SettingsDecision, SettingsStage, Tried};
use crate::domain::jit::refusal::SettingsRefusal;
use crate::ledger::database::Connection;
use crate::ledger::leases::LEASE;
use crate::ledger::notices::{self, Notice};
use crate::ledger::{Ledger, LedgerError, audit};

/// The right to work on one recorded change, for [`LEASE`].
#[derive(Debug)]
pub struct SettingsLease {
    decision: SettingsDecision,
    proposal: Proposal,
    token: String,
}

impl SettingsLease {
    /// The change that this is the right to.
    pub fn decision(&self) -> &SettingsDecision {
        &self.decision
    }

    /// Whose it is, and who agreed.
    pub fn proposal(&self) -> &Proposal {
        &self.proposal
    }
}

/// The right to send one change to P0, once: it is marked on disk.
#[derive(Debug)]
pub struct SendingSettings {
    lease: SettingsLease,
    key: Option<String>,
    marked: Timestamp,
}

impl SendingSettings {
    /// The change that is to be sent.
    pub fn decision(&self) -> &SettingsDecision {
        &self.lease.decision
    }

    /// The name under which a length is removed.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// When the mark was made.
    pub fn marked(&self) -> Timestamp {
        self.marked
    }
}

/// What came of marking.
#[derive(Debug)]
pub enum SettingsMarked {
    /// It may be sent.
    Sending(Box<SendingSettings>),
    /// It may not, or not now; the ledger says which.
    NotSent,
}

impl Ledger {
    /// Leases the oldest change that is due, where none is under way; `only` one of that proposal, where one is named.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn claim_settings(&self, only: Option<i64>) -> Result<Option<SettingsLease>, LedgerError> {
        // Most looks find nothing: they cost no write.
        if due(&mut *self.readers.acquire().await?, only, self.clock.now()).await?.is_none() {
            return Ok(None);
        }
        self.write(move |c, now| Box::pin(claim(c, only, now))).await
    }

    /// Asks every rule again and marks the change as being sent, on disk, before a byte goes out. `groups` is who is in
    /// the admins' groups now.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn mark_settings(
        &self,
        lease: SettingsLease,
        groups: Groups,
        policy: &Policy,
    ) -> Result<SettingsMarked, LedgerError> {
        let policy = policy.clone();
        self.write(move |c, now| Box::pin(mark(c, lease, groups, policy, now))).await
    }

    /// Refuses a leased change that was not sent.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn refuse_settings_unsent(
        &self,
        lease: SettingsLease,
        refusal: SettingsRefusal,
    ) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                match held(c, &lease, &["recorded"]).await? {
                    Some(decision) => outcomes::refused(c, &lease.proposal, decision, refusal, now).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// Whoever agreed turns out not to be one who can: they hear why, and the proposal waits for another as long as it
    /// would have. Where some of it has been sent already, the rest is refused.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn disagree(&self, lease: SettingsLease, refusal: SettingsRefusal) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let Some(decision) = held(c, &lease, &["recorded"]).await? else { return Ok(()) };
                let all = decisions::of_proposal(c, lease.proposal.id).await?;
                if all.iter().any(|other| other.stage != SettingsStage::Recorded) {
                    return outcomes::refused(c, &lease.proposal, decision, refusal, now).await;
                }
                if let Some(second) = &lease.proposal.second {
                    notices::add(c, &Notice::NotAgreed { user: second.user.clone(), refusal }, now).await?;
                }
                decisions::forget(c, lease.proposal.id).await?;
                agreement::reopen(c, lease.proposal, now).await
            })
        })
        .await
    }

    /// Gives a leased change back, to be tried again at `due`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn retry_settings_unsent(&self, lease: SettingsLease, due: Timestamp) -> Result<(), LedgerError> {
        self.write(move |c, now| Box::pin(put_back(c, lease, "recorded", due, now))).await
    }

    /// Gives a marked change back that surely was not sent, or that P0 was too busy to take.
    ///
    /// # Errors
    /// Where it cannot be written: then it stays marked, and becomes `Unknown`.
    pub async fn retry_settings(&self, sending: Box<SendingSettings>, due: Timestamp) -> Result<(), LedgerError> {
        self.write(move |c, now| Box::pin(put_back(c, sending.lease, "sending", due, now))).await
    }

    /// P0 took it. Also an answer that comes after the lease ran out is believed: it is what happened.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn settings_done(&self, sending: Box<SendingSettings>, said: Said) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let SendingSettings { lease, key, .. } = *sending;
                match held(c, &lease, &["sending", "unknown"]).await? {
                    Some(decision) => outcomes::done(c, &lease.proposal, decision, said, key, now).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// P0 refused it. A length that P0 does not know under this name is asked for under the next, if there is one.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn settings_refused(
        &self,
        sending: Box<SendingSettings>,
        refusal: SettingsRefusal,
    ) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let SendingSettings { lease, key, .. } = *sending;
                let Some(mut decision) = held(c, &lease, &["sending", "unknown"]).await? else { return Ok(()) };
                if let (Some(key), SettingsRefusal::P0 { status, words }) = (key, &refusal) {
                    decision.tried.push(Tried { key, status: *status, words: words.clone() });
                    if decision.stage.name() == "sending" && next_key(c, &decision).await?.is_some() {
                        return go_on(c, &lease, decision, now).await;
                    }
                }
                outcomes::refused(c, &lease.proposal, decision, refusal, now).await
            })
        })
        .await
    }

    /// Nobody knows whether P0 took it.
    ///
    /// # Errors
    /// Where it cannot be written: then it stays marked, and becomes `Unknown` all the same.
    pub async fn settings_unknown(&self, sending: Box<SendingSettings>, words: String) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                match held(c, &sending.lease, &["sending"]).await? {
                    Some(decision) => outcomes::unknown(c, &sending.lease.proposal, decision, words, now).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }
}

/// What one does depends on what another has done: nothing is given out while anything is leased or being sent, and the
/// changes of one proposal keep their order.
async fn due(c: &mut Connection, only: Option<i64>, now: Timestamp) -> Result<Option<i64>, LedgerError> {
    let id = sqlx::query_scalar(
        "SELECT MIN(d.id) FROM settings_decisions d WHERE d.stage_name = 'recorded' AND d.due_at <= $1
             AND ($2 IS NULL OR d.proposal = $2)
             AND NOT EXISTS (SELECT 1 FROM settings_decisions o
                 WHERE o.stage_name = 'sending' OR (o.stage_name = 'recorded' AND o.lease_until > $1))
             AND NOT EXISTS (SELECT 1 FROM settings_decisions o
                 WHERE o.proposal = d.proposal AND o.id < d.id AND o.stage_name = 'recorded')",
    )
    .bind(now.as_millisecond())
    .bind(only)
    .fetch_one(c)
    .await?;
    Ok(id)
}

async fn claim(c: &mut Connection, only: Option<i64>, now: Timestamp) -> Result<Option<SettingsLease>, LedgerError> {
    let Some(id) = due(c, only, now).await? else { return Ok(None) };
    let token = Alphanumeric.sample_string(&mut rand::rng(), 22);
    sqlx::query("UPDATE settings_decisions SET lease_token = $2, lease_until = $3 WHERE id = $1")
        .bind(id)
        .bind(&token)
        .bind(now.checked_add(LEASE).unwrap_or(Timestamp::MAX).as_millisecond())
        .execute(&mut *c)
        .await?;
    let Some(decision) = decisions::load(c, id).await? else { return Ok(None) };
    let proposal = proposals::load(c, decision.proposal).await?;
    Ok(proposal.map(|proposal| SettingsLease { decision, proposal, token }))
}

/// The change as it stands, where the lease still is the last one given out and the stage is one of `stages`.
async fn held(
    c: &mut Connection,
    lease: &SettingsLease,
    stages: &[&str],
) -> Result<Option<SettingsDecision>, LedgerError> {
    let token: Option<String> = sqlx::query_scalar("SELECT lease_token FROM settings_decisions WHERE id = $1")
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
    lease: SettingsLease,
    groups: Groups,
    policy: Policy,
    now: Timestamp,
) -> Result<SettingsMarked, LedgerError> {
    let Some(mut decision) = held(c, &lease, &["recorded"]).await? else { return Ok(SettingsMarked::NotSent) };
    if now > decision.deadline {
        outcomes::dropped(c, &lease.proposal, decision, now).await?;
        return Ok(SettingsMarked::NotSent);
    }
    if let Err(refusal) = may_go_out(c, &lease.proposal, &decision, &policy).await? {
        outcomes::refused(c, &lease.proposal, decision, refusal, now).await?;
        return Ok(SettingsMarked::NotSent);
    }
    let key = next_key(c, &decision).await?;
    if let (Change::Remove { .. }, None, Some(last)) = (&decision.item.change, &key, decision.tried.last()) {
        let refusal = SettingsRefusal::P0 { status: last.status, words: last.words.clone() };
        outcomes::refused(c, &lease.proposal, decision, refusal, now).await?;
        return Ok(SettingsMarked::NotSent);
    }
    decision.stage = SettingsStage::Sending { since: now, key: key.clone() };
    sqlx::query("UPDATE settings_decisions SET lease_until = $2, attempts = attempts + 1 WHERE id = $1")
        .bind(decision.id)
        .bind(now.checked_add(LEASE).unwrap_or(Timestamp::MAX).as_millisecond())
        .execute(&mut *c)
        .await?;
    decisions::save(c, &lease.proposal, &decision, now).await?;
    if !groups.is_empty() {
        audit::settings(c, "settings.admins", json!({ "decision": decision.id, "groups": groups }), now).await?;
    }
    let lease = SettingsLease { decision, ..lease };
    Ok(SettingsMarked::Sending(Box::new(SendingSettings { lease, key, marked: now })))
}

/// The local rules, asked once more: what was shown still has to be so, and whatever it loosens now to be agreed to.
async fn may_go_out(
    c: &mut Connection,
    proposal: &Proposal,
    decision: &SettingsDecision,
    policy: &Policy,
) -> Result<Result<(), SettingsRefusal>, LedgerError> {
    let mirror = mirror::load(c).await?;
    let item = &decision.item;
    let agreed = proposal.second.is_some() || !policy.second.is_needed(&proposal.by, mirror.weight(&item.change));
    let by_operator = proposal.by == Author::Operator;
    Ok(match &item.change {
        _ if !policy.has_key => Err(SettingsRefusal::NoApiKey),
        Change::Approvals(_) if !policy.approvals && !by_operator => Err(SettingsRefusal::ApprovalsNotAllowed),
        change if mirror.before(change) != item.before || !agreed => Err(SettingsRefusal::Changed),
        // What was to have the room of a longer maximum has none where P0 did not give that.
        Change::Add { length } if lengthens(proposal) && length.length() > mirror.least_maximum() => {
            Err(SettingsRefusal::Changed)
        }
        _ => Ok(()),
    })
}

fn lengthens(proposal: &Proposal) -> bool {
    proposal.items.iter().any(|item| matches!(item.change, Change::Maximum { .. }))
}

/// The name under which a length is to be removed next; `None` where there is none, or it is no removal.
async fn next_key(c: &mut Connection, decision: &SettingsDecision) -> Result<Option<String>, LedgerError> {
    let Change::Remove { length } = decision.item.change else { return Ok(None) };
    let keys = mirror::load(c).await?.keys(length);
    Ok(keys.into_iter().find(|key| decision.tried.iter().all(|tried| tried.key != *key)))
}

/// The next name of a removal is another call, with a mark of its own.
async fn go_on(
    c: &mut Connection,
    lease: &SettingsLease,
    mut decision: SettingsDecision,
    now: Timestamp,
) -> Result<(), LedgerError> {
    decision.stage = SettingsStage::Recorded;
    decisions::save(c, &lease.proposal, &decision, now).await?;
    sqlx::query(
        "UPDATE settings_decisions SET lease_token = NULL, lease_until = NULL, due_at = $2, attempts = 0 WHERE id = $1",
    )
    .bind(decision.id)
    .bind(now.as_millisecond())
    .execute(c)
    .await?;
    Ok(())
}

async fn put_back(
    c: &mut Connection,
    lease: SettingsLease,
    from: &'static str,
    due: Timestamp,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let Some(mut decision) = held(c, &lease, &[from]).await? else { return Ok(()) };
    // A try that did not come to the mark counts as one too: the wait grows with it.
    let tried = i64::from(decision.stage == SettingsStage::Recorded);
    sqlx::query(
        "UPDATE settings_decisions SET lease_token = NULL, lease_until = NULL, due_at = $2, attempts = attempts + $3
         WHERE id = $1",
    )
    .bind(decision.id)
    .bind(due.as_millisecond())
    .bind(tried)
    .execute(&mut *c)
    .await?;
    if decision.stage == SettingsStage::Recorded {
        return Ok(());
    }
    decision.stage = SettingsStage::Recorded;
    decisions::save(c, &lease.proposal, &decision, now).await
}
