//! What waits for one person, and the modals in which they decide: from a shortcut, from a message, from their Home.

use crate::answer::Answer;
use crate::decide::Tools;
use crate::domain::decision::Choice;
use crate::domain::person::SlackUser;
use crate::domain::posted::Posted;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, RequestId};
use crate::domain::rules;
use crate::inbound::slack::Deed;
use crate::ledger::LedgerError;
use crate::ledger::copies::RequestAt;
use crate::notify::modals;
use crate::notify::worklist::{self, Worklist};
use crate::standing::Standing;

impl Tools {
    /// What waits for somebody; where they may not read of any request, only what they were told of.
    pub(crate) async fn worklist(&self, by: &SlackUser, standing: &Standing) -> Result<Worklist, LedgerError> {
        let withheld = (!standing.may_read).then(|| standing.may_decide.clone().err().unwrap_or(Refusal::NoIdentity));
        let names = standing.names();
        let approve = Choice::Approve { length: self.limits.usual };
        let is_own = |request: &Request| {
            rules::check_own(&self.limits, &approve, Some(request), &names) == Err(Refusal::OwnRequest)
        };
        let waiting = self.ledger.waiting_for(&by.user).await?;
        Ok(Worklist::of(&self.offer, waiting, is_own, withheld, self.clock.now()))
    }

    /// A shortcut: the request that one of the messages shows, else what waits.
    pub(crate) async fn decide_from_shortcut(&self, deed: &Deed, on: &[Posted]) -> Answer {
        for posted in on {
            if let Some(RequestAt { request, is_shown }) = self.ledger.request_at(posted).await? {
                self.stir(&request, deed).await;
                return self.open_request(deed, &request, is_shown).await;
            }
        }
        let standing = self.standing(&deed.by).await?;
        let worklist = self.worklist(&deed.by, &standing).await?;
        self.open_view(deed, &worklist::modal(&self.offer, &worklist)).await
    }

    /// Opens one request; `in_view` where its card is before the person's eyes, so that nothing new is read here.
    pub(crate) async fn open_request(&self, deed: &Deed, request: &RequestId, in_view: bool) -> Answer {
        if !in_view && let Some(refusal) = self.may_not_read(deed, request).await? {
            return self.refuse_choice(deed, request, &refusal).await;
        }
        let is_own = !self.credentials.knows(&deed.by.user);
        match self.ledger.card(request).await? {
            Some(card) => self.open_view(deed, &modals::request(&self.offer, &card, is_own, self.clock.now())).await,
            None => self.refuse_choice(deed, request, &Refusal::OldCard).await,
        }
    }
}
