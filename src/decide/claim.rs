//! Who says that they are on it, or opens a request: nothing is decided by either.

use super::Tools;
use crate::answer::{Answer, ok};
use crate::domain::decision::Choice;
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::domain::rules;
use crate::inbound::slack::{Deed, Press};
use crate::ledger::cards::Shown;
use crate::ledger::watches::claims::Claimed;
use crate::notify::message::Message;
use crate::notify::wording;

impl Tools {
    /// Notes that somebody does something about a request: whoever does is not reminded of it.
    pub(crate) async fn stir(&self, request: &RequestId, deed: &Deed) {
        if let Err(error) = self.ledger.stirred(request.clone(), deed.by.user.clone()).await {
            tracing::error!(%error, "that somebody opened a request could not be recorded");
        }
    }

    /// "I'm on it", from somebody who could decide.
    pub(super) async fn claim(&self, deed: &Deed, press: &Press, shown: &Shown) -> Answer {
        let standing = self.standing(&deed.by).await?;
        let kept = self.ledger.request(&shown.request).await?;
        let approve = Choice::Approve { length: self.limits.usual };
        let request = kept.as_ref().map(|kept| &kept.request);
        // Nothing is decided by it: who has no name here until Slack is asked for their address is not held up.
        let own = rules::check_own(&self.limits, &approve, request, &standing.names()).err();
        let own = own.filter(|refusal| *refusal == Refusal::OwnRequest);
        if let Some(refusal) = standing.may_decide.err().or(own) {
            return self.refuse(deed, &refusal).await;
        }
        let (request, routes) = (shown.request.clone(), self.limits.routes.clone());
        let claimed = self.ledger.claim_request(deed.keys.clone(), request, deed.by.clone(), routes).await?;
        if claimed != Claimed::Repeated
            && let Some(posted) = press.message.clone()
        {
            let redraw = matches!(claimed, Claimed::Refused(_));
            self.ledger.pressed(shown.request.clone(), posted, deed.by.user.clone(), redraw).await?;
        }
        match claimed {
            Claimed::Made { until } => {
                self.metrics.watch("claimed", 1);
                tracing::info!(request = %shown.request, by = %deed.by, "somebody is on a request");
                // The card itself says so; where there is none in view, a line does.
                match press.message.is_some() || press.in_unfurl {
                    true => ok(),
                    false => self.say(deed, Message::sentence(wording::watch::you_are_on_it(until))).await,
                }
            }
            Claimed::Repeated => ok(),
            Claimed::Before => self.say(deed, Message::sentence(wording::watch::ON_IT_ALREADY)).await,
            Claimed::Refused(refusal) => self.refuse(deed, &refusal).await,
        }
    }
}
