//! How P0's settings are changed from Slack: what somebody wants is shown to them first, with what it does; what they
//! apply is one durable row before Slack hears 200, and goes out as every decision does.
//!
//! Who somebody is is asked of Slack before anything is shown, and again when it is sent. In between what is pressed is
//! checked against what is on disk, so that nothing remote stands before the answer but the opening of a modal.

mod pressed;
mod submitted;
mod typed;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use crate::answer::Answer;
use crate::authorize::admins::{Admins, NotAdmitted};
use crate::decide::Tools;
use crate::domain::card_key::CardKey;
use crate::domain::jit::author::Author;
use crate::domain::jit::change::Change;
use crate::domain::jit::proposal::Groups;
use crate::domain::jit::refusal::SettingsRefusal;
use crate::inbound::slack::Deed;
use crate::ledger::LedgerError;
use crate::ledger::jit::cards::{Policy, SettingsCard};
use crate::ledger::jit::proposals::{Applied, NewProposal, Proposed};
use crate::notify::message::Message;

/// How long Slack may take to say who somebody is: a modal has to be opened within 3 s of the press, and that takes
/// its time too.
const KNOWN_WITHIN: Duration = Duration::from_secs(1);

/// With what P0's settings are changed; cheap to clone.
#[derive(Clone)]
pub struct SettingsDesk {
    /// Who may.
    pub admins: Admins,
    /// What is allowed.
    pub policy: Policy,
}

/// What came of wanting something.
enum Considered {
    /// It can be shown.
    Shown(Box<SettingsCard>),
    /// This very delivery was taken in before: it has been answered.
    Repeated,
    /// Why not.
    Refused(SettingsRefusal),
}

impl Tools {
    /// Who is in the admins' groups, where the person is an admin now.
    async fn admitted(&self, deed: &Deed) -> Result<Groups, SettingsRefusal> {
        let admins = &self.settings.admins;
        if !admins.may_be(&deed.by.user) {
            return Err(SettingsRefusal::NotAdmin);
        }
        match tokio::time::timeout(KNOWN_WITHIN, admins.admit(&deed.by)).await {
            Ok(Ok(groups)) => Ok(groups),
            Ok(Err(NotAdmitted::Refused(refusal))) => Err(refusal),
            Ok(Err(NotAdmitted::Later(_))) | Err(_) => Err(SettingsRefusal::NotKnownWho),
        }
    }

    /// Notes what an admin wants, so that it can be shown and applied.
    async fn want(&self, deed: &Deed, changes: Vec<Change>) -> Result<Considered, LedgerError> {
        let groups = match self.admitted(deed).await {
            Ok(groups) => groups,
            Err(refusal) => return Ok(self.not_considered(deed, refusal).await),
        };
        let by = Author::Admin(deed.by.clone());
        let new = NewProposal { by, changes, groups, policy: self.settings.policy.clone() };
        Ok(match self.ledger.propose(deed.keys.of_effect("propose"), new).await? {
            Proposed::Shown(card) => Considered::Shown(card),
            Proposed::Repeated => Considered::Repeated,
            Proposed::Refused(refusal) => self.not_considered(deed, refusal).await,
        })
    }

    /// The one durable row that stands before Slack hears 200.
    async fn apply(&self, deed: &Deed, key: CardKey, typed: Option<String>) -> Result<Applied, LedgerError> {
        let by = Author::Admin(deed.by.clone());
        let policy = self.settings.policy.clone();
        let applied = if self.settings.admins.may_be(&deed.by.user) {
            self.ledger.apply_proposal(deed.keys.clone(), key, by, typed, policy, self.in_time(deed)).await?
        } else {
            Applied::Refused(SettingsRefusal::NotAdmin)
        };
        let receipt = match &applied {
            Applied::Recorded => "recorded",
            Applied::Waiting { .. } => "held",
            Applied::Repeated => "repeated",
            Applied::Refused(_) => "refused",
        };
        if let Applied::Refused(refusal) = &applied {
            self.note_refused(deed, None, json!(refusal)).await;
        }
        self.metrics.choice("settings", receipt);
        tracing::info!(by = %deed.by, receipt, "somebody applied a change of P0's settings");
        Ok(applied)
    }

    /// When something was chosen, and how long after that it may be sent.
    fn in_time(&self, deed: &Deed) -> (Timestamp, Duration) {
        (deed.at, self.forward_within)
    }

    async fn not_considered(&self, deed: &Deed, refusal: SettingsRefusal) -> Considered {
        self.note_refused(deed, None, json!(refusal)).await;
        Considered::Refused(refusal)
    }

    /// Does not do something to P0's settings: that becomes evidence, and the person hears why.
    async fn refuse_settings(&self, deed: &Deed, refusal: &SettingsRefusal) -> Answer {
        self.note_refused(deed, None, json!(refusal)).await;
        self.say_refused_settings(deed, refusal).await
    }

    /// Says why something is not done to P0's settings.
    async fn say_refused_settings(&self, deed: &Deed, refusal: &SettingsRefusal) -> Answer {
        self.say(deed, Message::sentence(refusal.to_string())).await
    }
}
