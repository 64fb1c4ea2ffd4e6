//! The forms in which a choice is made: opened only while it could still be made.

use slack_morphism::prelude::SlackView;

use super::Tools;
use crate::answer::Answer;
use crate::domain::decision::{Choice, Verb};
use crate::domain::expiration::ExpirationLength;
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::domain::rules::{self, Bounds};
use crate::inbound::slack::{Act, Deed, Press};
use crate::ledger::cards::Shown;
use crate::ledger::requests::Kept;
use crate::notify::modals::{self, Before};

impl Tools {
    /// Opens the modal with a picker, if an approve could still be chosen.
    pub(super) async fn open_picker(&self, deed: &Deed, shown: &Shown, before: Before) -> Answer {
        self.open(deed, shown, Verb::Approve, before.length, |kept, bounds| modals::pick(bounds, kept, before)).await
    }

    /// Opens a modal for a choice, if it could still be made; `chosen` is the length that was named before.
    pub(super) async fn open(
        &self,
        deed: &Deed,
        shown: &Shown,
        verb: Verb,
        chosen: Option<ExpirationLength>,
        view: impl FnOnce(&Kept, &Bounds) -> SlackView,
    ) -> Answer {
        if let Err(refusal) = self.standing(&deed.by).await?.may_decide {
            return self.refuse(deed, &refusal).await;
        }
        let Some(kept) = self.ledger.request(&shown.request).await? else {
            return self.refuse(deed, &Refusal::OldCard).await;
        };
        let bounds = self.bounds(Some(&kept.request), chosen).await?;
        if let Err(refusal) = self.may_choose(deed, &shown.request, &bounds, verb).await? {
            return self.refuse_choice(deed, &shown.request, &refusal).await;
        }
        let fitting = chosen.filter(|chosen| *chosen <= bounds.lengths.maximum);
        let choice = match verb {
            Verb::Approve => Choice::Approve { length: fitting.unwrap_or(bounds.usual) },
            Verb::Deny => Choice::Deny { reason: None },
            Verb::Revoke => Choice::Revoke,
        };
        let basis = shown.clone().into_basis();
        // Whether an earlier approve is open is asked when the choice is recorded.
        if let Err(refusal) = rules::check(&self.limits, &bounds, &choice, &basis, Some(&kept.request), None, None) {
            if let Act::Press(Press { message: Some(posted), .. }) = &deed.act {
                self.ledger.pressed(shown.request.clone(), posted.clone(), deed.by.user.clone(), true).await?;
            }
            return self.refuse(deed, &refusal).await;
        }
        self.open_view(deed, &view(&kept, &bounds)).await
    }

    /// An approve that counts only where everything is restated: it goes on there, with what was chosen in it.
    pub(crate) async fn restate(&self, deed: &Deed, request: &RequestId, before: Before) -> Answer {
        let Some(kept) = self.ledger.request(request).await? else {
            return self.say_refused(deed, Some(request), &Refusal::NotRestated).await;
        };
        let bounds = self.bounds(Some(&kept.request), before.length).await?;
        self.open_after(deed, &modals::pick(&bounds, &kept, before)).await
    }
}
