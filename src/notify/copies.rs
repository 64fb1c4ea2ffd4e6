//! Copies that are behind: messages that show a request, or a change of P0's settings, as it was. Both are brought in the
//! same way; here is what differs.

use std::fmt;

use jiff::Timestamp;

use super::courier::{Courier, Undone};
use super::message::Message;
use super::{card, jit, wording};
use crate::domain::person::{ChannelId, UserId};
use crate::domain::posted::Posted;
use crate::domain::request::RequestId;
use crate::ledger::LedgerError;
use crate::ledger::copies::{Audience, StaleCopy};
use crate::ledger::errands::{Brought, Errand};
use crate::ledger::jit::cards::SettingsAudience;
use crate::ledger::jit::copies::StaleSettingsCopy;

/// A copy that is behind.
pub(super) struct Behind {
    /// Its number in the ledger, where all numbers are of one series.
    pub(super) id: i64,
    pub(super) shows: Shows,
    pub(super) posted: Option<Posted>,
    /// Whether Slack shows anything of it.
    pub(super) is_shown: bool,
    /// Whether somebody is told by it that a decision is theirs to make.
    pub(super) is_page: bool,
    /// How often it was tried in vain.
    pub(super) attempts: u32,
    /// How often it was posted without an answer.
    pub(super) lost: u32,
}

/// What a copy shows, and for whom.
pub(super) enum Shows {
    Request(RequestId, Audience),
    Settings(i64, SettingsAudience),
}

/// Where a copy belongs.
pub(super) enum Place<'c> {
    Channel(&'c ChannelId),
    Direct(&'c UserId),
    /// The direct messages of whoever asked, which P0 names by an address.
    Requester,
}

/// Why a card is not shown in a channel.
#[derive(Clone, Copy)]
pub(super) enum Closed {
    /// Another company reads it too.
    Shared,
    /// Slack does not say whether one does, and it is no channel of the settings.
    NotSaid,
}

/// As logs name it.
impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shared => "its channel is shared with another company",
            Self::NotSaid => "its channel may be shared with another company: Slack does not say",
        })
    }
}

/// A copy as it is to be.
pub(super) struct Drawing {
    pub(super) message: Message,
    pub(super) revision: i64,
    /// Whether there is nothing left to decide.
    pub(super) is_decided: bool,
    /// Who asked, as P0 names them.
    pub(super) requester: Option<String>,
}

impl From<StaleCopy> for Behind {
    fn from(copy: StaleCopy) -> Self {
        let StaleCopy { id, request, audience, posted, is_shown, is_asked_for, attempts, lost } = copy;
        let is_page = matches!(audience, Audience::Approver(_)) && !is_asked_for;
        Self { id, shows: Shows::Request(request, audience), posted, is_shown, is_page, attempts, lost }
    }
}

impl From<StaleSettingsCopy> for Behind {
    fn from(copy: StaleSettingsCopy) -> Self {
        let StaleSettingsCopy { id, proposal, audience, posted, attempts, lost } = copy;
        let is_shown = posted.is_some();
        Self { id, shows: Shows::Settings(proposal, audience), posted, is_shown, is_page: false, attempts, lost }
    }
}

/// As logs name it.
impl fmt::Display for Shows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(request, _) => write!(f, "request {request}"),
            Self::Settings(proposal, _) => write!(f, "settings proposal {proposal}"),
        }
    }
}

impl Shows {
    pub(super) fn place(&self) -> Place<'_> {
        match self {
            Self::Request(_, Audience::Channel(channel) | Audience::Unfurl { channel, .. })
            | Self::Settings(_, SettingsAudience::Channel(channel)) => Place::Channel(channel),
            Self::Request(_, Audience::Approver(user) | Audience::Own(user))
            | Self::Settings(_, SettingsAudience::Author(user) | SettingsAudience::Admin(user)) => Place::Direct(user),
            Self::Request(_, Audience::Requester) => Place::Requester,
        }
    }

    /// What takes its place where it may not be shown in its channel any more.
    pub(super) fn withdrawn(&self, why: Closed, command: &str) -> String {
        match (self, why) {
            (Self::Request(..), Closed::Shared) => wording::request::card_withdrawn(command),
            (Self::Request(..), Closed::NotSaid) => wording::request::card_withdrawn_unsure(command),
            (Self::Settings(..), _) => wording::jit::card_withdrawn(command),
        }
    }
}

impl Behind {
    /// As the ledger leases it.
    pub(super) fn brought(&self) -> Brought {
        match self.shows {
            Shows::Request(..) => Brought::Copy(self.id),
            Shows::Settings(..) => Brought::SettingsCopy(self.id),
        }
    }
}

impl Courier {
    /// What a copy is to show now.
    pub(super) async fn draw(&self, shows: &Shows) -> Result<Drawing, Undone> {
        match shows {
            Shows::Request(request, audience) => {
                let Some(facts) = self.ledger.card(request).await? else {
                    return Err(Undone::Never("its request is not in the ledger".to_owned()));
                };
                let message = card::draw(&self.offer, &facts, audience, self.clock.now());
                let is_decided = facts.kept.request.phase.is_decided();
                let requester = facts.kept.request.facts.requester;
                Ok(Drawing { message, revision: facts.kept.revision, is_decided, requester })
            }
            Shows::Settings(proposal, audience) => {
                let Some(card) = self.ledger.settings_card_of(*proposal).await? else {
                    return Err(Undone::Never("its proposal is not in the ledger".to_owned()));
                };
                let message = jit::card::draw(&card, audience);
                Ok(Drawing { message, revision: card.proposal.revision, is_decided: false, requester: None })
            }
        }
    }

    pub(super) async fn copy_goes_out(&self, copy: &Behind, due: Timestamp) -> Result<(), LedgerError> {
        match copy.shows {
            Shows::Request(..) => self.ledger.copy_goes_out(copy.id, due).await,
            Shows::Settings(..) => self.ledger.settings_copy_goes_out(copy.id, due).await,
        }
    }

    pub(super) async fn copy_drawn(
        &self,
        copy: &Behind,
        errand: &Errand,
        posted: Posted,
        revision: i64,
    ) -> Result<(), LedgerError> {
        match copy.shows {
            Shows::Request(..) => self.ledger.copy_drawn(errand.clone(), posted, revision).await,
            Shows::Settings(..) => self.ledger.settings_copy_drawn(errand.clone(), posted, revision).await,
        }
    }

    pub(super) async fn copy_waits(
        &self,
        copy: &Behind,
        errand: Errand,
        due: Timestamp,
        lost: bool,
    ) -> Result<(), LedgerError> {
        match copy.shows {
            Shows::Request(..) => self.ledger.copy_waits(errand, due, lost).await,
            Shows::Settings(..) => self.ledger.settings_copy_waits(errand, due, lost).await,
        }
    }

    pub(super) async fn copy_gone(&self, copy: &Behind, errand: Errand) -> Result<(), LedgerError> {
        match copy.shows {
            Shows::Request(..) => self.ledger.copy_gone(errand).await,
            Shows::Settings(..) => self.ledger.settings_copy_gone(errand).await,
        }
    }
}
