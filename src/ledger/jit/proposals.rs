//! What somebody wants changed: shown to them first, and decided when they apply it.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::Row as _;

use super::cards::{Policy, SettingsCard};
use super::{copies, decisions, mirror};
use crate::clock::from_millisecond;
use crate::domain::card_key::CardKey;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::jit::author::Author;
use crate::domain::jit::change::Change;
use crate::domain::jit::mirror::Mirror;
use crate::domain::jit::proposal::{AGREED_WITHIN, Groups, Item, Proposal, ProposalStage, SHOWN_FOR};
use crate::domain::jit::refusal::SettingsRefusal;
use crate::domain::jit::typed;
use crate::domain::person::UserId;
use crate::ledger::database::{Connection, Row};
use crate::ledger::{Ledger, LedgerError, audit, deliveries, from_json, new_id, requests, to_json};

const COLUMNS: &str =
    "id, key, author, items, typed, needs_second, groups, shown_at, due_at, stage_name, stage, second, revision";

/// Admins who are asked to agree to one change.
const MOST_ASKED: usize = 30;

/// Something that somebody wants.
#[derive(Clone, Debug)]
pub struct NewProposal {
    /// Who.
    pub by: Author,
    /// What, in the order in which it is sent.
    pub changes: Vec<Change>,
    /// Who is in the admins' groups.
    pub groups: Groups,
    /// What is allowed.
    pub policy: Policy,
}

/// What came of wanting.
#[derive(Clone, Debug)]
pub enum Proposed {
    /// It can be shown, and applied.
    Shown(Box<SettingsCard>),
    /// This very delivery was taken in before.
    Repeated,
    /// It cannot be applied; nothing was recorded.
    Refused(SettingsRefusal),
}

/// What came of applying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is on disk and will be sent to P0.
    Recorded,
    /// It is on disk, and goes on once another admin has agreed.
    Waiting {
        /// Until when that is possible.
        until: Timestamp,
        /// Who is asked.
        asked: Vec<UserId>,
    },
    /// This very delivery was taken in before.
    Repeated,
    /// It cannot be applied; nothing was recorded.
    Refused(SettingsRefusal),
}

impl Ledger {
    /// Notes what somebody wants, so that it can be shown and applied.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn propose(&self, keys: DeliveryKeys, new: NewProposal) -> Result<Proposed, LedgerError> {
        self.write(move |c, now| Box::pin(propose(c, keys, new, now))).await
    }

    /// Applies what was shown: from then on it is a decision, or waits for a second admin. `chosen` is when its author
    /// did so; `within` how long after that it may be sent.
    ///
    /// # Errors
    /// Where it cannot be written: then nobody must be told that it was.
    pub async fn apply_proposal(
        &self,
        keys: DeliveryKeys,
        key: CardKey,
        by: Author,
        typed: Option<String>,
        policy: Policy,
        (chosen, within): (Timestamp, Duration),
    ) -> Result<Applied, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                if !deliveries::remember(c, keys, now).await? {
                    return Ok(Applied::Repeated);
                }
                apply(c, &key, &by, typed, &policy, chosen.checked_add(within).unwrap_or(Timestamp::MAX), now).await
            })
        })
        .await
    }

    /// What the operator has decided and what is not over yet: a command that runs has it, or has left it behind.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn operators_under_way(&self) -> Result<Vec<SettingsCard>, LedgerError> {
        let mut reading = self.readers.begin().await?;
        let mut cards = Vec::new();
        for proposal in under_way(&mut reading, &Author::Operator).await? {
            cards.push(card(&mut reading, proposal).await?);
        }
        Ok(cards)
    }

    /// What a key of a proposal stands for; `None` for one that was never given out, or is forgotten.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn settings_card(&self, key: &CardKey) -> Result<Option<SettingsCard>, LedgerError> {
        let mut reading = self.readers.begin().await?;
        match by_key(&mut reading, key).await? {
            Some(proposal) => Ok(Some(card(&mut reading, proposal).await?)),
            None => Ok(None),
        }
    }

    /// What a proposal's card shows now; `None` where there is none.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn settings_card_of(&self, id: i64) -> Result<Option<SettingsCard>, LedgerError> {
        let mut reading = self.readers.begin().await?;
        match load(&mut reading, id).await? {
            Some(proposal) => Ok(Some(card(&mut reading, proposal).await?)),
            None => Ok(None),
        }
    }
}

async fn propose(
    c: &mut Connection,
    keys: DeliveryKeys,
    new: NewProposal,
    now: Timestamp,
) -> Result<Proposed, LedgerError> {
    if !deliveries::remember(c, keys, now).await? {
        return Ok(Proposed::Repeated);
    }
    let NewProposal { by, changes, groups, policy } = new;
    let mirror = mirror::load(c).await?;
    let mut checked = allowed(&policy, &changes);
    for change in &changes {
        checked = checked.and_then(|()| mirror.check(change));
    }
    let needs_second = needs_second(&policy, &mirror, &by, &changes);
    if needs_second && others(&policy, &groups, &by).is_empty() {
        checked = checked.and(Err(SettingsRefusal::NoSecondAdmin));
    }
    if let Err(refusal) = checked {
        return Ok(Proposed::Refused(refusal));
    }
    let proposal = Proposal {
        id: new_id(now),
        key: CardKey::random(),
        typed: mirror.typed(&changes).filter(|_| by.user().is_some()),
        items: changes.into_iter().map(|change| Item { change, before: mirror.before(&change) }).collect(),
        by,
        needs_second,
        groups,
        shown: now,
        stage: ProposalStage::Shown,
        second: None,
        revision: 0,
    };
    insert(c, &proposal, now.checked_add(SHOWN_FOR).unwrap_or(Timestamp::MAX)).await?;
    Ok(Proposed::Shown(Box::new(card(c, proposal).await?)))
}

/// What can be said before anything is known of P0's settings.
fn allowed(policy: &Policy, changes: &[Change]) -> Result<(), SettingsRefusal> {
    if !policy.has_key {
        return Err(SettingsRefusal::NoApiKey);
    }
    if changes.is_empty() {
        return Err(SettingsRefusal::NothingToPutBack);
    }
    if !policy.approvals && changes.iter().any(|change| matches!(change, Change::Approvals(_))) {
        return Err(SettingsRefusal::ApprovalsNotAllowed);
    }
    Ok(())
}

fn needs_second(policy: &Policy, mirror: &Mirror, by: &Author, changes: &[Change]) -> bool {
    changes.iter().any(|change| policy.second.is_needed(by, mirror.weight(change)))
}

/// The admins who could agree: all but the author.
fn others(policy: &Policy, groups: &Groups, by: &Author) -> Vec<UserId> {
    let mut others: Vec<UserId> = Vec::new();
    for user in policy.admins.users.iter().chain(groups.values().flatten()) {
        if Some(user) != by.user() && !others.contains(user) {
            others.push(user.clone());
        }
    }
    others.truncate(MOST_ASKED);
    others
}

async fn apply(
    c: &mut Connection,
    key: &CardKey,
    by: &Author,
    typed: Option<String>,
    policy: &Policy,
    deadline: Timestamp,
    now: Timestamp,
) -> Result<Applied, LedgerError> {
    let refused = |refusal| Ok(Applied::Refused(refusal));
    let Some(mut proposal) = by_key(c, key).await?.filter(|proposal| proposal.by == *by) else {
        return refused(SettingsRefusal::TooOld);
    };
    if proposal.stage != ProposalStage::Shown {
        return refused(SettingsRefusal::Over);
    }
    if now > proposal.shown + SHOWN_FOR {
        return refused(SettingsRefusal::TooOld);
    }
    let changes: Vec<Change> = proposal.items.iter().map(|item| item.change).collect();
    if let Err(refusal) = allowed(policy, &changes) {
        return refused(refusal);
    }
    let mirror = mirror::load(c).await?;
    let same = proposal.items.iter().all(|item| mirror.before(&item.change) == item.before);
    let asked_for = mirror.typed(&changes).filter(|_| by.user().is_some());
    if !same || asked_for != proposal.typed {
        return refused(SettingsRefusal::Changed);
    }
    if !typed::is_confirmed(proposal.typed.as_deref(), typed.as_deref()) {
        return refused(SettingsRefusal::NotTyped);
    }
    proposal.needs_second = needs_second(policy, &mirror, by, &changes);
    let asked = if proposal.needs_second { others(policy, &proposal.groups, by) } else { Vec::new() };
    if proposal.needs_second && asked.is_empty() {
        return refused(SettingsRefusal::NoSecondAdmin);
    }
    copies::place(c, &proposal, policy.announce.as_ref(), &asked, now).await?;
    if !proposal.needs_second {
        decide(c, proposal, deadline, now).await?;
        return Ok(Applied::Recorded);
    }
    let until = now.checked_add(AGREED_WITHIN).unwrap_or(Timestamp::MAX);
    proposal.stage = ProposalStage::Waiting { since: now, until };
    save(c, &proposal, until, now).await?;
    Ok(Applied::Waiting { until, asked })
}

/// From here on each of the changes is a decision of its own, to be sent until `deadline`.
pub(super) async fn decide(
    c: &mut Connection,
    mut proposal: Proposal,
    deadline: Timestamp,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let until = due(c, proposal.id).await?;
    proposal.stage = ProposalStage::Decided { at: now };
    // How long a second admin could have agreed stays known: one who turns out to be none leaves it open to others.
    save(c, &proposal, until, now).await?;
    for item in &proposal.items {
        decisions::insert(c, &proposal, item, deadline, now).await?;
    }
    Ok(())
}

pub(super) async fn card(c: &mut Connection, proposal: Proposal) -> Result<SettingsCard, LedgerError> {
    let decisions = decisions::of_proposal(c, proposal.id).await?;
    let mirror = mirror::load(c).await?;
    let pending = requests::load_pending(c).await?;
    let asked = pending.iter().filter_map(|request| request.facts.asked_length()).collect();
    Ok(SettingsCard { proposal, decisions, mirror, asked })
}

async fn insert(c: &mut Connection, proposal: &Proposal, due: Timestamp) -> Result<(), LedgerError> {
    sqlx::query(
        "INSERT INTO settings_proposals
             (id, key, author, items, typed, needs_second, groups, shown_at, due_at, stage_name, stage, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)",
    )
    .bind(proposal.id)
    .bind(proposal.key.as_str())
    .bind(to_json(&proposal.by)?)
    .bind(to_json(&proposal.items)?)
    .bind(proposal.typed.as_deref())
    .bind(i64::from(proposal.needs_second))
    .bind(to_json(&proposal.groups)?)
    .bind(proposal.shown.as_millisecond())
    .bind(due.as_millisecond())
    .bind(proposal.stage.name())
    .bind(to_json(&proposal.stage)?)
    .execute(c)
    .await?;
    Ok(())
}

/// Writes how far a proposal is, notes it, and has its copies drawn anew.
pub(super) async fn save(
    c: &mut Connection,
    proposal: &Proposal,
    due: Timestamp,
    now: Timestamp,
) -> Result<(), LedgerError> {
    sqlx::query(
        "UPDATE settings_proposals SET stage_name = $2, stage = $3, second = $4, needs_second = $5, due_at = $6
         WHERE id = $1",
    )
    .bind(proposal.id)
    .bind(proposal.stage.name())
    .bind(to_json(&proposal.stage)?)
    .bind(proposal.second.as_ref().map(to_json).transpose()?)
    .bind(i64::from(proposal.needs_second))
    .bind(due.as_millisecond())
    .execute(&mut *c)
    .await?;
    audit::proposal(c, proposal, now).await?;
    touch(c, proposal.id).await
}

/// Has every copy of a proposal's card drawn anew.
pub(super) async fn touch(c: &mut Connection, id: i64) -> Result<(), LedgerError> {
    sqlx::query("UPDATE settings_proposals SET revision = revision + 1 WHERE id = $1")
        .bind(id)
        .execute(&mut *c)
        .await?;
    sqlx::query("UPDATE settings_copies SET stale = 1 WHERE proposal = $1").bind(id).execute(c).await?;
    Ok(())
}

/// When a proposal is over, if nobody does anything.
pub(super) async fn due(c: &mut Connection, id: i64) -> Result<Timestamp, LedgerError> {
    let due = sqlx::query_scalar("SELECT due_at FROM settings_proposals WHERE id = $1").bind(id).fetch_one(c).await?;
    Ok(from_millisecond(due))
}

pub(super) async fn by_key(c: &mut Connection, key: &CardKey) -> Result<Option<Proposal>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM settings_proposals WHERE key = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(key.as_str()).fetch_optional(c).await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn load(c: &mut Connection, id: i64) -> Result<Option<Proposal>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM settings_proposals WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(c).await?;
    row.as_ref().map(read).transpose()
}

/// Those of an author's of which something still is to be sent, or answered.
async fn under_way(c: &mut Connection, by: &Author) -> Result<Vec<Proposal>, LedgerError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM settings_proposals WHERE author = $1 AND id IN
             (SELECT proposal FROM settings_decisions WHERE stage_name IN ('recorded', 'sending')) ORDER BY id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(to_json(by)?).fetch_all(c).await?;
    rows.iter().map(read).collect()
}

/// Those that wait for a second admin whose time is over.
pub(super) async fn lapsing(c: &mut Connection, now: Timestamp) -> Result<Vec<Proposal>, LedgerError> {
    let sql = format!("SELECT {COLUMNS} FROM settings_proposals WHERE stage_name = 'waiting' AND due_at < $1");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.as_millisecond()).fetch_all(c).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Proposal, LedgerError> {
    let key: &str = row.try_get("key")?;
    Ok(Proposal {
        id: row.try_get("id")?,
        key: CardKey::parse(key).ok_or_else(|| LedgerError::Corrupt("a proposal's key".to_owned()))?,
        by: from_json(row.try_get("author")?)?,
        items: from_json(row.try_get("items")?)?,
        typed: row.try_get("typed")?,
        needs_second: row.try_get::<i64, _>("needs_second")? != 0,
        groups: from_json(row.try_get("groups")?)?,
        shown: from_millisecond(row.try_get("shown_at")?),
        stage: from_json(row.try_get("stage")?)?,
        second: row.try_get::<Option<&str>, _>("second")?.map(from_json).transpose()?,
        revision: row.try_get("revision")?,
    })
}
