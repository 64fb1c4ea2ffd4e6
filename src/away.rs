//! Somebody goes away and comes back. It changes who is told, never who may decide.

use crate::answer::{Answer, ok};
use crate::decide::Tools;
use crate::domain::absence::Absence;
use crate::domain::away::{Away, AwayMiss};
use crate::domain::command::NearMiss;
use crate::domain::person::UserId;
use crate::domain::refusal::Refusal;
use crate::inbound::slack::{Deed, Press};
use crate::ledger::LedgerError;
use crate::notify::message::Message;
use crate::notify::{replies, wording};

impl Tools {
    /// `away`, which is restated with a way back.
    pub(crate) async fn go_away(&self, deed: &Deed, away: Away) -> Answer {
        match self.absence_meant(deed, away).await? {
            Ok(absence) => self.leave(deed, absence).await,
            Err(why_not) => self.say(deed, Message::sentence(why_not)).await,
        }
    }

    /// `away`, written in a message: any app may post one in somebody's name, so it is restated with a button.
    pub(crate) async fn ask_away(&self, deed: &Deed, away: Away) -> Answer {
        match self.absence_meant(deed, away).await? {
            Ok(absence) => self.say(deed, replies::offer_away(&absence)).await,
            Err(why_not) => self.say(deed, Message::sentence(why_not)).await,
        }
    }

    /// That button, pressed.
    pub(crate) async fn away_pressed(&self, deed: &Deed, press: &Press) -> Answer {
        let Some(absence) = press.absence.clone() else {
            self.metrics.not_understood("slack", "value");
            return self.refuse(deed, &Refusal::OldCard).await;
        };
        match self.may_leave(deed, absence.delegate.as_ref()).await? {
            Ok(()) if absence.until <= self.clock.now() => {
                self.say(deed, Message::sentence(wording::absence::OVER)).await
            }
            Ok(()) => self.leave(deed, absence).await,
            Err(why_not) => self.say(deed, Message::sentence(why_not)).await,
        }
    }

    async fn leave(&self, deed: &Deed, absence: Absence) -> Answer {
        self.ledger.keep_absence(deed.keys.of_effect("away"), deed.by.clone(), Some(absence.clone())).await?;
        self.say(deed, replies::away(&absence)).await
    }

    /// The absence that somebody means, or why there is none.
    async fn absence_meant(&self, deed: &Deed, away: Away) -> Result<Result<Absence, String>, LedgerError> {
        if let Err(why_not) = self.may_leave(deed, away.delegate.as_ref()).await? {
            return Ok(Err(why_not));
        }
        let until = away.until.at(self.clock.now(), &self.time_zone);
        Ok(match until {
            Ok(until) => Ok(Absence { until, delegate: away.delegate }),
            Err(miss) => Err(self.away_miss(miss)),
        })
    }

    /// Whether the person may be away, and be stood in for by this one; or why not.
    async fn may_leave(&self, deed: &Deed, delegate: Option<&UserId>) -> Result<Result<(), String>, LedgerError> {
        match self.standing(&deed.by).await?.may_decide {
            // Routes tell people of requests before they have linked an account.
            Ok(()) | Err(Refusal::NotLinked) => {}
            Err(_) => return Ok(Err(wording::absence::NOTHING_TO_LEAVE.to_owned())),
        }
        Ok(match delegate {
            Some(delegate) if *delegate == deed.by.user => Err(self.away_miss(AwayMiss::Themself)),
            Some(delegate) if !self.credentials.knows(delegate) => Err(self.away_miss(AwayMiss::CannotDecide)),
            _ => Ok(()),
        })
    }

    fn away_miss(&self, miss: AwayMiss) -> String {
        wording::commands::near_miss(&NearMiss::Away(miss), &self.offer.command)
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
