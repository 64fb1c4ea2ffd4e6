//! People on their way through a sign-in. What a browser holds is known by its fingerprint; each `state` is used once.

use std::time::Duration;

use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString};
use serde_json::json;
use sqlx::Row as _;

use super::notices::{self, Notice};
use super::{Ledger, LedgerError, audit, deliveries, from_json, held, new_id, to_json};
use crate::clock::from_millisecond;
use crate::domain::decision::Proof;
use crate::domain::delivery::DeliveryKeys;
use crate::domain::person::{SlackUser, TeamId, UserId};
use crate::domain::sign_in::{Fingerprint, Purpose, SIGN_IN_WITHIN, SignIn, SignInStage};
use crate::ledger::database::{Connection, Row};

/// How long one step with a device code may take: a question to the provider, and the checks after it.
const STEP: Duration = Duration::from_secs(30);
/// How long one that is over is kept, so that its address can say so.
pub(super) const KEPT: Duration = Duration::from_secs(60 * 60);

const COLUMNS: &str = "id, team, person, purpose, decision, stage, sealed, expires_at";

/// The right to take the next step of one sign-in with a device code.
#[derive(Clone, Debug)]
pub struct SignInLease {
    sign_in: SignIn,
    token: String,
}

impl SignInLease {
    /// The sign-in as it stood when the right was given.
    pub fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }
}

/// What asking for a sign-in came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It has begun.
    Anew,
    /// One with a device code goes on already: the person may be about to enter that code.
    GoesOn,
    /// Nothing: the delivery that asks for it was seen before.
    Repeated,
}

impl Ledger {
    /// Begins a sign-in to link an account. One in a browser that the person had begun before is worth nothing from now
    /// on; where nobody had pressed anything on its page it only gets a new address, so that asking often fills nothing.
    /// One with a device code goes on. The delivery that asks for it is remembered in the same moment.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn begin_linking(
        &self,
        delivery: DeliveryKeys,
        asker: SlackUser,
        ticket: Fingerprint,
        by_device: bool,
    ) -> Result<Begun, LedgerError> {
        let stage = if by_device { SignInStage::DeviceWanted } else { SignInStage::Offered };
        self.write(move |c, now| {
            Box::pin(async move {
                if !deliveries::remember(c, delivery, now).await? {
                    return Ok(Begun::Repeated);
                }
                if by_device && has_code(c, &asker, now).await? {
                    return Ok(Begun::GoesOn);
                }
                let untouched = sqlx::query(
                    "UPDATE sign_ins SET ticket = $3, expires_at = $4
                     WHERE team = $1 AND person = $2 AND purpose = 'link' AND stage_name = 'offered' AND expires_at > $5",
                )
                .bind(asker.team.as_str())
                .bind(asker.user.as_str())
                .bind(ticket.as_str())
                .bind(expiry(now).as_millisecond())
                .bind(now.as_millisecond())
                .execute(&mut *c)
                .await?;
                if untouched.rows_affected() > 0 {
                    return Ok(Begun::Anew);
                }
                sqlx::query("DELETE FROM sign_ins WHERE team = $1 AND person = $2 AND purpose = 'link'")
                    .bind(asker.team.as_str())
                    .bind(asker.user.as_str())
                    .execute(&mut *c)
                    .await?;
                begin(c, &asker, &ticket, Purpose::Link, &stage, now).await?;
                Ok(Begun::Anew)
            })
        })
        .await
    }

    /// The sign-in that an address belongs to, while it is open.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn sign_in_at(&self, ticket: &Fingerprint) -> Result<Option<SignIn>, LedgerError> {
        let sql =
            format!("SELECT {COLUMNS} FROM sign_ins WHERE ticket = $1 AND stage_name <> 'ended' AND expires_at > $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(ticket.as_str())
            .bind(self.clock.now().as_millisecond())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// A browser is sent somewhere with a `state`; the one before is worth nothing from now on. `false` where the
    /// sign-in is over.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn send_browser(&self, id: i64, stage: SignInStage, state: Fingerprint) -> Result<bool, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let written = sqlx::query(
                    "UPDATE sign_ins SET stage_name = $2, stage = $3, state = $4
                     WHERE id = $1 AND stage_name IN ('offered', 'at_slack', 'at_provider') AND expires_at > $5",
                )
                .bind(id)
                .bind(stage.name())
                .bind(to_json(&stage)?)
                .bind(state.as_str())
                .bind(now.as_millisecond())
                .execute(c)
                .await?;
                Ok(written.rows_affected() == 1)
            })
        })
        .await
    }

    /// Uses a `state` up and says whose it was; `None` where it was never given out, was used before, or is too old.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn use_state(&self, state: Fingerprint) -> Result<Option<SignIn>, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let sql = format!(
                    "UPDATE sign_ins SET state = NULL
                     WHERE state = $1 AND stage_name <> 'ended' AND expires_at > $2 RETURNING {COLUMNS}"
                );
                let row = sqlx::query(sqlx::AssertSqlSafe(sql))
                    .bind(state.as_str())
                    .bind(now.as_millisecond())
                    .fetch_optional(c)
                    .await?;
                row.as_ref().map(read).transpose()
            })
        })
        .await
    }

    /// The sign-in's address becomes `ticket`; the one before leads nowhere from now on.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn move_sign_in(&self, id: i64, ticket: Fingerprint) -> Result<(), LedgerError> {
        self.run(sqlx::query("UPDATE sign_ins SET ticket = $2 WHERE id = $1").bind(id).bind(ticket.as_str().to_owned()))
            .await
    }

    /// The person has signed in for their choice, which goes on; `false` where it was given up or is too old.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn prove(&self, sign_in: SignIn, decision: i64, proof: Proof) -> Result<bool, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                if !is_open(c, sign_in.id, now).await? {
                    return Ok(false);
                }
                over(c, sign_in.id, "proved").await?;
                held::proved(c, decision, proof, now).await
            })
        })
        .await
    }

    /// Ends a sign-in of a browser's, notes how, and has somebody told of it; nothing to do where it is over.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn sign_in_failed(
        &self,
        sign_in: SignIn,
        how: &'static str,
        notice: Option<Notice>,
    ) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                if !is_open(c, sign_in.id, now).await? {
                    return Ok(());
                }
                if let Some(notice) = notice {
                    notices::add(c, &notice, now).await?;
                }
                fail(c, &sign_in, how, now).await
            })
        })
        .await
    }

    /// A browser of the sign-in came back with nothing that counts; it may begin anew.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn sign_in_missed(&self, sign_in: &SignIn, how: &'static str) -> Result<(), LedgerError> {
        let (asker, detail) = (sign_in.asker.clone(), json!({ "sign_in": sign_in.id, "how": how }));
        self.write(move |c, now| Box::pin(async move { audit::person(c, "sign_in.missed", &asker, detail, now).await }))
            .await
    }

    /// A step with a device code that is due, leased: one asks at a time, whoever it is.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn claim_sign_in(&self) -> Result<Option<SignInLease>, LedgerError> {
        // Most looks find nothing: they cost no write.
        if due(&mut *self.readers.acquire().await?, self.clock.now()).await?.is_none() {
            return Ok(None);
        }
        self.write(|c, now| {
            Box::pin(async move {
                let Some(sign_in) = due(c, now).await? else { return Ok(None) };
                let token = Alphanumeric.sample_string(&mut rand::rng(), 22);
                let until = now.checked_add(STEP).unwrap_or(Timestamp::MAX);
                sqlx::query("UPDATE sign_ins SET lease_token = $2, lease_until = $3 WHERE id = $1")
                    .bind(sign_in.id)
                    .bind(&token)
                    .bind(until.as_millisecond())
                    .execute(c)
                    .await?;
                Ok(Some(SignInLease { sign_in, token }))
            })
        })
        .await
    }

    /// The step has led here, with what is to be kept sealed; the next is due then. `false` where the sign-in was ended
    /// meanwhile, or somebody else took the step.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn step_taken(
        &self,
        lease: SignInLease,
        stage: SignInStage,
        sealed: Option<String>,
        due: Timestamp,
        notice: Option<Notice>,
    ) -> Result<bool, LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let written = sqlx::query(
                    "UPDATE sign_ins SET stage_name = $3,
                                         stage = $4, sealed = $5, due_at = $6, lease_token = NULL, lease_until = NULL
                     WHERE id = $1 AND lease_token = $2 AND stage_name <> 'ended'",
                )
                .bind(lease.sign_in.id)
                .bind(lease.token)
                .bind(stage.name())
                .bind(to_json(&stage)?)
                .bind(sealed)
                .bind(due.as_millisecond())
                .execute(&mut *c)
                .await?;
                let taken = written.rows_affected() == 1;
                if let Some(notice) = notice.filter(|_| taken) {
                    notices::add(c, &notice, now).await?;
                }
                Ok(taken)
            })
        })
        .await
    }

    /// The sign-in comes to nothing, and the person is told; unless it was ended meanwhile, or somebody else has taken
    /// the step.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn step_failed(&self, lease: SignInLease, how: &'static str, notice: Notice) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                let held =
                    sqlx::query("SELECT 1 FROM sign_ins WHERE id = $1 AND lease_token = $2 AND stage_name <> 'ended'")
                        .bind(lease.sign_in.id)
                        .bind(&lease.token)
                        .fetch_optional(&mut *c)
                        .await?;
                if held.is_none() {
                    return Ok(());
                }
                notices::add(c, &notice, now).await?;
                fail(c, &lease.sign_in, how, now).await
            })
        })
        .await
    }
}

/// Begins a sign-in.
pub(super) async fn begin(
    c: &mut Connection,
    asker: &SlackUser,
    ticket: &Fingerprint,
    purpose: Purpose,
    stage: &SignInStage,
    now: Timestamp,
) -> Result<i64, LedgerError> {
    let (id, expires) = (new_id(now), expiry(now));
    let (name, decision) = match purpose {
        Purpose::Link => ("link", None),
        Purpose::Proof { decision } => ("proof", Some(decision)),
    };
    sqlx::query(
        "INSERT INTO sign_ins (id, ticket, team, person, purpose, decision, stage_name, stage, expires_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(id)
    .bind(ticket.as_str())
    .bind(asker.team.as_str())
    .bind(asker.user.as_str())
    .bind(name)
    .bind(decision)
    .bind(stage.name())
    .bind(to_json(stage)?)
    .bind(expires.as_millisecond())
    .bind(now.as_millisecond())
    .execute(&mut *c)
    .await?;
    let detail = json!({ "sign_in": id, "purpose": name, "decision": decision });
    audit::person(c, "sign_in.begun", asker, detail, now).await?;
    Ok(id)
}

/// Whether the person has asked for a code with which they can still link an account.
async fn has_code(c: &mut Connection, asker: &SlackUser, now: Timestamp) -> Result<bool, LedgerError> {
    let found = sqlx::query(
        "SELECT 1 FROM sign_ins WHERE team = $1 AND person = $2 AND purpose = 'link' AND expires_at > $3
             AND stage_name IN ('device_wanted', 'device_shown', 'answered')",
    )
    .bind(asker.team.as_str())
    .bind(asker.user.as_str())
    .bind(now.as_millisecond())
    .fetch_optional(c)
    .await?;
    Ok(found.is_some())
}

/// When one that begins now is over.
fn expiry(now: Timestamp) -> Timestamp {
    now.checked_add(SIGN_IN_WITHIN).unwrap_or(Timestamp::MAX)
}

/// Whether it can still come to something.
pub(super) async fn is_open(c: &mut Connection, id: i64, now: Timestamp) -> Result<bool, LedgerError> {
    let found = sqlx::query("SELECT 1 FROM sign_ins WHERE id = $1 AND stage_name <> 'ended' AND expires_at > $2")
        .bind(id)
        .bind(now.as_millisecond())
        .fetch_optional(c)
        .await?;
    Ok(found.is_some())
}

/// Ends it: what it held is forgotten.
pub(super) async fn over(c: &mut Connection, id: i64, how: &str) -> Result<(), LedgerError> {
    let stage = SignInStage::Ended { how: how.to_owned() };
    sqlx::query("UPDATE sign_ins SET stage_name = $2, stage = $3, state = NULL, sealed = NULL WHERE id = $1")
        .bind(id)
        .bind(stage.name())
        .bind(to_json(&stage)?)
        .execute(c)
        .await?;
    Ok(())
}

/// Ends those in which a choice was to be proved.
pub(super) async fn over_of(c: &mut Connection, decision: i64, how: &str) -> Result<(), LedgerError> {
    let open = sqlx::query_scalar("SELECT id FROM sign_ins WHERE decision = $1 AND stage_name <> 'ended'")
        .bind(decision)
        .fetch_all(&mut *c)
        .await?;
    for id in open {
        over(c, id, how).await?;
    }
    Ok(())
}

/// Deletes those that were over long ago.
pub(super) async fn forget(c: &mut Connection, now: Timestamp) -> Result<(), LedgerError> {
    let before = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    sqlx::query("DELETE FROM sign_ins WHERE expires_at < $1").bind(before.as_millisecond()).execute(c).await?;
    Ok(())
}

async fn fail(c: &mut Connection, sign_in: &SignIn, how: &'static str, now: Timestamp) -> Result<(), LedgerError> {
    over(c, sign_in.id, how).await?;
    audit::person(c, "sign_in.failed", &sign_in.asker, json!({ "sign_in": sign_in.id, "how": how }), now).await
}

async fn due(c: &mut Connection, now: Timestamp) -> Result<Option<SignIn>, LedgerError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sign_ins WHERE stage_name IN ('device_wanted', 'device_shown', 'answered')
             AND due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1) ORDER BY due_at LIMIT 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.as_millisecond()).fetch_optional(c).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &Row) -> Result<SignIn, LedgerError> {
    let corrupt = |what: &str| LedgerError::Corrupt(format!("a sign-in's {what}"));
    let text = |column: &str| row.try_get::<&str, _>(column);
    let purpose = match (text("purpose")?, row.try_get::<Option<i64>, _>("decision")?) {
        ("link", None) => Purpose::Link,
        ("proof", Some(decision)) => Purpose::Proof { decision },
        _ => return Err(corrupt("purpose")),
    };
    Ok(SignIn {
        id: row.try_get("id")?,
        asker: SlackUser {
            team: TeamId::parse(text("team")?).ok_or_else(|| corrupt("team"))?,
            user: UserId::parse(text("person")?).ok_or_else(|| corrupt("person"))?,
        },
        purpose,
        stage: from_json(text("stage")?)?,
        sealed: row.try_get("sealed")?,
        expires: from_millisecond(row.try_get("expires_at")?),
    })
}
