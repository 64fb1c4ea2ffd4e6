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
        let keys = deed.keys.of_effect("away");
        match self.ledger.keep_absence(keys, deed.by.clone(), Some(absence.clone())).await? {
            true => self.say(deed, replies::away(&absence)).await,
            false => ok(),
        }
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

    /// `back`, pressed or typed as a slash command.
    pub(crate) async fn be_back(&self, deed: &Deed) -> Answer {
        let keys = deed.keys.of_effect("back");
        let (is_first, said) = match self.ledger.absence(&deed.by).await? {
            Some(_) => (self.ledger.keep_absence(keys, deed.by.clone(), None).await?, wording::absence::BACK),
            // The first of two deliveries may have ended it.
            None => (self.ledger.first_delivery(keys).await?, wording::absence::NOT_AWAY),
        };
        if is_first { self.say(deed, Message::sentence(said)).await } else { ok() }
    }

    /// `back`, written in a message: text is not consent.
    pub(crate) async fn ask_back(&self, deed: &Deed) -> Answer {
        match self.ledger.absence(&deed.by).await? {
            Some(absence) => self.say(deed, replies::offer_back(&absence)).await,
            None => self.say(deed, Message::sentence(wording::absence::NOT_AWAY)).await,
        }
    }

    /// What `whoami` says of somebody's absence.
    pub(crate) async fn absence_of(&self, deed: &Deed) -> Result<String, LedgerError> {
        let absence = self.ledger.absence(&deed.by).await?;
        Ok(absence.map(|absence| format!(" {}", wording::absence::away(&absence))).unwrap_or_default())
    }
}
