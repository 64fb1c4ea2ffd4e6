//! What a card shows, and what the key in its controls stands for.

use sqlx::Row as _;

use super::requests::Kept;
use super::{Ledger, LedgerError, decisions, from_json, jit, readable, requests, watches};
use crate::domain::card_key::CardKey;
use crate::domain::decision::{Basis, Decision};
use crate::domain::facts::Digest;
use crate::domain::jit::lengths::Lengths;
use crate::domain::request::RequestId;
use crate::domain::watch::{Told, Watch};
use crate::ledger::database::Connection;

/// All that a card is drawn from.
#[derive(Clone, Debug)]
pub struct CardFacts {
    /// The request, its key and its revision.
    pub kept: Kept,
    /// The decisions about it, oldest first.
    pub decisions: Vec<Decision>,
    /// For how long it may be granted.
    pub lengths: Lengths,
    /// How it is looked after; `None` for one that came before there were routes.
    pub watch: Option<Watch>,
    /// Who was told of it, or may decide though not told; level by level.
    pub told: Vec<Told>,
}

/// What a key stands for.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The request.
    pub request: RequestId,
    /// The digest of the facts that were shown.
    pub digest: Digest,
    /// The key itself.
    pub key: CardKey,
}

impl Shown {
    /// This, as the basis of a choice.
    pub fn into_basis(self) -> Basis {
        Basis::Shown { key: self.key, digest: self.digest }
    }
}

impl Ledger {
    /// What the card of a request shows now; both parts are read at one moment.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn card(&self, id: &RequestId) -> Result<Option<CardFacts>, LedgerError> {
        let mut reading = self.readers.begin().await?;
        let Some(kept) = requests::load(&mut reading, id).await? else { return Ok(None) };
        let decisions = decisions::of_request(&mut reading, id).await?;
        let lengths = jit::mirror::lengths(&mut reading).await?;
        let watch = readable(watches::load(&mut reading, id).await).flatten();
        let told = watches::told_of(&mut reading, id).await?;
        Ok(Some(CardFacts { kept, decisions, lengths, watch, told }))
    }

    /// What a control's key stands for; `None` for a key that was never given out.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn shown(&self, key: &CardKey) -> Result<Option<Shown>, LedgerError> {
        shown(&mut *self.readers.acquire().await?, key).await
    }
}

pub(super) async fn shown(c: &mut Connection, key: &CardKey) -> Result<Option<Shown>, LedgerError> {
    let row =
        sqlx::query("SELECT request_id, digest FROM cards WHERE key = $1").bind(key.as_str()).fetch_optional(c).await?;
    let Some(row) = row else { return Ok(None) };
    let request: String = row.try_get("request_id")?;
    let digest: String = row.try_get("digest")?;
    Ok(Some(Shown {
        request: RequestId::parse(&request).map_err(|error| LedgerError::Corrupt(error.to_string()))?,
        digest: from_json(&serde_json::Value::String(digest).to_string())?,
        key: key.clone(),
    }))
}
