//! Somebody goes away and comes back. It changes who is told, never who may decide.

use crate::answer::{Answer, ok};
use crate::decide::Tools;
use crate::domain::absence::Absence;
use crate::domain::away::{Away, AwayMiss};
use crate::domain::command::NearMiss;
use crate::domain::refusal::Refusal;
use crate::inbound::slack::Deed;
use crate::ledger::LedgerError;
use crate::notify::message::Message;
use crate::notify::{replies, wording};

impl Tools {
    /// `away`, which is restated with a way back.
    pub(crate) async fn go_away(&self, deed: &Deed, away: Away) -> Answer {
        match self.standing(&deed.by).await?.may_decide {
            // Routes tell people of requests before they have linked an account.
            Ok(()) | Err(Refusal::NotLinked) => {}
            Err(_) => return self.say(deed, Message::sentence(wording::absence::NOTHING_TO_LEAVE)).await,
        }
        let until = match &away.delegate {
            Some(delegate) if *delegate == deed.by.user => Err(AwayMiss::Themself),
            Some(delegate) if !self.credentials.knows(delegate) => Err(AwayMiss::CannotDecide),
            _ => away.until.at(self.clock.now(), &self.time_zone),
        };
        let until = match until {
            Ok(until) => until,
            Err(miss) => {
                let sentence = wording::commands::near_miss(&NearMiss::Away(miss), &self.offer.command);
                return self.say(deed, Message::sentence(sentence)).await;
            }
        };
        let absence = Absence { until, delegate: away.delegate };
        self.ledger.keep_absence(deed.keys.of_effect("away"), deed.by.clone(), Some(absence.clone())).await?;
        self.say(deed, replies::away(&absence)).await
    }

    /// `away`, written in a message: any app may post one in somebody's name.
    pub(crate) async fn ask_away(&self, deed: &Deed) -> Answer {
        self.say(deed, Message::sentence(wording::absence::typed_only(&self.offer.command))).await
    }

    /// `back`, pressed or typed.
    pub(crate) async fn be_back(&self, deed: &Deed) -> Answer {
        if self.ledger.absence(&deed.by).await?.is_none() {
            return self.say(deed, Message::sentence(wording::absence::NOT_AWAY)).await;
        }
        if !self.ledger.keep_absence(deed.keys.of_effect("back"), deed.by.clone(), None).await? {
            return ok();
        }
        self.say(deed, Message::sentence(wording::absence::BACK)).await
    }

    /// What `whoami` says of somebody's absence.
    pub(crate) async fn absence_of(&self, deed: &Deed) -> Result<String, LedgerError> {
        let absence = self.ledger.absence(&deed.by).await?;
        Ok(absence.map(|absence| format!(" {}", wording::absence::away(&absence))).unwrap_or_default())
    }
}
