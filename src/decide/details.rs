//! Everything that is known of a request, for whoever may read of it.

use super::Tools;
use crate::answer::Answer;
use crate::domain::decision::Verb;
use crate::domain::refusal::Refusal;
use crate::domain::request::RequestId;
use crate::domain::rules::{self, Bounds};
use crate::inbound::slack::Deed;
use crate::ledger::LedgerError;
use crate::notify::modals;

impl Tools {
    pub(super) async fn details(&self, deed: &Deed, request: &RequestId) -> Answer {
        if let Some(refusal) = self.may_not_read(deed, request).await? {
            return self.refuse_choice(deed, request, &refusal).await;
        }
        match self.ledger.card(request).await? {
            Some(card) => self.open_view(deed, &modals::details(&self.offer, &card, self.clock.now())).await,
            None => self.refuse_choice(deed, request, &Refusal::OldCard).await,
        }
    }

    /// Why the person may not read of the request; `None` where they have an identity here, were told of it, or have
    /// chosen something for it.
    pub(crate) async fn may_not_read(&self, deed: &Deed, request: &RequestId) -> Result<Option<Refusal>, LedgerError> {
        let standing = self.standing(&deed.by).await?;
        let may = standing.may_read
            || self.ledger.was_told(request, &deed.by.user).await?
            || self.ledger.has_chosen(request, &deed.by).await?;
        Ok(if may { None } else { Some(standing.may_decide.err().unwrap_or(Refusal::NoIdentity)) })
    }

    /// Why a choice about a request that the person names is not taken from Slack, or not from them. Who may not read of a
    /// request does not hear how it is decided, unless linking an account is all that they lack: nobody is sent to do that
    /// for what it would not help. `in_view` where the request's card is before their eyes: whoever could press what is on
    /// it reads nothing new.
    pub(crate) async fn may_not_type(
        &self,
        deed: &Deed,
        request: &RequestId,
        bounds: &Bounds,
        verb: Verb,
        in_view: bool,
    ) -> Result<Option<Refusal>, LedgerError> {
        let hidden = match in_view && self.standing(&deed.by).await?.may_decide.is_ok() {
            true => None,
            false => self.may_not_read(deed, request).await?,
        };
        Ok(match hidden {
            None | Some(Refusal::NotLinked) => rules::check_place(&bounds.demands, verb).err().or(hidden),
            refusal => refusal,
        })
    }
}
