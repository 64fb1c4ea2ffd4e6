//! What a proposal's card is drawn from, and for whom.

use crate::config::{AdminList, Settings};
use crate::domain::expiration::ExpirationLength;
use crate::domain::jit::mirror::Mirror;
use crate::domain::jit::proposal::{Proposal, SecondAdmin, SettingsDecision};
use crate::domain::person::{ChannelId, UserId};

/// What this installation allows of changes.
#[derive(Clone, Debug)]
pub struct Policy {
    /// When a second admin has to agree.
    pub second: SecondAdmin,
    /// Whether it may be changed what approvals ask for.
    pub approvals: bool,
    /// Whether there is a key for P0's settings API.
    pub has_key: bool,
    /// Who may change anything.
    pub admins: AdminList,
    /// Where changes are announced.
    pub announce: Option<ChannelId>,
}

impl Policy {
    /// What the settings allow.
    pub fn of(settings: &Settings) -> Self {
        Self {
            second: settings.changes.second_admin,
            approvals: settings.changes.approvals,
            has_key: settings.p0.settings_api_key.is_some(),
            admins: settings.slack.admins.clone(),
            announce: settings.changes.announce_channel.clone(),
        }
    }
}

/// All that a proposal's card is drawn from, read at one moment.
#[derive(Clone, Debug)]
pub struct SettingsCard {
    /// What is wanted, and how far it is.
    pub proposal: Proposal,
    /// Its changes, once they were decided, in their order.
    pub decisions: Vec<SettingsDecision>,
    /// What is known of the settings now.
    pub mirror: Mirror,
    /// The lengths that requests ask for which nobody has decided.
    pub asked: Vec<ExpirationLength>,
}

/// For whom a copy of a proposal's card is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsAudience {
    /// Everybody in the channel in which changes are announced.
    Channel(ChannelId),
    /// Whoever wants the change, in their direct messages.
    Author(UserId),
    /// An admin who is asked to agree, in their direct messages.
    Admin(UserId),
}
