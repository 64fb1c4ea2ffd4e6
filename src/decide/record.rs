//! A choice: local rules, then one durable row, then the receipt.

use axum::Json;
use axum::response::IntoResponse;
use serde_json::json;
use url::Url;

use super::Tools;
use crate::answer::{Answer, ok};
use crate::domain::control::Control;
use crate::domain::decision::{Choice, Verb};
use crate::domain::expiration::ExpirationLength;
use crate::domain::posted::Posted;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, RequestId};
use crate::domain::rules::{self, Bounds};
use crate::inbound::slack::{Act, Deed};
use crate::ledger::LedgerError;
use crate::ledger::audit::Click;
use crate::ledger::cards::Shown;
use crate::ledger::decisions::{NewDecision, Receipt};
use crate::ledger::requests::Kept;
use crate::link::Linking;
use crate::notify::message::Message;
use crate::notify::modals::Before;
use crate::notify::wording;
use crate::standing::Standing;

/// What became of a choice, and where its author goes on.
pub(crate) struct Recorded {
    /// What became of it.
    pub(crate) receipt: Receipt,
    /// Where the person signs in for it, while it is held.
    pub(crate) page: Option<Url>,
}

impl Recorded {
    fn only(receipt: Receipt) -> Self {
        Self { receipt, page: None }
    }
}

impl Tools {
    /// A choice with a card behind it.
    pub(super) async fn choose(&self, deed: &Deed, choice: Choice, shown: Shown, again: bool) -> Answer {
        let request = shown.request.clone();
        let in_view = matches!(&deed.act, Act::Press(press) if press.message.is_some() || press.in_unfurl);
        let Recorded { receipt, page } = self.record(deed, request.clone(), choice.clone(), Some(shown), again).await?;
        match receipt {
            Receipt::Repeated => ok(),
            // What lies below shows the request as it was.
            Receipt::Recorded if matches!(&deed.act, Act::Submit(submission) if submission.is_upon_another) => {
                Ok(Json(json!({ "response_action": "clear" })).into_response())
            }
            // The card itself says what was recorded; where there is none in view, a line does.
            Receipt::Recorded if in_view || matches!(deed.act, Act::Submit(_)) => ok(),
            Receipt::Recorded => {
                self.say(deed, Message::sentence(wording::decision::recorded(&request, &choice))).await
            }
            Receipt::Held => self.ask_to_sign_in(deed, &choice, page).await,
            Receipt::Waiting => {
                self.say(deed, Message::sentence(wording::decision::waiting(&request, choice.verb()))).await
            }
            Receipt::Refused(Refusal::NotRestated) => {
                self.restate(deed, &request, Before { length: choice.length(), again }).await
            }
            Receipt::Refused(refusal) => self.say_refused(deed, Some(&request), &refusal).await,
        }
    }

    /// Records a choice: the one durable row that stands before Slack hears 200.
    pub(crate) async fn record(
        &self,
        deed: &Deed,
        request: RequestId,
        choice: Choice,
        shown: Option<Shown>,
        again: bool,
    ) -> Result<Recorded, LedgerError> {
        let verb = choice.verb();
        let standing = self.standing(&deed.by).await?;
        let kept = self.ledger.request(&request).await?;
        let bounds = self.bounds(kept.as_ref().map(|kept| &kept.request), choice.length()).await?;
        let refused = match (&shown, &standing.may_decide) {
            (None, Err(_)) => self.may_not_type(deed, &request, &bounds, verb, false).await?,
            _ => rules::check_place(&bounds.demands, verb).err(),
        };
        if let Some(refusal) = refused.or_else(|| standing.may_decide.clone().err()) {
            return Ok(self.refused_at_once(deed, request, choice, refusal).await);
        }
        if let Err(refusal) = self.own_request(&standing, kept.as_ref(), &choice) {
            return Ok(self.refused_at_once(deed, request, choice, refusal).await);
        }
        let deadline = choice.deadline(deed.at, self.forward_within);
        let in_view = match &deed.act {
            Act::Press(press) => press.message.is_some() || press.in_unfurl,
            Act::Submit(submission) => submission.control == Some(Control::Deny) && !submission.is_upon_another,
            Act::Slash { .. } | Act::Message { .. } | Act::Shortcut(_) | Act::Links { .. } | Act::Home { .. } => false,
        };
        let picked = match &deed.act {
            Act::Press(press) => press.control == Some(Control::ApproveFor),
            // A length that the person had named before they saw the list need not stand in it.
            Act::Submit(submission) => submission.value.as_ref().and_then(|value| value.length) != choice.length(),
            Act::Slash { .. } | Act::Message { .. } | Act::Shortcut(_) | Act::Links { .. } | Act::Home { .. } => false,
        };
        let restated = match &deed.act {
            Act::Submit(submission) => matches!(submission.control, Some(Control::Pick | Control::PickAgain)),
            _ => false,
        };
        let proof = self.linking.as_ref().and_then(Linking::proof_page);
        let new = NewDecision {
            request: request.clone(),
            by: deed.by.clone(),
            choice,
            shown,
            picked,
            restated,
            again,
            aloud: !in_view,
            click: Click::of(deed),
            pressed: pressed_at(deed).cloned(),
            chosen: deed.at,
            deadline,
            link: standing.link.as_ref().map(|link| link.id),
            ticket: proof.as_ref().map(|(ticket, _)| ticket.fingerprint()),
        };
        let receipt = self.ledger.record(deed.keys.clone(), new, self.limits.clone()).await?;
        let name = match &receipt {
            Receipt::Recorded => "recorded",
            Receipt::Held => "held",
            Receipt::Waiting => "waiting",
            Receipt::Repeated => "repeated",
            Receipt::Refused(_) => "refused",
        };
        self.metrics.choice(verb.as_str(), name);
        tracing::info!(%request, by = %deed.by, verb = verb.as_str(), receipt = name, "somebody chose");
        let page = proof.map(|(_, page)| page).filter(|_| receipt == Receipt::Held);
        Ok(Recorded { receipt, page })
    }

    async fn refused_at_once(&self, deed: &Deed, request: RequestId, choice: Choice, refusal: Refusal) -> Recorded {
        self.metrics.choice(choice.verb().as_str(), "refused");
        self.note_click(deed, Click::of(deed).choosing(choice), Some(request.clone()), json!(refusal)).await;
        if let Some(posted) = pressed_at(deed).cloned()
            && let Err(error) = self.ledger.pressed(request, posted, deed.by.user.clone(), true).await
        {
            tracing::error!(%error, "where a card was pressed could not be recorded");
        }
        Recorded::only(Receipt::Refused(refusal))
    }

    /// What can be told of one's own request before Slack is asked; the rest is asked again when it is sent.
    fn own_request(&self, standing: &Standing, kept: Option<&Kept>, choice: &Choice) -> Result<(), Refusal> {
        let (Some(_), Some(kept)) = (&standing.identity, kept) else { return Ok(()) };
        rules::check_own(&self.limits, choice, Some(&kept.request), &standing.names())
    }

    /// What a choice about a request is held against now; `None`: P0 never told of it.
    pub(crate) async fn bounds(
        &self,
        request: Option<&Request>,
        chosen: Option<ExpirationLength>,
    ) -> Result<Bounds, LedgerError> {
        let (limits, lengths) = (&self.limits, self.ledger.lengths().await?);
        Ok(Bounds::of(&limits.routes, limits.usual, lengths, request, chosen, self.clock.now()))
    }

    /// Whether such a choice is taken from Slack, and from this person. It is asked again when it is recorded.
    pub(crate) async fn may_choose(
        &self,
        deed: &Deed,
        request: &RequestId,
        bounds: &Bounds,
        verb: Verb,
    ) -> Result<Result<(), Refusal>, LedgerError> {
        let named = self.ledger.check_named(request, &deed.by.user, &bounds.demands, verb).await?;
        Ok(rules::check_place(&bounds.demands, verb).and(named))
    }
}

/// The card that was pressed, where one was.
fn pressed_at(deed: &Deed) -> Option<&Posted> {
    match &deed.act {
        Act::Press(press) => press.message.as_ref(),
        _ => None,
    }
}
