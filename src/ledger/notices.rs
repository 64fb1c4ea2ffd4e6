//! What people are told besides cards. A notice is written with the thing that it tells of, and leaves when Slack has it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row as _;
use url::Url;

use super::errands::Errand;
use super::{Ledger, LedgerError, deliveries, from_json, new_id, readable, to_json};
use crate::domain::delivery::DeliveryKeys;
use crate::domain::jit::refusal::SettingsRefusal;
use crate::domain::link::{LinkEnd, NotBound};
use crate::domain::person::{ChannelId, UserId};
use crate::domain::request::RequestId;
use crate::domain::watch::News;
use crate::ledger::database::{Connection, Row};

/// Something to tell somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// A person hears in a DM what became of their decision.
    Outcome {
        /// Which decision.
        decision: i64,
        /// Who made it.
        user: UserId,
    },
    /// A requester hears in a DM that their access was taken back.
    Revoked {
        /// Which request.
        request: RequestId,
    },
    /// A person who was told of a request and did nothing is reminded in a DM.
    Reminder {
        /// Which request.
        request: RequestId,
        /// Who.
        user: UserId,
        /// The first, second or third.
        nth: u32,
    },
    /// A person hears in a DM that they are told in the place of somebody who is away.
    StandIn {
        /// Who is told.
        user: UserId,
        /// Who is away.
        away: UserId,
        /// Until when.
        until: Timestamp,
    },
    /// A person hears in a DM that they are told in somebody's place no longer.
    StandInOver {
        /// Who was told.
        user: UserId,
        /// In whose place.
        away: UserId,
    },
    /// A requester hears something in the thread of their card.
    News {
        /// Which request.
        request: RequestId,
        /// What.
        news: News,
    },
    /// A requester hears that their access ends soon.
    EndsSoon {
        /// Which request.
        request: RequestId,
    },
    /// A person without an identity here asked to see a request: they may, if it is their own.
    ShowOwn {
        /// Which request.
        request: RequestId,
        /// Who asked.
        user: UserId,
    },
    /// A person hears in a DM that their account is linked.
    Linked {
        /// Who they are.
        user: UserId,
        /// Who that is to P0.
        identity: String,
    },
    /// A person hears in a DM that their link is over, and why.
    LinkEnded {
        /// Who they are.
        user: UserId,
        /// Who they were to P0.
        identity: String,
        /// Why.
        why: LinkEnd,
    },
    /// A person hears in a DM that an account is linked already: the one who tried, and the one whose it is.
    AccountTaken {
        /// Who is told.
        user: UserId,
        /// The other of the two.
        other: UserId,
        /// Whether it is linked by the one who is told.
        is_own: bool,
    },
    /// A person gets the code that they enter at the provider, in a DM.
    DeviceCode {
        /// Who they are.
        user: UserId,
        /// The code; worth nothing to anybody whose account is not theirs.
        code: String,
        /// Where it is entered.
        page: Url,
        /// The same page with the code in it.
        complete: Option<Url>,
        /// Until when.
        until: Timestamp,
    },
    /// A person hears in a DM why their account was not linked.
    NotLinked {
        /// Who they are.
        user: UserId,
        /// Why.
        why: NotBound,
    },
    /// Whoever agreed to a change of P0's settings hears in a DM that it does not count, and why.
    NotAgreed {
        /// Who they are.
        user: UserId,
        /// Why.
        refusal: SettingsRefusal,
    },
    /// A person is told in a DM what an ephemeral line could not.
    Line {
        /// Who they are.
        user: UserId,
        /// The message, as Slack takes it.
        message: Value,
    },
    /// A person is answered privately where they wrote: an ephemeral line in a channel, a message in a DM.
    Answer {
        /// Where they wrote.
        channel: ChannelId,
        /// The thread they wrote in.
        thread: Option<String>,
        /// Who they are.
        user: UserId,
        /// The message, as Slack takes it.
        message: Value,
    },
}

/// A notice that has not left yet.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Its number in the ledger.
    pub id: i64,
    /// What to tell.
    pub notice: Notice,
    /// How often it was tried.
    pub attempts: u32,
}

impl Ledger {
    /// Writes a notice, unless the delivery that it answers was taken in before.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn answer_once(&self, keys: DeliveryKeys, notice: Notice) -> Result<(), LedgerError> {
        self.write(move |c, now| {
            Box::pin(async move {
                match deliveries::remember(c, keys, now).await? {
                    true => add(c, &notice, now).await,
                    false => Ok(()),
                }
            })
        })
        .await
    }

    /// Notices that are due, oldest first, at most `most`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn due_notices(&self, most: u32) -> Result<Vec<Waiting>, LedgerError> {
        let rows = sqlx::query(
            "SELECT id, body, attempts FROM notices WHERE due_at <= $1
                 AND NOT EXISTS (SELECT 1 FROM errands e WHERE e.id = notices.id AND e.until > $1)
             ORDER BY id LIMIT $2",
        )
        .bind(self.clock.now().as_millisecond())
        .bind(i64::from(most))
        .fetch_all(&self.readers)
        .await?;
        let read = |row: &Row| {
            Ok(Waiting {
                id: row.try_get("id")?,
                notice: from_json(row.try_get("body")?)?,
                attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
            })
        };
        Ok(rows.iter().filter_map(|row| readable(read(row))).collect())
    }

    /// The notice has left, or never can.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn notice_ended(&self, errand: Errand) -> Result<(), LedgerError> {
        let id = errand.id;
        self.run_of(errand, sqlx::query("DELETE FROM notices WHERE id = $1").bind(id)).await
    }

    /// The notice is about to be sent: whatever becomes of that, it is not tried again before `due`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn notice_goes_out(&self, id: i64, due: Timestamp) -> Result<(), LedgerError> {
        self.run(sqlx::query("UPDATE notices SET due_at = $2 WHERE id = $1").bind(id).bind(due.as_millisecond())).await
    }

    /// The notice is to be tried again at `due`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub async fn notice_waits(&self, errand: Errand, due: Timestamp) -> Result<(), LedgerError> {
        let id = errand.id;
        self.run_of(
            errand,
            sqlx::query("UPDATE notices SET attempts = attempts + 1, due_at = $2 WHERE id = $1")
                .bind(id)
                .bind(due.as_millisecond()),
        )
        .await
    }
}

pub(super) async fn add(c: &mut Connection, notice: &Notice, now: Timestamp) -> Result<(), LedgerError> {
    sqlx::query("INSERT INTO notices (id, body, attempts, due_at) VALUES ($1, $2, 0, $3)")
        .bind(new_id(now))
        .bind(to_json(notice)?)
        .bind(now.as_millisecond())
        .execute(c)
        .await?;
    Ok(())
}
