//! What is pressed about P0's settings.

use super::Considered;
use crate::answer::{Answer, ok};
use crate::decide::Tools;
use crate::domain::card_key::CardKey;
use crate::domain::jit::change::Change;
use crate::domain::jit::control::SettingsControl;
use crate::domain::jit::proposal::{ProposalStage, SettingsStage};
use crate::domain::jit::refusal::SettingsRefusal;
use crate::inbound::slack::{Deed, Press};
use crate::ledger::jit::proposals::Applied;
use crate::notify::jit::{forms, preview};
use crate::notify::message::Message;
use crate::notify::wording::jit::said;

impl Tools {
    /// Answers a press.
    pub(crate) async fn settings_pressed(&self, deed: &Deed, control: SettingsControl, press: &Press) -> Answer {
        let key = press.value.as_ref().map(|value| value.key.clone());
        match (control, key) {
            (SettingsControl::Open, _) => self.show_settings(deed).await,
            (SettingsControl::Reset, _) => self.preview(deed, vec![Change::Reset]).await,
            (SettingsControl::PutBack, _) => {
                let changes = self.ledger.mirror().await?.put_back().changes;
                self.preview(deed, changes).await
            }
            (SettingsControl::Apply, Some(key)) => self.apply_pressed(deed, key).await,
            (SettingsControl::Cancel, Some(key)) => self.withdraw_pressed(deed, key).await,
            (SettingsControl::Agree, Some(key)) => self.answer_another(deed, key, true).await,
            (SettingsControl::Decline, Some(key)) => self.answer_another(deed, key, false).await,
            (SettingsControl::Again, Some(key)) => {
                let card = self.ledger.settings_card(&key).await?;
                let unknown = card.into_iter().flat_map(|card| card.decisions).filter_map(|decision| {
                    matches!(decision.stage, SettingsStage::Unknown { .. }).then_some(decision.item.change)
                });
                match unknown.collect::<Vec<_>>() {
                    changes if changes.is_empty() => self.refuse_settings(deed, &SettingsRefusal::Over).await,
                    changes => self.preview(deed, changes).await,
                }
            }
            (
                SettingsControl::Apply
                | SettingsControl::Cancel
                | SettingsControl::Agree
                | SettingsControl::Decline
                | SettingsControl::Again,
                None,
            ) => self.refuse_settings(deed, &SettingsRefusal::TooOld).await,
            (form, _) => {
                let mirror = self.ledger.mirror().await?;
                match forms::form(form, &mirror) {
                    _ if !self.settings.admins.may_be(&deed.by.user) => {
                        self.refuse_settings(deed, &SettingsRefusal::NotAdmin).await
                    }
                    Some(view) => self.open_view(deed, &view).await,
                    None => self.refuse_settings(deed, &SettingsRefusal::TooOld).await,
                }
            }
        }
    }

    /// Shows what some changes do, in a modal.
    async fn preview(&self, deed: &Deed, changes: Vec<Change>) -> Answer {
        match self.want(deed, changes).await? {
            Considered::Shown(card) => self.open_view(deed, &preview::modal(&card, &self.settings.policy)).await,
            Considered::Repeated => ok(),
            Considered::Refused(refusal) => self.say_refused_settings(deed, &refusal).await,
        }
    }

    /// Applies what a message shows; what has to be typed is asked for in a modal.
    async fn apply_pressed(&self, deed: &Deed, key: CardKey) -> Answer {
        let card = self.ledger.settings_card(&key).await?;
        if let Some(card) =
            card.filter(|card| card.proposal.typed.is_some() && card.proposal.by.user() == Some(&deed.by.user))
        {
            // What is shown here goes on in the form: it would not hear of what is done there.
            let form = preview::modal(&card, &self.settings.policy);
            return self.open_view_instead(deed, &form, Message::sentence(said::GO_ON)).await;
        }
        match self.apply(deed, key, None).await? {
            Applied::Recorded => self.replace(deed, Message::sentence(said::RECORDED)).await,
            Applied::Waiting { until, asked } => {
                self.replace(deed, Message::sentence(said::waiting(until, &asked))).await
            }
            Applied::Repeated => ok(),
            Applied::Refused(refusal) => self.replace(deed, Message::sentence(refusal.to_string())).await,
        }
    }

    async fn withdraw_pressed(&self, deed: &Deed, key: CardKey) -> Answer {
        let card = self.ledger.settings_card(&key).await?;
        match self.ledger.withdraw(deed.keys.clone(), key, deed.by.clone()).await? {
            // What waits for a second admin is a card, which says so itself.
            Some(Ok(())) if card.is_some_and(|card| card.proposal.stage != ProposalStage::Shown) => ok(),
            Some(Ok(())) => self.replace(deed, Message::sentence(said::WITHDRAWN)).await,
            Some(Err(refusal)) => self.refuse_settings(deed, &refusal).await,
            None => ok(),
        }
    }

    /// Another admin agrees, or says no: the card tells everybody.
    async fn answer_another(&self, deed: &Deed, key: CardKey, agrees: bool) -> Answer {
        // Who agrees is asked of Slack when it is sent; nothing asks again who said no.
        let may = match agrees {
            true if self.settings.admins.may_be(&deed.by.user) => Ok(()),
            true => Err(SettingsRefusal::NotAdmin),
            false => self.admitted(deed).await.map(|_| ()),
        };
        if let Err(refusal) = may {
            return self.refuse_settings(deed, &refusal).await;
        }
        let (keys, by) = (deed.keys.clone(), deed.by.clone());
        let answered = match agrees {
            true => self.ledger.agree(keys, key, by, self.in_time(deed)).await?,
            false => self.ledger.decline(keys, key, by).await?,
        };
        self.metrics.choice(
            if agrees { "settings_agree" } else { "settings_decline" },
            match &answered {
                Some(Ok(())) => "recorded",
                Some(Err(_)) => "refused",
                None => "repeated",
            },
        );
        match answered {
            Some(Ok(())) => ok(),
            Some(Err(refusal)) => self.refuse_settings(deed, &refusal).await,
            None => ok(),
        }
    }
}
